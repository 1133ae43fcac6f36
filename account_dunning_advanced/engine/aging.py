"""Aging: every receivable item that was open on a day, with its age. SQL, no models.

One statement, whose parts are named:

``was_open``   what of each item was open on the day (``engine.as_of``)
``bucketing``  each company's age groups, as an array of first days and one of ids
(result)       one row an item

Amounts are below zero for credits, so that any sum of them is a balance. The day is
handed in, the clock is never read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from odoo.tools import SQL

from .as_of import open_on

#: Date SQL over the alias ``line``: when the item fell due.
DATE_DUE = SQL("COALESCE(line.date_maturity, line.date)")


@dataclass(frozen=True)
class Scope:
    """Whose items, and on which day."""

    day: date
    #: Receivable accounts.
    account_ids: Sequence[int]
    #: {company id: [(first day overdue, bucket id), …]}, youngest first. The first
    #: group of a company also takes whatever is younger.
    buckets: Mapping[int, Sequence[tuple[int, int]]]


def get_statement(scope: Scope) -> SQL:
    """Return a SELECT of the items that were open on the day.

    Columns: id (of the journal item), move_id, account_id, company_id,
    company_currency_id, currency_id, partner_id (the commercial partner), country_id,
    salesperson_id, collector_id, date, date_due, days_overdue (below zero before the
    due date), bucket_id, amount and amount_overdue (company currency; the latter
    before credits), amount_currency (the item's own).
    """
    return SQL(
        """
        WITH %(open_on)s,
        bucketing (company_id, first_days, bucket_ids) AS (VALUES %(bucketing)s)
        SELECT line.id, line.move_id, line.account_id, line.company_id,
               line.company_currency_id, line.currency_id,
               partner.commercial_partner_id AS partner_id,
               customer.country_id,
               move.invoice_user_id AS salesperson_id,
               debtor.user_id AS collector_id,
               line.date, %(date_due)s AS date_due,
               %(day)s - %(date_due)s AS days_overdue,
               bucketing.bucket_ids[GREATEST(1, width_bucket(
                   %(day)s - %(date_due)s, bucketing.first_days))] AS bucket_id,
               was_open.residual AS amount,
               CASE WHEN %(date_due)s < %(day)s AND was_open.residual > 0
                    THEN was_open.residual ELSE 0 END AS amount_overdue,
               was_open.residual_currency AS amount_currency
          FROM was_open
          JOIN account_move_line line ON line.id = was_open.id
          JOIN bucketing ON bucketing.company_id = line.company_id
          LEFT JOIN account_move move ON move.id = line.move_id
          LEFT JOIN res_partner partner ON partner.id = line.partner_id
          LEFT JOIN res_partner customer
                 ON customer.id = partner.commercial_partner_id
          LEFT JOIN account_dunning_debtor debtor
                 ON debtor.partner_id = partner.commercial_partner_id
                AND debtor.company_id = line.company_id
         WHERE line.parent_state = 'posted'
           AND line.date <= %(day)s
           AND (was_open.residual <> 0 OR was_open.residual_currency <> 0)
        """,
        open_on=open_on(scope.day, list(scope.buckets), scope.account_ids),
        bucketing=SQL(", ").join(
            SQL(
                "(%s, %s::int[], %s::int[])",
                company_id,
                [first for first, _id in buckets],
                [bucket_id for _first, bucket_id in buckets],
            )
            for company_id, buckets in scope.buckets.items()
        ),
        date_due=DATE_DUE,
        day=SQL("%s::date", scope.day),
    )


def get_summary(scope: Scope) -> SQL:
    """Return a SELECT of what each customer owed by age group.

    Columns: company_id, partner_id, bucket_id, amount (company currency).
    """
    return SQL(
        """SELECT company_id, partner_id, bucket_id, SUM(amount) AS amount
             FROM (%s) AS item GROUP BY 1, 2, 3""",
        get_statement(scope),
    )
