"""How much credit a customer's own behaviour supports, as parts a person can read.

The rule is a convention, not a fact of law or of statistics: a credit line that lets
the customer buy as much as so far and pay on the agreed day, scaled by how the customer
has paid. It is a proposal; a person sets the limit.
"""

from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

#: Share of the line by the amount-weighted days after the due date, at most.
FACTORS = (
    (Decimal(5), Decimal("1.2")),
    (Decimal(15), Decimal("1")),
    (Decimal(30), Decimal("0.75")),
    (Decimal(60), Decimal("0.5")),
)
#: What each agreement that was not kept takes from the share.
PER_BROKEN = Decimal("0.25")
#: One month of deliveries is not yet due, and not yet billed, beside the term.
UNBILLED_DAYS = 30
DAYS_A_MONTH = 30


class Behaviour(NamedTuple):
    """What is known of a customer from the last twelve months."""

    monthly_sales: Decimal  # invoiced less credited, a month, company currency
    term_days: Decimal  # amount-weighted days from invoice to due date
    days_late: Decimal | None  # amount-weighted days from due date to payment
    broken: int = 0  # agreements that were not kept


class Suggestion(NamedTuple):
    """A credit limit and the parts it was made of."""

    limit: Decimal
    line: Decimal
    factor: Decimal


def get_factor(days_late: Decimal, broken: int = 0) -> Decimal:
    """Return the share of the line that the behaviour supports, never below zero.

    >>> get_factor(Decimal(3)), get_factor(Decimal(20)), get_factor(Decimal(90))
    (Decimal('1.2'), Decimal('0.75'), Decimal('0'))
    >>> get_factor(Decimal(20), broken=4)
    Decimal('0')
    """
    share = next((share for most, share in FACTORS if days_late <= most), Decimal(0))
    return max(share - broken * PER_BROKEN, Decimal(0))


def round_down(amount: Decimal) -> Decimal:
    """Return the amount with two significant figures, never more than it was.

    >>> round_down(Decimal("18763.20")), round_down(Decimal("0.4"))
    (Decimal('18000'), Decimal('0'))
    """
    if amount < 1:
        return Decimal(0)
    step = Decimal(10) ** max(amount.adjusted() - 1, 0)
    return (amount / step).quantize(Decimal(1), rounding=ROUND_DOWN) * step


def suggest(behaviour: Behaviour) -> Suggestion | None:
    """Return the credit limit that a behaviour supports.

    :return: in company currency; None where there are no sales or no payment to
        judge by.

    >>> suggest(Behaviour(Decimal(10000), Decimal(30), Decimal(8)))
    Suggestion(limit=Decimal('20000'), line=Decimal('20000'), factor=Decimal('1'))
    >>> suggest(Behaviour(Decimal(10000), Decimal(30), None)) is None
    True
    """
    if behaviour.days_late is None or behaviour.monthly_sales <= 0:
        return None
    days = max(behaviour.term_days, Decimal(0)) + UNBILLED_DAYS
    days_of_sales = behaviour.monthly_sales * days
    factor = get_factor(behaviour.days_late, behaviour.broken)
    # divided last, for thirds do not end
    limit = round_down(days_of_sales * factor / DAYS_A_MONTH)
    return Suggestion(limit, days_of_sales / DAYS_A_MONTH, factor)
