"""What of the journal items was open on a day: SQL, no models.

What was open on a day is what is open now and what was matched later. That reads the
open items and the newest matchings only, not all that was ever paid. A matching counts
from the later of the two days it joins (``max_date``), as in core's aged reports; what
was matched and is unmatched today counts as open on every day.

Items of one ledger add up to the balance of its receivable accounts on the day, to the
cent: a matching takes as much off one item as off the other, and where a rate changed
in between, core posts the difference as an item of its own.
"""

from collections.abc import Sequence
from datetime import date

from odoo.tools import SQL


def open_on(day: date, company_ids: Sequence[int], account_ids: Sequence[int]) -> SQL:
    """CTEs: ``was_open`` (id, residual, residual_currency), one row an item.

    ``residual`` is in company currency, ``residual_currency`` in the item's own; both
    below zero for credits. Whether the item was there on the day, and posted, is left
    to the reader, who joins the item anyway.
    """
    return SQL(
        """
        later AS MATERIALIZED (
            SELECT line_id, SUM(amount) AS amount,
                   SUM(amount_currency) AS amount_currency
              FROM (
                  SELECT debit_move_id, amount, debit_amount_currency
                    FROM account_partial_reconcile
                   WHERE max_date > %(day)s
                   UNION ALL
                  SELECT credit_move_id, -amount, -credit_amount_currency
                    FROM account_partial_reconcile
                   WHERE max_date > %(day)s
              ) AS matching (line_id, amount, amount_currency)
             GROUP BY 1
        ),
        was_open AS (
            SELECT line.id,
                   line.amount_residual + COALESCE(later.amount, 0) AS residual,
                   line.amount_residual_currency
                       + COALESCE(later.amount_currency, 0) AS residual_currency
              FROM account_move_line line
              LEFT JOIN later ON later.line_id = line.id
             WHERE line.reconciled IS NOT TRUE
               AND line.account_id = ANY(%(accounts)s)
               AND line.company_id = ANY(%(companies)s)
             UNION ALL
            SELECT line.id, line.amount_residual + later.amount,
                   line.amount_residual_currency + later.amount_currency
              FROM later
              JOIN account_move_line line ON line.id = later.line_id
             WHERE line.reconciled IS TRUE
               AND line.account_id = ANY(%(accounts)s)
               AND line.company_id = ANY(%(companies)s)
        )""",
        day=day,
        accounts=list(account_ids),
        companies=list(company_ids),
    )
