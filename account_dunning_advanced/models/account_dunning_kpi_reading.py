from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL, date_utils

from ..engine import aging

# Cash counts as the answer to a notice for so many days.
ANSWER_DAYS = 30
CHANNELS = ("letter", "sms", "call", "visit")
# SQL over the alias ``entry`` (account_move): it is money, no credit note or write-off.
IS_CASH = SQL(
    """EXISTS (SELECT FROM account_journal journal
                WHERE journal.id = entry.journal_id
                  AND journal.type IN ('bank', 'cash', 'credit'))"""
)
# Numeric SQL: what one unit of the item's currency is in company currency.
UNIT = SQL("COALESCE(item.balance / NULLIF(item.amount_currency, 0), 1)")


class AccountDunningKpiReading(models.AbstractModel):
    """Reads what collection figures are made of: each method one statement.

    Amounts are in the company's currency. Who may see the figures is looked at by
    whoever calls; the statements read the whole ledger of the company.
    """

    _name = "account.dunning.kpi.reading"
    _description = "Reading of Collection Figures"

    # === BUSINESS METHODS - THE LEDGER === #

    @api.model
    def _query(self, text, company, **values):
        self.env.flush_all()
        accounts = self.env["account.dunning.assessment"]._get_receivable_accounts(
            company
        )
        return self.env.execute_query_dict(
            SQL(text, company=company.id, accounts=accounts.ids, **values)
        )

    @api.model
    def _get_aging(self, company, day):
        # the system reads it for whoever may see figures
        Aging = self.env["account.dunning.aging"].sudo()
        return aging.get_statement(Aging._get_scope(company, day))

    @api.model
    def _read_receivables(self, company, day):
        """Return (balance, what is owed, what of it is overdue) at the end of a day.

        The balance is what is owed less open credits.
        """
        [row] = self._query(
            """SELECT COALESCE(SUM(amount), 0)::float AS balance,
                      COALESCE(SUM(amount) FILTER (WHERE amount > 0), 0)::float AS owed,
                      COALESCE(SUM(amount_overdue), 0)::float AS overdue
                 FROM (%(aging)s) AS item""",
            company,
            aging=self._get_aging(company, day),
        )
        return row["balance"], row["owed"], row["overdue"]

    @api.model
    def _read_sales(self, company, day, months, charges=False):
        """Return (sales, days) of the month until a day and of those before it.

        :param bool charges: whether bills of dunning charges count.
        """
        start = date_utils.start_of(day, "month")
        rows = self._query(
            """SELECT date_trunc('month', line.date)::date AS month,
                      SUM(line.balance)::float AS amount
                 FROM account_move_line line
                 JOIN account_move move ON move.id = line.move_id
                WHERE line.account_id = ANY(%(accounts)s)
                  AND line.company_id = %(company)s
                  AND line.parent_state = 'posted'
                  AND line.date BETWEEN %(start)s AND %(day)s
                  AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                  AND (%(charges)s OR move.dunning_notice_id IS NULL
                       AND move.dunning_promise_id IS NULL)
                GROUP BY 1""",
            company,
            charges=charges,
            start=start - relativedelta(months=months - 1),
            day=day,
        )
        sales = {row["month"]: row["amount"] for row in rows}
        firsts = [start - relativedelta(months=back) for back in range(months)]
        return [
            (
                sales.get(first, 0.0),
                (min(day, date_utils.end_of(first, "month")) - first).days + 1,
            )
            for first in firsts
        ]

    @api.model
    def _read_cash(self, company, start, day):
        """Return what came into bank and cash journals on receivable accounts."""
        [row] = self._query(
            """SELECT COALESCE(-SUM(line.balance), 0)::float AS amount
                 FROM account_move_line line
                 JOIN account_move entry ON entry.id = line.move_id
                WHERE line.account_id = ANY(%(accounts)s)
                  AND line.company_id = %(company)s
                  AND line.parent_state = 'posted'
                  AND line.date BETWEEN %(start)s AND %(day)s
                  AND %(is_cash)s""",
            company,
            start=start,
            day=day,
            is_cash=IS_CASH,
        )
        return row["amount"]

    @api.model
    def _read_delays(self, company, since, day):
        """Return (amount, days after the due date) of what was paid."""
        rows = self._query(
            """SELECT part.max_date - COALESCE(item.date_maturity, item.date) AS days,
                      SUM(part.amount)::float AS amount
                 FROM account_partial_reconcile part
                 JOIN account_move_line item ON item.id = part.debit_move_id
                 JOIN account_move_line credit ON credit.id = part.credit_move_id
                 JOIN account_move entry ON entry.id = credit.move_id
                WHERE item.account_id = ANY(%(accounts)s)
                  AND item.company_id = %(company)s
                  AND item.parent_state = 'posted'
                  AND part.max_date > %(since)s AND part.max_date <= %(day)s
                  AND %(is_cash)s
                GROUP BY 1""",
            company,
            since=since,
            day=day,
            is_cash=IS_CASH,
        )
        return [(row["amount"], row["days"]) for row in rows]

    @api.model
    def _read_rolls(self, company, before, day):
        """Return by age group what became of the items of an earlier day."""
        return self._query(
            """SELECT earlier.bucket_id, bucket.days_from > 0 AS is_overdue,
                      SUM(earlier.amount)::float AS before,
                      SUM(earlier.amount - COALESCE(now.amount, 0))::float AS settled,
                      COALESCE(SUM(now.amount) FILTER (
                          WHERE older.days_from > bucket.days_from), 0)::float AS rolled
                 FROM (%(before)s) AS earlier
                 JOIN account_dunning_aging_bucket bucket
                   ON bucket.id = earlier.bucket_id
                 LEFT JOIN (%(now)s) AS now ON now.id = earlier.id
                 LEFT JOIN account_dunning_aging_bucket older
                        ON older.id = now.bucket_id
                WHERE earlier.amount > 0
                GROUP BY 1, 2, bucket.days_from ORDER BY bucket.days_from""",
            company,
            before=self._get_aging(company, before),
            now=self._get_aging(company, day),
        )

    # === BUSINESS METHODS - PROMISES AND DISPUTES === #

    @api.model
    def _read_promises(self, company, start, day):
        """Return {state: (number, amount)} of those due in the time, and judged."""
        rows = self._query(
            """SELECT line.state, promise.currency_id, COUNT(*) AS count,
                      SUM(line.amount)::float AS amount
                 FROM account_dunning_promise_line line
                 JOIN account_dunning_promise promise ON promise.id = line.promise_id
                WHERE promise.company_id = %(company)s
                  AND line.date BETWEEN %(start)s AND %(day)s
                  AND line.state IN ('kept', 'partial', 'broken')
                GROUP BY 1, 2""",
            company,
            start=start,
            day=day,
        )
        judged = {}
        for row in rows:
            currency = self.env["res.currency"].browse(row["currency_id"])
            amount = currency._convert(
                row["amount"], company.currency_id, company, day, round=False
            )
            count, total = judged.get(row["state"], (0, 0.0))
            judged[row["state"]] = (count + row["count"], total + amount)
        return judged

    @api.model
    def _read_dispute_days(self, company, start, day):
        """Return how many days each dispute decided in the time took."""
        rows = self._query(
            """SELECT date_decided - date AS days FROM account_dunning_dispute
                WHERE company_id = %(company)s AND state != 'open'
                  AND date_decided BETWEEN %(start)s AND %(day)s""",
            company,
            start=start,
            day=day,
        )
        return [row["days"] for row in rows]

    @api.model
    def _read_disputed(self, company, day):
        """Return what was past its due date and in an open dispute on a day."""
        [row] = self._query(
            """SELECT COALESCE(SUM(line.amount * %(unit)s), 0)::float AS amount
                 FROM account_dunning_dispute_line line
                 JOIN account_dunning_dispute dispute ON dispute.id = line.dispute_id
                 JOIN account_move_line item ON item.id = line.move_line_id
                WHERE dispute.company_id = %(company)s AND dispute.date <= %(day)s
                  AND (dispute.state = 'open' OR dispute.date_decided > %(day)s)
                  AND COALESCE(item.date_maturity, item.date) < %(day)s""",
            company,
            day=day,
            unit=UNIT,
        )
        return row["amount"]

    # === BUSINESS METHODS - NOTICES === #

    @api.model
    def _read_notices(self, company, start, day):
        """Return how many notices were issued, and how many of them were false.

        False is one that asks for an item whose payment is dated on or before the
        day of the notice, but was matched only after the notice was made.
        """
        [row] = self._query(
            """SELECT COUNT(*) AS count, COUNT(*) FILTER (WHERE EXISTS (
                          SELECT FROM account_dunning_notice_line line
                            JOIN account_move_line item ON item.id = line.move_line_id
                           WHERE line.notice_id = notice.id AND line.state = 'issued'
                             AND line.amount_dunned > 0
                             AND line.amount_dunned <= (
                                 SELECT SUM(part.debit_amount_currency)
                                   FROM account_partial_reconcile part
                                   JOIN account_move_line credit
                                     ON credit.id = part.credit_move_id
                                  WHERE part.debit_move_id = item.id
                                    AND credit.date <= notice.date
                                    AND part.create_date > notice.create_date)
                      )) AS false_count
                 FROM account_dunning_notice notice
                WHERE notice.company_id = %(company)s AND notice.state = 'issued'
                  AND notice.date BETWEEN %(start)s AND %(day)s""",
            company,
            start=start,
            day=day,
        )
        return row["count"], row["false_count"]

    @api.model
    def _read_answers(self, company, start, day):
        """Return by collector and level what was asked for and what came after it.

        Cash counts for the last notice on the item before it, so nothing counts twice,
        and up to what that notice asked for.
        """
        return self._query(
            """WITH told AS (
                   SELECT notice.user_id, line.level_id, line.move_line_id,
                          notice.date, line.amount_dunned * %(unit)s AS dunned,
                          LEAD(notice.date) OVER (
                              PARTITION BY line.move_line_id
                                  ORDER BY notice.date, notice.id) AS date_next
                     FROM account_dunning_notice_line line
                     JOIN account_dunning_notice notice ON notice.id = line.notice_id
                     JOIN account_move_line item ON item.id = line.move_line_id
                    WHERE notice.company_id = %(company)s AND line.state = 'issued'
                      AND line.amount_dunned > 0
                      -- the next notice may be of the next month
                      AND notice.date BETWEEN %(start)s AND %(last)s
               ),
               answered AS (
                   SELECT told.user_id, told.level_id, told.dunned, LEAST(
                              told.dunned, COALESCE(SUM(part.amount), 0)) AS collected
                     FROM told
                     LEFT JOIN (
                              SELECT part.debit_move_id, part.max_date, part.amount
                                FROM account_partial_reconcile part
                                JOIN account_move_line credit
                                  ON credit.id = part.credit_move_id
                                JOIN account_move entry ON entry.id = credit.move_id
                               WHERE %(is_cash)s
                          ) part
                            ON part.debit_move_id = told.move_line_id
                           AND part.max_date > told.date
                           AND part.max_date <= LEAST(
                               told.date + %(days)s,
                               COALESCE(told.date_next, told.date + %(days)s))
                    WHERE told.date <= %(day)s
                    GROUP BY told.user_id, told.level_id, told.move_line_id,
                             told.date, told.dunned
               )
               SELECT user_id, level_id, SUM(dunned)::float AS dunned,
                      SUM(collected)::float AS collected
                 FROM answered GROUP BY 1, 2""",
            company,
            start=start,
            day=day,
            last=day + relativedelta(days=ANSWER_DAYS),
            days=ANSWER_DAYS,
            unit=UNIT,
            is_cash=IS_CASH,
        )

    @api.model
    def _read_costs(self, company, start, day):
        """Return (number, cost of one) of what was sent, called and visited."""
        rows = self._query(
            """SELECT channel, COUNT(*) AS count FROM account_dunning_contact
                WHERE company_id = %(company)s AND direction = 'out'
                  AND date >= %(start)s AND date < %(day)s::date + 1
                  AND COALESCE(delivery_state, '') NOT IN ('failed', 'cancelled')
                GROUP BY 1""",
            company,
            start=start,
            day=day,
        )
        return [
            (row["count"], company[f"dunning_cost_{row['channel']}"])
            for row in rows
            if row["channel"] in CHANNELS
        ]

    @api.model
    def _read_response_hours(self, company, start, day):
        """Return how many hours each reply that a person was to read waited."""
        rows = self._query(
            """SELECT EXTRACT(EPOCH FROM date_done - date)::float / 3600 AS hours
                 FROM account_dunning_reply
                WHERE company_id = %(company)s AND date_done IS NOT NULL
                  AND kind NOT IN ('out_of_office', 'bounce')
                  AND date >= %(start)s AND date < %(day)s::date + 1""",
            company,
            start=start,
            day=day,
        )
        return [max(row["hours"], 0.0) for row in rows]
