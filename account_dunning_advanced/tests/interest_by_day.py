"""Interest counted one day at a time: a second opinion on the engine.

Shares no code with the engine and knows no stretches of days: it asks for each day
what is open, what the rate is and how much of a year the day is. Slow and plain, so
that one can see that it is right.
"""

import calendar
from datetime import timedelta
from fractions import Fraction

ONE_DAY = timedelta(days=1)


def half_up(value, rounding):
    """Return a value as a multiple of the rounding, as a fraction."""
    quotient = Fraction(value) / Fraction(rounding)
    doubled = 2 * quotient.numerator + quotient.denominator
    return doubled // (2 * quotient.denominator) * Fraction(rounding)


def days(first, last):
    while first <= last:
        yield first
        first += ONE_DAY


def open_principal(balances, day):
    """Return what is open on a day; what is paid too much is not owed."""
    amount = Fraction(0)
    for balance in sorted(balances, key=lambda balance: balance.date_from):
        if balance.date_from <= day:
            amount = Fraction(balance.amount)
    return max(amount, Fraction(0))


def value_on(values, day):
    known = [value.rate for value in sorted(values, key=lambda v: v.date_from)]
    known = known[: sum(value.date_from <= day for value in values)]
    return Fraction(known[-1])


def rate_on(terms, values, day, start):
    """Return the percent a year of one day."""
    for step in sorted(terms.steps, key=lambda step: step.date_from, reverse=True):
        if day >= step.date_from:
            return rate_on(step.terms, step.values, day, step.date_from)
    rate = Fraction(terms.margin)
    if terms.mode != "fixed":
        looked_at = start if terms.mode.startswith("frozen") else day
        if terms.mode.endswith("half_year"):
            first_month = 1 if looked_at.month in (1, 2, 3, 4, 5, 6) else 7
            looked_at = looked_at.replace(month=first_month, day=1)
        looked_at += timedelta(days=terms.reference_offset_days)
        rate += Fraction(terms.multiplier) * value_on(values, looked_at)
    if terms.round_up_to:
        step = Fraction(terms.round_up_to)
        while (rate / step).denominator != 1:
            # up to the next multiple, and there is only one within a step
            rate = (rate // step + 1) * step
    rate = max(rate, Fraction(0))
    for least in terms.at_least:
        rate = max(rate, rate_on(least.terms, least.values, day, start))
    if terms.cap is not None and not terms.cap_warns:
        rate = min(rate, Fraction(terms.cap))
    return rate


def weight(day_count, day):
    """Return how many days one day counts."""
    if day_count != "30_360":
        return 1
    if day.day == 31:
        return 0
    length = calendar.monthrange(day.year, day.month)[1]
    return 31 - length if day.month == 2 and day.day == length else 1


def year_length(day_count, day):
    if day_count == "act_act":
        return 366 if calendar.isleap(day.year) else 365
    return {"act_365": 365, "act_360": 360, "30_360": 360}[day_count]


def is_anniversary(start, day):
    if day <= start:
        return False
    if start.month == 2 and start.day == 29 and not calendar.isleap(day.year):
        return (day.month, day.day) == (3, 1)
    return (day.month, day.day) == (start.month, start.day)


def by_day(terms, values, balances, start, date_from, date_to, rounding):
    """Yield what each day of a window bears: day, days counted, base, rate, amount.

    The amounts are exact; only what a full year adds to the base is rounded.
    """
    added = this_year = Fraction(0)
    for day in days(start, date_to):
        if terms.compounding == "yearly" and is_anniversary(start, day):
            added += half_up(this_year, rounding)
            this_year = Fraction(0)
        base = open_principal(balances, day)
        if not base:
            continue
        base += added
        counted = weight(terms.day_count, day)
        rate = rate_on(terms, values, day, start)
        share = Fraction(counted, year_length(terms.day_count, day))
        amount = base * rate / 100 * share
        this_year += amount
        if day >= date_from:
            yield day, counted, base, rate, amount


def total(*arguments):
    """Return the interest of a window, rounded; arguments as those of the engine."""
    exact = sum((amount for *_day, amount in by_day(*arguments)), Fraction(0))
    return half_up(exact, arguments[-1])
