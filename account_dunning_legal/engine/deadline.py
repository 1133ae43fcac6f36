"""Deadlines: days, working days, weeks and months, with holidays and court recess.

The day of the event does not count. A week or a month ends on the day that is named
like the one it began on, or on the last day of a shorter month (KR art. 160, JP art.
143, DE § 188 BGB). Which days are holidays, and whether a deadline on one moves to
the next working day, is handed in.

>>> add(date(2026, 1, 31), 1, "months")
datetime.date(2026, 2, 28)
>>> add(date(2026, 12, 18), 2, "weeks", roll=True, holidays={date(2027, 1, 1)})
datetime.date(2027, 1, 4)
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

SATURDAY, SUNDAY = 5, 6
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """When a holiday is, every year: by date, by weekday of a month, or by Easter.

    ``nth`` counts weekdays in the month, -1 is the last. ``days`` is how long it
    lasts. ``moves`` says on which weekdays a substitute follows: ``sunday``,
    ``weekend``, or nothing.
    """

    month: int = 0
    day: int = 0
    weekday: int | None = None
    nth: int = 0
    easter_offset: int | None = None
    days: int = 1
    moves: str = ""
    #: A single date, for holidays that follow the moon or a decree.
    only: date | None = None

    def begins(self, year: int) -> date | None:
        """Return the first day in a year; None where there is none.

        >>> Rule(month=5, weekday=0, nth=-1).begins(2026)
        datetime.date(2026, 5, 25)
        >>> Rule(easter_offset=-2).begins(2026)
        datetime.date(2026, 4, 3)
        """
        if self.only:
            return self.only if self.only.year == year else None
        if self.easter_offset is not None:
            return easter(year) + timedelta(days=self.easter_offset)
        if self.nth:
            return _nth_weekday(year, self.month, self.weekday or 0, self.nth)
        try:
            return date(year, self.month, self.day)
        except ValueError:  # 29 February
            return None


def expand(rules: Iterable[Rule], years: Iterable[int]) -> set[date]:
    """Return the days of the rules in some years, substitutes included.

    A substitute is the next day that is neither weekend nor another holiday:

    >>> rules = [Rule(month=12, day=25, moves="weekend"),
    ...          Rule(month=12, day=26, moves="weekend")]
    >>> sorted(expand(rules, [2027]))[2:]
    [datetime.date(2027, 12, 27), datetime.date(2027, 12, 28)]
    """
    days: set[date] = set()
    to_move: list[date] = []
    for year in years:
        for rule in rules:
            first = rule.begins(year)
            if not first:
                continue
            for number in range(rule.days):
                day = first + timedelta(days=number)
                days.add(day)
                if _moves(rule, day):
                    to_move.append(day)
    for day in sorted(to_move):
        days.add(next_workday(day + ONE_DAY, days))
    return days


def is_workday(day: date, holidays: Collection[date] = ()) -> bool:
    return day.weekday() < SATURDAY and day not in holidays


def next_workday(day: date, holidays: Collection[date] = ()) -> date:
    """Return the day itself or the next one that is worked on."""
    while not is_workday(day, holidays):
        day += ONE_DAY
    return day


def add(
    start: date,
    number: int,
    unit: str = "days",
    roll: bool = False,
    holidays: Collection[date] = (),
    recess: Collection[date] = (),
) -> date:
    """Return the last day of a period that an event sets off.

    :param start: the day of the event.
    :param unit: ``days``, ``workdays``, ``weeks`` or ``months``.
    :param roll: move an end on a weekend or holiday to the next working day.
    :param recess: days on which the period does not run.

    >>> add(date(2026, 7, 30), 20, "workdays", recess={
    ...     date(2026, 8, 1) + timedelta(days=n) for n in range(31)})
    datetime.date(2026, 9, 25)
    """
    if unit == "workdays":
        end = _add_workdays(start, number, holidays, recess)
    else:
        end = _skip(start, _add_plain(start, number, unit), recess)
    return next_workday(end, {*holidays, *recess}) if roll else end


def _add_plain(start: date, number: int, unit: str) -> date:
    if unit == "months":
        return start + relativedelta(months=number)
    return start + timedelta(days=number * (7 if unit == "weeks" else 1))


def _add_workdays(
    day: date, count: int, holidays: Collection[date], recess: Collection[date]
) -> date:
    while count > 0:
        day += ONE_DAY
        if is_workday(day, holidays) and day not in recess:
            count -= 1
    return day


def _skip(start: date, end: date, recess: Collection[date]) -> date:
    """Move the end by the days on which the period did not run."""
    if not recess:
        return end
    left, day = (end - start).days, start
    while left > 0:
        day += ONE_DAY
        if day not in recess:
            left -= 1
    return day


def _moves(rule: Rule, day: date) -> bool:
    if rule.moves == "weekend":
        return day.weekday() >= SATURDAY
    return rule.moves == "sunday" and day.weekday() == SUNDAY


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    if nth > 0:
        first = date(year, month, 1)
        days = (weekday - first.weekday()) % 7 + 7 * (nth - 1)
        return first + timedelta(days=days)
    last = date(year, month, 1) + relativedelta(months=1, days=-1)
    return last - timedelta(days=(last.weekday() - weekday) % 7 + 7 * (-nth - 1))
