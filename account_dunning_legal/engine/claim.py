"""The claim account: events folded to what is owed on a day.

A claim consists of four parts: principal, interest, fees and costs. Events add to a
part, or take something off. The same events give the same figures on any machine and
on any later day, whatever was added since: that is what makes an account of a claim
fit for a court.

>>> events = [
...     Event(1, date(2026, 1, 10), "principal", 1000.0),
...     Event(2, date(2026, 2, 1), "cost", 30.0),
...     Event(3, date(2026, 2, 1), "interest", 20.0),
...     Event(4, date(2026, 3, 1), "payment", 100.0),
... ]
>>> fold(events, date(2026, 2, 28))
{'principal': 1000.0, 'interest': 20.0, 'fee': 0.0, 'cost': 30.0}

The payment goes to the costs first, then to interest, and last to the principal:

>>> fold(events, date(2026, 3, 1))
{'principal': 950.0, 'interest': 0.0, 'fee': 0.0, 'cost': 0.0}
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.account_dunning_advanced.engine import allocation
from odoo.addons.account_dunning_advanced.engine.allocation import (
    COMMON_ORDER as PAYMENT_ORDER,
)

#: The parts of a claim, and the kinds of event that add to them.
PARTS = allocation.KINDS

#: What a waiver lets go first. It stands for credit notes too, and those say that the
#: principal itself was not owed.
WAIVER_ORDER = ("principal", "fee", "interest", "cost")


@dataclass(frozen=True)
class Event:
    """One event of a claim account; ``amount`` is positive for every kind.

    An event that names another in ``reverses`` takes that one back: from its day on
    neither of the two counts.
    """

    id: int
    day: date
    kind: str
    amount: float
    reverses: int | None = None


def fold(
    events: Iterable[Event],
    day: date,
    payment_order: tuple[str, ...] = PAYMENT_ORDER,
) -> dict[str, float]:
    """Return what is left of each part at the end of a day.

    What is paid beyond the whole claim is kept: the principal becomes negative.

    :param payment_order: which part a payment settles first; every part is named.

    >>> fold([Event(1, date(2026, 1, 1), "principal", 10.0),
    ...       Event(2, date(2026, 1, 2), "payment", 12.0)], date(2026, 1, 2))
    {'principal': -2.0, 'interest': 0.0, 'fee': 0.0, 'cost': 0.0}
    """
    balance = dict.fromkeys(PARTS, Decimal(0))
    for event in _in_order(events, day):
        # by its digits, for binary fractions of cents add up
        amount = Decimal(str(event.amount))
        if event.kind in balance:
            balance[event.kind] += amount
        else:
            order = WAIVER_ORDER if event.kind == "waiver" else payment_order
            _settle(balance, allocation.Receipt(amount, event.day), order)
    return {part: float(amount) for part, amount in balance.items()}


def sums(events: Iterable[Event], day: date) -> dict[str, float]:
    """Return what the events that count on a day add up to, by kind.

    >>> sums([Event(1, date(2026, 1, 1), "principal", 10.0),
    ...       Event(2, date(2026, 1, 2), "payment", 4.0),
    ...       Event(3, date(2026, 1, 5), "payment", 4.0, reverses=2)],
    ...      date(2026, 1, 5))
    {'principal': 10.0}
    """
    totals: dict[str, float] = {}
    for event in _in_order(events, day):
        totals[event.kind] = totals.get(event.kind, 0.0) + event.amount
    return totals


def _in_order(events: Iterable[Event], day: date) -> list[Event]:
    """Return the events that count on the day, in the order they take effect.

    On one day charges come before payments, so that the order in which clerks enter
    them does not matter.
    """
    known = [event for event in events if event.day <= day]
    undone = {event.reverses for event in known if event.reverses}
    return sorted(
        (event for event in known if not event.reverses and event.id not in undone),
        key=lambda event: (event.day, event.kind not in PARTS, event.id),
    )


def _settle(
    balance: dict[str, Decimal], receipt: allocation.Receipt, order: tuple[str, ...]
) -> None:
    """Take a receipt off the parts; what is left over is paid on the principal."""
    shares, rest = allocation.allocate(
        allocation.Strategy(kinds=order),
        [
            allocation.Claim(part, part, amount, debt="claim")
            for part, amount in balance.items()
        ],
        receipt,
    )
    for part, share in shares:
        balance[part] -= share
    balance["principal"] -= rest
