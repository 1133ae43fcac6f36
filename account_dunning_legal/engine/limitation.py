"""When a claim becomes time-barred, by the plain period.

Only the period itself is counted. What stops or restarts it (acknowledgment, part
payment, suit, negotiation, a formal demand where the law lets it count) has to be
judged by a person.
"""

from datetime import date

from dateutil.relativedelta import relativedelta


def last_day(due: date, years: int, start: str) -> date:
    """Return the last day on which a claim can be saved by filing.

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
    return due + relativedelta(years=years)
