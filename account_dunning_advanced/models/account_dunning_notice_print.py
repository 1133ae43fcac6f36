from odoo import models
from odoo.exceptions import UserError
from odoo.tools import split_every

from .account_dunning_notice_delivery import LETTERS_AT_ONCE


class AccountDunningNoticePrint(models.Model):
    """Printing: a letter on paper is a contact, whichever way it is printed.

    The first print of an issued notice that does not go by letter passes the gate and
    is kept as a contact; later ones, and those that the delivery made a contact of, are
    held against what forbids contact at all.
    """

    # a room of its own: the printer
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    # === ACTION METHODS === #

    def action_print(self):
        """Return the report action for the letters.

        :raise UserError: a letter may not go to the debtor.
        """
        self._check_printing()
        return super().action_print()

    # === BUSINESS METHODS === #

    def _is_printable(self):
        """Whether the letter waits for the printer and something is still owed."""
        self.ensure_one()
        if self.state != "issued":
            return self.state == "draft"
        return self.needs_print and any(
            not item.reconciled for item in self.sudo().line_ids.move_line_id
        )

    def _has_letter_contact(self):
        """Whether the delivery, or an earlier print, was kept as a contact."""
        self.ensure_one()
        return (self.channel_states or {}).get("letter") == "done"

    def _check_printing(self):
        """Judge the letters of the issued notices; drafts are nobody's contact.

        :return: {notice: decision}.
        :raise UserError: one may not go to the debtor, or its run waits for a person.
        """
        # whoever may print need not see runs and what speaks against a contact
        issued = self.filtered(lambda notice: notice.state == "issued")
        issued.sudo().run_id._check_delivery_hold()
        issued._check_printer()
        Gate = self.env["account.dunning.gate"]
        decisions = Gate._judge(
            [
                notice._get_gate_request("letter", notice._has_letter_contact())
                for notice in issued
            ]
        )
        for notice, decision in zip(issued, decisions, strict=True):
            # one that was made a contact already has its time
            known = notice._has_letter_contact()
            if decision.state == "forbidden" or not (decision.allowed or known):
                raise UserError(Gate._get_refusal(decision))
        return dict(zip(issued, decisions, strict=True))

    def _check_printer(self):
        """Let only those print first who may contact customers: it makes a contact.

        :raise UserError: the user only reads, and a letter was not printed yet.
        """
        if self.env.su or self.env.user.has_group("account.group_account_invoice"):
            return
        for notice in self:
            if notice.needs_print or not notice._has_letter_contact():
                raise UserError(
                    self.env._(
                        "%(notice)s has not been printed yet. Printing it keeps that it"
                        " goes to the customer; ask a collector to do so.",
                        notice=notice.display_name,
                    )
                )

    def _print_through_gate(self):
        """Make the letters ready for the printer, and keep that they go out.

        :raise UserError: one may not go to the debtor, or asks for nothing any more.
        """
        decisions = self._check_printing()
        # a letter is printed with what was kept of it; the rights are the delivery's
        issued = self.browse(notice.id for notice in decisions).sudo()
        undelivered = issued.filtered(lambda notice: notice.delivery_state == "pending")
        undelivered._recheck_before_sending()
        for notice in undelivered:
            if not notice._has_items_to_ask_for():
                raise UserError(
                    self.env._(
                        "%(notice)s asks for nothing any more: it is paid, covered or"
                        " stopped.",
                        notice=notice.display_name,
                    )
                )
        for ids in split_every(LETTERS_AT_ONCE, issued.ids):
            issued.browse(ids)._render_letters()
        first = issued.filtered(lambda notice: not notice._has_letter_contact())
        first._keep_letter_contacts(
            {notice.id: decision for notice, decision in decisions.items()}
        )
        for notice in first:
            states = {**(notice.channel_states or {}), "letter": "done"}
            notice._unguarded().channel_states = states
        issued._unguarded().needs_print = False

    def _keep_letter_contacts(self, decisions):
        """Keep the contacts by letter.

        :param dict decisions: what the gate said, by the notice's id.
        """
        Gate = self.env["account.dunning.gate"]
        self.env["account.dunning.contact"].sudo().create(
            [
                Gate._prepare_contact(
                    notice,
                    decisions[notice.id],
                    "letter",
                    recipient=notice._get_address_line(),
                    template=notice.level_id.name,
                    subject=notice.name,
                    attachment_hashes=Gate._hash_attachments(
                        notice.attachment_id.sudo()
                    ),
                )
                for notice in self
            ]
        )
