"""Days that count for deadlines: Monday to Friday, but for holidays."""

from collections.abc import Collection
from datetime import date, timedelta

SATURDAY, SUNDAY = 5, 6
ONE_DAY = timedelta(days=1)


def is_workday(day: date, holidays: Collection[date] = ()) -> bool:
    """Whether a day counts: it is neither of a weekend nor a holiday."""
    return day.weekday() < SATURDAY and day not in holidays


def next_workday(day: date, holidays: Collection[date] = ()) -> date:
    """Return the day itself or the next one that is worked on."""
    while not is_workday(day, holidays):
        day += ONE_DAY
    return day


def add_workdays(day: date, count: int, holidays: Collection[date] = ()) -> date:
    """Return the day that is ``count`` working days after ``day``.

    >>> add_workdays(date(2024, 6, 14), 1)  # a Friday
    datetime.date(2024, 6, 17)
    >>> add_workdays(date(2024, 6, 15), 0)  # a Saturday
    datetime.date(2024, 6, 15)
    >>> add_workdays(date(2024, 6, 14), 10)
    datetime.date(2024, 6, 28)
    >>> add_workdays(date(2024, 6, 14), 1, {date(2024, 6, 17)})
    datetime.date(2024, 6, 18)
    """
    while count > 0:
        day += ONE_DAY
        count -= is_workday(day, holidays)
    return day
