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

from collections.abc import Collection
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.addons.account_dunning_advanced.engine.workdays import (
    ONE_DAY,
    add_workdays,
    next_workday,
)


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
        end = add_workdays(start, number, {*holidays, *recess})
    else:
        end = _skip(start, _add_plain(start, number, unit), recess)
    return next_workday(end, {*holidays, *recess}) if roll else end


def _add_plain(start: date, number: int, unit: str) -> date:
    if unit == "months":
        return start + relativedelta(months=number)
    return start + timedelta(days=number * (7 if unit == "weeks" else 1))


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
