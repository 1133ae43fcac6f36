"""The assessment: one SQL statement that judges every open receivable item.

For a company on a date it answers, for each open receivable journal item, whether
it is to be dunned and at which level, or else why not, together with the values
that decided it. The run, the simulation, the reason on an invoice and the second
look under lock at issuing all run this one statement, so they cannot disagree.

How it is put together
----------------------
The reasons that concern one item alone (excluded, disputed, on hold, in an open
legal case, …) are :class:`Part` objects. An addon adds a reason by adding a part to
``account.dunning.assessment._get_parts()``; it never touches the SQL. The rest is
structural and goes on in the order in which a person would reason; steps that are not
here stand in the file beside them:

``item``      open debit items, their policy, the level they stand at and the next one
              (``assessment_items``)
``judged``    the first part that holds, and what parts take off the amount
              (``assessment_parts``)
``paying``    money seen at the bank that names the debtor, set against the oldest item
``covered``   the debtor's open credits, set against the oldest item
              (both ``assessment_sums``)
``climbing``  is there a next level, has its day come, is the interval over
``passing``   the highest level whose minimum the debtor's sum reaches
              (``assessment_sums``)
(result)      one row an item

Amounts are in the item's own currency unless a name says otherwise, positive when
the debtor owes them. Dates are dates in the company's time zone; the day judged is
handed in, the clock is never read.
"""

from collections.abc import Sequence
from dataclasses import replace

from odoo.tools import SQL

from .assessment_items import (
    STANDING,
    get_items,
    get_ladders,
    level_day,
    partner_filter,
)
from .assessment_parts import get_judged
from .assessment_scope import STILL_OWED, Among, Channel, Part, Rule, Scope
from .assessment_sums import get_coverings, get_minimums

# What the models, and addons that bring a reason or a channel, import from here.
__all__ = (
    "STANDING",
    "STILL_OWED",
    "Among",
    "Channel",
    "Part",
    "Rule",
    "Scope",
    "build",
    "build_concerned",
    "build_positions",
    "level_day",
)


def _climbing(scope: Scope) -> SQL:
    """CTE: the reason of the ladder itself, and the highest level that is due."""
    return SQL(
        """
    climbing AS (
        SELECT covered.*,
               claim - covered_amount AS net,
               %(item_reason)s AS item_reason,
               -- one step at a time, unless the policy climbs to what is due
               GREATEST(covered.rank + 1, highest.rank) AS highest_rank
          FROM covered
          LEFT JOIN LATERAL (
              SELECT MAX(ladder.rank) AS rank
                FROM ladder
               WHERE covered.raise_mode = 'due'
                 AND ladder.policy_id = covered.policy_id
                 AND ladder.rank <= COALESCE(covered.cap_rank, ladder.rank)
                 AND %(reached)s <= %(day)s
                 -- a level counted from the notice before it cannot be jumped to:
                 -- that notice has not been given
                 AND NOT EXISTS (
                     SELECT FROM ladder step
                      WHERE step.policy_id = covered.policy_id
                        AND step.day_basis = 'notice'
                        AND step.rank > covered.rank + 1
                        AND step.rank <= ladder.rank)
          ) highest ON covered.raise_mode = 'due'
    )""",
        item_reason=_item_reason(scope),
        day=scope.day,
        reached=level_day("ladder", "covered"),
    )


def _item_reason(scope: Scope) -> SQL:
    """Why an item of ``covered`` is not dunned; NULL where its level's day has come."""
    return SQL(
        """CASE
                   WHEN part_no IS NOT NULL THEN part_reason
                   WHEN claim > 0 AND claim <= paying_amount THEN 'in_payment'
                   WHEN claim <= covered_amount THEN 'credit_covers'
                   -- asked for along with the items, never a reason to ask
                   WHEN is_charge THEN 'charge'
                   WHEN next_level_id IS NULL THEN 'top_level'
                   WHEN is_raised THEN NULL
                   WHEN next_day > %(day)s THEN 'not_yet'
                   WHEN dunning_date + next_interval > %(day)s THEN 'interval'
               END""",
        day=scope.day,
    )


