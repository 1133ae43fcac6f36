"""Which payments an agency has passed on: its report matched with what arrived.

An agency reports each sum it collects, and often remits several in one transfer.

>>> direct(["300", "120"], ["300", "80"])
[1]
>>> direct(["100"], ["60", "40"])
[]
"""

from collections.abc import Sequence
from decimal import Decimal


def direct(payments: Sequence[object], reported: Sequence[object]) -> list[int]:
    """Return the places of the payments that no report answers.

    A payment is answered by a report of just its amount, else by reports that follow
    one another and add up to it. The oldest come first, and none counts twice.

    :param payments: amounts that arrived, the oldest first.
    :param reported: amounts reported as collected, the oldest first.

    >>> direct(["60", "90"], ["60", "50", "40"])
    []
    >>> direct(["50", "50"], ["50"])
    [1]
    """
    left = [Decimal(str(amount)) for amount in reported]
    open_places = []
    for place, amount in enumerate(Decimal(str(payment)) for payment in payments):
        if amount in left:
            left.remove(amount)
        else:
            open_places.append((place, amount))
    result = []
    for place, amount in open_places:
        run = _find_run(left, amount)
        if run:
            del left[run]
        else:
            result.append(place)
    return result


def _find_run(amounts: list[Decimal], wanted: Decimal) -> slice | None:
    for first in range(len(amounts)):
        total = Decimal(0)
        for last in range(first, len(amounts)):
            total += amounts[last]
            if total == wanted:
                return slice(first, last + 1)
            if total > wanted:
                break
    return None
