"""The calendar of interest: half-years, years of default, and how days are counted."""

from datetime import date, timedelta

DAY_COUNTS = ("act_365", "act_act", "act_360", "30_360")
START_BASES = ("due", "notice", "invoice")

ONE_DAY = timedelta(days=1)


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


def days_of_year(day_count: str, day: date) -> int:
    """Return how many days a day count takes the year of a day to have."""
    if day_count == "act_act":
        return 366 if _is_leap(day.year) else 365
    return 365 if day_count == "act_365" else 360