def _reach(channels: Sequence[Channel]) -> SQL:
    """CTE: through which channels a debtor can be reached at all.

    The debtor's dunning contact, invoice contact and own address count, for that is
    where notices go.
    """
    return SQL(
        """
    reach AS (
        SELECT contact.commercial_partner_id AS debtor_id, %(columns)s
          FROM res_partner contact
         WHERE contact.commercial_partner_id IN (SELECT debtor_id FROM rung)
           AND (contact.id = contact.commercial_partner_id
                OR (contact.active AND contact.type IN ('dunning', 'invoice')))
         GROUP BY 1
    )""",
        columns=SQL(", ").join(
            SQL("BOOL_OR(%s) AS %s", channel.reachable, _reach_column(channel))
            for channel in channels
        ),
    )


def _reach_column(channel: Channel) -> SQL:
    return SQL.identifier(f"reach_{channel.name}")


def _result(scope: Scope, channels: Sequence[Channel]) -> SQL:
    reachable = SQL(" OR ").join(
        SQL(
            "(chosen.%s AND reach.%s)",
            SQL.identifier(channel.level_column),
            _reach_column(channel),
        )
        for channel in channels
    )
    return SQL(
        """
    SELECT verdict.line_id, verdict.move_id, verdict.company_id, verdict.debtor_id,
           verdict.currency_id, verdict.policy_id, verdict.salesperson_id,
           verdict.dunning_level_id AS current_level_id,
           verdict.dunning_date AS date_notice,
           verdict.next_level_id,
           CASE WHEN verdict.reason = 'dun' THEN verdict.chosen_id END AS level_id,
           verdict.reason, verdict.date_due,
           GREATEST(%(day)s - verdict.date_due, 0) AS days_overdue,
           verdict.residual,
           -- what parts, money under way and credits took off a claim
           CASE WHEN verdict.part_no IS NULL
                THEN verdict.deducted + verdict.covered_amount
                ELSE 0 END AS covered,
           CASE WHEN verdict.reason = 'dun' THEN verdict.net ELSE 0 END AS dunned,
           CASE verdict.reason
               WHEN 'not_yet' THEN verdict.next_day
               WHEN 'interval' THEN verdict.dunning_date + verdict.next_interval
               ELSE verdict.part_day
           END AS reason_date,
           CASE WHEN verdict.part_no IS NOT NULL THEN verdict.part_amount
                WHEN verdict.reason = 'in_payment' THEN verdict.paying_amount
                WHEN verdict.reason IN ('credit_covers', 'dun')
                     THEN NULLIF(verdict.deducted + verdict.covered_amount, 0)
                WHEN verdict.reason = 'below_minimum' THEN verdict.net
           END AS reason_amount,
           CASE WHEN verdict.part_no IS NOT NULL THEN verdict.part_cause_model
                WHEN verdict.reason = 'in_payment' THEN verdict.money_model
                WHEN verdict.credit_id IS NOT NULL AND verdict.covered_amount > 0
                     AND COALESCE(verdict.paying_amount, 0) = 0 THEN 'account.move'
                WHEN verdict.covered_amount = 0 THEN verdict.deduct_model
                WHEN verdict.covered_amount = verdict.paying_amount
                     THEN verdict.money_model
           END AS cause_model,
           CASE WHEN verdict.part_no IS NOT NULL THEN verdict.part_cause_id
                WHEN verdict.reason = 'in_payment' THEN verdict.money_id
                WHEN verdict.credit_id IS NOT NULL AND verdict.covered_amount > 0
                     AND COALESCE(verdict.paying_amount, 0) = 0 THEN verdict.credit_id
                WHEN verdict.covered_amount = 0 THEN verdict.deduct_id
                WHEN verdict.covered_amount = verdict.paying_amount
                     THEN verdict.money_id
           END AS cause_id
      FROM (
          SELECT climbing.*, chosen.level_id AS chosen_id,
                 COALESCE(climbing.item_reason, CASE
                     WHEN passing.rank IS NULL OR passing.rank <= climbing.rank
                          THEN 'below_minimum'
                     WHEN (%(reachable)s) IS NOT TRUE THEN 'no_address'
                     ELSE 'dun'
                 END) AS reason
            FROM climbing
            LEFT JOIN passing USING (debtor_id, currency_id, policy_id)
            LEFT JOIN ladder chosen
                   ON chosen.policy_id = climbing.policy_id
                  AND chosen.rank = LEAST(climbing.highest_rank, passing.rank)
            LEFT JOIN reach USING (debtor_id)
      ) AS verdict""",
        day=scope.day,
        reachable=reachable or SQL("TRUE"),
    )


