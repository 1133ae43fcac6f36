"""Court fees: tariffs as data, evaluated without a line of code in them.

A tariff says how a fee follows from the value of a claim: sums, percentages, scales of
values, a share of another tariff, limits and rounding. Nothing here knows a country,
and nothing in a tariff is ever run as a program.

The stamp duty of a suit, and a payment order that costs a tenth of it, at least 1,000:

>>> tariffs = {
...     "suit": Formula(
...         bands=(
...             Band(Decimal(10_000_000), rate=Decimal("0.5")),
...             Band(None, amount=Decimal(5_000), rate=Decimal("0.45")),
...         ),
...         includes_limit=False,
...         minimum=Decimal(1_000),
...         rounding=Decimal(100),
...         direction="down",
...     ),
...     "order": Formula(
...         share_of="suit", denominator=10, minimum=Decimal(1_000),
...         rounding=Decimal(100), direction="down",
...     ),
... }
>>> evaluate("suit", tariffs, Facts(Decimal(30_000_000)))
Decimal('140000')
>>> evaluate("order", tariffs, Facts(Decimal(30_000_000)))
Decimal('14000')
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from odoo.addons.account_dunning_advanced.engine.rounding import CENT, round_half_up

DIRECTIONS = ("half_up", "down", "up")


class FeeError(ValueError):
    """A tariff that gives no fee; ``code`` names the tariff."""

    def __init__(self, code: str, *args: object) -> None:
        super().__init__(code, *args)
        self.code = code


class UnknownTariffError(FeeError):
    """The tariff, or one that it is a share of, has no version on the day."""


class DenominatorError(FeeError):
    """The tariff is a share of something divided by zero."""


class CycleError(FeeError):
    """The tariff is a share of itself, by way of others; ``path`` lists them."""

    def __init__(self, code: str, path: tuple[str, ...]) -> None:
        super().__init__(code, path)
        self.path = path


class AboveScaleError(FeeError):
    """The value lies above the last band of the tariff."""


@dataclass(frozen=True)
class Band:
    """A range of values up to a limit; None is no limit.

    ``amount`` is what the band costs; with a ``step``, what each begun step of the
    slice costs. ``rate`` is percent: of the whole value in tiers, of the slice in
    slices.
    """

    up_to: Decimal | None = None
    amount: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)
    step: Decimal = Decimal(0)


@dataclass(frozen=True)
class Formula:
    """One version of a tariff. Its parts are added, multiplied, rounded, limited."""

    amount: Decimal = Decimal(0)
    #: Percent of the whole value.
    rate: Decimal = Decimal(0)
    bands: tuple[Band, ...] = ()
    #: ``tiers``: the one band that the value falls into; ``slices``: slice by slice.
    scale: str = "tiers"
    #: A value of just the limit belongs to the band below it ("up to and including").
    includes_limit: bool = True
    #: The tariff that this one is a share of.
    share_of: str | None = None
    numerator: int = 1
    denominator: int = 1
    #: Whether each party has to be paid for, and how many units.
    per_party: bool = False
    units: int = 1
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    rounding: Decimal = CENT
    direction: str = "half_up"


@dataclass(frozen=True)
class Facts:
    """What a fee follows from: the value of the claim, and how many parties."""

    value: Decimal
    parties: int = 2


def evaluate(
    code: str,
    tariffs: Mapping[str, Formula],
    facts: Facts,
    _path: tuple[str, ...] = (),
) -> Decimal:
    """Return the fee of a tariff, in the tariff's currency.

    A share is taken of the other tariff's fee as that tariff rounds and limits it.

    :raise FeeError: the tariff gives no fee; the class says why.

    >>> evaluate("a", {"a": Formula(share_of="b"), "b": Formula(share_of="a")},
    ...          Facts(Decimal(1)))
    Traceback (most recent call last):
    ...
    odoo.addons.account_dunning_legal.engine.fee.CycleError: ('a', ('a', 'b', 'a'))
    """
    path = (*_path, code)
    if code in _path:
        raise CycleError(code, path)
    if code not in tariffs:
        raise UnknownTariffError(code)
    formula = tariffs[code]
    if not formula.denominator:
        raise DenominatorError(code)
    if facts.value <= 0:
        return Decimal(0)
    total = (
        Fraction(formula.amount)
        + _percent(facts.value, formula.rate)
        + _scale(code, formula, Fraction(facts.value))
    )
    if formula.share_of:
        total += Fraction(evaluate(formula.share_of, tariffs, facts, path))
    total *= Fraction(formula.numerator, formula.denominator) * formula.units
    if formula.per_party:
        total *= facts.parties
    return _limit(formula, _round(total, formula.rounding, formula.direction))


def check(code: str, tariffs: Mapping[str, Formula]) -> None:
    """Check that a tariff and those that it refers to can be evaluated.

    :raise FeeError: one of them divides by zero, is missing, or comes back to itself.
    """
    path: tuple[str, ...] = ()
    name: str | None = code
    while name:
        if name in path:
            raise CycleError(name, (*path, name))
        if name not in tariffs:
            raise UnknownTariffError(name)
        if not tariffs[name].denominator:
            raise DenominatorError(name)
        path += (name,)
        name = tariffs[name].share_of


def _percent(value: Decimal | Fraction, rate: Decimal) -> Fraction:
    return Fraction(value) * Fraction(rate) / 100


def _scale(code: str, formula: Formula, value: Fraction) -> Fraction:
    if not formula.bands:
        return Fraction(0)
    bands = sorted(
        formula.bands, key=lambda band: (band.up_to is None, band.up_to or Decimal(0))
    )
    last = bands[-1]
    if last.up_to is not None and not _within(value, last, formula.includes_limit):
        raise AboveScaleError(code, last.up_to)
    if formula.scale == "slices":
        return _slices(bands, value)
    band = next(band for band in bands if _within(value, band, formula.includes_limit))
    return _band(band, value)


def _within(value: Fraction, band: Band, includes_limit: bool) -> bool:
    if band.up_to is None or value < band.up_to:
        return True
    return includes_limit and value == band.up_to


def _slices(bands: list[Band], value: Fraction) -> Fraction:
    total = lower = Fraction(0)
    for band in bands:
        if value <= lower:
            break
        upper = value if band.up_to is None else min(value, Fraction(band.up_to))
        total += _band(band, upper - lower)
        lower = upper
    return total


def _band(band: Band, value: Fraction) -> Fraction:
    steps = ceil(value / Fraction(band.step)) if band.step else 1
    return Fraction(band.amount) * steps + _percent(value, band.rate)


def _round(value: Fraction, rounding: Decimal, direction: str) -> Decimal:
    """Round an amount to the units of the tariff.

    >>> [_round(Fraction(2250), Decimal(100), how) for how in DIRECTIONS]
    [Decimal('2300'), Decimal('2200'), Decimal('2300')]
    """
    if direction == "down":
        return floor(value / Fraction(rounding)) * rounding
    if direction == "up":
        return ceil(value / Fraction(rounding)) * rounding
    return round_half_up(value, rounding)


def _limit(formula: Formula, value: Decimal) -> Decimal:
    if formula.minimum is not None:
        value = max(value, formula.minimum)
    if formula.maximum is not None:
        value = min(value, formula.maximum)
    return value
