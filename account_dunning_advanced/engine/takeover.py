"""What another dunning software knew, said in one form. Plain Python, no models.

Its readers (``account.dunning.takeover._read_…``) turn tables and files into steps and
findings; what becomes of them is one code for all.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .amount import parse_amount

# fields are called date, too
Day = date

#: Rows that a file may have.
MAX_ROWS = 200_000

#: How dates are written in a file.
DATE_FORMATS = {
    "iso": ("%Y-%m-%d", "%Y%m%d"),
    "dmy": ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"),
    "mdy": ("%m/%d/%Y", "%m-%d-%Y"),
}
#: What some systems write where there is no date.
NO_DATE = {"", "0", "00000000", "00.00.0000", "0000-00-00", "-"}

#: {our column: names it has in exports}, compared without case, blanks and signs.
#: SAP: fields of table BSID (open items of customers) and their German short texts;
#: Business Central: Customer Ledger Entries; NetSuite: columns of saved searches.
COLUMNS = {
    "invoice": ("document no", "document number", "belnr", "xblnr", "belegnummer"),
    "due": ("due date", "net due date", "nettofaelligkeit", "faellig am"),
    "level": (
        *("dunning level", "manst", "mahnstufe"),
        *("last issued reminder level", "reminder level"),
    ),
    "last_notice": (
        *("last dunned", "madat", "letzte mahnung", "last reminder"),
        *("last dunning letter sent date", "last reminder date"),
    ),
    "hold": ("dunning block", "mansp", "mahnsperre", "on hold"),
    "hold_until": ("block until", "on hold until"),
    "collector": ("responsible", "busab", "collection specialist", "collector"),
    "promise_date": ("promised on", "promise to pay date"),
    "promise_amount": ("promised", "promise to pay amount"),
    "note": ("remark", "comment", "text"),
}
REQUIRED = ("invoice",)
#: As spreadsheets write a level: 2.0
WHOLE_NUMBER = re.compile(r"^(\d+)[.,]0+$")


class BadRow(ValueError):
    """A line of a file that cannot be read; ``value`` is what is wrong in it."""

    def __init__(self, number: int, value: str):
        super().__init__(f"{number}: {value}")
        self.number, self.value = number, value


@dataclass(frozen=True)
class Step:
    """A level of the other software's ladder; ``key`` names it in findings."""

    key: str
    policy: str
    name: str
    sequence: int
    day_basis: str = "due"
    delay_days: int = 0
    by_email: bool = True
    by_letter: bool = True


@dataclass(frozen=True)
class Finding:
    """One thing that the other software knew.

    :param kind: ``item`` (has reached a step), ``policy``, ``hold``, ``collector``,
        ``follow_up``, ``promise`` or ``note``.
    :param date: of the last notice, of the promise, or of the next look.
    :param date_to: the last day of a hold.
    :param amount: promised, in the currency of the item.
    :param problem: why it cannot be taken over, in words.
    """

    kind: str
    partner_id: int | None = None
    move_id: int | None = None
    item_id: int | None = None
    step: str | None = None
    policy: str | None = None
    date: Day | None = None
    date_to: Day | None = None
    user_id: int | None = None
    amount: float = 0.0
    text: str = ""
    problem: str = ""


@dataclass
class Reading:
    """All that was found; ``default_policy`` is the one of customers without."""

    steps: list[Step] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    default_policy: str | None = None


@dataclass(frozen=True)
class Row:
    """A line of a file; ``number`` counts as a spreadsheet does, the head is 1."""

    number: int
    invoice: str
    due: date | None = None
    level: str = ""
    last_notice: date | None = None
    hold: str = ""
    hold_until: date | None = None
    collector: str = ""
    promise_date: date | None = None
    promise_amount: Decimal | None = None
    note: str = ""


