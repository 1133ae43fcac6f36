"""The rate of interest on a day: terms, values, floors and ceilings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .interest_days import DAY_COUNTS, half_year
from .rounding import round_up

#: How the value of a rate is chosen for a day.
MODES = (
    "fixed",  # no reference: the margin alone
    "daily",  # each value from its day on
    "half_year",  # the value on 1 January or 1 July, for the half-year
    "frozen",  # the value on the first day of default, for the debt's life
    "frozen_half_year",  # the value of the half-year in which the default began
)
COMPOUNDINGS = ("none", "yearly")

ZERO = Decimal(0)

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


def rate_days(
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
        yield from rate_days(bound.terms, bound.values, first, last)
    for step in terms.steps:
        yield step.date_from
        yield from rate_days(step.terms, step.values, first, last)
