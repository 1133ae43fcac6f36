"""What the assessing statement is put together from: reasons, channels, a scope."""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
