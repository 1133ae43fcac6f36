"""Arithmetic of write-offs: plain numbers in, plain numbers out."""


def tax_share(tax, total, before, amount, rounding):
    """Return the part of an invoice's tax that a written-off amount carries.

    Shares are differences of rounded running totals, so that however an invoice is
    written off in parts, the parts of a fully written-off invoice are its tax to the
    cent.

    :param float tax: the tax of the whole invoice, in any currency.
    :param float total: the invoice's total with tax.
    :param float before: what was written off earlier, in the currency of the total.
    :param float amount: what is written off now, in the currency of the total.
    :param rounding: a function that rounds an amount of the tax's currency.

    >>> cents = lambda value: round(value, 2)
    >>> [tax_share(10.0, 110.0, paid, 55.0, cents) for paid in (0.0, 55.0)]
    [5.0, 5.0]
    >>> parts = [tax_share(1.0, 3.0, paid, 1.0, cents) for paid in (0.0, 1.0, 2.0)]
    >>> [cents(part) for part in parts]
    [0.33, 0.34, 0.33]
    """
    if not total:
        return 0.0
    until_now = rounding(tax * (before + amount) / total)
    return rounding(until_now - rounding(tax * before / total))


def percent_at(days, rates):
    """Return the percentage of the youngest age group that ``days`` has reached.

    :param int days: days overdue; negative when not yet due.
    :param rates: pairs of (days from, percent), in any order.

    >>> [percent_at(days, [(90, 50.0), (0, 5.0)]) for days in (-1, 0, 89, 90)]
    [0.0, 5.0, 5.0, 50.0]
    """
    reached = [rate for rate in rates if rate[0] <= days]
    return max(reached)[1] if reached else 0.0


def is_uneconomic(amount, below, cost, percent_lost):
    """Return why an overdue amount is not worth collecting: "small", "cost" or None.

    All amounts are in company currency; a limit or cost of 0 is not set.

    >>> is_uneconomic(8.0, 10.0, 0.0, 0.0), is_uneconomic(10.0, 10.0, 0.0, 0.0)
    ('small', None)
    >>> is_uneconomic(100.0, 10.0, 25.0, 80.0), is_uneconomic(100.0, 0.0, 25.0, 75.0)
    ('cost', None)
    """
    if below and amount < below:
        return "small"
    if cost and cost > amount * (100.0 - percent_lost) / 100.0:
        return "cost"
    return None
