"""A ledger file turned into checked rows, or one error that names every slip."""

import codecs
import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from . import values
from .errors import LedgerError, Problem, shorten
from .layout import DEFAULT_COLUMNS, Layout

_DELIMITERS = ",;\t|"
#: What files begin with that users take for CSV.
_FOREIGN_STARTS = {
    b"PK\x03\x04": "this is a workbook or an archive; save it as CSV first",
    b"\xd0\xcf\x11\xe0": "this is an old Excel workbook; save it as CSV first",
    b"%PDF": "this is a PDF, not a CSV file",
    codecs.BOM_UTF16_LE: "this is UTF-16; save it as UTF-8 or set encoding=utf-16",
    codecs.BOM_UTF16_BE: "this is UTF-16; save it as UTF-8 or set encoding=utf-16",
}


@dataclass(frozen=True)
class LedgerRow:
    """One invoice as the file has it, dates not yet shifted.

    ``line`` is where the row begins in the file. ``settled_date`` is None for
    what was never settled, ``currency`` None for the company's.
    """

    line: int
    invoice: str
    customer: str
    invoice_date: date
    due_date: date
    amount: Decimal
    settled_date: date | None = None
    disputed: bool = False
    region: str = ""
    name: str = ""
    currency: str | None = None

    def is_open(self, as_of):
        """Tell whether the invoice was unpaid at the end of the day ``as_of``."""
        return self.settled_date is None or self.settled_date > as_of


def read_ledger(path, mapping=None):
    """Read and check a ledger file.

    :param path: the file.
    :param mapping: how it is written, see :meth:`Layout.make`.
    :return: a list of :class:`LedgerRow`, never empty.
    :raise LedgerError: with every problem of the file.
    """
    layout = Layout.make(mapping)
    lines = _read_records(path, _decode(path, layout), layout)
    header_line, header = next(lines, (1, []))
    columns = _locate_columns(path, header_line, header, layout)
    rows, problems = [], []
    for line, cells in lines:
        row, row_problems = _RowParser(layout, columns, len(header)).parse(line, cells)
        problems += row_problems
        if row:
            rows.append(row)
    problems += _find_duplicates(rows, layout)
    if problems:
        raise LedgerError(path, sorted(problems, key=lambda problem: problem.line))
    if not rows:
        raise LedgerError(path, [Problem("there is no row below the header")])
    return rows


# === THE FILE === #


def _decode(path, layout):
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise LedgerError(path, [Problem(f"cannot be read: {reason}")]) from None
    encoding = layout.encoding
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"
        for start, message in _FOREIGN_STARTS.items():
            if content.startswith(start):
                raise LedgerError(path, [Problem(message)])
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise LedgerError(path, [_undecodable(error)]) from None
    if not text.strip():
        raise LedgerError(path, [Problem("the file is empty")])
    return text


def _undecodable(error):
    bad = error.object[error.start : error.end]
    return Problem(
        f"the bytes are not {error.encoding.removesuffix('-sig')}; save the file as "
        "UTF-8 or set its encoding, for instance encoding=cp1252",
        line=error.object[: error.start].count(b"\n") + 1,
        value=bad.hex(" "),
    )


def _read_records(path, text, layout):
    """Yield (line, cells) of every record that is not blank, the header first."""
    delimiter = layout.delimiter or _find_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = Problem(f"this is no CSV: {error}", line=line)
            raise LedgerError(path, [problem]) from None
        if any(cell.strip() for cell in cells):
            yield line, [cell.strip() for cell in cells]
        line = reader.line_num + 1


def _find_delimiter(text):
    header = text.lstrip().splitlines()[0]
    return max(_DELIMITERS, key=header.count)


def _locate_columns(path, line, header, layout):
    """Return {field: index in the row}, without the optional ones not there."""
    columns, problems = {}, []
    for name in DEFAULT_COLUMNS:
        column = layout.column_of(name)
        places = [
            index
            for index, title in enumerate(header)
            if title.casefold() == column.casefold()
        ]
        if len(places) > 1:
            message = "this column is there more than once"
            problems.append(Problem(message, line=line, column=column))
        elif places:
            columns[name] = places[0]
        elif not layout.is_optional(name):
            problems.append(_missing_column(line, name, column, header))
    if problems:
        raise LedgerError(path, problems)
    return columns


def _missing_column(line, name, column, header):
    titles = shorten(", ".join(title for title in header if title), 200)
    return Problem(
        f"this column is missing; the file has: {titles}. If one of them is meant, "
        f"map it with {name}=<that column>",
        line=line,
        column=column,
    )


# === THE ROWS === #


class _RowParser:
    """Turns the cells of one record into a row; collects what is wrong."""

    def __init__(self, layout, columns, width):
        self.layout = layout
        self.columns = columns
        self.width = width
        self.problems = []

    def parse(self, line, cells):
        """Return (row, problems); the row is None when there are problems."""
        self.line, self.cells = line, cells
        if len(cells) != self.width:
            self._complain(f"{len(cells)} fields where the header has {self.width}")
            return None, self.problems
        date_format = self.layout.date_format
        found = {
            "invoice": self._take("invoice", values.parse_text),
            "customer": self._take("customer", values.parse_text),
            "invoice_date": self._take("invoice_date", values.parse_date, date_format),
            "due_date": self._take("due_date", values.parse_date, date_format),
            "amount": self._take("amount", values.parse_amount, self.layout.decimal),
            "settled_date": self._take_settled_date(date_format),
            "disputed": self._take("disputed", values.parse_flag) or False,
            "currency": self._take("currency", values.parse_currency),
            "region": self._take_optional_text("region"),
            "name": self._take_optional_text("name"),
        }
        self._check_order(found, "due_date", "due before it was invoiced")
        self._check_order(found, "settled_date", "settled before it was invoiced")
        if self.problems:
            return None, self.problems
        return LedgerRow(line=line, **found), []

    def _take(self, name, parse, *options):
        if name not in self.columns:
            return None
        text = self.cells[self.columns[name]]
        try:
            return parse(text, *options)
        except ValueError as error:
            self._complain(str(error), name, text)
            return None

    def _take_settled_date(self, date_format):
        if not self.cells[self.columns["settled_date"]]:
            return None
        return self._take("settled_date", values.parse_date, date_format)

    def _take_optional_text(self, name):
        if name not in self.columns or not self.cells[self.columns[name]]:
            return ""
        return self._take(name, values.parse_text)

    def _check_order(self, found, name, message):
        earlier, later = found["invoice_date"], found[name]
        if earlier and later and later < earlier:
            self._complain(
                f"{message} ({earlier:{self.layout.date_format}})",
                name,
                self.cells[self.columns[name]],
            )

    def _complain(self, message, name=None, value=None):
        column = self.layout.column_of(name) if name else None
        self.problems.append(Problem(message, self.line, column, value))


def _find_duplicates(rows, layout):
    first_lines = {}
    for row in rows:
        first = first_lines.setdefault(row.invoice, row.line)
        if first != row.line:
            yield Problem(
                f"this invoice is already on line {first}",
                line=row.line,
                column=layout.column_of("invoice"),
                value=row.invoice,
            )
