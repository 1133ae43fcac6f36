"""Spreadsheets of any length in constant memory. Needs xlsxwriter, no models.

Numbers are numbers and dates are dates; a text stays a text whatever it begins with,
so that a customer called ``=HYPERLINK(…)`` is no formula. The head is frozen and has a
filter; what can be added up is added up by a formula that follows the filter, with its
value beside it for readers that do not calculate.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

import xlsxwriter

#: Rows that a sheet of the format holds.
MAX_ROWS = 1_048_576
#: Characters that a cell holds.
MAX_TEXT = 32_767
#: Kinds of columns that can be added up, and how wide a column of a kind is.
WIDTHS = {"text": 26, "date": 12, "money": 15, "integer": 11, "percent": 11}
NUMBERS = ("money", "integer", "percent")


@dataclass(frozen=True)
class Column:
    """What stands in a column; ``total`` adds it up below the last row."""

    label: str
    kind: str = "text"
    total: bool = False
    decimals: int = 2
    width: float | None = None


@dataclass(frozen=True)
class Sheet:
    """A sheet: lines above the table, and its rows, which are read once."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    heading: Sequence[str] = ()


def write(target: BinaryIO, sheets: Iterable[Sheet], total_label: str) -> int:
    """Write a workbook.

    :param target: a file opened for writing.
    :param total_label: what the line of totals is called.
    :return: the number of rows written.
    :raise ValueError: a sheet has more rows than the format allows.
    """
    workbook = xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False}
    )
    styles = _Styles(workbook)
    names: set[str] = set()
    try:
        return sum(
            _write_sheet(workbook, styles, sheet, total_label, names)
            for sheet in sheets
        )
    finally:
        workbook.close()


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, workbook):
        self.workbook = workbook
        self.made = {}

    def get(self, column: Column | None = None, **properties):
        if column is not None and column.kind != "text":
            properties["num_format"] = _get_number_format(column)
        key = tuple(sorted(properties.items()))
        if key not in self.made:
            self.made[key] = self.workbook.add_format(properties)
        return self.made[key]


def _get_number_format(column: Column) -> str:
    """Return how a column's cells are shown.

    >>> _get_number_format(Column("Open", "money")), _get_number_format(
    ...     Column("Open", "money", decimals=0)
    ... )
    ('#,##0.00;[Red]-#,##0.00', '#,##0;[Red]-#,##0')
    """
    if column.kind == "date":
        return "yyyy-mm-dd"
    if column.kind == "integer":
        return "#,##0"
    if column.kind == "percent":
        return "0.0%"
    amount = "#,##0" + (f".{'0' * column.decimals}" if column.decimals else "")
    return f"{amount};[Red]-{amount}"


def get_sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that the format allows, and that is not taken.

    >>> get_sheet_name("Open/overdue: [all]", set())
    'Open overdue all'
    >>> get_sheet_name("Items", {"items"})
    'Items 2'
    """
    base = " ".join(re.sub(r"[\[\]:*?/\\]", " ", name).split()).strip("'")[:28] or "1"
    result, number = base, 1
    while result.lower() in taken:
        number += 1
        result = f"{base} {number}"
    taken.add(result.lower())
    return result


def _write_sheet(workbook, styles, sheet, total_label, names) -> int:
    page = workbook.add_worksheet(get_sheet_name(sheet.name, names))
    _set_columns(page, sheet)
    for row, text in enumerate(sheet.heading):
        page.write_string(row, 0, text[:MAX_TEXT], styles.get(bold=row == 0))
    head = len(sheet.heading) + 1 if sheet.heading else 0
    for index, column in enumerate(sheet.columns):
        style = styles.get(
            bold=True,
            bottom=1,
            bg_color="#EEEEEE",
            align="right" if column.kind in NUMBERS else "left",
        )
        page.write_string(head, index, column.label, style)
    page.freeze_panes(head + 1, 0)
    sums = [[] if column.total else None for column in sheet.columns]
    totals = [0.0] * len(sheet.columns)
    row = head
    for values in sheet.rows:
        row += 1
        if row >= MAX_ROWS - 1:
            raise ValueError(f"{sheet.name}: more than {MAX_ROWS} rows")
        for index, column in enumerate(sheet.columns):
            _write_cell(page, row, index, values[index], styles.get(column))
            if sums[index] is not None and values[index]:
                # folded now and then: neither many numbers kept nor errors added up
                sums[index].append(values[index])
                if len(sums[index]) >= 1000:
                    totals[index] = math.fsum([totals[index], *sums[index]])
                    sums[index].clear()
    page.autofilter(head, 0, max(row, head), len(sheet.columns) - 1)
    if row > head and any(column.total for column in sheet.columns):
        for index, rest in enumerate(sums):
            totals[index] = math.fsum([totals[index], *(rest or ())])
        _write_totals(page, styles, sheet, (head + 1, row), totals, total_label)
    return row - head


def _set_columns(page, sheet):
    for index, column in enumerate(sheet.columns):
        page.set_column(index, index, column.width or WIDTHS[column.kind])


def _write_cell(page, row, index, value, style):
    if value is None or value is False or value == "":
        return
    if isinstance(value, datetime | date):
        page.write_datetime(row, index, value, style)
    elif isinstance(value, int | float):
        page.write_number(row, index, value, style)
    else:
        page.write_string(row, index, str(value)[:MAX_TEXT], style)


def _write_totals(page, styles, sheet, rows, totals, label):
    """Write the line of totals below the rows from the first to the last."""
    first, last = rows
    for index, column in enumerate(sheet.columns):
        style = styles.get(column, bold=True, top=1)
        if column.total:
            letter = xlsxwriter.utility.xl_col_to_name(index)
            page.write_formula(
                last + 1,
                index,
                f"=SUBTOTAL(109,{letter}{first + 1}:{letter}{last + 1})",
                style,
                round(totals[index], column.decimals),
            )
        elif index == 0:
            page.write_string(last + 1, index, label, style)
        else:
            page.write_blank(last + 1, index, None, style)
