"""Interest on late payments: plain functions of rates, balances and days.

How it works
------------
A *rate* is a series of dated values, in percent a year. *Terms* say how the rate of
a claim follows from it: a margin above the value of the half-year, three times the
value, the value of the first day of default for good, and so on: ``interest_rate``
finds the rate of a day, ``interest_days`` counts days and years. :func:`accrue` walks
through a window of days and gives one :class:`Segment` for each stretch in which
neither the open principal nor the rate changes.

>>> base = [RateValue(date(2025, 1, 1), Decimal("2.27")),
...         RateValue(date(2025, 7, 1), Decimal("1.27"))]
>>> terms = Terms(mode="half_year", margin=Decimal(9))
>>> for segment in accrue(
...     terms, base, [Balance(date(2025, 5, 1), Decimal("1000"))],
...     start=date(2025, 6, 1), date_from=date(2025, 6, 1), date_to=date(2025, 7, 31),
... ):
...     print(segment.date_from, segment.days, segment.rate, segment.amount)
2025-06-01 30 11.27 9.26
2025-07-01 31 10.27 8.73

What always holds
-----------------
- Days count from the first to the last of a window, both included.
- The amounts of the segments add up to the rounded total of their window: the
  running total is rounded and differences are taken.
- Interest bears no interest, save where the terms compound it.
- Nothing is ever negative, and the clock is never read.

Amounts are in one currency, whichever; arithmetic is exact until it is rounded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .interest_days import (
    DAY_COUNTS,
    ONE_DAY,
    anniversary,
    count_days,
    days_of_year,
    first_day,
    half_year,
)
from .interest_rate import (
    COMPOUNDINGS,
    MODES,
    WARNING_ABOVE_CAP,
    WARNING_CAPPED,
    WARNING_HELD,
    ZERO,
    Ceiling,
    Floor,
    NoRate,
    Quote,
    RateValue,
    Step,
    Terms,
    quote_on,
    rate_days,
    rate_on,
)
from .rounding import CENT, round_half_up

# What the models and other addons import from here.
__all__ = (
    "COMPOUNDINGS",
    "DAY_COUNTS",
    "MODES",
    "WARNING_ABOVE_CAP",
    "WARNING_CAPPED",
    "WARNING_HELD",
    "Balance",
    "Ceiling",
    "Floor",
    "Layer",
    "NoRate",
    "RateValue",
    "Segment",
    "Step",
    "Terms",
    "accrue",
    "first_day",
    "half_year",
    "rate_on",
)


@dataclass(frozen=True)
class Balance:
    """The principal that is open from a day on, until the next balance."""

    date_from: date
    amount: Decimal


@dataclass(frozen=True)
class Layer:
    """A part of the open amount for which some days have been charged already.

    The part lies between ``floor`` and ``top``; without a top it is all of these days.
    """

    date_from: date
    date_to: date
    floor: Decimal = ZERO
    top: Decimal | None = None


@dataclass(frozen=True)
class Segment:
    """Interest over a stretch of days with one base and one rate.

    ``days`` are those of the day count; ``base`` is the open principal and the
    interest that was compounded. ``floor`` is how much of these lies below it, and is
    borne by what was charged before.
    """

    date_from: date
    date_to: date
    days: int
    base: Decimal
    rate: Decimal
    amount: Decimal
    source: str = ""
    warning: str = ""
    floor: Decimal = ZERO


@dataclass(frozen=True)
class _Piece:
    """A segment before its amount is rounded."""

    date_from: date
    date_to: date
    base: Decimal
    quote: Quote
    #: Days of the day count, and those of its year.
    days: int
    year: int
    floor: Decimal = ZERO

    @property
    def amount(self) -> Fraction:
        return (
            Fraction(self.base)
            * Fraction(self.quote.rate)
            * Fraction(self.days, 100 * self.year)
        )


def accrue(
    terms: Terms,
    values: Sequence[RateValue],
    balances: Sequence[Balance],
    start: date,
    date_from: date,
    date_to: date,
    rounding: Decimal = CENT,
    charged: Sequence[Layer] = (),
) -> list[Segment]:
    """Return the interest of a window of days, one segment for each stretch.

    A segment ends where the open principal or the rate changes, at the end of the
    calendar year if days count by it (act/act), and at each anniversary of the
    default if interest is compounded. There is none without days, base or rate.

    :param Sequence[Balance] balances: open principal, which counts from its day on,
        so that a day's payment lowers the interest of that very day. Compounding
        needs the balances since ``start``.
    :param date start: first day of default: freezes the rates and counts the years,
        and nothing accrues before it.
    :param date date_from: first day to charge, after what was charged before.
    :param date date_to: last day to charge.
    :param Decimal rounding: smallest amount of the currency, rounded to half up.
    :param Sequence[Layer] charged: what has been charged for some of the days, and is
        not charged again; where they leave several parts, each is a segment.
    :raise NoRate: if a rate is missing for a day.

    >>> open_ = [Balance(date(2023, 1, 1), ZERO)]
    >>> accrue(Terms("fixed", Decimal(5)), [], open_,
    ...        date(2023, 1, 1), date(2023, 1, 1), date(2023, 12, 31))
    []

    March was charged on 700 of 1,000, and 2 April was waived:

    >>> charged = [
    ...     Layer(date(2023, 3, 1), date(2023, 3, 31), ZERO, Decimal(700)),
    ...     Layer(date(2023, 4, 2), date(2023, 4, 2))]
    >>> for segment in accrue(
    ...     Terms("fixed", Decimal(5)), [], [Balance(date(2023, 1, 1), Decimal(1000))],
    ...     date(2023, 3, 1), date(2023, 3, 1), date(2023, 4, 10), charged=charged,
    ... ):
    ...     print(segment.date_from, segment.date_to, segment.floor, segment.base)
    2023-03-01 2023-03-31 700 300
    2023-04-01 2023-04-01 0 1000
    2023-04-03 2023-04-10 0 1000
    """
    first = max(date_from, start)
    added = _compounded(terms, values, balances, start, date_to, rounding)
    total, shown, segments = Fraction(0), ZERO, []
    pieces = _pieces(terms, values, balances, start, first, date_to, added, charged)
    for piece in pieces:
        total += piece.amount
        amount = round_half_up(total, rounding) - shown
        shown += amount
        segments.append(
            Segment(
                date_from=piece.date_from,
                date_to=piece.date_to,
                days=piece.days,
                base=piece.base,
                floor=piece.floor,
                rate=piece.quote.rate,
                amount=amount,
                source=piece.quote.source,
                warning=piece.quote.warning,
            )
        )
    return segments


def _compounded(
    terms: Terms,
    values: Sequence[RateValue],
    balances: Sequence[Balance],
    start: date,
    date_to: date,
    rounding: Decimal,
) -> list[Balance]:
    """Return the interest that was added to the base, by the day it counts from.

    Each full year of default adds its own interest, rounded, so that the base that
    a segment shows is the one it was computed with.
    """
    added: list[Balance] = []
    for first, following in _years(terms, start, date_to):
        year = _pieces(
            terms, values, balances, start, first, following - ONE_DAY, added
        )
        interest = round_half_up(sum(piece.amount for piece in year), rounding)
        added.append(Balance(following, _balance_on(added, following) + interest))
    return added


def _years(terms: Terms, start: date, date_to: date) -> Iterator[tuple[date, date]]:
    """Yield the full years of default: their first day, and that of the next."""
    if terms.compounding != "yearly":
        return
    number = 1
    while anniversary(start, number) <= date_to:
        yield anniversary(start, number - 1), anniversary(start, number)
        number += 1


def _pieces(
    terms: Terms,
    values: Sequence[RateValue],
    balances: Sequence[Balance],
    start: date,
    first: date,
    last: date,
    added: Sequence[Balance],
    charged: Sequence[Layer] = (),
) -> Iterator[_Piece]:
    """Yield the stretches of one base and one rate that bear interest."""
    stretches = []
    previous = None
    days = _change_days(terms, values, balances, start, first, last, added, charged)
    for day in days:
        parts = _uncharged(_base_on(balances, added, day), charged, day)
        # without a base no rate is needed, and none is missing
        quote = quote_on(terms, values, day, start) if parts else Quote(ZERO)
        year = day.year if terms.day_count == "act_act" else None
        # two values of one rate make one stretch, though each has its own source
        stretch = (year, parts, quote.rate, quote.warning)
        if stretch != previous:
            stretches.append((day, parts, quote))
        previous = stretch
    ends = [day - ONE_DAY for day, *_rest in stretches[1:]] + [last]
    for (day, parts, quote), end in zip(stretches, ends, strict=False):
        counted = count_days(terms.day_count, day, end)
        if not quote.rate or not counted:
            continue
        year = days_of_year(terms.day_count, day)
        for floor, base in parts:
            yield _Piece(day, end, base, quote, counted, year, floor)


def _uncharged(
    base: Decimal, charged: Sequence[Layer], day: date
) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return (floor, amount) of what no charge of a day bears, the lowest part first.

    >>> layers = [Layer(date.min, date.max, Decimal(100), Decimal(700))]
    >>> [(int(floor), int(part)) for floor, part in
    ...  _uncharged(Decimal(1000), layers, date(2024, 1, 1))]
    [(0, 100), (700, 300)]
    """
    parts, reached = [], ZERO
    standing = [layer for layer in charged if layer.date_from <= day <= layer.date_to]
    for layer in sorted(standing, key=lambda layer: layer.floor):
        if layer.floor >= base:
            break
        if layer.floor > reached:
            parts.append((reached, layer.floor - reached))
        reached = base if layer.top is None else max(reached, layer.top)
    if reached < base:
        parts.append((reached, base - reached))
    return tuple(parts)


