from io import BytesIO

from odoo import api, fields, models

from ..engine import xlsx

# From which state an event may move the mail of a notice on. What is late in coming
# does not undo what is known: a reply after a bounce notice is a reply.
MAIL_STATE_ORDER = (
    *("no_address", "queued", "failed", "cancelled"),
    *("sent", "delivered", "bounced", "replied"),
)
# Steps back that count all the same: what is tried again, with success or without.
MAIL_STATE_BACK = {
    ("failed", "queued"),
    ("cancelled", "queued"),
    ("sent", "failed"),
}


class AccountDunningNoticeMail(models.Model):
    """The e-mail of a notice: what comes along, who answers it, what became of it."""

    # a room of its own: the e-mail
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    mail_state = fields.Selection(
        string="E-mail",
        selection=[
            ("no_address", "No address"),
            ("queued", "Queued"),
            ("failed", "Failed"),
            ("cancelled", "Not sent"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("bounced", "Bounced"),
            ("replied", "Replied"),
        ],
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What became of the e-mail: waiting in the queue, taken back or stopped by"
        " a contact rule there, taken by the mail server, reported as arrived, returned"
        " by the recipient's server, or answered.",
    )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"mail_state"}

    # === BUSINESS METHODS - STATE OF THE E-MAIL === #

    def _set_mail_state(self, state):
        """Note an event, unless more is known already."""
        rank = MAIL_STATE_ORDER.index(state)
        earlier = self.filtered(
            lambda notice: not notice.mail_state
            or MAIL_STATE_ORDER.index(notice.mail_state) < rank
            or (notice.mail_state, state) in MAIL_STATE_BACK
        )
        # events come from the mail queue and the mail gateway
        earlier.sudo()._unguarded().mail_state = state

    def _note_missing_addresses(self):
        """Mark the notices whose level writes by e-mail, but nobody can be reached."""
        missing = self.filtered(
            lambda notice: notice._get_level_value("channel_email")
            and not notice.recipient_id.email_normalized
        )
        missing._set_mail_state("no_address")
        for notice in missing:
            notice._ask_for_address(
                self.env._(
                    "No e-mail address of %(recipient)s",
                    recipient=notice.recipient_id.display_name or "",
                )
            )

    def _ask_for_address(self, summary):
        """Have the contact person find an address, once as long as it is not done."""
        self.ensure_one()
        kind = self.env.ref("mail.mail_activity_data_warning")
        if summary in self.activity_ids.mapped("summary"):
            return
        self.activity_schedule(
            activity_type_id=kind.id,
            user_id=(self.user_id or self.create_uid).id,
            summary=summary,
        )

    # === BUSINESS METHODS - ANSWERS === #

    def _get_reply_to(self):
        """Return where replies go: into Odoo, under the contact person's name.

        Replies are threaded on the notice where the company takes mail in; else they
        go to the contact person, or the company.
        """
        self.ensure_one()
        person = self.user_id
        # the company's mail domain is not the collector's to read
        catchall = self.sudo().company_id.catchall_email
        if not catchall:
            return person.email_formatted or self.company_id.email_formatted
        return self._notify_get_reply_to(author_id=person.partner_id.id)[self.id]

    # === BUSINESS METHODS - ATTACHMENTS === #

    def _get_mail_attachments(self):
        """Return what goes with the e-mails, made where it is not there yet.

        For an addon to attach more, it must override this method.

        :return: {notice id: attachments}.
        """
        attachments = {notice.id: notice.attachment_id for notice in self}
        invoices = self._get_invoice_attachments()
        for notice in self.filtered(lambda n: n._get_level_value("attach_invoices")):
            for move_id in notice._get_letter_lines().sudo().move_line_id.move_id.ids:
                if move_id in invoices:
                    attachments[notice.id] += invoices[move_id]
        statements = self.filtered(lambda n: n._get_level_value("attach_statement"))
        for notice in statements:
            attachments[notice.id] += notice._make_statement()
        return attachments

    def _get_invoice_attachments(self):
        """Return {invoice id: its PDF}, all that are missing printed in one batch.

        The PDF that the customer was sent is taken where there is one.
        """
        notices = self.filtered(lambda n: n._get_level_value("attach_invoices"))
        # the collector reads notices; their invoices go to the debtor in any case
        moves_sudo = notices._get_all_letter_lines().sudo().move_line_id.move_id
        moves_sudo = moves_sudo.filtered(lambda move: move.is_invoice())
        found = {
            move.id: move.invoice_pdf_report_id
            for move in moves_sudo
            if move.invoice_pdf_report_id
        }
        missing = moves_sudo.filtered(lambda move: move.id not in found)
        return found | notices._print_invoices(missing)

    def _print_invoices(self, moves_sudo):
        """Print invoices in one batch; they are kept with the notices they go with."""
        if not moves_sudo:
            return {}
        reports = self.env["ir.actions.report"].sudo()
        streams = reports.with_context(
            dunning_light_printing=True
        )._render_qweb_pdf_prepare_streams(
            "account.account_invoices", {}, moves_sudo.ids
        )
        notice_ids = {
            line.move_line_id.move_id.id: line.notice_id.id
            for line in self._get_all_letter_lines().sudo()
        }
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": move._get_invoice_report_filename(),
                    "raw": streams[move.id]["stream"].getvalue(),
                    "mimetype": "application/pdf",
                    "res_model": self._name,
                    "res_id": notice_ids[move.id],
                }
                for move in moves_sudo
            ]
        )
        return dict(zip(moves_sudo.ids, attachments, strict=True))

    def _get_all_letter_lines(self):
        lines = self.env["account.dunning.notice.line"]
        return lines.union(*(notice._get_letter_lines() for notice in self))

    def _make_statement(self):
        """Return an attachment that lists the items of the notice, as a spreadsheet."""
        self.ensure_one()
        notice = self.with_context(lang=self._get_lang())
        return self.env["ir.attachment"].create(
            {
                "name": notice._get_statement_name(),
                "raw": notice._render_statement(),
                "mimetype": "application/vnd.openxmlformats-officedocument"
                ".spreadsheetml.sheet",
                "res_model": self._name,
                "res_id": self.id,
            }
        )

    def _get_statement_name(self):
        name = self._get_letter_name().removesuffix(".pdf")
        return self.env._("%(notice)s open items.xlsx", notice=name)

    def _get_statement_columns(self):
        """Return the spreadsheet's columns, in the debtor's language."""
        self.ensure_one()
        decimals = self.currency_id.decimal_places
        return [
            xlsx.Column(self.env._("Invoice")),
            xlsx.Column(self.env._("Reference")),
            xlsx.Column(self.env._("Invoice Date"), "date"),
            xlsx.Column(self.env._("Due Date"), "date"),
            xlsx.Column(self.env._("Days Overdue"), "integer"),
            xlsx.Column(self.env._("Currency"), width=11),
            xlsx.Column(self.env._("Amount"), "money", decimals=decimals),
            xlsx.Column(self.env._("Open"), "money", total=True, decimals=decimals),
        ]

    def _get_statement_row(self, line):
        """Return the cells of one item; amounts in the notice's currency."""
        item = line.move_line_id
        return [
            item.move_name,
            item.move_id.ref,
            item.move_id.invoice_date,
            line.date_due,
            line.days_overdue,
            self.currency_id.name,
            item.amount_currency,
            line.amount_residual,
        ]

    def _render_statement(self):
        """Return the items as an XLSX file."""
        self.ensure_one()
        content = BytesIO()
        sheet = xlsx.Sheet(
            self.env._("Open Items"),
            self._get_statement_columns(),
            map(self._get_statement_row, self._get_letter_lines()),
        )
        xlsx.write(content, [sheet], self.env._("Total"))
        return content.getvalue()
