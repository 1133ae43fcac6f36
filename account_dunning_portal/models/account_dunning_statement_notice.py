from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

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
    def _get_notice_line_domain(self, notice):
        """Return the domain of the lines that the letter lists."""
        return (
            Domain("notice_id", "=", notice.id)
            & Domain("state", "in", ("draft", "issued"))
            & Domain("amount_dunned", "!=", 0)
        )

    @api.model
    def _get_notice_lines(self, notice, **options):
        """Return the lines that the letter lists, the oldest first.

        :param options: of a search, for a page of them.
        """
        return self.env["account.dunning.notice.line"].search(
            self._get_notice_line_domain(notice), order="date_due, id", **options
        )

    @api.model
    def _count_notice_lines(self, notice):
        return self.env["account.dunning.notice.line"].search_count(
            self._get_notice_line_domain(notice)
        )

    @api.model
    def _get_asked_sql(self, notice):
        """Return a select of (item_id, amount) of what the letter asks for."""
        lines = self.env["account.dunning.notice.line"]._search(
            self._get_notice_line_domain(notice)
        )
        table = lines.table
        return lines.select(
            SQL("%s AS item_id", SQL.identifier(table, "move_line_id")),
            SQL("%s AS amount", SQL.identifier(table, "amount_dunned")),
        )

    @api.model
    def _get_letter_items(self, notice) -> SQL:
        """Return a select of the ids of the items that the letter lists."""
        lines = self.env["account.dunning.notice.line"]._search(
            self._get_notice_line_domain(notice)
        )
        return lines.subselect("move_line_id")

    @api.model
    def _get_notice_transfer(self, notice):
        """Return the bank account and the reference to pay a notice by transfer.

        As on the letter. A long notice has its own number as the reference, and of its
        invoices only the oldest are looked at, not thousands.
        """
        lines = self._get_notice_lines(notice, limit=FEW_LINES + 1)
        if len(lines) <= FEW_LINES or notice.factoring_id:
            return notice._get_bank_account(), notice._get_payment_reference()
        accounts = lines.move_line_id.move_id.partner_bank_id
        return (accounts or notice.company_id.partner_id.bank_ids)[:1], notice.name

    @api.model
    def _get_notice_bills(self, notice):
        """Return the open items of what the notice itself charged."""
        return notice.charge_move_id.line_ids.filtered(
            lambda line: (
                line.account_type == "asset_receivable" and not line.reconciled
            )
        )

    @api.model
    def _get_notice_to_pay(self, notice, positions):
        """Return what is still to be paid of a notice today, its charges included.

        :param list positions: from :meth:`_get_notice_positions`.
        """
        return notice.currency_id.round(sum(row["to_pay"] for row in positions))

    @api.model
    def _get_to_pay_sentence(self, notice, amount):
        """Return what is still to be paid of a notice, as a sentence with marks.

        :param float amount: in the currency of the notice.
        """
        mark = Markup('<strong class="text-nowrap">%s</strong>')
        return self.env._(
            "Still to be paid of these items today: %(amount)s.",
            amount=mark % notice.currency_id.format(amount),
        )

    @api.model
    def _get_deadline_sentence(self, notice):
        """Return until when the notice is to be paid; empty where it does not say."""
        if not notice.date_deadline:
            return ""
        mark = Markup('<strong class="text-nowrap">%s</strong>')
        return self.env._(
            "Please pay by %(date)s.",
            date=mark % format_date(self.env, notice.date_deadline),
        )

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
            self._prepare_notice_item(line, by_id[line.move_line_id.id], rows)
            for line in lines
        ]

    @api.model
    def _prepare_notice_item(self, line, item, rows):
        """Return an item of a notice: ``item`` as it was asked for on the letter."""
        values = {
            "date_due": line.date_due,
            "asked": line.amount_dunned,
            "to_pay": self._get_left(line, rows.get(line.move_line_id.id)),
        }
        texts = {
            "date_due": format_date(self.env, line.date_due),
            "asked": item["currency"].format(values["asked"]),
            "to_pay": item["currency"].format(values["to_pay"]),
        }
        return {**item, **values, "texts": {**item["texts"], **texts}}

    @api.model
    def _get_left(self, line, row):
        """Return what is still to be paid of a line; nothing where it is settled."""
        return min(line.amount_dunned, row["unsettled"]) if row else 0.0

    @api.model
    def _get_unbilled(self, notice):
        """Return what the notice announced and did not bill: nobody pays it yet."""
        unbilled = notice.charge_ids.filtered(
            lambda charge: charge.state in ("shown", "waiting")
        )
        amount = sum(unbilled.mapped("amount"))
        return notice.currency_id.round(amount) if unbilled else 0.0
