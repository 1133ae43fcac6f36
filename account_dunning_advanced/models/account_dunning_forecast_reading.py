from dateutil.relativedelta import relativedelta

from odoo import api, models

from ..engine import forecast as engine
from .account_dunning_kpi_reading import IS_CASH

# How far back payments are looked at.
HISTORY_YEARS = 2


class AccountDunningForecastReading(models.AbstractModel):
    """Reads how customers have paid, and what they owe, as it stood on a day.

    Nothing later than the day is read, so that a forecast for a past day knows what
    was known then. Amounts are in the company's currency.
    """

    _name = "account.dunning.forecast.reading"
    _description = "Reading of the Forecast"
    _inherit = ["account.dunning.kpi.reading"]

    @api.model
    def _read_history(self, company, day):
        """Return by customer {days: (paid, last seen unpaid)} of invoices.

        What was credited or written off is taken as seen unpaid until then.
        """
        rows = self._query(
            """WITH item AS (
                   SELECT line.id, line.balance,
                          partner.commercial_partner_id AS partner_id,
                          COALESCE(line.date_maturity, line.date) AS date_due
                     FROM account_move_line line
                     JOIN account_move move ON move.id = line.move_id
                     JOIN res_partner partner ON partner.id = line.partner_id
                    WHERE line.account_id = ANY(%(accounts)s)
                      AND line.company_id = %(company)s
                      AND line.parent_state = 'posted' AND line.balance > 0
                      AND line.date <= %(day)s AND line.date > %(since)s
                      AND move.move_type IN ('out_invoice', 'out_receipt')
                      AND move.dunning_notice_id IS NULL
                      AND move.dunning_promise_id IS NULL
               ),
               settled AS (
                   SELECT part.debit_move_id AS id, SUM(part.amount) AS amount,
                          MAX(part.max_date) AS date,
                          BOOL_OR(%(is_cash)s) AS is_cash
                     FROM account_partial_reconcile part
                     JOIN account_move_line credit ON credit.id = part.credit_move_id
                     JOIN account_move entry ON entry.id = credit.move_id
                    WHERE part.max_date <= %(day)s
                      AND part.debit_move_id IN (SELECT id FROM item)
                    GROUP BY 1
               )
               SELECT item.partner_id,
                      CASE WHEN settled.amount >= item.balance
                           THEN settled.date ELSE %(day)s::date END
                          - item.date_due AS days,
                      COALESCE(settled.amount >= item.balance AND settled.is_cash,
                               FALSE) AS is_paid,
                      COUNT(*) AS count
                 FROM item LEFT JOIN settled ON settled.id = item.id
                GROUP BY 1, 2, 3""",
            company,
            day=day,
            since=day - relativedelta(years=HISTORY_YEARS),
            is_cash=IS_CASH,
        )
        history = {}
        for row in rows:
            seen = history.setdefault(row["partner_id"], {})
            paid, lost = seen.get(row["days"], (0, 0))
            seen[row["days"]] = (
                paid + (row["count"] if row["is_paid"] else 0),
                lost + (0 if row["is_paid"] else row["count"]),
            )
        return history

    @api.model
    def _read_items(self, company, day):
        """Return what was open on a day: id, partner_id, date_due and amount."""
        return self._query(
            """SELECT id, COALESCE(partner_id, 0) AS partner_id, date_due,
                      amount::float AS amount
                 FROM (%(aging)s) AS item WHERE amount != 0""",
            company,
            aging=self._get_aging(company, day),
        )

    @api.model
    def _read_receipts(self, company, day, weeks):
        """Return what came in each week after a day on the items that were there."""
        rows = self._query(
            """SELECT (part.max_date - %(day)s - 1) / 7 AS week,
                      SUM(part.amount)::float AS amount
                 FROM account_partial_reconcile part
                 JOIN account_move_line item ON item.id = part.debit_move_id
                 JOIN account_move_line credit ON credit.id = part.credit_move_id
                 JOIN account_move entry ON entry.id = credit.move_id
                WHERE item.account_id = ANY(%(accounts)s)
                  AND item.company_id = %(company)s
                  AND item.parent_state = 'posted' AND item.date <= %(day)s
                  AND part.max_date > %(day)s AND part.max_date <= %(until)s
                  AND %(is_cash)s
                GROUP BY 1""",
            company,
            day=day,
            until=day + relativedelta(weeks=weeks),
            is_cash=IS_CASH,
        )
        amounts = {row["week"]: row["amount"] for row in rows}
        return [amounts.get(week, 0.0) for week in range(weeks)]

    @api.model
    def _read_agreed(self, company, day):
        """Return (customer, days from now, amount) of instalments to come.

        The first ones first, and together no more than the items still owe: what was
        credited since does not come, whatever was promised. At the items' rate.
        """
        rows = self._query(
            """WITH due AS (
                   SELECT promise.id, promise.partner_id, line.date, rest.amount,
                          SUM(rest.amount) OVER (
                              PARTITION BY promise.id ORDER BY line.date, line.id
                          ) AS until_then
                     FROM account_dunning_promise_line line
                    CROSS JOIN LATERAL (
                              SELECT line.amount - COALESCE(line.amount_credited, 0)
                                  - COALESCE(line.amount_paid, 0)
                                  - COALESCE(line.amount_settled, 0) AS amount
                          ) rest
                     JOIN account_dunning_promise promise
                       ON promise.id = line.promise_id
                    WHERE promise.company_id = %(company)s AND promise.state = 'active'
                      AND line.state = 'active' AND line.date >= %(day)s
               ),
               owed AS (
                   SELECT claim.promise_id, SUM(item.amount_residual) AS amount,
                          SUM(item.amount_residual_currency) AS foreign_amount
                     FROM account_dunning_promise_item claim
                     JOIN account_move_line item ON item.id = claim.move_line_id
                    WHERE claim.promise_id IN (SELECT id FROM due)
                      AND item.amount_residual_currency > 0
                    GROUP BY 1
               )
               SELECT due.partner_id, due.date,
                      SUM(LEAST(due.amount,
                                owed.foreign_amount - due.until_then + due.amount)
                          * owed.amount / owed.foreign_amount)::float AS amount
                 FROM due JOIN owed ON owed.promise_id = due.id
                WHERE due.amount > 0
                  AND owed.foreign_amount > due.until_then - due.amount
                GROUP BY 1, 2""",
            company,
            day=day,
        )
        return [
            (row["partner_id"], (row["date"] - day).days, row["amount"]) for row in rows
        ]

    @api.model
    def _read_kept_share(self, company, day):
        """Return the chance that a promise is kept."""
        judged = self._read_promises(
            company, day - relativedelta(years=HISTORY_YEARS), day
        )
        return engine.get_kept_share(
            judged.get("kept", (0, 0))[0], sum(count for count, _sum in judged.values())
        )
