"""Interest on late payments: plain functions of rates, balances and days.

How it works
------------
A *rate* is a series of dated values, in percent a year. *Terms* say how the rate of
a claim follows from it: a margin above the value of the half-year, three times the
value, the value of the first day of default for good, and so on. :func:`accrue`
walks through a window of days and gives one :class:`Segment` for each stretch in
which neither the open principal nor the rate changes.

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
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from .rounding import CENT, round_half_up, round_up

#: How the value of a rate is chosen for a day.
MODES = (
    "fixed",  # no reference: the margin alone
    "daily",  # each value from its day on
    "half_year",  # the value on 1 January or 1 July, for the half-year
    "frozen",  # the value on the first day of default, for the debt's life
    "frozen_half_year",  # the value of the half-year in which the default began
)
DAY_COUNTS = ("act_365", "act_act", "act_360", "30_360")
COMPOUNDINGS = ("none", "yearly")
START_BASES = ("due", "notice", "invoice")

ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)

#: What a segment warns of: the rate was lowered to that of a ceiling, or to the cap of
#: the terms, or it is above the cap and was left so.
WARNING_HELD = "held"
WARNING_CAPPED = "capped"
WARNING_ABOVE_CAP = "above_cap"


class NoRate(LookupError):
    """The series has no value for a day; ``day`` says for which."""

    def __init__(self, day: date):
        super().__init__(f"No rate is known for {day.isoformat()}.")
        self.day = day


@dataclass(frozen=True)
class RateValue:
    """Percent a year, valid from a day until the next value."""

    date_from: date
    rate: Decimal
    source: str = ""


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
class Floor:
    """Terms whose rate is the least that others give (FR: three times legal)."""

    terms: "Terms"
    values: tuple[RateValue, ...] = ()


@dataclass(frozen=True)
class Ceiling(Floor):
    """Terms whose rate is the most that others give (BE: the rate among traders)."""


@dataclass(frozen=True)
class Step:
    """Terms that take over from a day on, after an event (KR: service of a claim).

    They stand by themselves: margin, floors and caps are theirs, and a frozen mode
    freezes on the first day of the step. Day count and compounding stay those of
    the terms they belong to.
    """

    date_from: date
    terms: "Terms"
    values: tuple[RateValue, ...] = ()


@dataclass(frozen=True)
class Terms:
    """How the yearly rate of a claim follows from a series of values.

    ``multiplier × value + margin``, rounded up to a multiple of ``round_up_to``, at
    least the rate of each floor, at most that of each ceiling and the cap.
    """

    mode: str = "daily"
    #: Percentage points.
    margin: Decimal = ZERO
    multiplier: Decimal = Decimal(1)
    #: Days from the day that the mode names to the day whose value counts (AT: -1,
    #: the last day of the previous half-year).
    reference_offset_days: int = 0
    #: Percentage points; 0 does not round (BE: 0.5).
    round_up_to: Decimal = ZERO
    day_count: str = "act_365"
    compounding: str = "none"
    steps: tuple[Step, ...] = ()
    at_least: tuple[Floor, ...] = ()
    at_most: tuple[Ceiling, ...] = ()
    #: Percent a year. It is the last word, a floor above it notwithstanding.
    cap: Decimal | None = None
    #: Leave the rate as it is above the cap, and only warn.
    cap_warns: bool = False

    def __post_init__(self):
        for value, known in (
            (self.mode, MODES),
            (self.day_count, DAY_COUNTS),
            (self.compounding, COMPOUNDINGS),
        ):
            if value not in known:
                raise ValueError(f"{value!r} is none of {', '.join(known)}.")


@dataclass(frozen=True)
class Quote:
    """The rate of a day, where it comes from, and what to warn of."""

    rate: Decimal
    source: str = ""
    warning: str = ""


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


# === RATE OF A DAY === #


def rate_on(
    terms: Terms, values: Sequence[RateValue], day: date, start: date
) -> Decimal:
    """Return the rate of a day in percent a year.

    :param date start: the first day of default.
    :raise NoRate: if the series begins later than the day whose value counts.

    >>> pounds = [RateValue(date(2024, 7, 1), Decimal("5.25")),
    ...           RateValue(date(2025, 1, 1), Decimal("4.75"))]
    >>> statutory = Terms(mode="frozen_half_year", margin=Decimal(8))
    >>> rate_on(statutory, pounds, date(2025, 3, 1), start=date(2024, 12, 31))
    Decimal('13.25')
    """
    return quote_on(terms, values, day, start).rate


def quote_on(
    terms: Terms, values: Sequence[RateValue], day: date, start: date
) -> Quote:
    """Return the rate of a day with its source and a warning; see :func:`rate_on`.

    >>> most = Ceiling(Terms("fixed", Decimal("10.5")))
    >>> agreed = Terms("fixed", Decimal(15), at_most=(most,))
    >>> quote_on(agreed, (), date(2026, 3, 1), date(2026, 3, 1))
    Quote(rate=Decimal('10.5'), source='', warning='held')
    """
    step = _step_on(terms, day)
    if step:
        return quote_on(step.terms, step.values, day, step.date_from)
    quote = _reference_quote(terms, values, day, start)
    for floor in terms.at_least:
        least = quote_on(floor.terms, floor.values, day, start)
        if least.rate > quote.rate:
            quote = least
    for ceiling in terms.at_most:
        most = quote_on(ceiling.terms, ceiling.values, day, start)
        if most.rate < quote.rate:
            quote = Quote(most.rate, most.source, WARNING_HELD)
    return _capped(terms, quote)


def _step_on(terms: Terms, day: date) -> Step | None:
    reached = [step for step in terms.steps if step.date_from <= day]
    return max(reached, key=lambda step: step.date_from, default=None)


def _reference_quote(
    terms: Terms, values: Sequence[RateValue], day: date, start: date
) -> Quote:
    rate, source = terms.margin, ""
    if terms.mode != "fixed":
        value = _value_on(values, _reference_day(terms, day, start))
        rate += terms.multiplier * value.rate
        source = value.source
    if terms.round_up_to:
        rate = round_up(rate, terms.round_up_to)
    return Quote(max(rate, ZERO), source)


def _capped(terms: Terms, quote: Quote) -> Quote:
    if terms.cap is None or quote.rate <= terms.cap:
        return quote
    if terms.cap_warns:
        return Quote(quote.rate, quote.source, WARNING_ABOVE_CAP)
    return Quote(terms.cap, quote.source, WARNING_CAPPED)


def _reference_day(terms: Terms, day: date, start: date) -> date:
    named = {
        "daily": day,
        "half_year": half_year(day),
        "frozen": start,
        "frozen_half_year": half_year(start),
    }[terms.mode]
    return named + timedelta(days=terms.reference_offset_days)


def _value_on(values: Sequence[RateValue], day: date) -> RateValue:
    begun = [value for value in values if value.date_from <= day]
    if not begun:
        raise NoRate(day)
    return max(begun, key=lambda value: value.date_from)


# === CALENDAR === #


def half_year(day: date) -> date:
    """Return the first day of the half-year of a day.

    >>> half_year(date(2024, 6, 30)), half_year(date(2024, 7, 1))
    (datetime.date(2024, 1, 1), datetime.date(2024, 7, 1))
    """
    return date(day.year, 7 if day.month > 6 else 1, 1)


def anniversary(start: date, years: int) -> date:
    """Return the day on which another year begins, counted from ``start``.

    A year that begins on 29 February is over on 28 February; the next one begins on
    1 March.

    >>> anniversary(date(2024, 2, 29), 1), anniversary(date(2024, 2, 29), 4)
    (datetime.date(2025, 3, 1), datetime.date(2028, 2, 29))
    """
    year = start.year + years
    if (start.month, start.day) == (2, 29) and not _is_leap(year):
        return date(year, 3, 1)
    return start.replace(year=year)


def count_days(day_count: str, first: date, last: date) -> int:
    """Return the days from the first to the last, both included.

    By 30/360 every month has thirty days: a 31st counts nothing, and the last day of
    February counts for the missing ones.

    >>> count_days("act_365", date(2024, 2, 1), date(2024, 2, 29))
    29
    >>> count_days("30_360", date(2024, 2, 1), date(2024, 2, 29))
    30
    >>> count_days("30_360", date(2024, 1, 31), date(2024, 1, 31))
    0
    """
    if day_count == "30_360":
        return _commercial_day(last) - _commercial_day(first - ONE_DAY)
    return (last - first).days + 1


def first_day(
    due: date,
    basis: str = "due",
    days: int = 0,
    notice_date: date | None = None,
    invoice_date: date | None = None,
) -> date | None:
    """Return the first day that bears interest, or None if it has not come.

    Days run in full: the day after them is the first, and never before the day
    after the due date.

    :param date due: the due date.
    :param str basis: what the days are counted from: ``due``; ``notice``, the
        reminder that puts the debtor in default; ``invoice``.
    :param int days: days of grace after that day.
    :param date notice_date: day of the reminder; None if there was none.
    :param date invoice_date: day of the invoice, or of its receipt.

    >>> first_day(date(2024, 5, 31))
    datetime.date(2024, 6, 1)
    >>> first_day(date(2024, 5, 31), "notice", notice_date=date(2024, 6, 14))
    datetime.date(2024, 6, 15)
    >>> first_day(date(2024, 5, 31), "invoice", 30, invoice_date=date(2024, 5, 20))
    datetime.date(2024, 6, 20)
    """
    counted = {"due": due, "notice": notice_date, "invoice": invoice_date}
    if basis not in counted:
        raise ValueError(f"{basis!r} is none of {', '.join(START_BASES)}.")
    if counted[basis] is None:
        return None
    return max(due, counted[basis] + timedelta(days=days)) + ONE_DAY


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _commercial_day(day: date) -> int:
    """Number of a day in a calendar of months of thirty days."""
    ends_february = day.month == 2 and (day + ONE_DAY).month == 3
    return 360 * day.year + 30 * day.month + (30 if ends_february else min(day.day, 30))


def _days_of_year(day_count: str, day: date) -> int:
    if day_count == "act_act":
        return 366 if _is_leap(day.year) else 365
    return 365 if day_count == "act_365" else 360


# === ACCRUAL === #


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
        year = _days_of_year(terms.day_count, day)
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
    days.update(_rate_days(terms, values, first, last))
    if terms.day_count == "act_act":
        days.update(date(year, 1, 1) for year in range(first.year + 1, last.year + 1))
    return sorted(day for day in days if first <= day <= last)


def _rate_days(
    terms: Terms, values: Sequence[RateValue], first: date, last: date
) -> Iterator[date]:
    """Yield the days on which the rate may change; some may lie outside the window."""
    if terms.mode == "daily":
        offset = timedelta(days=terms.reference_offset_days)
        yield from (value.date_from - offset for value in values)
    elif terms.mode == "half_year":
        years = range(first.year, last.year + 1)
        yield from (date(year, month, 1) for year in years for month in (1, 7))
    for bound in (*terms.at_least, *terms.at_most):
        yield from _rate_days(bound.terms, bound.values, first, last)
    for step in terms.steps:
        yield step.date_from
        yield from _rate_days(step.terms, step.values, first, last)
