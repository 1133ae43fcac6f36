"""When open items will be paid, from how a company's customers have paid before.

Plain Python, no models. An item's time runs in days from its due date, below zero
before it. How many are still unpaid after so many days is estimated by Kaplan and Meier
("Nonparametric Estimation from Incomplete Observations", 1958), so that items that are
open still count for the time in which they were seen unpaid. A customer's own curve is
drawn towards that of all customers, the more so the less of its own there is.

What is asked of an item is asked given its age: it has not been paid so far.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

#: A customer's own curve counts half after so many settled items.
OWN_WEIGHT = 8
#: As many promises, half of them kept, are assumed besides those that were made.
PROMISE_PRIOR = (4, 8)
#: The 10th and the 90th percentile of the normal distribution.
BAND = 1.2816
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Curve:
    """Share of the items unpaid after a day; a step down on each of ``days``."""

    days: tuple[int, ...] = ()
    unpaid: tuple[float, ...] = ()

    def at(self, day: int) -> float:
        """Return the share that is unpaid at the end of a day.

        >>> curve = Curve((0, 10), (0.5, 0.2))
        >>> curve.at(-1), curve.at(0), curve.at(9), curve.at(500)
        (1.0, 0.5, 0.5, 0.2)
        """
        index = bisect_right(self.days, day)
        return self.unpaid[index - 1] if index else 1.0


@dataclass(frozen=True)
class Blend:
    """A customer's curve, drawn towards that of all."""

    own: Curve
    base: Curve
    #: Between 0 and 1: how much the own curve counts.
    weight: float

    def at(self, day: int) -> float:
        """Return the share that is unpaid at the end of a day."""
        own = self.own.at(day) if self.weight else 0.0
        return self.weight * own + (1 - self.weight) * self.base.at(day)

    @property
    def days(self) -> list[int]:
        """The days on which it steps down."""
        return sorted({*(self.own.days if self.weight else ()), *self.base.days})


def estimate(seen: Mapping[int, tuple[int, int]]) -> Curve:
    """Return the curve of items by Kaplan and Meier.

    :param seen: {day: (paid on it, last seen unpaid on it)}, days from the due date.

    >>> estimate({0: (1, 0), 5: (1, 1), 9: (0, 1)})
    Curve(days=(0, 5), unpaid=(0.75, 0.5))
    """
    at_risk = sum(paid + lost for paid, lost in seen.values())
    unpaid, days, shares = 1.0, [], []
    for day in sorted(seen):
        paid, lost = seen[day]
        if paid:
            unpaid *= 1 - paid / at_risk
            days.append(day)
            shares.append(unpaid)
        at_risk -= paid + lost
    return Curve(tuple(days), tuple(shares))


def blend(own: Curve, settled: int, base: Curve) -> Blend:
    """Return a customer's curve, given how many items it is made from.

    >>> blend(Curve(), 0, Curve()).weight, blend(Curve(), 8, Curve()).weight
    (0.0, 0.5)
    """
    return Blend(own, base, settled / (settled + OWN_WEIGHT))


def get_payment_days(
    curve: Blend, age: int, shares: Sequence[float] = (0.1, 0.5, 0.9)
) -> list[int | None]:
    """Return the days until which an item is paid with such probabilities.

    :param age: days since the due date during which it was not paid.
    :return: days from the due date; None where experience does not reach so far.

    >>> curve = blend(Curve(), 0, Curve((0, 10, 20), (0.8, 0.4, 0.0)))
    >>> get_payment_days(curve, -5), get_payment_days(curve, 10)
    ([0, 10, 20], [20, 20, 20])
    """
    alive = curve.at(age)
    found: list[int | None] = [None] * len(shares)
    if alive <= 0:
        return found
    for day in curve.days:
        if day <= age:
            continue
        paid = 1 - curve.at(day) / alive
        for index, share in enumerate(shares):
            if found[index] is None and paid >= share - 1e-9:
                found[index] = day
    return found


def get_week_chances(curve: Blend, age: int, weeks: int) -> list[float]:
    """Return the probability that an item of an age is paid in each of the next weeks.

    >>> curve = blend(Curve(), 0, Curve((3, 10), (0.5, 0.25)))
    >>> get_week_chances(curve, 0, 3)
    [0.5, 0.25, 0.0]
    """
    alive = curve.at(age)
    if alive <= 0:
        # older than anything that was ever paid
        return [0.0] * weeks
    steps = [curve.at(age + DAYS_A_WEEK * week) / alive for week in range(weeks + 1)]
    return [before - after for before, after in zip(steps, steps[1:], strict=False)]


