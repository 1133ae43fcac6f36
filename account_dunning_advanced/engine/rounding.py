"""Rounding of money, half up, exact for any fraction."""

from decimal import Decimal
from fractions import Fraction
from math import floor

#: The step of most currencies.
CENT = Decimal("0.01")


def round_half_up(value: Fraction | Decimal | int, rounding: Decimal) -> Decimal:
    """Return the multiple of ``rounding`` nearest to a value, ties upwards.

    >>> round_half_up(Decimal("2.675"), Decimal("0.01"))
    Decimal('2.68')
    >>> round_half_up(Fraction(1234567, 2), Decimal(1))
    Decimal('617284')
    >>> round_half_up(Decimal("7.125"), Decimal("0.05"))
    Decimal('7.15')
    """
    steps = floor(Fraction(value) / Fraction(rounding) + Fraction(1, 2))
    return steps * rounding


def round_up(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of ``step`` that is not below a value.

    >>> round_up(Decimal("10.40"), Decimal("0.5"))
    Decimal('10.5')
    >>> round_up(Decimal("10.50"), Decimal("0.5"))
    Decimal('10.5')
    """
    return -floor(-Fraction(value) / Fraction(step)) * step


def to_decimal(value: float | int | None) -> Decimal:
    """Return the number that a float was written as; nothing is zero.

    >>> to_decimal(12.62), to_decimal(False)
    (Decimal('12.62'), Decimal('0'))
    """
    return Decimal(str(value or 0))
