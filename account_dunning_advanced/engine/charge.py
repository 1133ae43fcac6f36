"""Charges that follow from an amount: fixed sums, shares, scales.

Lump sums and collection fees of the laws are of four shapes. What a law says (its
limits, its percentages) is handed in; nothing of it stands here. Amounts are in one
currency, whichever. Without an amount there is no charge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .rounding import CENT, round_half_up

ZERO = Decimal(0)


@dataclass(frozen=True)
class Band:
    """A slice of the amount and its share; ``up_to`` is None for the rest."""

    up_to: Decimal | None
    #: Percent of the slice.
    rate: Decimal


@dataclass(frozen=True)
class Tier:
    """The charge for amounts from a limit on: a sum and a share of what exceeds it."""

    limit: Decimal
    amount: Decimal = ZERO
    #: Percent of what is above the limit.
    rate: Decimal = ZERO


def fixed(base: Decimal, amount: Decimal) -> Decimal:
    """Return a sum that does not depend on the base, save that there is one.

    >>> fixed(Decimal("0.01"), Decimal(40)), fixed(Decimal(0), Decimal(40))
    (Decimal('40'), Decimal('0'))
    """
    return amount if base > 0 else ZERO


def percent(
    base: Decimal,
    rate: Decimal,
    minimum: Decimal | None = None,
    maximum: Decimal | None = None,
    rounding: Decimal = CENT,
) -> Decimal:
    """Return a share of the base, in percent, within limits.

    >>> percent(Decimal("333.33"), Decimal("1.5"))
    Decimal('5.00')
    >>> percent(Decimal("333.33"), Decimal("1.5"), minimum=Decimal(10))
    Decimal('10')
    """
    if base <= 0:
        return ZERO
    return _within(_share(base, rate), minimum, maximum, rounding)


def bands(
    base: Decimal,
    slices: Sequence[Band],
    minimum: Decimal | None = None,
    maximum: Decimal | None = None,
    rounding: Decimal = CENT,
) -> Decimal:
    """Return the sum of the shares of the slices that the base is cut into.

    >>> scale = [Band(Decimal(2500), Decimal(15)), Band(None, Decimal(10))]
    >>> bands(Decimal(1000), scale), bands(Decimal(3000), scale)
    (Decimal('150.00'), Decimal('425.00'))
    """
    if base <= 0:
        return ZERO
    total, lower = Fraction(0), ZERO
    for band in sorted(slices, key=_upper_end):
        upper = base if band.up_to is None else min(base, band.up_to)
        total += _share(max(upper - lower, ZERO), band.rate)
        lower = max(lower, upper)
    return _within(total, minimum, maximum, rounding)


def tier(
    base: Decimal,
    tiers: Sequence[Tier],
    includes_limit: bool = True,
    maximum: Decimal | None = None,
    rounding: Decimal = CENT,
) -> Decimal:
    """Return the charge of the one tier that the base falls into.

    :param bool includes_limit: a base of just the limit falls into the tier that
        begins there ("1,000 and more"); else into the one before ("up to 1,000").

    >>> scale = [Tier(Decimal(0), Decimal(40)), Tier(Decimal(1000), Decimal(70))]
    >>> tier(Decimal(1000), scale), tier(Decimal(1000), scale, includes_limit=False)
    (Decimal('70.00'), Decimal('40.00'))
    """
    if base <= 0:
        return ZERO
    reached = [
        step
        for step in tiers
        if step.limit < base or (includes_limit and step.limit == base)
    ]
    if not reached:
        return ZERO
    step = max(reached, key=lambda step: step.limit)
    total = Fraction(step.amount) + _share(base - step.limit, step.rate)
    return _within(total, None, maximum, rounding)


def _upper_end(band: Band) -> Decimal:
    return Decimal("Infinity") if band.up_to is None else band.up_to


def _share(base: Decimal, rate: Decimal) -> Fraction:
    return Fraction(base) * Fraction(rate) / 100


def _within(
    value: Fraction,
    minimum: Decimal | None,
    maximum: Decimal | None,
    rounding: Decimal,
) -> Decimal:
    """Round a value and keep it within limits; the maximum is the last word."""
    result = round_half_up(value, rounding)
    if minimum is not None:
        result = max(result, minimum)
    if maximum is not None:
        result = min(result, maximum)
    return result
