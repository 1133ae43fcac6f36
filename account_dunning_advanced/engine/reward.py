"""Rewards for settling early: what is promised, and whether it has been earned.

An offer promises a discount on a base if all its items are paid, less the discount,
by payments of its days. Whether that has happened is read off what was matched with
the items; the clock is never read.

>>> item = Item(Decimal("1000"), Decimal("1000"), [
...     Entry(date(2026, 12, 3), Decimal("970"))])
>>> terms = Terms("percent", Decimal("3"), date(2026, 12, 1), date(2026, 12, 12))
>>> earned(terms, [item])
[Decimal('30.00')]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from .allocation import CENT, share_out


@dataclass(frozen=True)
class Entry:
    """What was matched with an item: a payment, or something that only lowers it."""

    day: date
    amount: Decimal
    is_payment: bool = True


@dataclass(frozen=True)
class Item:
    """An item of an offer, in the offer's currency."""

    #: What it was about in the beginning, before anything was matched with it.
    total: Decimal
    #: The part of it that the discount counts on, when the offer was made.
    base: Decimal
    entries: Sequence[Entry] = ()


@dataclass(frozen=True)
class Terms:
    #: ``percent`` of the base, or an ``amount``.
    kind: str
    value: Decimal
    #: The first and the last day of payment that count.
    date_from: date
    date_to: date
    #: The smallest unit of the currency.
    rounding: Decimal = CENT


def discount(kind: str, value: Decimal, base: Decimal, rounding: Decimal = CENT):
    """Return the discount on a base, never more than the base.

    >>> discount("percent", Decimal("2.5"), Decimal("99.99"))
    Decimal('2.50')
    >>> discount("amount", Decimal("30"), Decimal("20"))
    Decimal('20')
    """
    if kind == "amount":
        return min(value, base)
    units = base * value / 100 / rounding
    return min(units.quantize(Decimal(1), ROUND_HALF_UP) * rounding, base)


def earned(terms: Terms, items: Sequence[Item]) -> list[Decimal]:
    """Return the discount that each item has earned; zeros while it is not earned.

    A credit note lowers what there is to pay, and so does money of before the offer:
    neither earns anything, and the discount counts on what is left.

    Paid a day late, or a cent short:

    >>> terms = Terms("percent", Decimal("3"), date(2026, 12, 1), date(2026, 12, 12))
    >>> for day, paid in ((13, "970"), (12, "969.99")):
    ...     entry = Entry(date(2026, 12, day), Decimal(paid))
    ...     print(*earned(terms, [Item(Decimal("1000"), Decimal("1000"), [entry])]))
    0
    0
    """
    bases = [_get_base(terms, item) for item in items]
    promised = discount(terms.kind, terms.value, sum(bases, Decimal(0)), terms.rounding)
    missing = sum((_get_missing(terms, item) for item in items), Decimal(0))
    if missing > promised or not promised:
        return [Decimal(0) for _item in items]
    return share_out(promised, bases, terms.rounding)


def _get_base(terms: Terms, item: Item) -> Decimal:
    """Return what of the base was left to be paid in the days of the offer."""
    gone = sum(
        (
            entry.amount
            for entry in item.entries
            if not entry.is_payment or entry.day < terms.date_from
        ),
        Decimal(0),
    )
    return max(min(item.base, item.total - gone), Decimal(0))


def _get_missing(terms: Terms, item: Item) -> Decimal:
    """Return what was open of the item at the end of the offer's last day."""
    settled = sum(
        (entry.amount for entry in item.entries if entry.day <= terms.date_to),
        Decimal(0),
    )
    return max(item.total - settled, Decimal(0))
