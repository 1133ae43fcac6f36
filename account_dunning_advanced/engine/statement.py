"""A customer's account between two days: SQL, no models.

Everything is in the items' own currencies, below zero for what the customer is owed.
In each currency

    opening balance + activity = closing balance = sum of the open items,

to the cent. Payments in another currency settle items without being amounts of their
currency; they, and what is set off against another customer, appear as activity of
their own (``is_transfer``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from odoo.tools import SQL


@dataclass(frozen=True)
class Scope:
    """Whose account, and which days; both belong to it."""

    company_id: int
    account_ids: Sequence[int]
    #: All partners of the customer's commercial entity.
    partner_ids: Sequence[int]
    date_from: date
    date_to: date


def _ledger(scope: Scope) -> SQL:
    """CTEs: ``line``, the customer's items, and ``matching``, what was matched."""
    return SQL(
        """
        line AS MATERIALIZED (
            SELECT item.id, item.move_id, item.date, item.date_maturity,
                   item.currency_id, item.amount_currency
              FROM account_move_line item
             WHERE item.account_id = ANY(%(accounts)s)
               AND item.partner_id = ANY(%(partners)s)
               AND item.company_id = %(company)s
               AND item.parent_state = 'posted'
               AND item.date <= %(date_to)s
        ),
        matched AS (
            SELECT line.id, line.currency_id, part.max_date,
                   part.debit_amount_currency AS amount, part.credit_move_id AS other_id
              FROM line
              JOIN account_partial_reconcile part ON part.debit_move_id = line.id
             WHERE part.max_date <= %(date_to)s
             UNION ALL
            SELECT line.id, line.currency_id, part.max_date,
                   -part.credit_amount_currency, part.debit_move_id
              FROM line
              JOIN account_partial_reconcile part ON part.credit_move_id = line.id
             WHERE part.max_date <= %(date_to)s
        ),
        matching AS MATERIALIZED (
            SELECT matched.id, matched.currency_id, matched.max_date, matched.amount,
                   other.move_id,
                   -- within the account both sides take the same off each other
                   other.currency_id != matched.currency_id
                       OR other.id NOT IN (SELECT id FROM line) AS is_transfer
              FROM matched
              JOIN account_move_line other ON other.id = matched.other_id
        )""",
        accounts=list(scope.account_ids),
        partners=list(scope.partner_ids),
        company=scope.company_id,
        date_to=scope.date_to,
    )


def get_opening(scope: Scope) -> SQL:
    """Return a SELECT of (currency_id, amount) before the first day."""
    return SQL(
        """WITH %(ledger)s
           SELECT currency_id, SUM(amount)::float AS amount FROM (
               SELECT currency_id, amount_currency AS amount FROM line
                WHERE date < %(date_from)s
                UNION ALL
               SELECT currency_id, -amount FROM matching
                WHERE is_transfer AND max_date < %(date_from)s
           ) AS before GROUP BY 1""",
        ledger=_ledger(scope),
        date_from=scope.date_from,
    )


def get_activity(scope: Scope) -> SQL:
    """Return a SELECT of what happened, oldest first, one row a document.

    Columns: currency_id, date, move_id, amount, is_transfer.
    """
    return SQL(
        """WITH %(ledger)s
           SELECT currency_id, date, move_id, SUM(amount)::float AS amount, is_transfer
             FROM (
               SELECT currency_id, date, move_id, amount_currency AS amount,
                      FALSE AS is_transfer
                 FROM line WHERE date >= %(date_from)s
                UNION ALL
               SELECT currency_id, max_date, move_id, -amount, TRUE FROM matching
                WHERE is_transfer AND max_date >= %(date_from)s
           ) AS activity
            GROUP BY currency_id, date, move_id, is_transfer
           HAVING SUM(amount) != 0
            ORDER BY date, is_transfer, move_id""",
        ledger=_ledger(scope),
        date_from=scope.date_from,
    )


def get_open_items(scope: Scope) -> SQL:
    """Return a SELECT of what was open at the end of the last day, oldest due first.

    Columns: currency_id, line_id, move_id, date, date_due, amount, residual.
    """
    return SQL(
        """WITH %(ledger)s
           SELECT line.currency_id, line.id AS line_id, line.move_id, line.date,
                  COALESCE(line.date_maturity, line.date) AS date_due,
                  line.amount_currency::float AS amount,
                  (line.amount_currency - COALESCE(settled.amount, 0))::float
                      AS residual
             FROM line
             LEFT JOIN (SELECT id, SUM(amount) AS amount FROM matching GROUP BY 1)
                    AS settled ON settled.id = line.id
            WHERE line.amount_currency - COALESCE(settled.amount, 0) != 0
            ORDER BY date_due, line.id""",
        ledger=_ledger(scope),
    )
