"""Days that count for deadlines inside the company: Monday to Friday."""

from datetime import date, timedelta

SATURDAY = 5


def add_workdays(day: date, count: int) -> date:
    """Return the day that is ``count`` working days after ``day``.

    Public holidays are not known here; a deadline on one is a day early, never late.

    >>> add_workdays(date(2024, 6, 14), 1)  # a Friday
    datetime.date(2024, 6, 17)
    >>> add_workdays(date(2024, 6, 15), 0)  # a Saturday
    datetime.date(2024, 6, 15)
    >>> add_workdays(date(2024, 6, 14), 10)
    datetime.date(2024, 6, 28)
    """
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY:
            count -= 1
    return day