def build(
    scope: Scope,
    parts: Sequence[Part],
    channels: Sequence[Channel],
    sources: dict[str, SQL],
) -> SQL:
    """Return the assessing statement.

    :param Scope scope: company, day and what to restrict to.
    :param parts: the reasons that concern one item alone, in any order.
    :param channels: the ways to reach a debtor that levels may use.
    :param sources: selects that parts may join by name, in an order in which each
        only needs those before it. One is required: ``money`` (debtor_id,
        currency_id, amount, cause_model, cause_id), one row a debtor and currency:
        money seen under way that names the debtor but no invoice.
    :return: a ``WITH … SELECT`` with one row an open item; see ``_result``.
    """
    return SQL(
        "WITH %s, %s, %s, %s %s",
        _cover(scope, parts, channels, sources),
        _climbing(scope),
        get_minimums(scope),
        _reach(channels),
        _result(scope, channels),
    )


def build_positions(
    scope: Scope,
    parts: Sequence[Part],
    channels: Sequence[Channel],
    sources: dict[str, SQL],
) -> SQL:
    """Return a statement of how items stand, whoever is dunned for them.

    The assessing statement without what is only told of a verdict (causes, days), and
    without its last steps, which ask for higher levels, minimums and ways to reach the
    debtor: for who looks at one account. Planning the whole would take longer than
    judging some thousand items.

    :return: one row an open item, columns as in ``_result``; ``dun`` is the reason
        where it would be that, or a minimum or a missing address. ``credited`` is the
        part of ``covered`` that credits and money under way take off.
    """
    silent = [
        replace(part, day=None, amount=None, cause_model=None, cause_id=None)
        for part in parts
    ]
    # the reason is asked for again and again by who adds up: OFFSET has it found once
    return SQL(
        """
    WITH %(steps)s
    SELECT line_id, move_id, company_id, debtor_id, currency_id, account_id, policy_id,
           COALESCE(%(item_reason)s, 'dun') AS reason, date_due,
           GREATEST(%(day)s - date_due, 0) AS days_overdue,
           residual,
           CASE WHEN part_no IS NULL THEN deducted + covered_amount
                ELSE 0 END AS covered,
           CASE WHEN part_no IS NULL THEN covered_amount ELSE 0 END AS credited
      FROM covered
    OFFSET 0""",
        steps=_cover(scope, silent, channels, sources),
        item_reason=_item_reason(scope),
        day=scope.day,
    )


#: How a target of :class:`Among` meets a customer's items, and the partner to look at.
_MEETINGS = {
    "line_id": (
        SQL("JOIN account_move_line aml ON aml.id = target.id"),
        SQL("aml.partner_id"),
    ),
    "move_id": (
        SQL("JOIN account_move_line aml ON aml.move_id = target.id"),
        SQL("aml.partner_id"),
    ),
    "debtor_id": (SQL(), SQL("target.id")),
}


def build_concerned(scope: Scope, among: Sequence[Among]) -> SQL:
    """Return a statement of which sets have items of the scope's customers in them.

    All are asked for at once: to plan a statement for each takes longer than to run it.

    :param among: the sets, at least one.
    :return: one row a set that has some: its position in ``among``.
    """
    selects = []
    for column, (join, partner) in _MEETINGS.items():
        targets = [
            SQL("SELECT %s::int4, one.* FROM (%s) one", no, one.select)
            for no, one in enumerate(among)
            if one.column == column
        ]
        if targets:
            selects.append(
                SQL(
                    "SELECT target.no FROM (%s) target(no, id) %s WHERE %s",
                    SQL(" UNION ALL ").join(targets),
                    join,
                    partner_filter(scope, partner),
                )
            )
    return SQL(" UNION ").join(selects)


def _cover(
    scope: Scope,
    parts: Sequence[Part],
    channels: Sequence[Channel],
    sources: dict[str, SQL],
) -> SQL:
    """CTEs up to ``covered``: what concerns an item alone, and coverings."""
    return SQL(", ").join(
        [
            *(
                SQL("%s AS MATERIALIZED (%s)", SQL.identifier(name), select)
                for name, select in sources.items()
            ),
            get_ladders(channels),
            get_items(scope),
            get_judged(parts),
            get_coverings(scope),
        ]
    )