@dataclass(frozen=True)
class Item:
    """An open amount: whose, and how many days ago it was due (below zero: not yet)."""

    customer: int
    amount: float
    age: int


@dataclass(frozen=True)
class Week:
    """What is expected to come in a week, with its 10th and 90th percentile."""

    expected: float
    low: float
    high: float
    promised: float = 0.0


def set_off(items: Iterable[Item]) -> list[Item]:
    """Return what is left of the items once each customer's credits took the oldest.

    >>> set_off([Item(1, 100, 5), Item(1, -30, 0), Item(1, 10, 9), Item(2, -5, 1)])
    [Item(customer=1, amount=80, age=5)]
    """
    items = list(items)
    credit: dict[int, float] = {}
    for item in items:
        if item.amount < 0:
            credit[item.customer] = credit.get(item.customer, 0) - item.amount
    left = []
    for item in sorted(items, key=lambda item: -item.age):
        if item.amount <= 0:
            continue
        taken = min(item.amount, credit.get(item.customer, 0))
        if taken:
            credit[item.customer] -= taken
        if item.amount - taken > 1e-9:
            left.append(Item(item.customer, item.amount - taken, item.age))
    return left


def get_kept_share(kept: int, judged: int) -> float:
    """Return the chance that a promise is kept, given how many were.

    >>> get_kept_share(0, 0), get_kept_share(24, 24)
    (0.5, 0.875)
    """
    prior_kept, prior = PROMISE_PRIOR
    return (kept + prior_kept) / (judged + prior)


def get_weeks(
    items: Iterable[Item],
    curves: Mapping[int, Blend],
    base: Blend,
    weeks: int,
    promises: Iterable[tuple[int, int, float]] = (),
    kept_share: float = 0.5,
) -> list[Week]:
    """Return what is expected to come in week by week.

    A promised amount comes on its day with the chance that promises are kept; with the
    rest of the chance it is an open item like others. Items of one customer are taken
    to come together, which makes the bands wide rather than narrow.

    :param items: open amounts, credits below zero.
    :param curves: of the customers that have one.
    :param base: for all others.
    :param promises: (customer, days from now, amount), those due before now not.
    """
    means = [0.0] * weeks
    promised = [0.0] * weeks
    spreads: list[dict[int, float]] = [{} for _week in range(weeks)]

    def add(week, customer, amount, chance):
        means[week] += amount * chance
        spread = amount * sqrt(max(chance * (1 - chance), 0.0))
        spreads[week][customer] = spreads[week].get(customer, 0.0) + spread

    agreed: dict[int, float] = {}
    for customer, day, amount in promises:
        agreed[customer] = agreed.get(customer, 0.0) + amount
        week = max(day - 1, 0) // DAYS_A_WEEK
        if week < weeks:
            promised[week] += amount * kept_share
            add(week, customer, amount, kept_share)
    total = 0.0
    for item in set_off(items):
        total += item.amount
        taken = min(item.amount, agreed.get(item.customer, 0.0))
        if taken:
            agreed[item.customer] -= taken
        amount = item.amount - taken * kept_share
        curve = curves.get(item.customer, base)
        for week, chance in enumerate(get_week_chances(curve, item.age, weeks)):
            if chance > 0:
                add(week, item.customer, amount, chance)
    return [
        _make_week(means[week], spreads[week], promised[week], total)
        for week in range(weeks)
    ]


def _make_week(mean, spreads, promised, total) -> Week:
    deviation = sqrt(sum(spread**2 for spread in spreads.values()))
    return Week(
        expected=mean,
        low=max(mean - BAND * deviation, 0.0),
        high=min(mean + BAND * deviation, max(total, mean)),
        promised=promised,
    )


def get_coverage(weeks: Iterable[tuple[Week, float]]) -> float | None:
    """Return how often what came lay within the band; 0.8 if the bands are right.

    >>> week = Week(10, 5, 15)
    >>> get_coverage([(week, 5), (week, 16)])
    0.5
    """
    hits = [week.low - 0.005 <= actual <= week.high + 0.005 for week, actual in weeks]
    return sum(hits) / len(hits) if hits else None


def get_wape(weeks: Iterable[tuple[Week, float]]) -> float | None:
    """Return the weighted absolute percentage error: sum of errors / sum that came.

    >>> get_wape([(Week(10, 0, 0), 8), (Week(10, 0, 0), 12)])
    0.2
    """
    weeks = list(weeks)
    total = sum(actual for _week, actual in weeks)
    errors = sum(abs(week.expected - actual) for week, actual in weeks)
    return errors / total if total > 0 else None
