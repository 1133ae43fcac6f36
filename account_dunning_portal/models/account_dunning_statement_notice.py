from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

#: Up to so many lines a notice is read as its letter reads it.
FEW_LINES = 80


class AccountDunningStatementNotice(models.AbstractModel):
    """What a customer is shown of a notice."""

    # a room of its own: notices
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.statement"

    @api.model
    def _get_notice_domain(self, partner, companies):
        """Return the domain of the notices that the customer is shown."""
        return (
            Domain(
                "partner_id.commercial_partner_id",
                "=",
                partner.commercial_partner_id.id,
            )
            & Domain("company_id", "in", companies.ids)
            & Domain("state", "=", "issued")
        )

    @api.model
    def _get_notice_lines(self, notice, **options):
        """Return the lines that the letter lists, the oldest first.

        :param options: of a search, for a page of them.
        """
        return self.env["account.dunning.notice.line"].search(
            [
                ("notice_id", "=", notice.id),
                ("state", "in", ("draft", "issued")),
                ("amount_dunned", "!=", 0),
            ],
            order="date_due, id",
            **options,
        )

    @api.model
    def _get_asked(self, lines):
        """Return (item id, amount asked for) of lines, without a record for each."""
        lines.flush_recordset(["move_line_id", "amount_dunned"])
        return self.env.execute_query(
            SQL(
                """SELECT move_line_id, amount_dunned::float
                     FROM account_dunning_notice_line WHERE id = ANY(%s)""",
                lines.ids,
            )
        )

    @api.model
    def _get_letter_items(self, notice):
        """Return the items that the letter lists, unread."""
        asked = self._get_asked(self._get_notice_lines(notice))
        return self.env["account.move.line"].browse(item_id for item_id, _sum in asked)

    @api.model
    def _get_notice_transfer(self, notice, count, move_ids):
        """Return the bank account and the reference to pay a notice by transfer.

        As on the letter. A long notice has its own number as the reference; of its
        invoices only one is looked at, not thousands.

        :param int count: of its lines.
        :param move_ids: of its open items.
        """
        if count <= FEW_LINES:
            return notice._get_bank_account(), notice._get_payment_reference()
        domain = [("id", "in", list(move_ids)), ("partner_bank_id", "!=", False)]
        move = self.env["account.move"].search(domain, order="id", limit=1)
        own = notice.company_id.partner_id.bank_ids[:1]
        return move.partner_bank_id or own, notice.name

    @api.model
    def _get_notice_bills(self, notice):
        """Return the open items of what the notice itself charged."""
        return notice.charge_move_id.line_ids.filtered(
            lambda line: (
                line.account_type == "asset_receivable" and not line.reconciled
            )
        )

    @api.model
    def _get_notice_to_pay(self, notice, lines, rows):
        """Return what is still to be paid of a notice today, its charges included.

        :param account.dunning.notice.line lines: from :meth:`_get_notice_lines`.
        :param dict rows: from :meth:`_get_rows` of its customer.
        """
        asked = sum(
            min(amount, self._get_unsettled(row))
            for item_id, amount in self._get_asked(lines)
            if (row := rows.get(item_id))
        )
        charged = sum(
            self._get_unsettled(row)
            for item in self._get_notice_bills(notice)
            if (row := rows.get(item.id))
        )
        return notice.currency_id.round(asked + charged)

    @api.model
    def _prepare_notice_items(self, lines, rows):
        """Return items of a notice, as asked for then and as they stand today.

        :param account.dunning.notice.line lines: those of one page.
        :return: list of dicts as from :meth:`_prepare_items`, with ``asked`` (the
            amount on the notice) and ``to_pay`` (what is still to be paid of it).
        """
        items = self._prepare_items(lines.move_line_id, rows)
        by_id = {item["id"]: item for item in items}
        return [
            {
                **by_id[line.move_line_id.id],
                "date_due": line.date_due,
                "asked": line.amount_dunned,
                "to_pay": min(
                    line.amount_dunned,
                    self._get_unsettled(rows.get(line.move_line_id.id)),
                ),
            }
            for line in lines
        ]

    @api.model
    def _get_unbilled(self, notice):
        """Return what the notice announced and did not bill: nobody pays it yet."""
        unbilled = notice.charge_ids.filtered(
            lambda charge: charge.state in ("shown", "waiting")
        )
        amount = sum(unbilled.mapped("amount"))
        return notice.currency_id.round(amount) if unbilled else 0.0
