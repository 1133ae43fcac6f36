"""What is said of a month's collecting: the trade's measures, as plain functions.

Receivables, sales and what is paid are amounts in one currency; sales are those on
credit, with their tax, as receivables have it. Shares are between 0 and 1. A measure
that has nothing to measure is None, not 0: no promises kept is something else than
none made.
"""

from collections.abc import Iterable, Sequence
from statistics import median


def share(part: float, whole: float) -> float | None:
    """Return a part of a whole; None where there is no whole.

    >>> share(25, 100), share(5, 0)
    (0.25, None)
    """
    return part / whole if whole > 0 else None


def dso(receivables: float, sales: float, days: int) -> float | None:
    """Return the days sales outstanding of a period: receivables / sales x days.

    :param receivables: at the end of the period; for the best possible DSO what of
        them is not due.
    :param sales: of the period.
    :param days: of the period.

    >>> dso(45_000, 90_000, 90)
    45.0
    """
    ratio = share(max(receivables, 0), sales)
    return None if ratio is None else ratio * days


def dso_countback(
    receivables: float, months: Iterable[tuple[float, int]]
) -> float | None:
    """Return the DSO by exhaustion: how many days of the newest sales are unpaid.

    Unlike the plain DSO it is not thrown off by a month in which much was sold.

    :param receivables: at the end of the newest month.
    :param months: (sales, days) of the months, newest first.
    :return: None if there are more receivables than all these months sold.

    >>> round(dso_countback(100, [(60, 30), (80, 31)]), 1)
    45.5
    """
    left, counted = receivables, 0.0
    for sales, days in months:
        if left <= 0:
            return counted
        if 0 < left <= sales:
            return counted + days * left / sales
        left -= sales
        counted += days
    return None if left > 0 else counted


def days_delinquent(actual: float | None, best: float | None) -> float | None:
    """Return the average days delinquent: DSO less the best possible one.

    >>> days_delinquent(45, 12)
    33
    """
    return None if actual is None or best is None else actual - best


def weighted_days(parts: Iterable[tuple[float, float]]) -> float | None:
    """Return the average of days, weighted by amounts.

    :param parts: (amount, days) of each; days after the due date for days beyond
        terms, below zero for what was paid before.

    >>> weighted_days([(100, 10), (300, 30)])
    25.0
    """
    parts = list(parts)
    total = sum(amount for amount, _days in parts)
    return sum(amount * days for amount, days in parts) / total if total > 0 else None


def cei(begin: float, sales: float, end: float, end_current: float) -> float | None:
    """Return the collection effectiveness index: what was collected of what could be.

    (begin + sales - end) / (begin + sales - end that is not due), as the Credit
    Research Foundation has it: 1 if all that is due was collected, 0.8 is good.

    :param begin: receivables at the beginning of the month.
    :param sales: of the month; of a quarter a third, with the quarter's end.
    :param end: receivables at its end.
    :param end_current: what of them is not due.

    >>> cei(begin=100, sales=50, end=60, end_current=30)
    0.75
    """
    collectable = begin + sales - end_current
    return share(begin + sales - end, collectable)


def roll_rate(before: float, rolled: float) -> float | None:
    """Return how much of an age group has grown older since.

    Of the same items: an item that was paid in part rolls with the rest.

    :param before: what stood in the group a month ago.
    :param rolled: what of it stands in an older one now.

    >>> roll_rate(200, 50)
    0.25
    """
    return share(rolled, before)


def cost_per_unit(costs: Iterable[tuple[int, float]], cash: float) -> float | None:
    """Return what it cost to collect one unit of money.

    :param costs: (number, cost of one) of letters, messages, calls, visits.
    :param cash: what came after notices.

    >>> cost_per_unit([(100, 1.0), (20, 5.0)], 10_000)
    0.02
    """
    return share(sum(count * cost for count, cost in costs), cash)


def middle(values: Sequence[float]) -> float | None:
    """Return the median; None of nothing.

    >>> middle([1, 9, 2]), middle([])
    (2, None)
    """
    return median(values) if values else None
