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
        _apply(balance, event, payment_order)
    return {part: float(amount) for part, amount in balance.items()}


@dataclass(frozen=True)
class Row:
    """One line of a claim account: an event, what it moved, and what is left."""

    event: Event
    moved: dict[str, float]
    balance: dict[str, float]


def statement(
    events: Iterable[Event],
    day: date,
    payment_order: tuple[str, ...] = PAYMENT_ORDER,
) -> list[Row]:
    """Return the account of a claim up to a day, one row for each event that counts.

    >>> events = [Event(1, date(2026, 1, 1), "principal", 10.0),
    ...           Event(2, date(2026, 1, 2), "cost", 3.0),
    ...           Event(3, date(2026, 1, 3), "payment", 4.0)]
    >>> statement(events, date(2026, 1, 3))[-1].moved
    {'principal': -1.0, 'interest': 0.0, 'fee': 0.0, 'cost': -3.0}
    """
    rows: list[Row] = []
    before = dict.fromkeys(PARTS, Decimal(0))
    balance = dict(before)
    for event in _in_order(events, day):
        _apply(balance, event, payment_order)
        rows.append(
            Row(
                event,
                {part: float(balance[part] - before[part]) for part in PARTS},
                {part: float(amount) for part, amount in balance.items()},
            )
        )
        before = dict(balance)
    return rows


def shared_principal(
    due: Iterable[tuple[int, date, float]], left: float
) -> dict[int, Decimal]:
    """Return what is open of each principal, the oldest being paid first.

    :param due: (id, due date, amount) of each.
    :param left: what is open of all of them together.

    >>> shared_principal([(1, date(2026, 1, 1), 10.0), (2, date(2026, 2, 1), 5.0)], 7.0)
    {1: Decimal('2.0'), 2: Decimal('5.0')}
    """
    items = sorted(due, key=lambda item: (item[1], item[0]))
    total = sum((Decimal(str(item[2])) for item in items), Decimal(0))
    paid = total - Decimal(str(left))
    open_amounts = {}
    for item_id, _day, amount in items:
        share = min(max(paid, Decimal(0)), Decimal(str(amount)))
        open_amounts[item_id] = Decimal(str(amount)) - share
        paid -= share
    return open_amounts


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


def _apply(
    balance: dict[str, Decimal], event: Event, payment_order: tuple[str, ...]
) -> None:
    # by its digits, for binary fractions of cents add up
    amount = Decimal(str(event.amount))
    if event.kind in balance:
        balance[event.kind] += amount
        return
    order = WAIVER_ORDER if event.kind == "waiver" else payment_order
    _settle(balance, allocation.Receipt(amount, event.day), order)


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
