"""Agreements: how a plan is laid out, and whether it is kept.

Plain dates and amounts in one currency, whichever; the day of judgement is handed in.
What is read from the ledger is one thing only: what is matched with the items that the
agreement covers, and of which day it is.

Rules
-----
* Money fills the instalments in the order of their dates, whatever its sender meant.
* An instalment is kept if its amount has come by its date, the days of tolerance
  included; by the date of the payment, not of its entry. Later money is shown, but
  keeps nothing any more.
* What was settled otherwise (credit note, write-off) fills instalments too, for it is
  not owed any more, but it is never counted as paid.
* The agreement is kept when all of its instalments are. It is over with the first that
  is missed: partly kept if part of that one came in time, broken if nothing did.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from dateutil.relativedelta import relativedelta

from .rounding import round_half_up
from .workdays import next_workday

ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)

#: [(day, amount from this day on)], in the order of the days.
Course = Sequence[tuple[date, Decimal]]
#: (first day, last day), both included.
Span = tuple[date, date]


@dataclass(frozen=True)
class Instalment:
    day: date
    amount: Decimal


@dataclass(frozen=True)
class Receipt:
    """What was matched with a covered item, by the day of the payment or credit."""

    day: date
    amount: Decimal
    #: Money, as against a credit note or a write-off.
    is_payment: bool = True


@dataclass(frozen=True)
class Outcome:
    """One instalment judged: active, kept, partial or broken, and what filled it."""

    state: str
    paid: Decimal
    settled: Decimal


@dataclass(frozen=True)
class Judgement:
    """The agreement as a whole, and each instalment in the order handed in."""

    state: str
    outcomes: list[Outcome]
    #: Money beyond all instalments.
    surplus: Decimal


def judge(
    instalments: Sequence[Instalment],
    receipts: Iterable[Receipt],
    today: date,
    tolerance_days: int = 0,
) -> Judgement:
    """Judge an agreement as of a day.

    >>> plan = [Instalment(date(2026, 1, 10), Decimal(50)),
    ...         Instalment(date(2026, 2, 10), Decimal(50))]
    >>> paid = [Receipt(date(2026, 1, 12), Decimal(70))]
    >>> [o.state for o in judge(plan, paid, date(2026, 1, 20), 2).outcomes]
    ['kept', 'active']
    >>> judge(plan, paid, date(2026, 2, 13), 2).state
    'partial'
    >>> judge(plan, paid, date(2026, 1, 20), 1).state
    'broken'
    """
    waiting = [receipt for receipt in sorted(receipts, key=lambda r: r.day)]
    outcomes = {}
    order = sorted(range(len(instalments)), key=lambda n: (instalments[n].day, n))
    for number in order:
        taken, waiting = _take(waiting, instalments[number].amount)
        outcomes[number] = _judge_one(instalments[number], taken, today, tolerance_days)
    states = [outcomes[number].state for number in order]
    return Judgement(
        state=_in_all(states),
        outcomes=[outcomes[number] for number in range(len(instalments))],
        surplus=sum((r.amount for r in waiting if r.is_payment), ZERO),
    )


def _take(receipts: list[Receipt], amount: Decimal):
    """Return the receipts that fill an amount, cut to it, and those that are left."""
    taken, left = [], []
    for receipt in receipts:
        part = min(receipt.amount, amount)
        amount -= part
        if part > 0:
            taken.append(Receipt(receipt.day, part, receipt.is_payment))
        if receipt.amount > part:
            rest = receipt.amount - part
            left.append(Receipt(receipt.day, rest, receipt.is_payment))
    return taken, left


def _judge_one(
    instalment: Instalment, taken: list[Receipt], today: date, tolerance_days: int
) -> Outcome:
    deadline = instalment.day + timedelta(days=tolerance_days)
    in_time = sum((r.amount for r in taken if r.day <= deadline), ZERO)
    if in_time >= instalment.amount:
        state = "kept"
    elif today <= deadline:
        state = "active"
    else:
        state = "partial" if in_time else "broken"
    return Outcome(
        state=state,
        paid=sum((r.amount for r in taken if r.is_payment), ZERO),
        settled=sum((r.amount for r in taken if not r.is_payment), ZERO),
    )


def _in_all(states: list[str]) -> str:
    missed = [state for state in states if state in ("partial", "broken")]
    if missed:
        return missed[0]
    return "active" if "active" in states else "kept"


def receipts_since(
    entries: Iterable[Receipt], start: date, settled: Decimal
) -> list[Receipt]:
    """Return what was matched with one item since an agreement on it was made.

    Of all that is matched with the item today, what is dated after the agreement
    counts; of the rest, what makes the item smaller than it was when the agreement
    was made: a payment of the week before that is only matched now.

    :param entries: everything matched with the item today.
    :param start: the day of the agreement.
    :param settled: by how much the item is smaller than on that day.

    >>> old = Receipt(date(2026, 1, 1), Decimal(40))
    >>> new = Receipt(date(2026, 1, 9), Decimal(60))
    >>> start = date(2026, 1, 5)
    >>> [int(r.amount) for r in receipts_since([old, new], start, Decimal(60))]
    [60]
    >>> [int(r.amount) for r in receipts_since([old], start, Decimal(40))]
    [40]
    """
    entries = sorted(entries, key=lambda entry: entry.day, reverse=True)
    after = sum((entry.amount for entry in entries if entry.day > start), ZERO)
    taken, _left = _take(entries, max(settled, after))
    return taken


def lay_out(
    amount: Decimal,
    first: date,
    *,
    rounding: Decimal,
    number: int = 0,
    size: Decimal = ZERO,
    period: str = "month",
    holidays: Collection[date] | None = (),
) -> list[Instalment]:
    """Return the instalments of a plan: so many, or of such a size.

    Equal ones, rounded down to the currency; the last one takes the rest. A monthly
    plan that begins on the 31st is due on the last day of shorter months. A day off
    moves its instalment to the next business day and leaves the later ones alone.

    :param period: ``week`` or ``month``.
    :param holidays: days off besides weekends; None leaves days off as they are.

    >>> plan = lay_out(Decimal(100), date(2026, 1, 31), rounding=Decimal("0.01"),
    ...                number=3)
    >>> [(str(part.day), str(part.amount)) for part in plan]
    [('2026-02-02', '33.33'), ('2026-03-02', '33.33'), ('2026-03-31', '33.34')]
    """
    amounts = _equal(amount, number, rounding) if number else _sized(amount, size)
    return [
        Instalment(_due(first, count, period, holidays), part)
        for count, part in enumerate(amounts)
    ]


def is_ahead(instalments: Sequence[Instalment], receipts: Iterable[Receipt]) -> bool:
    """Return whether less is open than was agreed on some day.

    Money came before it was due, or something was settled without any.

    >>> plan = [Instalment(date(2026, 1, 10), Decimal(50)),
    ...         Instalment(date(2026, 2, 10), Decimal(50))]
    >>> is_ahead(plan, [Receipt(date(2026, 1, 10), Decimal(50))])
    False
    >>> is_ahead(plan, [Receipt(date(2026, 1, 10), Decimal(51))])
    True
    """
    receipts = list(receipts)
    if any(not receipt.is_payment for receipt in receipts):
        return True
    return any(
        sum(other.amount for other in receipts if other.day <= receipt.day)
        > sum((part.amount for part in instalments if part.day <= receipt.day), ZERO)
        for receipt in receipts
    )


@dataclass(frozen=True)
class PlanInterest:
    """The interest of one instalment: on what, for how many days, how much."""

    #: (what bears interest, for how many days), in the order of the days.
    stretches: tuple[tuple[Decimal, int], ...]
    amount: Decimal


def bearing_course(items: Iterable[tuple[Course, Sequence[Span]]]) -> Course:
    """Return what of some items can bear the interest of a plan, by day.

    What is paid on a day has been lent until that day, which is still charged. A day
    that something else has charged is not charged once more.

    :param items: for each its open amount by day, and the days charged otherwise.

    >>> paid = [(date.min, Decimal(100)), (date(2026, 1, 9), Decimal(40))]
    >>> charged = [(date.min, date(2026, 1, 5))]
    >>> [(str(day), int(amount)) for day, amount in bearing_course([(paid, charged)])]
    [('0001-01-01', 0), ('2026-01-06', 100), ('2026-01-10', 40)]
    """
    lent = [
        (
            [(day if day == date.min else day + ONE_DAY, amount) for day, amount in of],
            spans,
        )
        for of, spans in items
    ]
    days = {date.min}
    for course, spans in lent:
        days |= {day for day, _amount in course}
        days |= {day for first, last in spans for day in (first, last + ONE_DAY)}
    return [
        (day, sum((_on(day, course, spans) for course, spans in lent), ZERO))
        for day in sorted(days)
    ]


def _on(day: date, course: Course, spans: Sequence[Span]) -> Decimal:
    if any(first <= day <= last for first, last in spans):
        return ZERO
    return max([amount for since, amount in course if since <= day][-1], ZERO)


def bear_interest(
    instalments: Sequence[Instalment],
    rate: Decimal,
    start: date,
    *,
    rounding: Decimal,
    bearing: Course | None = None,
    end: date | None = None,
) -> list[PlanInterest]:
    """Return the interest that each instalment of a plan brings with it.

    Simple, on the principal that is still open, from the instalment before (the first:
    from ``start``) to its own day, by days of a year of 365.

    :param instalments: of the principal, in the order of their days.
    :param rate: percent a year.
    :param bearing: [(day, the most that bears interest from this day on)], as from
        :func:`bearing_course`; None: all that the instalments are about.
    :param end: the last day that bears interest, if the plan ended before its time.

    >>> plan = [Instalment(date(2026, 1, 31), Decimal(500)),
    ...         Instalment(date(2026, 3, 2), Decimal(500))]
    >>> [(p.stretches, str(p.amount)) for p in bear_interest(
    ...     plan, Decimal("7.3"), date(2026, 1, 1), rounding=Decimal("0.01"))]
    [(((Decimal('1000'), 30),), '6.00'), (((Decimal('500'), 30),), '3.00')]
    >>> [str(p.amount) for p in bear_interest(
    ...     plan, Decimal("7.3"), date(2026, 1, 1), rounding=Decimal("0.01"),
    ...     bearing=[(date.min, Decimal(1000)), (date(2026, 1, 11), Decimal(0))])]
    ['1.80', '0.00']
    """
    base = sum((part.amount for part in instalments), ZERO)
    parts = []
    for part in instalments:
        last = min(part.day, end) if end else part.day
        stretches = _stretch(base, start + ONE_DAY, last, bearing)
        interest = (
            Fraction(rate)
            / 36500
            * sum(Fraction(amount) * days for amount, days in stretches)
        )
        parts.append(PlanInterest(stretches, round_half_up(interest, rounding)))
        base -= part.amount
        start = max(part.day, start)
    return parts


def _stretch(
    base: Decimal, first: date, last: date, bearing: Course | None
) -> tuple[tuple[Decimal, int], ...]:
    """Return (amount, days) of the days that bear interest on at most ``base``."""
    course = [(day, min(amount, base)) for day, amount in bearing or [(first, base)]]
    ends = [day - ONE_DAY for day, _amount in course[1:]] + [last]
    stretches: list[tuple[Decimal, int]] = []
    for (since, amount), until in zip(course, ends, strict=True):
        days = (min(until, last) - max(since, first)).days + 1
        if days <= 0 or amount <= 0:
            continue
        if stretches and stretches[-1][0] == amount:
            days += stretches.pop()[1]
        stretches.append((amount, days))
    return tuple(stretches)


def _equal(amount: Decimal, number: int, rounding: Decimal) -> list[Decimal]:
    part = floor(Fraction(amount) / number / Fraction(rounding)) * rounding
    return [part] * (number - 1) + [amount - part * (number - 1)]


def _sized(amount: Decimal, size: Decimal) -> list[Decimal]:
    if size <= 0:
        return []
    full, rest = divmod(amount, size)
    return [size] * int(full) + ([rest] if rest else [])


def _due(
    first: date, count: int, period: str, holidays: Collection[date] | None
) -> date:
    if period == "week":
        day = first + timedelta(weeks=count)
    else:
        day = first + relativedelta(months=count)
    return day if holidays is None else next_workday(day, holidays)
