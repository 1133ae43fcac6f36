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
structural and stands here, in the order in which a person would reason:

``item``      open debit items, their policy, the level they stand at and the next one
``judged``    the first part that holds, and what parts take off the amount
``paying``    money seen at the bank that names the debtor, set against the oldest item
``covered``   the debtor's open credits, set against the oldest item
``climbing``  is there a next level, has its day come, is the interval over
``passing``   the highest level whose minimum the debtor's sum reaches
(result)      one row an item

Amounts are in the item's own currency unless a name says otherwise, positive when
the debtor owes them. Dates are dates in the company's time zone; the day judged is
handed in, the clock is never read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from odoo.tools import SQL

#: Reasons that leave an item owed as it is: they speak of the ladder and of how to
#: reach the debtor, not of the claim.
STILL_OWED = (
    "dun",
    "charge",
    "top_level",
    "not_yet",
    "interval",
    "below_minimum",
    "no_address",
)

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


@dataclass(frozen=True)
class Part:
    """One reason not to dun an item, or one amount to take off it.

    ``condition`` and the value expressions may use the alias ``item`` (columns of
    the ``item`` step: line_id, move_id, company_id, currency_id, debtor_id,
    date_due, residual, policy_id, rank, …) and whatever ``join`` adds.

    A part whose ``deduction`` is given lowers the claim by that amount, in the
    item's currency; its condition then says when nothing is left to dun.
    """

    reason: str
    #: Position among the reasons; the lowest that holds is the verdict.
    sequence: int
    #: Boolean SQL: this reason holds for the item.
    condition: SQL
    #: ``LEFT JOIN … ON …`` giving at most one row an item.
    join: SQL = field(default_factory=SQL)
    #: Date SQL: until when, or from when on, the reason counts.
    day: SQL | None = None
    #: Numeric SQL: the amount behind the reason, in the item's currency.
    amount: SQL | None = None
    #: Model of the record that decided (or SQL for it), and SQL for its id.
    cause_model: str | SQL | None = None
    cause_id: SQL | None = None
    #: Numeric SQL: amount of the item that is not to be asked for.
    deduction: SQL | None = None
    #: For a look at one account: which items the part may concern at all. Where none of
    #: them is the customer's, the part is left out of the statement.
    among: "Among | None" = None


@dataclass(frozen=True)
class Among:
    """The items that a part may concern: those that it finds, or more."""

    #: Column of the ``item`` step: line_id, move_id or debtor_id.
    column: str
    #: Select of ids, in one column of any name.
    select: SQL


@dataclass(frozen=True)
class Channel:
    """A way to reach a debtor.

    ``level_column`` is the boolean column of account_dunning_level that turns the
    channel on; ``reachable`` is boolean SQL over the alias ``contact`` (res_partner).
    """

    name: str
    level_column: str
    reachable: SQL


@dataclass(frozen=True)
class Rule:
    """A policy rule: the policy for items whose debtor and amount match."""

    policy_id: int
    #: SQL sub-select of commercial partner ids; None matches every debtor.
    partners: SQL | None = None
    #: Bounds on the item's original amount in company currency; None is open.
    amount_min: float | None = None
    amount_max: float | None = None


@dataclass(frozen=True)
class Scope:
    """What is to be assessed, and on which day."""

    company_id: int
    day: date
    #: Receivable accounts; given as ids so that core's partial index
    #: (account_id, partner_id) WHERE reconciled IS NOT TRUE serves the scan.
    account_ids: Sequence[int]
    #: Policies that the company may use.
    policy_ids: Sequence[int]
    default_policy_id: int | None
    #: What company-dependent res.partner.dunning_policy_id falls back to.
    fallback_policy_id: int | None = None
    rules: Sequence[Rule] = ()
    #: Softer policies for a while; they go before every other choice.
    reliefs: Sequence[Rule] = ()
    #: Partners (not only commercial ones) to restrict to; None is everybody.
    partner_ids: Sequence[int] | None = None
    #: (currency id, value of one unit in company currency on the day).
    rates: Sequence[tuple[int, float]] = ()


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


