from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .account_dunning_guard import is_dunning_manager
from .account_dunning_notice_charge import OWED


class AccountDunningDisputeDecision(models.Model):
    """Deciding: what is not owed is credited, and what dunning made of it is undone.

    Everything of one decision happens in one transaction and under a lock, so that two
    users who decide at once make one credit note.
    """

    # rooms of their own: what a dispute is, its deadline, and what a decision does
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.dispute"

    # === ACTION METHODS === #

    def action_uphold(self):
        """Uphold the disputes: the customer is right and is credited the amount.

        The credit notes are posted by the user's own right and set against the items.

        :raise UserError: a dispute is not open, is not the user's to decide, or the
            items are of no invoice.
        """
        for dispute in self:
            dispute._start(["open"], self.env._("upheld"))
            dispute._uphold(dispute.amount, "upheld")
        return True

    def action_reject(self):
        """Reject the disputes: the ladder goes on where it stood, after the tolerance.

        :raise UserError: a dispute is not open, or not the user's to decide.
        """
        for dispute in self:
            dispute._start(["open"], self.env._("rejected"))
            dispute._check_decider(0.0)
            dispute._close("rejected", 0.0)
        return True

    def action_uphold_part(self):
        """Uphold a part; asks for the amount."""
        self.ensure_one()
        self.check_access("read")
        return self._open_decide("part", self.env._("Uphold in Part"))

    def action_reopen(self):
        """Open a rejected dispute again; asks for a reason."""
        self.ensure_one()
        self.check_access("read")
        return self._open_decide("reopen", self.env._("Open Again"))

    def _open_decide(self, operation, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "account.dunning.dispute.decide",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_dispute_id": self.id,
                "default_operation": operation,
            },
        }

    # === BUSINESS METHODS === #

    def _check_decider(self, amount):
        """:raise UserError: the dispute, or the sum, is not the user's to decide.

        The owner decides, upholding up to the company's limit; managers decide all.
        """
        self.ensure_one()
        if is_dunning_manager(self.env):
            return
        if self.user_id and self.user_id != self.env.user:
            raise UserError(
                self.env._(
                    "%(dispute)s is decided by %(user)s or a dunning manager.",
                    dispute=self.display_name,
                    user=self.user_id.name,
                )
            )
        company = self.company_id
        limit = company.dunning_dispute_limit
        total = self.currency_id._convert(
            amount, company.currency_id, company, company._dunning_today()
        )
        if limit and company.currency_id.compare_amounts(total, limit) > 0:
            raise UserError(
                self.env._(
                    "You may uphold up to %(limit)s. Ask a dunning manager to uphold"
                    " %(total)s.",
                    limit=company.currency_id.format(limit),
                    total=company.currency_id.format(total),
                )
            )

    def _uphold_part(self, amount):
        """Uphold a part of the dispute; what is left is asked for again.

        :param float amount: what is not owed, in the dispute's currency.
        :raise UserError: the amount is not a part of what is disputed, and as in
            :meth:`action_uphold`.
        """
        self._start(["open"], self.env._("upheld"))
        amount = self.currency_id.round(amount)
        if not (
            self.currency_id.compare_amounts(amount, 0) > 0
            and self.currency_id.compare_amounts(amount, self.amount) < 0
        ):
            raise UserError(
                self.env._(
                    "A part of %(amount)s is upheld: more than nothing and less than"
                    " all.",
                    amount=self.currency_id.format(self.amount),
                )
            )
        self._uphold(amount, "partly")

    def _uphold(self, amount, state):
        """Credit an amount, undo what notices made of it, and close the dispute."""
        self._check_decider(amount)
        parts = {
            line: part
            for line, part in self.line_ids._split(amount).items()
            if self.currency_id.compare_amounts(part, 0) > 0
        }
        items = self.line_ids.move_line_id
        # a payment of these items is either seen below or cannot begin now
        items.lock_for_update(allow_referencing=True)
        for line, part in parts.items():
            line.sudo().amount_upheld = part
        credited = self.line_ids.browse(line.id for line in parts)
        # The mark of the dispute's credit note is the process's own to set; the note
        # itself is made by the user's own right, so no sudo.
        unguarded = self._unguarded()
        for move, lines in credited.grouped("move_id").items():
            unguarded._credit(move.with_env(unguarded.env), lines)
        self._undo_charges(credited.move_line_id)
        self._roll_back_levels(credited.move_line_id)
        self._close(state, amount)

    def _close(self, state, amount):
        """Keep the decision, and tell whom it concerns."""
        self.ensure_one()
        company = self.company_id
        today = company._dunning_today()
        tolerance = fields.Date.add(today, days=company.dunning_dispute_tolerance_days)
        self._unguarded().write(
            {
                "state": state,
                "amount_upheld": amount,
                "decided_by_id": self.env.uid,
                "date_decided": today,
                # the last of the days given
                "date_tolerance": tolerance
                if state != "upheld" and tolerance > today
                else False,
            }
        )
        self.activity_unlink(
            ["mail.mail_activity_data_todo", "mail.mail_activity_data_warning"]
        )
        self.env["account.dunning.debtor"]._refresh(company, self.partner_id.ids)
        self._tell_debtor(lambda dispute: dispute._get_decision_text())
        self._tell_customer()

    def _reopen(self, reason):
        """Open a rejected dispute again.

        :param str reason: why; required.
        :raise UserError: no reason, or the dispute is not rejected.
        :raise ValidationError: nothing of it is open any more.
        """
        self._start(["rejected"], self.env._("opened again"))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the dispute is opened again."))
        self._unguarded().write(
            {
                "state": "open",
                "decided_by_id": False,
                "date_decided": False,
                "date_tolerance": False,
                "date_escalated": False,
                "deadline": self._get_deadline(),
            }
        )
        self._distribute()
        self.message_post(
            body=self.env._("Opened again: %(reason)s", reason=reason.strip())
        )
        self._tell_debtor(lambda dispute: dispute._get_begin_text())

    # === BUSINESS METHODS - WHAT NOTICES CAUSED === #

    def _undo_charges(self, items):
        """Take back what notices charged on the items since the dispute's ground arose.

        Interest is worked out anew on what was rightly owed; a fee falls where nothing
        was that it stands for.
        """
        notices_sudo = (
            self.env["account.dunning.notice.line"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("state", "=", "issued"),
                    ("notice_id.date", ">=", self.date_ground or self.date),
                ]
            )
            .notice_id
        )
        charges_sudo = notices_sudo.charge_ids.filtered(
            lambda charge: charge.state in (*OWED, "carried")
            and (charge.move_line_id in items or charge.charge_id.basis == "notice")
        )
        reason = self._get_credit_reason()
        owed_sudo = charges_sudo.filtered(lambda charge: charge.state in OWED)
        for notice_sudo, of_notice in owed_sudo.grouped("notice_id").items():
            notice_sudo._correct_items(of_notice.ids, reason)
        fallen_sudo = owed_sudo.filtered(lambda charge: charge.state == "reversed")
        before = fallen_sudo.carried_from_id - charges_sudo
        # what was handed on to a charge that has fallen has fallen as well
        carried_sudo = (charges_sudo - owed_sudo).filtered(
            lambda charge: not charge._get_last_copies()
        )
        carried_sudo._undo("reversed", reason)
        for charge_sudo in before.filtered(lambda charge: charge.state == "carried"):
            # of a notice before the ground: announced rightly, and not billed yet
            charge_sudo.state = charge_sudo.notice_id._get_open_charge_state()
        charges_sudo.credit_move_id.filtered(
            lambda credit: not credit.dunning_dispute_id
        ).dunning_dispute_id = self

    def _roll_back_levels(self, items):
        """Let items start anew of which nothing is left, should they be open again.

        Of the others something was rightly asked for: the ladder goes on for the rest.
        """
        # Neither may collectors edit journal items, nor are these ledger data.
        for item_sudo in items.sudo().filtered("reconciled"):
            if not item_sudo.dunning_level_id:
                continue
            item_sudo.write(
                {
                    "dunning_level_id": False,
                    "dunning_date": False,
                    # levels given before may be given again
                    "dunning_cycle": item_sudo.dunning_cycle + 1,
                }
            )
        items.move_id._refresh_dunning_level()

    # === BUSINESS METHODS - TELLING === #

    def _get_decision_text(self):
        self.ensure_one()
        values = {
            "dispute": self.display_name,
            "user": self.env.user.name,
            "upheld": self.currency_id.format(self.amount_upheld),
            "amount": self.currency_id.format(self.amount),
        }
        if self.state == "upheld":
            return self.env._("%(dispute)s upheld by %(user)s: %(upheld)s.", **values)
        if self.state == "partly":
            return self.env._(
                "%(dispute)s upheld in part by %(user)s: %(upheld)s of %(amount)s.",
                **values,
            )
        return self.env._("%(dispute)s rejected by %(user)s.", **values)

    def _tell_customer(self):
        """Queue the e-mail with the decision; note where there is no address."""
        template = self.env.ref(
            "account_dunning_advanced.mail_template_dispute", raise_if_not_found=False
        )
        for dispute in self.filtered("tell_customer"):
            if template and dispute._get_recipient().email_normalized:
                # The queue sends it: a slow mail server must not hold up the decision.
                template.sudo().send_mail_batch(
                    dispute.ids,
                    email_layout_xmlid="account_dunning_advanced.mail_layout",
                )
            else:
                dispute.message_post(
                    body=self.env._(
                        "The customer has no e-mail address: tell the decision by"
                        " letter or phone."
                    )
                )

    def _get_invoice_names(self):
        """Return the numbers of the disputed invoices, for the e-mail."""
        self.ensure_one()
        return ", ".join(filter(None, self.move_line_ids.move_id.mapped("name")))

    def _get_tolerance_text(self):
        """Return the day until which the rest is to be paid, as the customer reads."""
        self.ensure_one()
        return (
            format_date(self.env, self.date_tolerance) if self.date_tolerance else False
        )
