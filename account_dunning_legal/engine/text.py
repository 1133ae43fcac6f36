"""Texts of documents: placeholders filled in, and set by the rules of a post office.

>>> fill("Pay {amount} by {day}.", {"amount": "10 €", "day": "1 May"})
'Pay 10 € by 1 May.'
"""

import re
import unicodedata
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{(\w+)\}")
#: Signs that do not begin a line in Japanese and Korean setting.
NOT_FIRST = "、。，．・）」』】,.)"


def placeholders(template: str) -> set[str]:
    """Return the names that a text refers to.

    >>> sorted(placeholders("{a} and {b}, {a}"))
    ['a', 'b']
    """
    return set(PLACEHOLDER.findall(template or ""))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in the place of names in braces; unknown names stay as they are.

    Only names are looked up, nothing in the text is run.

    >>> fill("{a.__class__} {b} {c}", {"b": "{c}", "c": "1"})
    '{a.__class__} {c} 1'
    """
    return PLACEHOLDER.sub(
        lambda match: str(values.get(match.group(1), match.group(0))), template or ""
    )


def words(labels: str) -> dict[str, str]:
    """Return the pairs of a list of ``name = word`` lines.

    >>> words("date = Datum\\n\\ntotal = Summe = Betrag")
    {'date': 'Datum', 'total': 'Summe = Betrag'}
    """
    pairs = (line.split("=", 1) for line in (labels or "").splitlines() if "=" in line)
    return {name.strip(): word.strip() for name, word in pairs}


def break_lines(text: str, width: int) -> list[str]:
    """Set a text in lines of at most ``width`` signs, every sign counting one.

    A full stop or comma that would begin a line takes the sign before it along.

    >>> break_lines("abcdef", 4), break_lines("ab", 4), break_lines("", 4)
    (['abcd', 'ef'], ['ab'], [''])
    >>> break_lines("あいうえ。", 4)
    ['あいう', 'え。']
    """
    lines: list[str] = []
    for paragraph in unicodedata.normalize("NFC", text).split("\n"):
        rest = paragraph.rstrip()
        if not rest:
            lines.append("")
        while rest:
            end = width
            if len(rest) > width and rest[width] in NOT_FIRST and width > 1:
                end = width - 1
            lines.append(rest[:end])
            rest = rest[end:]
    return lines


def paginate(text: str, width: int, height: int) -> list[list[str]]:
    """Set a text in pages of so many lines of so many signs.

    >>> [len(page) for page in paginate("x" * 50, 5, 4)]
    [4, 4, 2]
    """
    lines = break_lines(text, width)
    return [lines[first : first + height] for first in range(0, len(lines), height)]
