"""What was settled by the day the ledger is looked at from, paid in the books."""

from .invoices import BATCH_SIZE


def pay_invoices(books, settled, shift, advance):
    """Pay each invoice in full on the day it was settled, and reconcile.

    :param settled: (row, invoice) pairs.
    :param shift: timedelta that is added to every date.
    :param advance: called with the number of payments done since the last call.
    :return: the payments.
    """
    payments = books.env["account.payment"]
    for start in range(0, len(settled), BATCH_SIZE):
        batch = settled[start : start + BATCH_SIZE]
        created = payments.create(
            [
                _prepare_payment_vals(books, row, invoice, shift)
                for row, invoice in batch
            ]
        )
        created.action_post()
        _reconcile(created, [invoice for _row, invoice in batch])
        books.analyze()
        payments += created
        advance(len(batch))
    return payments


def _prepare_payment_vals(books, row, invoice, shift):
    return {
        "payment_type": "inbound",
        "partner_type": "customer",
        "partner_id": invoice.commercial_partner_id.id,
        "amount": float(row.amount),
        "currency_id": invoice.currency_id.id,
        "date": row.settled_date + shift,
        "memo": row.invoice,
        "journal_id": books.bank_journal.id,
    }


def _reconcile(payments, invoices):
    plan = [
        _receivable_lines(payment.move_id) + _receivable_lines(invoice)
        for payment, invoice in zip(payments, invoices, strict=True)
    ]
    payments.env["account.move.line"]._reconcile_plan(plan)


def _receivable_lines(move):
    return move.line_ids.filtered(
        lambda line: line.account_id.account_type == "asset_receivable"
    )
