"""The debtors' rows: one SQL statement that sets the figures of any number of them.

The ledger gives what is open; :class:`Source` objects give what agreements, disputes,
contacts and the like say of a debtor. From these the statement derives, in this order,
the stage (:class:`Stage`), the next step (:class:`Step`) and the priority. An addon
adds a source, a stage or a step by adding it to the list on
``account.dunning.debtor``; it never touches the SQL.

``figures``  what the open items say
``wanted``   whose rows are written
(sources)    one row a debtor at most
``known``    the figures side by side, with what people set on the row
``staged``   and the stage

Amounts are in company currency. The day is handed in, the clock is never read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from odoo.tools import SQL

from .assessment import STANDING


@dataclass(frozen=True)
class Source:
    """What one kind of record says of debtors.

    ``select`` gives one row a debtor: ``partner_id`` and the columns that ``columns``
    reads by the alias ``name``.
    """

    name: str
    select: SQL
    #: Field or name for stages and steps -> SQL.
    columns: Mapping[str, SQL]
    #: Names in ``columns`` that are no fields: only stages and steps read them.
    unstored: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Stage:
    """Where a debtor stands; the first whose condition holds, over ``known``."""

    code: str
    sequence: int
    condition: SQL


@dataclass(frozen=True)
class Step:
    """What comes next; the first whose condition holds, over ``staged``."""

    code: str
    sequence: int
    condition: SQL
    day: SQL


@dataclass(frozen=True)
class Scope:
    """Whose rows are to be written, and for which day."""

    company_id: int
    day: date
    account_ids: Sequence[int]
    #: Commercial partners; None is everybody who owes, or has a row.
    partner_ids: Sequence[int] | None
    now: datetime
    user_id: int

    def only(self, column: SQL) -> SQL:
        """Boolean SQL: the column names one of the debtors."""
        if self.partner_ids is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", column, list(self.partner_ids))


#: Fields that the open items give.
FIGURES = (
    "amount_open",
    "amount_overdue",
    "amount_not_due",
    "amount_credit",
    "date_oldest_due",
    "level_id",
    "level_rank",
)
#: Fields that are derived from the others.
DERIVED = ("stage", "next_step", "next_step_date", "priority")


def _figures(scope: Scope) -> SQL:
    """CTE: what the open items of each debtor add up to."""
    family = (
        SQL("SELECT id FROM res_partner")
        if scope.partner_ids is None
        else SQL(
            "SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s)",
            list(scope.partner_ids),
        )
    )
    return SQL(
        """
    standing AS MATERIALIZED (%(standing)s),
    figures AS (
        SELECT partner.commercial_partner_id AS partner_id,
               SUM(item.amount_residual) AS amount_open,
               SUM(item.amount_residual) FILTER (
                   WHERE item.amount_residual > 0
                     AND %(due)s < %(day)s) AS amount_overdue,
               SUM(item.amount_residual) FILTER (
                   WHERE item.amount_residual > 0
                     AND %(due)s >= %(day)s) AS amount_not_due,
               -SUM(item.amount_residual) FILTER (
                   WHERE item.amount_residual < 0) AS amount_credit,
               MIN(%(due)s) FILTER (
                   WHERE item.amount_residual > 0) AS date_oldest_due,
               (ARRAY_AGG(item.dunning_level_id
                    ORDER BY reached.rank DESC, reached.level_id)
                    FILTER (WHERE reached.rank IS NOT NULL))[1] AS level_id,
               MAX(reached.rank) AS level_rank
          FROM account_move_line item
          JOIN res_partner partner ON partner.id = item.partner_id
          LEFT JOIN standing reached ON reached.level_id = item.dunning_level_id
         WHERE item.reconciled IS NOT TRUE
           AND item.account_id = ANY(%(accounts)s)
           AND item.partner_id IN (%(family)s)
           AND item.company_id = %(company)s
           AND item.parent_state = 'posted'
         GROUP BY 1
    ),
    wanted AS MATERIALIZED (%(wanted)s)""",
        standing=STANDING,
        # entries without a due date fall due at once, as in the aging
        due=SQL("COALESCE(item.date_maturity, item.date)"),
        day=scope.day,
        accounts=list(scope.account_ids),
        family=family,
        company=scope.company_id,
        wanted=SQL(
            "SELECT partner_id FROM figures UNION SELECT partner_id"
            " FROM account_dunning_debtor WHERE company_id = %s",
            scope.company_id,
        )
        if scope.partner_ids is None
        else SQL("SELECT UNNEST(%s) AS partner_id", list(scope.partner_ids)),
    )


def _known(scope: Scope, sources: Sequence[Source]) -> SQL:
    """CTE: all that is known of each debtor side by side."""
    return SQL(
        """
    known AS (
        SELECT wanted.partner_id,
               COALESCE(figures.amount_open, 0) AS amount_open,
               COALESCE(figures.amount_overdue, 0) AS amount_overdue,
               COALESCE(figures.amount_not_due, 0) AS amount_not_due,
               COALESCE(figures.amount_credit, 0) AS amount_credit,
               figures.date_oldest_due, figures.level_id,
               COALESCE(figures.level_rank, 0) AS level_rank,
               debtor.next_action_date%(columns)s
          FROM wanted
          LEFT JOIN figures USING (partner_id)
          LEFT JOIN account_dunning_debtor debtor
                 ON debtor.partner_id = wanted.partner_id
                AND debtor.company_id = %(company)s
          %(joins)s
    )""",
        company=scope.company_id,
        columns=SQL("").join(
            SQL(", %s AS %s", value, SQL.identifier(name))
            for source in sources
            for name, value in source.columns.items()
        ),
        joins=SQL(" ").join(
            SQL(
                "LEFT JOIN %s ON %s = wanted.partner_id",
                SQL.identifier(source.name),
                SQL.identifier(source.name, "partner_id"),
            )
            for source in sources
        ),
    )


def _first(cases: Sequence[Stage] | Sequence[Step], value) -> SQL:
    """``CASE … END`` over stages or steps, in their order."""
    return SQL(
        "CASE %s END",
        SQL(" ").join(
            SQL("WHEN %s THEN %s", case.condition, value(case))
            for case in sorted(cases, key=lambda case: case.sequence)
        ),
    )


def build(
    scope: Scope,
    sources: Sequence[Source],
    stages: Sequence[Stage],
    steps: Sequence[Step],
    priority: SQL,
) -> SQL:
    """Return the ``INSERT … ON CONFLICT`` that writes the debtors' rows.

    :param sources: see :class:`Source`.
    :param priority: numeric SQL over the columns of ``staged``.
    """
    names = [
        *FIGURES,
        *(
            name
            for source in sources
            for name in source.columns
            if name not in source.unstored
        ),
        *DERIVED,
    ]
    columns = [SQL.identifier(name) for name in names]
    return SQL(
        """
    WITH %(figures)s,
    %(sources)s
    %(known)s,
    staged AS (SELECT known.*, %(stage)s AS stage FROM known),
    stepped AS (
        SELECT staged.*, %(step)s AS next_step, %(step_day)s AS next_step_date,
               %(priority)s AS priority
          FROM staged
    )
    INSERT INTO account_dunning_debtor AS debtor (
        partner_id, company_id, %(columns)s, date_figures, date_refreshed,
        create_uid, create_date, write_uid, write_date)
    SELECT partner_id, %(company)s, %(columns)s, %(day)s, %(now)s,
           %(user)s, %(now)s, %(user)s, %(now)s
      FROM stepped
        ON CONFLICT (partner_id, company_id) DO UPDATE
       SET %(updates)s, date_figures = EXCLUDED.date_figures,
           date_refreshed = EXCLUDED.date_refreshed
        -- what is as it was is locked, for whoever issues, but not written again
     WHERE (%(old)s, debtor.date_figures) IS DISTINCT FROM (%(new)s, %(day)s)""",
        figures=_figures(scope),
        sources=SQL("").join(
            SQL("%s AS (%s),", SQL.identifier(source.name), source.select)
            for source in sources
        ),
        known=_known(scope, sources),
        stage=_first(stages, lambda stage: SQL("%s", stage.code)),
        step=_first(steps, lambda step: SQL("%s", step.code)),
        step_day=SQL("(%s)::date", _first(steps, lambda step: step.day)),
        priority=priority,
        columns=SQL(", ").join(columns),
        company=scope.company_id,
        day=scope.day,
        now=scope.now,
        user=scope.user_id,
        old=SQL(", ").join(SQL.identifier("debtor", name) for name in names),
        new=SQL(", ").join(SQL.identifier("excluded", name) for name in names),
        updates=SQL(", ").join(
            SQL("%s = EXCLUDED.%s", column, column) for column in columns
        ),
    )
