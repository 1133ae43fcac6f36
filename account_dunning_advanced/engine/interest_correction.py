"""What interest should have been charged on, by what is known now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .interest import Balance
from .interest_rate import ZERO


@dataclass(frozen=True)
class Settled:
    """Something that was set against an item.

    :param date day: since when it lowers what is owed.
    :param bool was_left_out: it was not set against the item when a charge was
        computed, but was there, so that the base may have left it out.
    """

    day: date
    amount: Decimal
    was_left_out: bool = False


def correct_base(
    base: Decimal,
    left_out: Decimal,
    amount: Decimal,
    entries: Sequence[Settled],
    first: date,
    last: date,
    floor: Decimal = ZERO,
) -> list[Balance]:
    """Return what a charge should have been computed on, for a window of days.

    No more than it was computed on: that is what was open by what is known now, less
    what the charge left out and what was not set against the item since.

    :param base: what the charge was computed on.
    :param left_out: what was open of the item beyond that: disputed, or covered by
        credits that were not matched yet.
    :param amount: of the item, before anything was set against it.
    :param floor: what other charges bear of the same days: this one bears what is
        open above it.

    >>> late = Settled(date(2024, 5, 20), Decimal(200))
    >>> netted = Settled(date(2024, 5, 10), Decimal(300), was_left_out=True)
    >>> for entries in ([late], [netted], [netted, late]):
    ...     [str(b.amount) for b in correct_base(
    ...         Decimal(700), Decimal(300), Decimal(1000), entries,
    ...         date(2024, 5, 15), date(2024, 5, 31))]
    ['700', '500']
    ['700']
    ['700', '500']
    >>> [str(b.amount) for b in correct_base(
    ...     Decimal(300), Decimal(0), Decimal(1000), [late],
    ...     date(2024, 5, 15), date(2024, 5, 31), floor=Decimal(700))]
    ['300', '100']
    """
    days = {first, *(e.day for e in entries if first < e.day <= last)}
    balances = []
    for day in sorted(days):
        so_far = [entry for entry in entries if entry.day <= day]
        still_open = amount - sum((e.amount for e in so_far), ZERO)
        matched = sum((e.amount for e in so_far if e.was_left_out), ZERO)
        owed = still_open - max(left_out - matched, ZERO) - floor
        balances.append(Balance(day, min(max(owed, ZERO), base)))
    return balances
