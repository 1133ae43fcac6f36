from contextlib import contextmanager

from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL

# Items that a sample shows at most.
SAMPLE_ITEMS = 30


class AccountDunningNoticeSample(models.Model):
    """A notice as it would be, for previews and to try texts out; it is never kept."""

    # a room of its own: samples
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    # === BUSINESS METHODS === #

    @api.model
    @contextmanager
    def _sample(self, level, partner=None, company=None):
        """Give the block a draft of a level for a customer, then undo everything.

        :param partner: a commercial partner; any debtor if there is none.
        """
        with self.env.cr.savepoint() as savepoint:
            notice = self._create_sample(level, partner, company or self.env.company)
            try:
                yield notice
            finally:
                savepoint.rollback()

    @api.model
    def _create_sample(self, level, partner, company):
        items = self._get_sample_items(partner, company)
        partner = partner or items.partner_id.commercial_partner_id
        # without open items a letter to the company itself, so that texts can be tried
        partner = partner or company.partner_id
        today = company._dunning_today()
        # a sample is nobody's plan: no rights on runs are needed to look at one
        quiet_sudo = self.sudo().with_context(tracking_disable=True)._unguarded()
        run_sudo = quiet_sudo.env["account.dunning.run"].create(
            {"company_id": company.id, "date": today}
        )
        notice_sudo = quiet_sudo.create(
            {
                "run_id": run_sudo.id,
                "company_id": company.id,
                "partner_id": partner.id,
                "recipient_id": self._get_sample_recipient(partner).id,
                "currency_id": (items.currency_id or company.currency_id).id,
                "level_id": level.id,
                "date": today,
                "user_id": self.env.uid,
                "line_ids": [
                    Command.create(self._prepare_sample_line(item, level, today))
                    for item in items
                ],
            }
        )
        notice_sudo.write(notice_sudo._prepare_level_vals(level))
        if level.has_charges:
            self.env["account.dunning.charging"].sudo()._charge(notice_sudo)
        self.env.flush_all()
        self._refresh_totals(SQL("notice.id = %s", notice_sudo.id))
        return self.browse(notice_sudo.id)

    @api.model
    def _get_sample_items(self, partner, company):
        """Return open items of one customer in one currency, oldest first."""
        items = self.env["account.move.line"]
        domain = [
            ("company_id", "=", company.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("amount_residual_currency", ">", 0),
            ("move_id.move_type", "=", "out_invoice"),
        ]
        if partner:
            domain.append(("partner_id", "child_of", partner.id))
        first = items.search(domain, order="date_maturity, id", limit=1)
        domain += [
            ("partner_id", "child_of", first.partner_id.commercial_partner_id.id),
            ("currency_id", "=", first.currency_id.id),
        ]
        return items.search(domain, order="date_maturity, id", limit=SAMPLE_ITEMS)

    @api.model
    def _get_sample_recipient(self, partner):
        """Return whom a notice would be written to, as proposing chooses."""
        contacts = (partner | partner.child_ids).filtered(
            lambda contact: contact == partner or contact.type in ("dunning", "invoice")
        )
        return contacts.sorted(
            lambda contact: (
                not contact.email_normalized,
                contact == partner,
                contact.type != "dunning",
                contact.id,
            )
        )[:1]

    @api.model
    def _prepare_sample_line(self, item, level, today):
        date_due = item.date_maturity or item.date
        return {
            "move_line_id": item.id,
            "company_id": item.company_id.id,
            "level_id": level.id,
            "date_due": date_due,
            "days_overdue": max(0, (today - date_due).days),
            "amount_residual": item.amount_residual_currency,
            "amount_dunned": item.amount_residual_currency,
        }

    def _render_sample_letter(self):
        """Return the letter as a PDF; nothing is kept of it."""
        self.ensure_one()
        # the report's own rights are core's; who may deliver may look at it
        reports = self.env["ir.actions.report"].sudo()
        streams = reports.with_context(
            report_pdf_no_attachment=True
        )._render_qweb_pdf_prepare_streams(
            "account_dunning_advanced.account_dunning_notice_report", {}, self.ids
        )
        return streams[self.id]["stream"].getvalue()

    def _render_sample_mail(self, template, names=("subject", "body_html")):
        """Return the fields of the e-mail, in the customer's language."""
        self.ensure_one()
        # rendering is the template's business, not a collector's right
        return template.sudo()._generate_template(self.ids, names)[self.id]