def _partner_filter(scope: Scope, column: SQL) -> SQL:
    if scope.partner_ids is None:
        return SQL("TRUE")
    return SQL("%s = ANY(%s)", column, list(scope.partner_ids))


def _ladders(channels: Sequence[Channel]) -> SQL:
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


def _items(scope: Scope) -> SQL:
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
        partners=_partner_filter(scope, SQL("aml.partner_id")),
        few_partners=_partner_filter(scope, SQL("partner.id")),
        company=scope.company_id,
        next_day=level_day("next", "ledger"),
    )


def _judged(parts: Sequence[Part]) -> SQL:
    """CTE: the first part that holds for each item, and the amount left to dun.

    The parts' conditions are evaluated once, to a number; what the part says besides
    (day, amount, cause) is then picked by that number.
    """
    parts = sorted(parts, key=lambda part: part.sequence)
    deductions = [part.deduction for part in parts if part.deduction]
    return SQL(
        """
    checked AS (
        SELECT item.*,
               %(number)s AS part_no,
               %(deducted)s AS deducted,
               %(deduct_model)s AS deduct_model,
               %(deduct_id)s AS deduct_id%(values)s
          FROM item %(joins)s
        -- or what depends on the number would work it out again and again
        OFFSET 0
    ),
    judged AS (
        SELECT checked.*,
               %(reason)s AS part_reason,
               %(day)s AS part_day,
               %(amount)s AS part_amount,
               %(cause_model)s AS part_cause_model,
               %(cause_id)s AS part_cause_id,
               CASE WHEN part_no IS NULL THEN residual - deducted END AS claim
          FROM checked
    )""",
        number=_case(
            SQL("CASE"),
            ((part.condition, SQL("%s", no)) for no, part in _numbered(parts)),
        ),
        deducted=SQL("LEAST(item.residual, %s)", SQL(" + ").join(deductions))
        if deductions
        else SQL("0::numeric"),
        deduct_model=_deducting(parts, "varchar", "cause_model"),
        deduct_id=_deducting(parts, "int4", "cause_id"),
        values=SQL("").join(_value_columns(parts)),
        joins=SQL(" ").join(part.join for part in parts if part.join.code),
        reason=_pick(parts, "varchar", lambda no, part: SQL("%s", part.reason)),
        day=_pick(parts, "date", lambda no, part: part.day and _column("day", no)),
        amount=_pick(
            parts, "numeric", lambda no, part: part.amount and _column("amount", no)
        ),
        cause_model=_pick(
            parts,
            "varchar",
            lambda no, part: part.cause_model and _column("model", no),
        ),
        cause_id=_pick(
            parts, "int4", lambda no, part: part.cause_id and _column("cause", no)
        ),
    )


def _deducting(parts: Sequence[Part], sql_type: str, name: str) -> SQL:
    """What the first part that takes something off the item says of its cause."""
    branches = [
        (SQL("%s > 0", part.deduction), SQL("%s", getattr(part, name)))
        for part in parts
        if part.deduction and getattr(part, name)
    ]
    return SQL("(%s)::%s", _case(SQL("CASE"), branches), SQL(sql_type))


def _numbered(parts: Sequence[Part]):
    return enumerate(parts, start=1)


def _column(kind: str, no: int) -> SQL:
    return SQL.identifier(f"part_{kind}_{no}")


def _value_columns(parts: Sequence[Part]):
    for no, part in _numbered(parts):
        for kind, value in (
            ("day", part.day),
            ("amount", part.amount),
            ("model", part.cause_model and SQL("%s", part.cause_model)),
            ("cause", part.cause_id),
        ):
            if value:
                yield SQL(", %s AS %s", value, _column(kind, no))


def _case(head: SQL, branches) -> SQL:
    """``CASE … END`` over (when, then) pairs; NULL where there is no branch."""
    whens = [SQL("WHEN %s THEN %s", when, then) for when, then in branches]
    return SQL("%s %s END", head, SQL(" ").join(whens)) if whens else SQL("NULL")


