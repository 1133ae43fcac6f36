"""What customers disputed, as disputes where the database has them."""

MODEL = "account.dunning.dispute"
REASON = "Disputed in the imported ledger"


def open_disputes(books, disputed):
    """Open a dispute over each invoice, if the model is there.

    :param disputed: unpaid invoices, one for each disputed row.
    :return: the number of disputes.
    """
    if MODEL not in books.env or not disputed:
        return 0
    disputes = books.env[MODEL]
    disputes.create([_prepare_dispute_vals(disputes, move) for move in disputed])
    return len(disputed)


def _prepare_dispute_vals(disputes, invoice):
    lines = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
    vals = {
        "partner_id": invoice.commercial_partner_id.id,
        "move_line_ids": lines.ids,
        "amount": invoice.amount_residual,
        "user_id": disputes.env.user.id,
    }
    # How a reason is kept is the model's to decide; a text is all a file can give.
    if disputes._fields["reason"].type in ("char", "text", "html"):
        vals["reason"] = REASON
    return vals
