"""Ledger files read, or refused with the place: no Odoo, no database."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger import Layout, LedgerError, read_ledger, values

HEADER = (
    "countryCode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,"
    "InvoiceAmount,Disputed,SettledDate,PaperlessBill,DaysToSettle,DaysLate"
)
ROW = "391,C-1,4/6/2013,611365,1/2/2013,2/1/2013,55.94,No,1/15/2013,Paper,13,0"
CELLS = dict(zip(HEADER.split(","), ROW.split(","), strict=True))


@pytest.fixture
def write(tmp_path):
    """Return a function that writes lines (or bytes) to a file and names it."""

    def write_file(*lines, encoding="utf-8", newline="\n"):
        path = tmp_path / "ledger.csv"
        if isinstance(lines[0], bytes):
            path.write_bytes(b"".join(lines))
        else:
            path.write_bytes((newline.join(lines) + newline).encode(encoding))
        return path

    return write_file


@pytest.fixture
def write_row(write):
    """Return a function that writes one row with some cells changed, quoted."""

    def write_cells(**cells):
        values_ = (
            '"' + v.replace('"', '""') + '"' for v in {**CELLS, **cells}.values()
        )
        return write(HEADER, ",".join(values_))

    return write_cells


def refuse(path, mapping=None):
    """Read a file that must be refused; return the error."""
    with pytest.raises(LedgerError) as refused:
        read_ledger(path, mapping)
    error = refused.value
    assert str(error).startswith(str(error.path))
    assert "othing was imported" in str(error)
    return error


def place(error):
    return error.line, error.column, error.value


# === WHAT IS READ === #


def test_row_is_read_as_it_stands(write):
    [row] = read_ledger(write(HEADER, ROW))

    assert row.line == 2
    assert (row.invoice, row.customer, row.region) == ("611365", "C-1", "391")
    assert row.invoice_date == date(2013, 1, 2)
    assert row.due_date == date(2013, 2, 1)
    assert row.settled_date == date(2013, 1, 15)
    assert row.amount == Decimal("55.94")
    assert (row.disputed, row.currency, row.name) == (False, None, "")


@pytest.mark.parametrize(
    "settled, is_open",
    [("12/30/2012", False), ("12/31/2012", False), ("1/1/2013", True), ("", True)],
)
def test_item_is_open_when_settled_after_the_day(write_row, settled, is_open):
    path = write_row(InvoiceDate="1/2/2012", DueDate="2/1/2012", SettledDate=settled)

    [row] = read_ledger(path)

    assert row.is_open(date(2012, 12, 31)) is is_open


def test_sample_is_read_whole(ledger_2012):
    rows = read_ledger(ledger_2012)

    assert len(rows) == 1277
    assert len({row.customer for row in rows}) == 100
    assert sum(row.amount for row in rows) == Decimal("76064.07")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_endings_of_all_systems_are_read(write, newline):
    assert len(read_ledger(write(HEADER, ROW, newline=newline))) == 1


def test_byte_order_mark_is_no_part_of_the_first_column(write):
    assert len(read_ledger(write(HEADER, ROW, encoding="utf-8-sig"))) == 1


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiter_is_found_in_the_header(write, delimiter):
    lines = (HEADER.replace(",", delimiter), ROW.replace(",", delimiter))

    assert len(read_ledger(write(*lines))) == 1


def test_blank_lines_and_spaces_are_passed_over(write):
    [row] = read_ledger(
        write("", HEADER, "", ROW.replace(",", " , "), ",,,,,,,,,,,", "")
    )

    assert (row.line, row.customer) == (4, "C-1")


def test_column_names_are_found_in_any_case(write):
    assert len(read_ledger(write(HEADER.upper(), ROW))) == 1


def test_optional_columns_may_be_missing(write):
    [row] = read_ledger(
        write(
            "invoiceNumber,customerID,InvoiceDate,DueDate,InvoiceAmount,SettledDate",
            "7,C-1,1/2/2013,2/1/2013,10,",
        )
    )

    assert (row.disputed, row.region, row.settled_date) == (False, "", None)


def test_line_is_where_a_row_begins_that_has_breaks_in_it(write):
    error = refuse(
        write(
            HEADER + ",note",
            ROW + ',"two\nlines"',
            ROW.replace("55.94", "x") + ",",
        )
    )

    assert place(error) == (4, "InvoiceAmount", "x")


# === OTHER LAYOUTS === #


def test_columns_are_mapped(write):
    path = write(
        "Invoice No;Customer;Date;Due;Total, net;Paid on;Cur",
        "R-1;Müller;02.01.2013;01.02.2013;1.234,50;;eur",
    )
    mapping = (
        "invoice=Invoice No,customer=Customer,invoice_date=Date,due_date=Due,"
        r"amount=Total\, net,settled_date=Paid on,currency=Cur,"
        "date_format=%d.%m.%Y,decimal=comma"
    )

    [row] = read_ledger(path, mapping)

    assert (row.invoice, row.customer, row.currency) == ("R-1", "Müller", "EUR")
    assert (row.amount, row.due_date) == (Decimal("1234.50"), date(2013, 2, 1))


def test_layout_takes_options_apart_from_columns():
    layout = Layout.make({"invoice": "No"}).with_options(
        decimal="comma", delimiter=None
    )

    assert (layout.column_of("invoice"), layout.decimal) == ("No", "comma")
    assert Layout.make(layout) is layout


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "shift_jis"])
def test_encoding_can_be_set(write, encoding):
    path = write(
        HEADER,
        ROW.replace("C-1", "C-\uff71" if "shift" in encoding else "Çelik"),
        encoding=encoding,
    )

    assert len(read_ledger(path, {"encoding": encoding})) == 1


@pytest.mark.parametrize(
    "mapping, message",
    [
        ("invoce=No", "there is no field 'invoce'"),
        ("invoice", "is not of the form field=Column"),
        ("=No", "is not of the form field=Column"),
        ("invoice=", "is mapped to no column"),
        ("invoice=A,invoice=B", "mapped twice"),
        ("decimal=dot", "decimal is 'point' or 'comma'"),
        ("delimiter=ab", "the delimiter is one character"),
        ("date_format=%d.%m", "does not name day, month and year"),
        ("encoding=utf-99", "there is no encoding 'utf-99'"),
        ("encoding=base64", "there is no encoding 'base64'"),
    ],
)
def test_mapping_that_makes_no_sense_is_refused(mapping, message):
    with pytest.raises(LedgerError, match=message):
        Layout.make(mapping)


def test_mapped_column_must_be_there(write):
    error = refuse(write(HEADER, ROW), {"currency": "Waehrung"})

    assert (error.line, error.column) == (1, "Waehrung")


# === FILES THAT ARE NONE === #


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\n\n  \n", "the file is empty"),
        (HEADER.encode(), "there is no row below the header"),
        (b"PK\x03\x04rest of a workbook", "a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"%PDF-1.7", "a PDF"),
        (HEADER.encode("utf-16"), "this is UTF-16"),
        (b"<html><body>Log in</body></html>", "this column is missing"),
    ],
)
def test_file_that_is_no_ledger_says_what_it_is(write, content, message):
    assert message in str(refuse(write(content)))


def test_file_that_is_not_there(tmp_path):
    assert "cannot be read: no such file" in str(refuse(tmp_path / "none.csv"))


def test_folder_is_no_file(tmp_path):
    assert "cannot be read" in str(refuse(tmp_path))


def test_wrong_encoding_names_line_and_bytes(write):
    error = refuse(write(HEADER, ROW, ROW.replace("C-1", "Müller"), encoding="cp1252"))

    assert (error.line, error.value) == (3, "fc")
    assert "encoding=cp1252" in error.message


def test_missing_columns_are_named_with_what_is_there(write):
    error = refuse(write(HEADER.replace("DueDate", "Due"), ROW))

    assert (error.line, error.column) == (1, "DueDate")
    assert "Due, InvoiceAmount" in error.message
    assert "due_date=<that column>" in error.message


def test_all_missing_columns_are_told_at_once(write):
    error = refuse(write("a,b", "1,2"))

    assert len(error.problems) == 6


def test_column_that_is_there_twice(write):
    error = refuse(write(HEADER + ",DueDate", ROW + ",2/1/2013"))

    assert (error.line, error.column) == (1, "DueDate")


def test_column_nobody_reads_may_be_there_twice(write):
    assert len(read_ledger(write(HEADER + ",note,note", ROW + ",a,b"))) == 1


def test_quote_that_is_never_closed(write):
    error = refuse(write(HEADER, ROW, ROW.replace("C-1", '"C-1'), ROW))

    assert error.line == 3


def test_text_behind_a_closing_quote(write):
    assert refuse(write(HEADER, ROW.replace("C-1", '"C"1'))).line == 2


# === ROWS THAT ARE WRONG === #


@pytest.mark.parametrize(
    "column, value, message",
    [
        ("invoiceNumber", "", "the field is empty"),
        ("invoiceNumber", "1\n2", "control character"),
        ("invoiceNumber", "1" * 65, "longer than 64"),
        ("customerID", "", "the field is empty"),
        ("InvoiceDate", "", "the date is empty"),
        ("DueDate", "", "the date is empty"),
        ("InvoiceDate", "2013-01-02", "no date of the form %m/%d/%Y"),
        ("InvoiceDate", "13/1/2013", "no date of the form"),
        ("DueDate", "2/30/2013", "no date of the form"),
        ("DueDate", "2/29/2013", "no date of the form"),
        ("DueDate", "2/1/13", "no date of the form"),
        ("DueDate", "2/1/2013 00:00", "no date of the form"),
        ("DueDate", "2/1/2313", "the year is not between"),
        ("InvoiceDate", "1/1/0013", "the year is not between"),
        ("SettledDate", "soon", "no date of the form"),
        ("SettledDate", "1/1/2013", "settled before it was invoiced"),
        ("DueDate", "1/1/2013", "due before it was invoiced"),
        ("InvoiceAmount", "", "the amount is empty"),
        ("InvoiceAmount", "0.00", "nothing is owed"),
        ("InvoiceAmount", "-5", "credit notes are not imported"),
        ("InvoiceAmount", "5-", "credit notes are not imported"),
        ("InvoiceAmount", "(5.00)", "credit notes are not imported"),
        ("InvoiceAmount", "−5", "credit notes are not imported"),
        ("InvoiceAmount", "12,50", "set decimal to comma"),
        ("InvoiceAmount", "1.234,50", "set decimal to comma"),
        ("InvoiceAmount", "1,23,456", "no amount with a decimal point"),
        ("InvoiceAmount", "1,234 567", "no amount with a decimal point"),
        ("InvoiceAmount", "$5", "no amount with a decimal point"),
        ("InvoiceAmount", "1e5", "no amount with a decimal point"),
        ("InvoiceAmount", "nan", "no amount with a decimal point"),
        ("InvoiceAmount", "Infinity", "no amount with a decimal point"),
        ("InvoiceAmount", "٥", "no amount with a decimal point"),
        ("InvoiceAmount", "9" * 13, "larger than"),
        ("Disputed", "maybe", "neither yes nor no"),
    ],
)
def test_wrong_value_is_refused_with_its_place(write_row, column, value, message):
    error = refuse(write_row(**{column: value}))

    assert place(error) == (2, column, value)
    assert message in error.message
    assert len(error.problems) == 1


def test_currency_is_a_code(write):
    error = refuse(write(HEADER + ",currency", ROW + ",$"))

    assert place(error) == (2, "currency", "$")


@pytest.mark.parametrize("extra, count", [(",more", 13), (None, 11)])
def test_wrong_number_of_fields(write, extra, count):
    error = refuse(write(HEADER, ROW + extra if extra else ROW.rpartition(",")[0]))

    assert place(error) == (2, None, None)
    assert error.message == f"{count} fields where the header has 12"


def test_thousands_without_quotes_are_a_wrong_number_of_fields(write):
    assert (
        "13 fields" in refuse(write(HEADER, ROW.replace("55.94", "1,055.94"))).message
    )


def test_duplicate_number_names_both_lines(write):
    error = refuse(write(HEADER, ROW, ROW.replace("C-1", "C-2"), ROW))

    assert place(error) == (3, "invoiceNumber", "611365")
    assert [problem.line for problem in error.problems] == [3, 4]
    assert "already on line 2" in error.message


def test_every_wrong_row_is_told_but_not_without_end(write):
    bad = ROW.replace("55.94", "x")

    error = refuse(write(HEADER, *[bad] * 30))

    assert len(error.problems) == 30
    assert len(str(error).splitlines()) == 11
    assert "20 more" in str(error)


def test_long_value_is_cut_in_the_message(write_row):
    error = refuse(write_row(InvoiceAmount="x" * 5000))

    assert len(str(error)) < 400


# === VALUES === #


@pytest.mark.parametrize(
    "text, decimal, amount",
    [
        ("5", "point", "5"),
        ("1234.5", "point", "1234.5"),
        ("1,234.50", "point", "1234.50"),
        ("1,234,567", "point", "1234567"),
        ("1 234.50", "point", "1234.50"),
        ("1\u00a0234.50", "point", "1234.50"),
        ("1'234.50", "point", "1234.50"),
        ("1.234,50", "comma", "1234.50"),
        ("1 234,50", "comma", "1234.50"),
        ("1234,5", "comma", "1234.5"),
    ],
)
def test_thousands_may_be_grouped(text, decimal, amount):
    assert values.parse_amount(text, decimal) == Decimal(amount)


@given(
    amount=st.decimals(min_value="0.01", max_value="999999999999.99", places=2),
    decimal=st.sampled_from(["point", "comma"]),
    grouped=st.booleans(),
)
def test_amount_written_either_way_is_read_back(amount, decimal, grouped):
    text = f"{amount:,.2f}" if grouped else f"{amount:.2f}"
    if decimal == "comma":
        text = text.translate(str.maketrans(",.", ".,"))

    assert values.parse_amount(text, decimal) == amount


@given(text=st.text(max_size=20))
def test_no_text_at_all_breaks_the_parsers(text):
    for parse in (values.parse_amount, values.parse_flag, values.parse_currency):
        try:
            parse(text)
        except ValueError:
            pass


@given(
    content=st.binary(max_size=300),
    head=st.sampled_from([b"", HEADER.encode() + b"\n", b"\xef\xbb\xbf"]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, content, head):
    path = tmp_path_factory.mktemp("bytes") / "ledger.csv"
    path.write_bytes(head + content)
    try:
        assert read_ledger(path)
    except LedgerError as error:
        assert error.problems


@pytest.mark.parametrize("day", ["2012-12-31", date(2012, 12, 31)])
def test_day_is_a_date_or_its_text(day):
    assert values.parse_as_of(day) == date(2012, 12, 31)


@pytest.mark.parametrize(
    "text", ["", "12/31/2012", "2012-13-01", "2012-02-30", "20121231", "0001-01-01"]
)
def test_day_that_is_none_is_refused(text):
    with pytest.raises(ValueError):
        values.parse_as_of(text)
