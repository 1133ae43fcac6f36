"""How a ledger file is written: its columns, dates, numbers and encoding."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from .errors import LedgerError, Problem

#: field of a row: the column it is read from unless mapped otherwise.
DEFAULT_COLUMNS = {
    "invoice": "invoiceNumber",
    "customer": "customerID",
    "invoice_date": "InvoiceDate",
    "due_date": "DueDate",
    "amount": "InvoiceAmount",
    "settled_date": "SettledDate",
    "disputed": "Disputed",
    "region": "countryCode",
    "name": "customerName",
    "currency": "currency",
}
#: Read where the file has them. A column that the user mapped is never optional.
OPTIONAL_FIELDS = frozenset({"disputed", "region", "name", "currency"})

DECIMALS = ("point", "comma")


@dataclass(frozen=True)
class Layout:
    """How to read a ledger file.

    :param columns: field to column name, for the columns that are not named as
        in :data:`DEFAULT_COLUMNS`.
    :param date_format: as ``datetime.strptime`` takes it.
    :param decimal: ``point`` (1,234.56) or ``comma`` (1.234,56).
    :param delimiter: one character; None finds it in the header.
    :param encoding: of the file; a byte order mark of UTF-8 is skipped.
    """

    columns: dict = field(default_factory=dict)
    date_format: str = "%m/%d/%Y"
    decimal: str = "point"
    delimiter: str | None = None
    encoding: str = "utf-8"

    @classmethod
    def make(cls, mapping=None):
        """Make a layout from what a command line or a caller gives.

        :param mapping: None, a layout, a dict, or ``field=Column`` pairs in one
            text, separated by commas. A dict or a text may also set the other
            options: ``date_format=%d.%m.%Y,decimal=comma``. A comma within a
            column's name is written ``\\,``.
        :raise LedgerError: for a field or an option that does not exist.
        """
        if mapping is None:
            return cls()
        if isinstance(mapping, Layout):
            return mapping
        if not isinstance(mapping, Mapping):
            mapping = _parse_pairs(mapping)
        options = {name for name in mapping if name in _option_names()}
        layout = cls(
            columns={k: v for k, v in mapping.items() if k not in options},
            **{name: mapping[name] for name in options},
        )
        layout.check()
        return layout

    def with_options(self, **options):
        """Return this layout with the options that are not None set."""
        given = {name: value for name, value in options.items() if value is not None}
        layout = replace(self, **given)
        layout.check()
        return layout

    def check(self):
        problems = [Problem(message) for message in self._complaints()]
        if problems:
            raise LedgerError("column mapping", problems)

    def column_of(self, name):
        return self.columns.get(name, DEFAULT_COLUMNS[name])

    def is_optional(self, name):
        return name in OPTIONAL_FIELDS and name not in self.columns

    def _complaints(self):
        known = ", ".join(DEFAULT_COLUMNS)
        for name, column in self.columns.items():
            if name not in DEFAULT_COLUMNS:
                yield f"there is no field {name!r}; the fields are {known}"
            elif not column:
                yield f"the field {name!r} is mapped to no column"
        if self.decimal not in DECIMALS:
            yield f"decimal is 'point' or 'comma', not {self.decimal!r}"
        if self.delimiter is not None and not _is_delimiter(self.delimiter):
            yield f"the delimiter is one character, not {self.delimiter!r}"
        if not all(part in self.date_format for part in ("%d", "%m")) or not any(
            part in self.date_format for part in ("%Y", "%y")
        ):
            yield (
                f"the date format {self.date_format!r} does not name day, month "
                "and year, like %d.%m.%Y"
            )
        try:
            " ".encode(self.encoding)
        except LookupError:
            yield f"there is no encoding {self.encoding!r}"


def _option_names():
    return {option.name for option in fields(Layout)} - {"columns"}


def _is_delimiter(text):
    return len(text) == 1 and text not in '\r\n"' and not text.isalnum()


def _parse_pairs(text):
    if isinstance(text, os.PathLike):
        text = os.fspath(text)
    pairs = {}
    # A NUL cannot stand on a command line, so it is free to hold the place.
    for pair in text.replace("\\,", "\0").split(","):
        name, equals, value = pair.replace("\0", ",").partition("=")
        if not pair.strip():
            continue
        name = name.strip()
        if not equals or not name:
            raise LedgerError(
                "column mapping",
                [Problem(f"{pair.strip()!r} is not of the form field=Column")],
            )
        if name in pairs:
            raise LedgerError(
                "column mapping", [Problem(f"the field {name!r} is mapped twice")]
            )
        pairs[name] = value.strip()
    return pairs