def _base_on(
    balances: Sequence[Balance], added: Sequence[Balance], day: date
) -> Decimal:
    """Return what bears interest on a day.

    Compounded interest does so only as long as principal is open: what is left of
    it after the principal has been paid is claimed, but does not grow.
    """
    principal = _balance_on(balances, day)
    return principal + _balance_on(added, day) if principal > 0 else ZERO


def _balance_on(balances: Sequence[Balance], day: date) -> Decimal:
    """Return the amount of a day; of two balances of one day the later one counts."""
    amount, since = ZERO, date.min
    for balance in balances:
        if since <= balance.date_from <= day:
            amount, since = balance.amount, balance.date_from
    return amount


def _change_days(
    terms: Terms,
    values: Sequence[RateValue],
    balances: Sequence[Balance],
    start: date,
    first: date,
    last: date,
    added: Sequence[Balance],
    charged: Sequence[Layer],
) -> list[date]:
    """Return the days of a window, in order, on which base, rate or year may change."""
    days = {first}
    days.update(balance.date_from for balance in (*balances, *added))
    for layer in charged:
        days.update((layer.date_from, layer.date_to + ONE_DAY))
    days.update(rate_days(terms, values, first, last))
    if terms.day_count == "act_act":
        days.update(date(year, 1, 1) for year in range(first.year + 1, last.year + 1))
    return sorted(day for day in days if first <= day <= last)
