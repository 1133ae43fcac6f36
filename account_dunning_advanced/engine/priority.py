"""What the worklist is ranked by: points a person can add up.

A rule gives points for one measure of a debtor, such as the overdue amount or the
days without contact: so many points for so many units, from a least value on and up
to a most of points. The priority is the sum.

There are two ways to the same figure: :func:`explain` for one debtor and
:func:`build` as SQL for all of them. Both round each part to two digits, half away
from zero, before they add it, so the parts shown add up to what is stored.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from odoo.tools import SQL

#: Points are kept to two digits.
POINT = Decimal("0.01")
#: What a debtor can be measured by. A measure is a figure of the debtor's row, see
#: ``account.dunning.debtor._get_measures``.
MEASURES = (
    "overdue",
    "disputed",
    "promised",
    "broken",
    "silence",
    "age",
    "level",
    "replies",
    "due_contact",
    "stopped",
)


class Rule(NamedTuple):
    """So many points for so many units of a measure."""

    key: int
    measure: str
    points: Decimal
    unit: Decimal = Decimal(1)
    least: Decimal = Decimal(0)  # a smaller value gives no points
    most: Decimal = Decimal(0)  # of points, either way; 0 is without end


class Part(NamedTuple):
    """What one rule adds to a debtor's priority."""

    rule: Rule
    value: Decimal
    points: Decimal


def get_points(rule: Rule, value: Decimal) -> Decimal:
    """Return the points that a rule gives for a value.

    >>> get_points(Rule(1, "overdue", Decimal(1), Decimal(100)), Decimal(90050))
    Decimal('900.50')
    >>> get_points(Rule(1, "silence", Decimal(1), most=Decimal(60)), Decimal(400))
    Decimal('60.00')
    >>> get_points(Rule(1, "silence", Decimal(1), least=Decimal(7)), Decimal(6))
    Decimal('0.00')
    >>> get_points(Rule(1, "promised", Decimal(-1), most=Decimal(5)), Decimal(8))
    Decimal('-5.00')
    """
    if value <= 0 or value < rule.least:
        return POINT * 0
    points = value * rule.points / rule.unit
    if rule.most:
        points = max(min(points, rule.most), -rule.most)
    return points.quantize(POINT, rounding=ROUND_HALF_UP)


def explain(rules: Iterable[Rule], values: Mapping[str, Decimal]) -> list[Part]:
    """Return the parts of a debtor's priority, the weightiest first.

    Rules that add nothing are left out. The points of the parts add up to what
    :func:`build` computes from the same values.
    """
    parts = [
        Part(rule, values[rule.measure], get_points(rule, values[rule.measure]))
        for rule in rules
    ]
    return sorted(
        (part for part in parts if part.points), key=lambda part: -abs(part.points)
    )


def build(rules: Iterable[Rule], columns: Mapping[str, SQL]) -> SQL:
    """Return numeric SQL for the priority.

    :param columns: numeric SQL for each measure, never NULL.
    """
    parts = [_build_part(rule, columns[rule.measure]) for rule in rules]
    return SQL("(%s)", SQL(" + ").join(parts)) if parts else SQL("0::numeric")


def _build_part(rule: Rule, value: SQL) -> SQL:
    points = SQL("%s * %s::numeric / %s::numeric", value, rule.points, rule.unit)
    if rule.most:
        points = SQL(
            "GREATEST(LEAST(%s, %s::numeric), -%s::numeric)",
            points,
            rule.most,
            rule.most,
        )
    return SQL(
        "CASE WHEN %s > 0 AND %s >= %s::numeric THEN ROUND(%s, 2) ELSE 0 END",
        value,
        value,
        rule.least,
        points,
    )
