"""What of the receivables was doubtful on a day: SQL, no models."""

from odoo.tools import SQL

from .as_of import open_on

# What of an invoice is not tax: all of it where there is no invoice.
NET_SHARE = SQL(
    """
    CASE WHEN move.move_type IN ('out_invoice', 'out_receipt')
              AND move.amount_total <> 0
         THEN move.amount_untaxed / move.amount_total
         ELSE 1 END
    """
)


def get_statement(company_id, accounts, day, rates, rounding, net=False):
    """Return a SELECT of what each debtor owed on a day, by age group.

    Open credits of a debtor are set off against the oldest items first; only what
    remains is doubtful.

    Columns: partner_id (commercial partner or NULL), days_from, percent, amount_open,
    amount_base (what the percentage is taken of), amount; amounts in company currency,
    rounded per row.

    :param int company_id: whose ledger.
    :param accounts: ids of its receivable accounts.
    :param date day: the day, its own postings and matchings included.
    :param rates: pairs of (days overdue from, percent), at least one.
    :param float rounding: that of the company currency.
    :param bool net: take the percentage without the tax of the invoices, which is not
        lost because it comes back.
    """
    return SQL(
        """
        WITH rate (days_from, days_to, percent) AS (
            SELECT days_from,
                   LEAD(days_from) OVER (ORDER BY days_from),
                   percent
              FROM (VALUES %(rates)s) AS given (days_from, percent)
        ),
        %(open_on)s,
        item AS (
            SELECT partner.commercial_partner_id AS partner_id,
                   line.id,
                   COALESCE(line.date_maturity, line.date) AS date_due,
                   was_open.residual,
                   %(share)s AS share
              FROM was_open
              JOIN account_move_line line ON line.id = was_open.id
              JOIN account_move move ON move.id = line.move_id
              LEFT JOIN res_partner partner ON partner.id = line.partner_id
             WHERE line.parent_state = 'posted'
               AND line.date <= %(day)s
        ),
        credit AS (
            SELECT partner_id, -SUM(residual) AS amount
              FROM item WHERE residual < 0 GROUP BY 1
        ),
        owed AS (
            -- what is left of each item once the credits took the oldest ones
            SELECT item.partner_id, item.date_due, item.share,
                   LEAST(item.residual,
                         SUM(item.residual) OVER older - COALESCE(credit.amount, 0)
                   ) AS amount
              FROM item
              LEFT JOIN credit
                     ON credit.partner_id IS NOT DISTINCT FROM item.partner_id
             WHERE item.residual > 0
            WINDOW older AS (PARTITION BY item.partner_id
                                 ORDER BY item.date_due, item.id)
        )
        SELECT owed.partner_id, rate.days_from, rate.percent,
               SUM(owed.amount) AS amount_open,
               ROUND((SUM(owed.amount * owed.share) / %(rounding)s)::numeric)
                   * %(rounding)s AS amount_base,
               ROUND((SUM(owed.amount * owed.share) * rate.percent / 100
                      / %(rounding)s)::numeric)
                   * %(rounding)s AS amount
          FROM owed
          JOIN rate ON %(day)s - owed.date_due >= rate.days_from
                   AND (rate.days_to IS NULL
                        OR %(day)s - owed.date_due < rate.days_to)
         WHERE owed.amount > 0
         GROUP BY 1, 2, 3
        HAVING SUM(owed.amount) >= %(rounding)s
        """,
        rates=SQL(", ").join(
            SQL("(%s::int, %s::numeric)", days_from, percent)
            for days_from, percent in rates
        ),
        open_on=open_on(day, [company_id], accounts),
        day=day,
        rounding=SQL("%s::numeric", str(rounding)),
        share=NET_SHARE if net else SQL("1"),
    )
