"""The import itself: a file read, checked, and booked in one piece."""

import time
from decimal import Decimal

from . import values
from .errors import LedgerError, Problem
from .layout import Layout
from .reading import read_ledger
from .report import LedgerReport


def import_ledger(env, path, as_of, mapping=None, progress=None, today=None):
    """Book a ledger file as posted invoices, payments and reconciliations.

    All dates are moved by the same number of days, so that ``as_of`` becomes
    today: what was settled after that day is open, what was invoiced after it lies
    in the future. All or nothing; the caller commits.

    :param env: an Odoo environment whose user may post invoices and create
        contacts; its company is imported into.
    :param path: the CSV file.
    :param as_of: a date, or a text YYYY-MM-DD.
    :param mapping: how the file is written, see :meth:`Layout.make`.
    :param progress: called with (what, done, total) as the work goes on.
    :param today: the day that ``as_of`` becomes, by default today where the company
        is.
    :return: a :class:`LedgerReport`.
    :raise LedgerError: for a malformed file; nothing is imported then.
    """
    start = time.monotonic()
    layout = Layout.make(mapping)
    try:
        as_of = values.parse_as_of(as_of)
    except ValueError as error:
        raise LedgerError("as of", [Problem(str(error), value=str(as_of))]) from None
    rows = read_ledger(path, layout)
    with env.cr.savepoint():
        report = _book(env, path, rows, as_of, layout, progress, today)
    report.seconds = time.monotonic() - start
    return report


def _book(env, path, rows, as_of, layout, progress, today):
    # Only here, so that a file can be checked where there is no Odoo.
    from .books import Books
    from .customers import get_customers
    from .disputes import open_disputes
    from .invoices import check_imported, create_invoices, find_imported
    from .payments import pay_invoices

    books = Books(env)
    today = today or books.get_today()
    report = LedgerReport(as_of=as_of, today=today, rows=len(rows))
    currencies = books.find_currencies(path, rows, layout)
    imported = find_imported(books, rows)
    check_imported(path, rows, imported, layout)
    rows = [row for row in rows if row.invoice not in imported]
    report.skipped = report.rows - len(rows)

    partners, report.new_customers = get_customers(books, rows)
    report.customers = len(partners)
    settled_rows = [row for row in rows if not row.is_open(as_of)]
    invoices = create_invoices(
        books,
        rows,
        partners,
        currencies,
        today - as_of,
        _counter(progress, "invoices", len(rows)),
    )
    of_row = dict(zip((row.invoice for row in rows), invoices, strict=True))
    report.invoices = len(invoices)
    payments = pay_invoices(
        books,
        [(row, of_row[row.invoice]) for row in settled_rows],
        today - as_of,
        _counter(progress, "payments", len(settled_rows)),
    )
    report.payments = len(payments)
    open_rows = [row for row in rows if row.is_open(as_of)]
    disputed = [of_row[row.invoice] for row in open_rows if row.disputed]
    report.disputed_open = len(disputed)
    report.disputes = open_disputes(books, disputed)
    _count_open(report, open_rows, currencies)
    return report


def _counter(progress, what, total):
    """Return a function that counts up and hands the count to ``progress``."""
    done = 0

    def advance(count):
        nonlocal done
        done += count
        if progress:
            progress(what, done, total)

    return advance


def _count_open(report, rows, currencies):
    report.open_items = len(rows)
    report.future_items = sum(row.invoice_date > report.as_of for row in rows)
    for row in rows:
        code = currencies[row.currency].name
        report.open_amounts[code] = (
            report.open_amounts.get(code, Decimal(0)) + row.amount
        )
