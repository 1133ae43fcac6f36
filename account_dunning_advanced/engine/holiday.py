"""Public holidays: rules that hold every year, and the days that replace them.

>>> rules = [Rule(month=12, day=25, moves="weekend"),
...          Rule(month=12, day=26, moves="weekend")]
>>> [day.isoformat() for day in sorted(expand(rules, [2027]))]
['2027-12-25', '2027-12-26', '2027-12-27', '2027-12-28']
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

from .workdays import ONE_DAY, SATURDAY, SUNDAY, next_workday


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

    A substitute is the next day that is neither weekend nor another holiday.
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
