from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .account_dunning_gate import RAISE_KEY


class AccountDunningPromiseMail(models.Model):
    """Writing to the customer: the confirmation, and reminders of instalments."""

    # a room of its own: what is sent
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.promise"

    # === ACTION METHODS === #

    def action_send(self):
        """Send the customer the agreement with its schedule, through the mail queue.

        :raise UserError: it is not on track, there is no address to write to, or a
            contact rule forbids it. One that only puts it off has it wait in the queue.
        """
        self.check_access("write")
        template = self.env.ref("account_dunning_advanced.mail_template_promise")
        for promise in self:
            promise._check_state(["active"], self.env._("sent"))
            if not promise._get_recipient().email_normalized:
                raise UserError(
                    self.env._(
                        "%(partner)s has no e-mail address.",
                        partner=promise._get_recipient().display_name,
                    )
                )
            # rendering the report is the template's business, not a collector's right
            template.sudo().with_context(**{RAISE_KEY: True}).send_mail(
                promise.id, email_layout_xmlid="account_dunning_advanced.mail_layout"
            )
            promise._unguarded().date_confirmation_sent = fields.Datetime.now()

    def action_print(self):
        """Print the agreement with its schedule."""
        self.check_access("read")
        return self.env.ref(
            "account_dunning_advanced.account_dunning_promise_report"
        ).report_action(self)

    # === BUSINESS METHODS === #

    def _get_recipient(self):
        """Return who is written to: who gave the word, or who gets the invoices."""
        self.ensure_one()
        if self.contact_id.email_normalized:
            return self.contact_id
        partner = self.partner_id
        return partner.browse(partner.address_get(["invoice"])["invoice"])

    def _get_bank_account(self):
        """Return the account to pay into: the invoices' one, else the company's."""
        self.ensure_one()
        accounts = self.move_line_ids.move_id.partner_bank_id
        return accounts[:1] or self.company_id.partner_id.bank_ids[:1]

    def _get_payment_reference(self):
        """Return what the customer should quote with each payment."""
        self.ensure_one()
        moves = self.move_line_ids.move_id
        return ", ".join(
            dict.fromkeys(move.payment_reference or move.name for move in moves)
        )

    # === BUSINESS METHODS - REMINDERS === #

    @api.model
    def _remind(self, company, day):
        """Remind customers, once, of the instalments of the next days."""
        lines = self.env["account.dunning.promise.line"].search(
            [
                ("company_id", "=", company.id),
                ("promise_id.state", "=", "active"),
                ("state", "=", "active"),
                ("date_reminded", "=", False),
                ("date", ">=", day),
            ]
        )
        template = self.env.ref(
            "account_dunning_advanced.mail_template_promise_reminder",
            raise_if_not_found=False,
        )
        if not template:
            return
        for line in lines.filtered(
            lambda line: line.promise_id._is_to_remind(line, day)
        ):
            line.promise_id._each_safely(
                lambda promise, line=line: promise._remind_of(line, template, day)
            )

    def _is_to_remind(self, line, day):
        """Whether a customer is to be reminded of an instalment; an override point."""
        days = self.policy_id.sudo().promise_reminder_days
        return (
            days > 0
            and line.date <= day + timedelta(days=days)
            # who was told of the plan only now needs no reminder of it
            and line.date > self.date + timedelta(days=days)
            and bool(self._get_recipient().email_normalized)
        )

    def _remind_of(self, line, template, day):
        line._unguarded().date_reminded = day
        template.sudo().send_mail(
            line.id, email_layout_xmlid="account_dunning_advanced.mail_layout"
        )