def match_steps(steps: Sequence[Step], levels: Sequence[tuple[int, str]]) -> dict:
    """Say which of our levels stands for which step: {key: id of the level}.

    A step that is a number is the level of that rank; one that is called as a level is
    that level; others go by their place. Who had more steps than there are levels has
    reached the last one.

    :param levels: (id, name) of a ladder, in its order.

    >>> first, second, third = (Step(str(n), "p", str(n), n) for n in (1, 2, 3))
    >>> match_steps([first, second, third], [(7, "Friendly"), (8, "Firm")])
    {'1': 7, '2': 8, '3': 8}
    >>> match_steps([Step("x", "p", "firm", 5)], [(7, "Friendly"), (8, "Firm")])
    {'x': 8}
    """
    if not levels:
        return {}
    names = {name.strip().casefold(): level_id for level_id, name in levels}
    matched = {}
    for place, step in enumerate(sorted(steps, key=lambda step: step.sequence), 1):
        name = step.name.strip()
        rank = int(name) if name.isdecimal() else place
        by_rank = levels[min(max(rank, 1), len(levels)) - 1][0]
        matched[step.key] = names.get(name.casefold(), by_rank)
    return matched


def read_rows(data: bytes, date_format: str = "iso", decimal: str = ".") -> list[Row]:
    """Return the rows of a CSV file.

    :param data: UTF-8, or what Windows writes in the West; separated by comma,
        semicolon or tab.
    :raise BadRow: the first line that cannot be read.

    >>> [row] = read_rows(b"Document No.;MANST;MADAT\\nINV/1;2;20240501")
    >>> row.number, row.invoice, row.level, row.last_notice.isoformat()
    (2, 'INV/1', '2', '2024-05-01')
    """
    text = _decode(data)
    # the reader itself knows the ends of lines of all systems
    table = csv.reader(io.StringIO(text, newline=""), _sniff(text), strict=True)
    try:
        return _read_rows(table, date_format, decimal)
    except csv.Error as error:
        raise BadRow(table.line_num, str(error)) from None


def _read_rows(table, date_format, decimal) -> list[Row]:
    names = [_get_column(title) for title in next(table, ())]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise BadRow(1, ", ".join(missing))
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise BadRow(1, ", ".join(sorted(twice)))
    return list(_read_table(table, names, date_format, decimal))


def _read_table(table, names, date_format, decimal) -> Iterable[Row]:
    for number, cells in enumerate(table, 2):
        if number > MAX_ROWS + 1:
            raise BadRow(number, f"> {MAX_ROWS}")
        values = {
            name: cell.strip() for name, cell in zip(names, cells, strict=False) if name
        }
        if not any(values.values()):
            continue
        try:
            yield _make_row(number, values, date_format, decimal)
        except ValueError as error:
            raise BadRow(number, str(error)) from None


def _make_row(number, values, date_format, decimal) -> Row:
    if not values["invoice"]:
        raise ValueError("invoice")
    dates = {
        name: _parse_date(values.pop(name, ""), date_format)
        for name in ("due", "last_notice", "hold_until", "promise_date")
    }
    promised = values.pop("promise_amount", "")
    amount = parse_amount(promised, decimal) if promised else None
    if promised and amount is None:
        raise ValueError(promised)
    values["level"] = WHOLE_NUMBER.sub(r"\1", values.get("level", ""))
    return Row(number, promise_amount=amount, **dates, **values)


def _parse_date(text: str, date_format: str) -> date | None:
    if text in NO_DATE:
        return None
    for pattern in DATE_FORMATS[date_format]:
        try:
            return datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    raise ValueError(text)


def _get_column(title: str) -> str | None:
    wanted = _normalize(title)
    for name, aliases in COLUMNS.items():
        if wanted in {_normalize(alias) for alias in (name, *aliases)}:
            return name
    return None


def _normalize(title: str) -> str:
    return re.sub(r"[\W_]+", "", title.strip().casefold())


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    # fixed-length fields are filled up with it; no database takes it
    return text.replace("\x00", "")


def _sniff(text: str) -> type[csv.Dialect]:
    """Return the dialect with the sign that stands most often in the head."""
    head = re.split(r"[\r\n]", text, maxsplit=1)[0]

    class Dialect(csv.excel):
        delimiter = max(",;\t", key=head.count)

    return Dialect
