from odoo import api, fields, models

#: Agreements in which the creditor gave time, or gave up a part.
AGREED_STATES = ("active", "kept")
#: Offers that name the sum with which all is settled.
PROMISED_STATES = ("open", "to_credit", "taken")


class AccountDunningNoticeUntilPaid(models.Model):
    """Interest until the payment, where charges wait to be billed until then.

    Nobody can say in a letter what will be owed on an unknown day. So the letter says
    that interest runs on, and when the items are paid the bill has the days from the
    notice to the payment as well, with their arithmetic. What the notice did not
    announce is not charged: neither on items of which it charged no interest, nor
    where that was waived, nor where another sum has been agreed or offered.
    """

    # rooms of their own: charging, correcting and delivering
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    interest_runs_on = fields.Boolean(
        string="Interest Until Payment",
        readonly=True,
        copy=False,
        help="As the letter says, interest runs on until the items are paid, and is"
        " billed then.",
    )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"interest_runs_on"}

    # === BUSINESS METHODS === #

    def _settle_charges(self):
        result = super()._settle_charges()
        running = self.filtered(
            lambda notice: notice.state != "draft" and notice._announces_more_interest()
        )
        running._unguarded().interest_runs_on = True
        return result

    def _announces_more_interest(self):
        """Return whether the letter is to say that interest runs on."""
        self.ensure_one()
        return (
            self._get_charge_posting() == "when_paid"
            and self.level_id.policy_id.interest_until_payment
            and any(
                charge.kind == "interest" and charge.state in ("draft", "waiting")
                for charge in self.sudo().charge_ids
            )
        )

    def _get_running_interest_text(self):
        """Return the letter's sentence on interest to come, empty if there is none."""
        self.ensure_one()
        runs_on = self.interest_runs_on
        if self.state == "draft":
            runs_on = self._announces_more_interest()
        if not runs_on:
            return ""
        return self.env._(
            "Interest runs on until the day of payment, and is billed when you have"
            " paid."
        )

    def _charge_until_paid(self, waiting):
        """Charge the days from the notice to the payment of items that are paid now.

        :param waiting: charges of this notice that are about to be billed.
        :return: what is to be billed with them.
        """
        self.ensure_one()
        Charge = self.env["account.dunning.notice.charge"].sudo()
        lines = waiting.filtered(lambda charge: charge.kind == "interest")
        lines = self._get_lines_that_run_on(lines.notice_line_id)
        if not self.interest_runs_on or not lines:
            return Charge
        vals_list = self.env["account.dunning.charging"]._prepare_until_paid(
            self, lines
        )
        for refusal in {v["refusal"] for v in vals_list if v.get("state") == "refused"}:
            self.message_post(
                body=self.env._(
                    "No interest was charged until the payment: %(reason)s",
                    reason=refusal,
                )
            )
        known = self.sudo().charge_ids
        Charge._insert(
            [
                {**values, "state": "waiting"}
                for values in vals_list
                if values.get("state") != "refused"
            ]
        )
        return self.sudo().charge_ids - known

    def _get_lines_that_run_on(self, lines):
        """Return those of the lines for which no other sum was agreed or offered."""
        items = lines.move_line_id
        # who matches payments need not see what was agreed
        agreed_sudo = (
            self.env["account.dunning.promise.item"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("promise_id.kind", "in", ("plan", "settlement")),
                    ("promise_id.state", "in", AGREED_STATES),
                ]
            )
        )
        offered_sudo = (
            self.env["account.dunning.offer.line"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("offer_id.state", "in", PROMISED_STATES),
                ]
            )
        )
        settled = agreed_sudo.move_line_id | offered_sudo.move_line_id
        return lines.filtered(lambda line: line.move_line_id not in settled)
