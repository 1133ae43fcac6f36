"""Amounts as people type them, in the notation of their language."""

import re
import unicodedata
from decimal import Decimal

#: Longer numbers are no amounts; a float holds so many digits exactly.
MOST_DIGITS = 15
#: Between groups of digits in any language: spaces, and what the Swiss write.
ALWAYS_GROUPS = " '’"
#: Western groups of three, and those of India (1,00,000).
GROUPS = re.compile(r"\d{1,3}(?:(?P<sep>[.,_])\d{2,3})?(?:(?P=sep)\d{2,3})*")


def parse_amount(
    text: str, decimal_point: str = ".", places: int = 2, symbols: tuple[str, ...] = ()
) -> Decimal | None:
    """Return the amount that a text says, or None where that is not beyond doubt.

    A point may be the decimal sign of one reader and group the thousands of another:
    where both signs occur the last one is the decimal sign; one that occurs once is
    that of the reader's language, unless what follows it can only be the other.
    Decimals beyond those of the currency are refused and not rounded: ``1.234`` may
    be meant as a thousand.

    :param decimal_point: of the reader's language.
    :param places: decimals of the currency.
    :param symbols: names and signs of the currency, which may stand before or after.

    >>> parse_amount("1.234,56", ",")
    Decimal('1234.56')
    >>> parse_amount("1,234.56", ",")
    Decimal('1234.56')
    >>> parse_amount("1.234", ","), parse_amount("1.234", ".")
    (Decimal('1234'), None)
    >>> parse_amount("12.50 €", ",", symbols=("€", "EUR"))
    Decimal('12.50')
    >>> parse_amount("-1"), parse_amount("NaN"), parse_amount("1e9")
    (None, None, None)
    """
    text = _normalize(text, symbols)
    if not text or sum(char.isdigit() for char in text) > MOST_DIGITS:
        return None
    whole, fraction = _split(text, decimal_point)
    if fraction is None or _is_too_fine(whole, fraction, places):
        return None
    if whole.isdigit():
        digits = whole
    elif _is_grouped(whole):
        digits = re.sub(r"\D", "", whole)
    else:
        return None
    return Decimal(f"{digits}.{fraction}" if fraction else digits)


def _normalize(text: str, symbols: tuple[str, ...]) -> str:
    """Return the text in ASCII, without the currency; groups by spaces as ``_``."""
    text = unicodedata.normalize("NFKC", text).strip().replace("_", "?")
    for symbol in sorted(filter(None, symbols), key=len, reverse=True):
        symbol = unicodedata.normalize("NFKC", symbol)
        text = text.removeprefix(symbol).removesuffix(symbol).strip()
    return "".join(_to_ascii(char) for char in text)


def _to_ascii(char: str) -> str:
    """Return a digit of any script as ours.

    >>> "".join(_to_ascii(char) for char in "١٢٣")
    '123'
    """
    if char in ALWAYS_GROUPS:
        return "_"
    number = unicodedata.decimal(char, None)
    return char if number is None else str(number)


def _split(text: str, decimal_point: str) -> tuple[str, str | None]:
    """Return what is before and after the decimal sign; None if that is no number."""
    place = max(text.rfind("."), text.rfind(","))
    if place < 0:
        return text, ""
    sign = text[place]
    whole, fraction = text[:place], text[place + 1 :]
    if sign in whole or (sign != decimal_point and _is_group(whole, fraction)):
        # it groups: the whole text is before a decimal sign that is not there
        return text, ""
    is_fraction = fraction.isdigit() and whole
    return whole, fraction if is_fraction else None


def _is_too_fine(whole: str, fraction: str, places: int) -> bool:
    """Return whether there are more decimals than there can be.

    Zeros too: ``1,000`` may be a thousand, but ``0,500`` is a half.
    """
    return len(fraction.rstrip("0") if whole == "0" else fraction) > places


def _is_group(whole: str, fraction: str) -> bool:
    """Return whether the sign between the two may group the thousands."""
    if len(fraction) != 3 or whole.startswith("0"):
        return False
    return not any(char in "., _" for char in whole)


def _is_grouped(whole: str) -> bool:
    """Return whether digits are grouped as people do, by one sign.

    >>> [_is_grouped(text) for text in ("1.234.567", "1_00_000", "12.34", "1.2345")]
    [True, True, False, False]
    """
    found = GROUPS.fullmatch(whole)
    return bool(found and found["sep"] and len(whole.split(found["sep"])[-1]) == 3)