def _pick(parts: Sequence[Part], sql_type: str, value) -> SQL:
    """The value that belongs to the part chosen in ``part_no``."""
    branches = [
        (SQL("%s", no), then)
        for no, part in _numbered(parts)
        if (then := value(no, part))
    ]
    return SQL("(%s)::%s", _case(SQL("CASE part_no"), branches), SQL(sql_type))


# A running sum over the debtor's items from the oldest on. Both coverings use the
# same order, so the planner sorts once for the two.
_OLDEST_FIRST = SQL(
    """(PARTITION BY debtor_id, currency_id ORDER BY date_due, line_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"""
)


def _coverings(scope: Scope) -> SQL:
    """CTEs: money under way and open credits, set against the oldest items first.

    Only items that no part stopped take part: a disputed or a future item must not
    swallow the credit that would have spared the debtor a reminder today, and
    setting credits against what is asked keeps the sum asked within what is owed.
    """
    return SQL(
        """
    credit AS MATERIALIZED (
        SELECT partner.commercial_partner_id AS debtor_id, aml.currency_id,
               SUM(-aml.amount_residual_currency) AS amount,
               -- only a single credit can be named as what covers an item
               CASE WHEN COUNT(*) = 1 THEN MIN(aml.move_id) END AS cause_id
          FROM account_move_line aml
          JOIN res_partner partner ON partner.id = aml.partner_id
         WHERE aml.reconciled IS NOT TRUE
           AND aml.account_id = ANY(%(accounts)s)
           AND %(partners)s
           AND aml.company_id = %(company)s
           AND aml.parent_state = 'posted'
           AND aml.amount_residual_currency < 0
         GROUP BY 1, 2
    ),
    paying AS (
        SELECT judged.*, money.cause_model AS money_model, money.cause_id AS money_id,
               CASE WHEN claim > 0 THEN LEAST(claim, GREATEST(0, money.amount
                   - (SUM(claim) OVER %(oldest)s - claim))) END AS paying_amount
          FROM judged
          LEFT JOIN money USING (debtor_id, currency_id)
    ),
    netted AS (
        SELECT paying.*,
               CASE WHEN netting = 'debtor'
                    THEN claim - COALESCE(paying_amount, 0) ELSE 0 END AS nettable
          FROM paying
    ),
    covered AS (
        SELECT netted.*, credit.cause_id AS credit_id,
               COALESCE(paying_amount, 0) + COALESCE(
                   CASE WHEN nettable > 0 THEN LEAST(nettable, GREATEST(0,
                       credit.amount - (SUM(nettable) OVER %(oldest)s - nettable)))
                   END, 0) AS covered_amount
          FROM netted
          LEFT JOIN credit USING (debtor_id, currency_id)
    )""",
        accounts=list(scope.account_ids),
        partners=_partner_filter(scope, SQL("aml.partner_id")),
        company=scope.company_id,
        oldest=_OLDEST_FIRST,
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


def _minimums(scope: Scope) -> SQL:
    """CTEs: which level the debtor's sum reaches.

    From the highest level down: the sum of all items that are still on the notice
    must reach the level's minimum. Where it does not, items that could take a lower
    level fall back to it and the others are left out, which lowers the sum for the
    next look. An item whose lowest possible level is ``r`` is left out once the
    levels from ``r`` up have failed; so the sum that counts at level ``r`` is that of
    the items whose lowest level is ``r`` or less, and no iteration is needed.
    """
    return SQL(
        """
    rate(currency_id, rate) AS (VALUES %(rates)s),
    rung AS (
        SELECT debtor_id, currency_id, policy_id, rank + 1 AS lowest,
               MAX(highest_rank) AS highest, SUM(net) AS amount
          FROM climbing WHERE item_reason IS NULL
         GROUP BY 1, 2, 3, 4
    ),
    balance AS (
        SELECT debtor_id, currency_id,
               SUM(residual) - COALESCE(MAX(credit.amount), 0) AS amount
          FROM climbing
          LEFT JOIN credit USING (debtor_id, currency_id)
         GROUP BY 1, 2
    ),
    -- customers whose items stand on the ladders of several policies: the sum is the
    -- customer's, so what the other policies ask for counts too
    mixed AS MATERIALIZED (
        SELECT rung.*
          FROM rung
          JOIN (SELECT debtor_id, currency_id FROM rung GROUP BY 1, 2
                HAVING COUNT(DISTINCT policy_id) > 1) several
         USING (debtor_id, currency_id)
    ),
    hopeful AS MATERIALIZED (%(hopeful)s),
    passing AS (%(passing)s)""",
        rates=SQL(", ").join(
            SQL("(%s::int4, %s::numeric)", currency_id, rate)
            for currency_id, rate in (scope.rates or [(0, 1)])
        ),
        hopeful=_tiers(SQL("mixed"), SQL("TRUE")),
        # what fails even with the help of the others helps nobody
        passing=_tiers(
            SQL("rung"),
            SQL(
                """EXISTS (
                    SELECT FROM hopeful
                     WHERE hopeful.debtor_id = other.debtor_id
                       AND hopeful.currency_id = other.currency_id
                       AND hopeful.policy_id = other.policy_id
                       AND hopeful.rank >= other.lowest)"""
            ),
        ),
    )


def _tiers(rungs: SQL, helps: SQL) -> SQL:
    """Select of (debtor_id, currency_id, policy_id, rank): the highest level reached.

    :param rungs: the rows of ``rung`` to look at.
    :param helps: which rungs of other policies count, by the alias ``other``.
    """
    return SQL(
        """
        SELECT tier.debtor_id, tier.currency_id, tier.policy_id, MAX(tier.rank) AS rank
          FROM (
              SELECT rung.debtor_id, rung.currency_id, ladder.policy_id,
                     ladder.rank, ladder.min_amount, ladder.min_percent,
                     ladder.currency_id AS min_currency_id, SUM(rung.amount) AS amount
                FROM %(rungs)s rung
                JOIN ladder ON ladder.policy_id = rung.policy_id
                           AND ladder.rank >= rung.lowest
               GROUP BY 1, 2, 3, 4, 5, 6, 7
              HAVING BOOL_OR(ladder.rank <= rung.highest)
          ) tier
          LEFT JOIN (
              SELECT mine.debtor_id, mine.currency_id, mine.policy_id, ladder.rank,
                     SUM(other.amount) AS amount
                FROM (SELECT DISTINCT debtor_id, currency_id, policy_id FROM mixed) mine
                JOIN ladder ON ladder.policy_id = mine.policy_id
                JOIN mixed other ON other.debtor_id = mine.debtor_id
                                AND other.currency_id = mine.currency_id
                                AND other.policy_id != mine.policy_id
                                AND other.lowest <= ladder.rank
                                AND %(helps)s
               GROUP BY 1, 2, 3, 4
          ) help USING (debtor_id, currency_id, policy_id, rank)
          JOIN balance USING (debtor_id, currency_id)
          LEFT JOIN rate own ON own.currency_id = tier.currency_id
          LEFT JOIN rate minimum ON minimum.currency_id = tier.min_currency_id
         WHERE (COALESCE(tier.min_amount, 0) = 0
                OR (tier.amount + COALESCE(help.amount, 0)) * own.rate
                   >= tier.min_amount * minimum.rate)
           AND (tier.amount + COALESCE(help.amount, 0)) * 100
               >= balance.amount * COALESCE(tier.min_percent, 0)
         GROUP BY 1, 2, 3""",
        rungs=rungs,
        helps=helps,
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
        _minimums(scope),
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
                    _partner_filter(scope, partner),
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
            _ladders(channels),
            _items(scope),
            _judged(parts),
            _coverings(scope),
        ]
    )
