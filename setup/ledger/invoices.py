"""Rows of a ledger as posted invoices."""

from odoo.fields import Command

from .errors import LedgerError, Problem

#: Invoices created and posted at a time: large enough to share queries, small
#: enough that the progress is seen to move.
BATCH_SIZE = 100


def find_imported(books, rows):
    """Return {invoice number: invoice} of what an earlier import brought."""
    found = books.env["account.move"].search(
        [
            ("journal_id", "=", books.sale_journal.id),
            ("move_type", "=", "out_invoice"),
            ("state", "!=", "cancel"),
            ("ref", "in", [row.invoice for row in rows]),
        ]
    )
    return {invoice.ref: invoice for invoice in found}


def check_imported(path, rows, imported, layout):
    """Refuse a file that says otherwise about an invoice than the books do.

    :raise LedgerError: where the customer or the amount differs: it is another
        ledger that happens to use the same numbers.
    """
    problems = [
        Problem(
            "an invoice with this number was imported before, over "
            f"{imported[row.invoice].amount_total} for customer "
            f"{imported[row.invoice].partner_id.ref}",
            line=row.line,
            column=layout.column_of("invoice"),
            value=row.invoice,
        )
        for row in rows
        if row.invoice in imported and not _is_same(row, imported[row.invoice])
    ]
    if problems:
        raise LedgerError(path, problems)


def _is_same(row, invoice):
    return row.customer == invoice.partner_id.ref and not (
        invoice.currency_id.compare_amounts(float(row.amount), invoice.amount_total)
    )


def create_invoices(books, rows, partners, currencies, shift, advance):
    """Create and post an invoice for each row.

    :param shift: timedelta that is added to every date.
    :param advance: called with the number of invoices done since the last call.
    :return: the invoices, in the order of the rows.
    """
    invoices = books.env["account.move"]
    for start in range(0, len(rows), BATCH_SIZE):
        batch = rows[start : start + BATCH_SIZE]
        created = invoices.create(
            [
                _prepare_invoice_vals(
                    books, row, partners[row.customer], currencies[row.currency], shift
                )
                for row in batch
            ]
        )
        # Not softly: what is dated in the future is posted too, and is not due.
        created._post(soft=False)
        books.analyze()
        invoices += created
        advance(len(batch))
    return invoices


def _prepare_invoice_vals(books, row, partner, currency, shift):
    return {
        "move_type": "out_invoice",
        "journal_id": books.sale_journal.id,
        "partner_id": partner.id,
        "currency_id": currency.id,
        "invoice_date": row.invoice_date + shift,
        "invoice_date_due": row.due_date + shift,
        "invoice_payment_term_id": False,
        # Odoo numbers the invoice itself; the ledger's own number is the customer
        # reference and what the customer quotes when paying. Both are searched.
        "ref": row.invoice,
        "payment_reference": row.invoice,
        "narration": "The customer disputed this invoice." if row.disputed else False,
        "invoice_line_ids": [
            Command.create(
                {
                    "name": f"Invoice {row.invoice}",
                    "quantity": 1,
                    "price_unit": float(row.amount),
                    "tax_ids": [Command.clear()],
                }
            )
        ],
    }
