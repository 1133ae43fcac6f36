"""The first steps of the assessing statement: open items, their ladder and policy."""

from collections.abc import Sequence

from odoo.tools import SQL

from .assessment_scope import Channel, Rule, Scope

#: Select of (level_id, rank): how many steps up its ladder a level stands. A level
#: given earlier may be archived or of another policy by now: what counts is how many
#: steps it stood for, so the ladder goes on where it was left.
STANDING = SQL(
    """SELECT level.id AS level_id,
              (SELECT COUNT(*) FROM account_dunning_level step
                WHERE step.policy_id = level.policy_id AND step.active
                  AND (step.sequence, step.id) <= (level.sequence, level.id))::int4
                  AS rank
         FROM account_dunning_level level"""
)


def level_day(ladder: str, item: str = "item") -> SQL:
    """Date SQL: the first day on which the level may be given to the item.

    Bases: ``due`` and ``eom`` count from the due date or the end of its month;
    ``notice`` counts from the item's last notice, and from the due date where there
    was none yet.
    """
    return SQL(
        """(CASE %(level)s
            WHEN 'eom' THEN
                (date_trunc('month', %(due)s) + interval '1 month - 1 day')::date
            WHEN 'notice' THEN COALESCE(%(last)s, %(due)s)
            ELSE %(due)s
        END + %(delay)s)""",
        level=SQL.identifier(ladder, "day_basis"),
        due=SQL.identifier(item, "date_due"),
        last=SQL.identifier(item, "dunning_date"),
        delay=SQL.identifier(ladder, "delay_days"),
    )


def partner_filter(scope: Scope, column: SQL) -> SQL:
    """Boolean SQL: the partner of a column is one that the scope asks for."""
    if scope.partner_ids is None:
        return SQL("TRUE")
    return SQL("%s = ANY(%s)", column, list(scope.partner_ids))


def get_ladders(channels: Sequence[Channel]) -> SQL:
    """CTEs: the active levels by rank, and how far up any level stands."""
    return SQL(
        """
    ladder AS MATERIALIZED (
        SELECT level.id AS level_id, level.policy_id, level.sequence,
               level.day_basis, level.delay_days,
               -- never twice on one day, whatever the level says
               GREATEST(level.interval_days, 1) AS interval_days,
               level.min_amount, level.min_percent, %(channels)s,
               policy.netting, policy.raise_mode, policy.currency_id,
               row_number() OVER (
                   PARTITION BY level.policy_id ORDER BY level.sequence, level.id
               )::int4 AS rank
          FROM account_dunning_level level
          JOIN account_dunning_policy policy ON policy.id = level.policy_id
         WHERE level.active
    ),
    standing AS MATERIALIZED (%(standing)s
    )""",
        standing=STANDING,
        channels=SQL(", ").join(
            SQL("level.%s", SQL.identifier(channel.level_column))
            for channel in channels
        ),
    )


def get_items(scope: Scope) -> SQL:
    """CTE: open debit items with policy, level reached and next level."""
    return SQL(
        """
    ledger AS (
        SELECT aml.id AS line_id, aml.move_id, aml.company_id, aml.currency_id,
               aml.account_id, partner.commercial_partner_id AS debtor_id,
               COALESCE(aml.date_maturity, am.invoice_date_due, aml.date) AS date_due,
               aml.amount_residual_currency AS residual,
               aml.no_followup, am.payment_state,
               am.name AS move_name, am.payment_reference,
               am.invoice_user_id AS salesperson_id,
               am.dunning_notice_id IS NOT NULL
                   OR am.dunning_promise_id IS NOT NULL AS is_charge,
               aml.dunning_level_id, aml.dunning_date,
               -- a broken agreement calls for the next level at once; the notice that
               -- follows is later than that day and ends it
               COALESCE(aml.dunning_raise_date > aml.dunning_date
                        AND aml.dunning_raise_date <= %(day)s, FALSE) AS is_raised,
               COALESCE(reached.rank, 0) AS rank,
               cap.rank AS cap_rank,
               %(policy)s AS policy_id
          FROM account_move_line aml
          JOIN account_move am ON am.id = aml.move_id
          LEFT JOIN res_partner partner
                 ON partner.id = aml.partner_id
                -- again: a few are looked up, and not all partners hashed
                AND %(few_partners)s
          LEFT JOIN res_partner debtor ON debtor.id = partner.commercial_partner_id
          LEFT JOIN standing reached ON reached.level_id = aml.dunning_level_id
          LEFT JOIN standing cap ON cap.level_id = aml.dunning_max_level_id
         -- written as core's index has it, or the planner misses it
         WHERE aml.reconciled IS NOT TRUE
           AND aml.account_id = ANY(%(accounts)s)
           AND %(partners)s
           AND aml.company_id = %(company)s
           AND aml.parent_state = 'posted'
           AND (aml.amount_residual_currency > 0
                -- settled in its currency, waiting for the exchange difference
                OR aml.amount_residual_currency = 0 AND aml.amount_residual > 0)
        -- or each step that asks for the policy would find it anew
        OFFSET 0
    ),
    item AS (
        SELECT ledger.*,
               next.level_id AS next_level_id,
               next.interval_days AS next_interval,
               %(next_day)s AS next_day,
               COALESCE(next.netting, policy.netting) AS netting,
               COALESCE(next.raise_mode, policy.raise_mode) AS raise_mode
          FROM ledger
          LEFT JOIN account_dunning_policy policy ON policy.id = ledger.policy_id
          LEFT JOIN ladder next
                 ON next.policy_id = ledger.policy_id
                AND next.rank = ledger.rank + 1
                AND next.rank <= COALESCE(ledger.cap_rank, next.rank)
    )""",
        policy=_policy(scope),
        day=scope.day,
        accounts=list(scope.account_ids),
        partners=partner_filter(scope, SQL("aml.partner_id")),
        few_partners=partner_filter(scope, SQL("partner.id")),
        company=scope.company_id,
        next_day=level_day("next", "ledger"),
    )


def _policy(scope: Scope) -> SQL:
    """Numeric SQL: the item's policy; relief, invoice, customer, rules, company.

    A policy that is archived or belongs to another company is passed over as if it
    were not set, so the nearest valid one wins.
    """
    options = [
        *map(_rule_policy, scope.reliefs),
        SQL("am.dunning_policy_id"),
        SQL(
            "COALESCE((debtor.dunning_policy_id ->> %s)::int4, %s::int4)",
            str(scope.company_id),
            scope.fallback_policy_id,
        ),
        *map(_rule_policy, scope.rules),
        SQL("%s::int4", scope.default_policy_id),
    ]
    valid = list(scope.policy_ids)
    return SQL(
        "COALESCE(%s)",
        SQL(", ").join(
            SQL("CASE WHEN %s = ANY(%s) THEN %s END", option, valid, option)
            for option in options
        ),
    )


def _rule_policy(rule: Rule) -> SQL:
    conditions = [SQL("TRUE")]
    if rule.partners is not None:
        conditions.append(SQL("partner.commercial_partner_id IN %s", rule.partners))
    if rule.amount_min is not None:
        conditions.append(SQL("aml.balance >= %s", rule.amount_min))
    if rule.amount_max is not None:
        conditions.append(SQL("aml.balance < %s", rule.amount_max))
    return SQL(
        "CASE WHEN %s THEN %s::int4 END",
        SQL(" AND ").join(conditions),
        rule.policy_id,
    )
