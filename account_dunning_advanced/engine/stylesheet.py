"""A stylesheet cut down to the rules that a page can use.

wkhtmltopdf reads the whole of Odoo's report styles for each letter, and again for the
header and the footer of each page: that was two thirds of its time. Pruning is safe: a
rule is left out only if each of its selectors asks for a tag, class or id that is
nowhere on the page, and what is not understood is kept. Rules are kept whole, for a
browser drops a rule of which it does not know one selector.

>>> sheet = parse(".a .b,p{x:y}.c{z:w}@media print{.c{v:u}}")
>>> prune(sheet, {".a", ".b"})
'.a .b,p{x:y}'
>>> prune(sheet, {"p", ".c"})
'.a .b,p{x:y}.c{z:w}@media print{.c{v:u}}'
"""

import re
from collections.abc import Set
from dataclasses import dataclass

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# what ends a prelude or opens a block, and strings, in which neither counts
_MARK = re.compile(r"""[{};]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\(\s*data:[^)]*\)""")
_NOT = re.compile(r":not\([^()]*\)")
_ATTRIBUTE = re.compile(r"""\[(?:[^\]"']|"[^"]*"|'[^']*')*\]""")
_PSEUDO = re.compile(r"::?[-\w]+")
_FAMILY = re.compile(r"""font-family:\s*["']?([^"';}]+)""")
_NAME = re.compile(r"[.#]?-?[A-Za-z_][-\w]*")
# at-rules whose blocks hold rules
_GROUPS = ("@media", "@supports")
# what no page prints; bootstrap's own for screens
_UNPRINTED = ("@keyframes", "@-webkit-keyframes")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: text before the block, the block, and what the page must have.

    ``needs`` are the names that each selector needs; for a group, ``rules`` are those
    within; both are empty for what is kept as it is.
    """

    prelude: str
    block: str
    needs: tuple[frozenset[str], ...] = ()
    rules: tuple["Rule", ...] = ()


def parse(css: str) -> tuple[Rule, ...]:
    """Return the rules of a stylesheet.

    :raise ValueError: the blocks are not balanced; the stylesheet is to be used whole.
    """
    return tuple(_parse(_COMMENT.sub("", css)))


def _parse(css):
    start = position = 0
    while mark := _MARK.search(css, position):
        position = mark.end()
        if mark[0] == ";":
            yield Rule(css[start:position].strip(), "")
            start = position
        elif mark[0] == "}":
            raise ValueError("block without beginning")
        elif mark[0] == "{":
            end = _find_end(css, position)
            yield _make_rule(css[start : mark.start()].strip(), css[position:end])
            start = position = end + 1
    if css[start:].strip():
        raise ValueError("text after the last block")


def _find_end(css, position):
    depth = 1
    while mark := _MARK.search(css, position):
        position = mark.end()
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if not depth:
            return mark.start()
    raise ValueError("block without end")


def _make_rule(prelude, block):
    if prelude.startswith(_GROUPS):
        return Rule(prelude, "", rules=tuple(_parse(block)))
    if prelude.startswith("@"):
        return Rule(prelude, block)
    selectors = _split_selectors(prelude)
    return Rule(prelude, block, tuple(get_names(selector) for selector in selectors))


def _split_selectors(prelude):
    """Split at commas that stand in no brackets.

    >>> _split_selectors("a:not(b,c),d[e=',']")
    ['a:not(b,c)', "d[e=',']"]
    """
    parts, depth, quote = [""], 0, ""
    for character in prelude:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and not depth:
            parts.append("")
            continue
        parts[-1] += character
    return [part.strip() for part in parts]


def get_names(selector: str) -> frozenset[str]:
    """Return the tags, classes and ids that a page must have for a selector to match.

    A selector that cannot be read for certain needs nothing, so that it is kept.

    >>> sorted(get_names("table.o_main > tr:not(.x) a[href]:first-child"))
    ['.o_main', 'a', 'table', 'tr']
    >>> get_names(":is(.a, .b)"), get_names(r".a\\:b")
    (frozenset(), frozenset())
    """
    plain = _ATTRIBUTE.sub("", _NOT.sub("", selector))
    if "\\" in plain or ("(" in plain and re.search(r":(?!nth|lang)[-\w]+\(", plain)):
        return frozenset()
    plain = re.sub(r"\([^()]*\)", "", plain)
    return frozenset(
        name if name[0] in ".#" else name.lower()
        for name in _NAME.findall(_PSEUDO.sub("", plain))
    )


def prune(rules: tuple[Rule, ...], names: Set[str], inline: str = "") -> str:
    """Return the stylesheet with the rules that a page of these names can use.

    :param names: tags, ``.classes`` and ``#ids`` of the page.
    :param inline: styles in the page itself, for the fonts that they name.
    """
    kept = [(rule, _print(rule, names)) for rule in rules]
    rest = "".join(text for rule, text in kept if rule.prelude != "@font-face")
    return "".join(
        text
        for rule, text in kept
        if rule.prelude != "@font-face" or _is_font_named(rule, rest + inline)
    )


def _is_font_named(rule, css):
    """Whether a rule names the font; a font without a readable name is kept.

    Names count whole: Lato-Bol is another font than Lato.
    """
    family = _FAMILY.search(rule.block)
    return not family or bool(
        re.search(rf"(?<![-\w]){re.escape(family[1].strip())}(?![-\w])", css)
    )


def _print(rule, names):
    if rule.rules:
        inner = prune(rule.rules, names)
        return f"{rule.prelude}{{{inner}}}" if inner else ""
    if rule.prelude.endswith(";"):
        return rule.prelude
    if rule.prelude.startswith(_UNPRINTED):
        return ""
    if rule.needs and not any(needed <= names for needed in rule.needs):
        return ""
    return f"{rule.prelude}{{{rule.block}}}"
