"""Texts of a ledger file turned into values, or refused with a reason.

Every function raises ValueError with the reason as its message; the caller knows
the place.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

#: Outside of these a date is a slip of the pen, and shifting it could leave what
#: PostgreSQL and Python both can hold.
FIRST_YEAR, LAST_YEAR = 1900, 2199

#: Above this a float, which Odoo computes amounts with, cannot hold the cents.
LARGEST_AMOUNT = Decimal("999999999999.99")

_SPACES = " \u00a0\u202f"
_POINT_AMOUNT = re.compile(
    rf"(?:[0-9]+|[0-9]{{1,3}}(?:([,'’{_SPACES}])[0-9]{{3}})(?:\1[0-9]{{3}})*)"
    r"(?:\.[0-9]+)?"
)
_COMMA_AMOUNT = re.compile(
    rf"(?:[0-9]+|[0-9]{{1,3}}(?:([.'’{_SPACES}])[0-9]{{3}})(?:\1[0-9]{{3}})*)"
    r"(?:,[0-9]+)?"
)
_NEGATIVE = re.compile(r"[-−–(]|.*-$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_YES = frozenset({"yes", "y", "true", "t", "1", "x"})
_NO = frozenset({"no", "n", "false", "f", "0", ""})


def parse_text(text, limit=64):
    if not text:
        raise ValueError("the field is empty")
    if _CONTROL.search(text):
        raise ValueError("there is a line break or another control character in it")
    if len(text) > limit:
        raise ValueError(f"it is longer than {limit} characters")
    return text


@lru_cache(maxsize=4096)  # A ledger has few days and many rows: half the time.
def parse_date(text, date_format):
    if not text:
        raise ValueError("the date is empty")
    try:
        # strptime is the only parser that takes the user's own format.
        day = datetime.strptime(text, date_format).date()
    except ValueError:
        raise ValueError(
            f"this is no date of the form {date_format}; if all dates of the file "
            "look like this, set the date format"
        ) from None
    return _check_year(day)


def _check_year(day):
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year is not between {FIRST_YEAR} and {LAST_YEAR}")
    return day


def parse_as_of(text):
    """Read the day a ledger is looked at from: a date, or YYYY-MM-DD."""
    if isinstance(text, datetime):
        return _check_year(text.date())
    if isinstance(text, date):
        return _check_year(text)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(text)):
        raise ValueError("this is no date of the form YYYY-MM-DD")
    try:
        return _check_year(date.fromisoformat(text))
    except ValueError as error:
        raise ValueError(f"this is no date: {error}") from None


def parse_amount(text, decimal="point"):
    """Read an amount to the last digit; thousands may be grouped, but rightly.

    >>> parse_amount("1,234.50")
    Decimal('1234.50')
    >>> parse_amount("1.234,50", decimal="comma")
    Decimal('1234.50')
    """
    if not text:
        raise ValueError("the amount is empty")
    if _NEGATIVE.match(text):
        raise ValueError("the amount is negative; credit notes are not imported")
    pattern = _COMMA_AMOUNT if decimal == "comma" else _POINT_AMOUNT
    match = pattern.fullmatch(text)
    if not match:
        raise ValueError(_amount_hint(text, decimal))
    digits = text.replace(match.group(1), "") if match.group(1) else text
    amount = Decimal(digits.replace(",", "."))
    if not amount:
        raise ValueError("the amount is zero: nothing is owed")
    if amount > LARGEST_AMOUNT:
        raise ValueError(f"the amount is larger than {LARGEST_AMOUNT}")
    return amount


def _amount_hint(text, decimal):
    other = "point" if decimal == "comma" else "comma"
    other_pattern = _POINT_AMOUNT if decimal == "comma" else _COMMA_AMOUNT
    if other_pattern.fullmatch(text):
        return f"this is no amount with a decimal {decimal}; set decimal to {other}"
    return f"this is no amount with a decimal {decimal}, like " + (
        "1.234,56" if decimal == "comma" else "1,234.56"
    )


def parse_flag(text):
    if text.casefold() in _YES:
        return True
    if text.casefold() in _NO:
        return False
    raise ValueError("this is neither yes nor no")


def parse_currency(text):
    """Read an ISO 4217 code; nothing stands for the company's currency."""
    if text and not re.fullmatch(r"[A-Za-z]{3}", text):
        raise ValueError("this is no currency code of three letters, like USD")
    return text.upper() or None
