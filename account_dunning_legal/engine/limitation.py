"""When a claim becomes time-barred.

A period runs from a start that the law names. Events restart it, let it stand still,
or keep it from ending before a day. What an event does is handed in: it differs from
country to country, and nothing here knows one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A period of limitation and from when it runs."""

    years: int = 0
    months: int = 0
    start: str = "due"

    def ends_after(self, day: date) -> date:
        """Return the last day of a period that begins after a day."""
        return day + relativedelta(years=self.years, months=self.months)


@dataclass(frozen=True)
class Event:
    """Something that moves the end of a period.

    ``restart``: a new period runs from the last day of the event, of ``years`` if that
    is another one (a judgment). ``suspend``: the days of the event, and ``months``
    after it, do not count. ``stay``: the period does not end before ``months`` after
    the event. ``demand``: as ``stay``, but it counts only while the period would run
    without any demand; ``repeats`` says whether one counts within the months of
    another. Without ``last`` the event goes on.
    """

    first: date
    effect: str
    last: date | None = None
    months: int = 0
    years: int = 0
    repeats: bool = True
    lasts: bool = False
    #: Months after a suspension before which the period does not end (DE § 203 BGB).
    least_months: int = 0


def last_day(due: date, years: int, start: str, months: int = 0) -> date:
    """Return the last day on which a claim can be saved by filing, by the bare period.

    :param date due: the day on which payment was due.
    :param int years: the period.
    :param str start: ``due`` where the period runs from the due date, ``year_end``
        where it runs from the end of the year of the due date (DE § 199 BGB).

    >>> last_day(date(2024, 3, 15), 3, "due")
    datetime.date(2027, 3, 15)
    >>> last_day(date(2024, 3, 15), 3, "year_end")
    datetime.date(2027, 12, 31)

    Where the last month lacks the day, the period ends on that month's last day:

    >>> last_day(date(2024, 2, 29), 3, "due")
    datetime.date(2027, 2, 28)
    """
    if start == "year_end":
        due = date(due.year, 12, 31)
    return due + relativedelta(years=years, months=months)


def wind(due: date, period: Period, events: Iterable[Event] = ()) -> date | None:
    """Return the last day on which a claim can be saved; None while it cannot expire.

    Events that begin after the period has ended do not bring it back.

    >>> three = Period(years=3)
    >>> wind(date(2024, 1, 10), three, [Event(date(2025, 5, 1), "restart")])
    datetime.date(2028, 5, 1)
    >>> wind(date(2024, 1, 10), three, [Event(date(2027, 1, 11), "restart")])
    datetime.date(2027, 1, 10)

    A suspension adds its days, here ten and no months:

    >>> wind(date(2024, 1, 10), three,
    ...      [Event(date(2025, 5, 1), "suspend", date(2025, 5, 10))])
    datetime.date(2027, 1, 20)

    A demand within the period holds it for six months; a second one does not add:

    >>> demand = Event(date(2026, 12, 1), "demand", date(2026, 12, 1), months=6)
    >>> wind(date(2024, 1, 10), three, [demand])
    datetime.date(2027, 6, 1)
    >>> again = Event(date(2027, 5, 20), "demand", date(2027, 5, 20), months=6)
    >>> wind(date(2024, 1, 10), three, [demand, again])
    datetime.date(2027, 6, 1)

    What a judgment has fixed keeps the period of the judgment when it restarts again:

    >>> wind(date(2024, 1, 10), three, [
    ...     Event(date(2025, 5, 1), "restart", years=30),
    ...     Event(date(2030, 3, 4), "restart")])
    datetime.date(2060, 3, 4)
    """
    base: date | None = last_day(due, period.years, period.start, period.months)
    held: date | None = None
    counted: date | None = None
    for event in sorted(events, key=lambda event: (event.first, event.effect)):
        limit = max(base, held) if held and base else base
        if limit is None:
            break
        if event.first > limit or event.effect == "none":
            continue
        if event.effect == "demand":
            if event.first > base:
                continue
            if counted and not event.repeats and event.first <= counted:
                continue
            counted = _after(event.first, event.months)
            held = max(held or counted, counted)
            continue
        last = event.last or (None if event.lasts else event.first)
        base = _move(base, limit, period, event, last)
        if event.effect == "restart":
            held = counted = None
            period = Period(years=event.years) if event.years else period
    if base is None:
        return None
    return max(base, held) if held else base


def _after(day: date, months: int) -> date:
    return day + relativedelta(months=months)


def _move(
    base: date, limit: date, period: Period, event: Event, last: date | None
) -> date | None:
    """Return the end of the period after an event; None while the event goes on."""
    if last is None:
        return None
    if event.effect == "restart":
        anew = Period(years=event.years) if event.years else period
        return anew.ends_after(last)
    end = _after(last, event.months)
    if event.effect == "stay":
        return max(base, end)
    # the period had days left when it stopped: they run after the suspension; one that
    # a demand alone still held has none of its own left
    left = max((base - event.first).days + 1, 0)
    return max(end + left * ONE_DAY, limit, _after(last, event.least_months))
