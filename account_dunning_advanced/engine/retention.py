"""How long records about people are kept: kinds of record, and the last day of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta


@dataclass(frozen=True)
class Kind:
    """A kind of record about debtors, and what is done when its time is over."""

    model: str
    #: Field, or path, of the day on which it came about.
    date: str
    #: Field of the commercial partner.
    partner: str = "partner_id"
    #: Field of the day on which it was over; empty where it never is.
    closed: str = ""
    #: Which records of the model are meant, as the terms of a domain.
    domain: Sequence = ()
    #: What a rule may do with it: delete, pseudonymise. To keep is always possible.
    actions: Sequence[str] = ("delete",)
    #: Fields that are emptied where the record itself stays.
    cleared: Sequence[str] = ()
    #: Messages and attachments go with the fields.
    papers: bool = True


def cutoff(
    today: date,
    months: int,
    from_year_end: bool = False,
    year_end: tuple[int, int] = (12, 31),
) -> date:
    """Return the last day whose records have been kept long enough.

    :param today: the day on which it is asked; the company's.
    :param months: to keep, from the record's day.
    :param from_year_end: the time begins at the end of the year of the record's day,
        as commercial law has it in places.
    :param year_end: month and day on which that year ends; of the calendar year, or of
        the company's business year.

    >>> cutoff(date(2026, 11, 22), 36)
    datetime.date(2023, 11, 22)
    >>> cutoff(date(2026, 11, 22), 72, from_year_end=True)
    datetime.date(2019, 12, 31)
    >>> cutoff(date(2026, 12, 31), 72, from_year_end=True)
    datetime.date(2020, 12, 31)
    >>> cutoff(date(2024, 2, 29), 12)
    datetime.date(2023, 2, 28)
    >>> cutoff(date(2026, 11, 22), 72, from_year_end=True, year_end=(3, 31))
    datetime.date(2020, 3, 31)
    >>> cutoff(date(2026, 2, 28), 72, from_year_end=True, year_end=(2, 29))
    datetime.date(2019, 2, 28)
    """
    day = today - relativedelta(months=months)
    if not from_year_end:
        return day
    this_year = _end_of_year(day.year, *year_end)
    return this_year if this_year <= day else _end_of_year(day.year - 1, *year_end)


def _end_of_year(year: int, month: int, day: int) -> date:
    """Return the last day of a year, in the month's last days if it is that short."""
    return date(year, month, 1) + relativedelta(day=day)
