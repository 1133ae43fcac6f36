"""The step of the assessing statement that finds the first part that holds.

Conditions and values are SQL that addons hand in; each stands in the statement once.
"""

from collections.abc import Sequence

from odoo.tools import SQL

from .assessment_scope import Part


def get_judged(parts: Sequence[Part]) -> SQL:
    """CTE: the first part that holds for each item, and the amount left to dun.

    The parts' conditions are evaluated once, to a number; what the part says besides
    (day, amount, cause) is then picked by that number.
    """
    parts = sorted(parts, key=lambda part: part.sequence)
    deductions = [part.deduction for part in parts if part.deduction]
    return SQL(
        """
    checked AS (
        SELECT item.*,
               %(number)s AS part_no,
               %(deducted)s AS deducted,
               %(deduct_model)s AS deduct_model,
               %(deduct_id)s AS deduct_id%(values)s
          FROM item %(joins)s
        -- or what depends on the number would work it out again and again
        OFFSET 0
    ),
    judged AS (
        SELECT checked.*,
               %(reason)s AS part_reason,
               %(day)s AS part_day,
               %(amount)s AS part_amount,
               %(cause_model)s AS part_cause_model,
               %(cause_id)s AS part_cause_id,
               CASE WHEN part_no IS NULL THEN residual - deducted END AS claim
          FROM checked
    )""",
        number=_case(
            SQL("CASE"),
            ((part.condition, SQL("%s", no)) for no, part in _numbered(parts)),
        ),
        deducted=SQL("LEAST(item.residual, %s)", SQL(" + ").join(deductions))
        if deductions
        else SQL("0::numeric"),
        deduct_model=_deducting(parts, "varchar", "cause_model"),
        deduct_id=_deducting(parts, "int4", "cause_id"),
        values=SQL("").join(_value_columns(parts)),
        joins=SQL(" ").join(part.join for part in parts if part.join.code),
        reason=_pick(parts, "varchar", lambda no, part: SQL("%s", part.reason)),
        day=_pick(parts, "date", lambda no, part: part.day and _column("day", no)),
        amount=_pick(
            parts, "numeric", lambda no, part: part.amount and _column("amount", no)
        ),
        cause_model=_pick(
            parts,
            "varchar",
            lambda no, part: part.cause_model and _column("model", no),
        ),
        cause_id=_pick(
            parts, "int4", lambda no, part: part.cause_id and _column("cause", no)
        ),
    )


def _deducting(parts: Sequence[Part], sql_type: str, name: str) -> SQL:
    """What the first part that takes something off the item says of its cause."""
    branches = [
        (SQL("%s > 0", part.deduction), SQL("%s", getattr(part, name)))
        for part in parts
        if part.deduction and getattr(part, name)
    ]
    return SQL("(%s)::%s", _case(SQL("CASE"), branches), SQL(sql_type))


def _numbered(parts: Sequence[Part]):
    return enumerate(parts, start=1)


def _column(kind: str, no: int) -> SQL:
    return SQL.identifier(f"part_{kind}_{no}")


def _value_columns(parts: Sequence[Part]):
    for no, part in _numbered(parts):
        for kind, value in (
            ("day", part.day),
            ("amount", part.amount),
            ("model", part.cause_model and SQL("%s", part.cause_model)),
            ("cause", part.cause_id),
        ):
            if value:
                yield SQL(", %s AS %s", value, _column(kind, no))


def _case(head: SQL, branches) -> SQL:
    """``CASE … END`` over (when, then) pairs; NULL where there is no branch."""
    whens = [SQL("WHEN %s THEN %s", when, then) for when, then in branches]
    return SQL("%s %s END", head, SQL(" ").join(whens)) if whens else SQL("NULL")


def _pick(parts: Sequence[Part], sql_type: str, value) -> SQL:
    """The value that belongs to the part chosen in ``part_no``."""
    branches = [
        (SQL("%s", no), then)
        for no, part in _numbered(parts)
        if (then := value(no, part))
    ]
    return SQL("(%s)::%s", _case(SQL("CASE part_no"), branches), SQL(sql_type))
