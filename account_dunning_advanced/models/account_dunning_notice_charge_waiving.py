from odoo import fields, models
from odoo.exceptions import UserError

from .account_dunning_guard import is_dunning_manager
from .account_dunning_notice_charge import OWED

#: Over how many days what a collector waived for a customer counts together.
WAIVE_DAYS = 30


class AccountDunningNoticeChargeWaiving(models.Model):
    """Waiving: charges are given up within the user's limit, and charged again."""

    # rooms of their own: waiving, billing and crediting
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice.charge"

    # === ACTION METHODS === #

    def action_waive(self):
        """Waive these charges; asks for a reason."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waive Charges"),
            "res_model": "account.dunning.charge.waive",
            "view_mode": "form",
            "target": "new",
            "context": {"default_charge_ids": self.ids},
        }

    def action_reinstate(self):
        """Charge again what was waived; the credit note is reversed.

        :raise UserError: a charge is not waived, or its notice not issued.
        """
        self._check_user()
        for charge in self:
            if charge.state != "waived" or charge.notice_id.state != "issued":
                raise UserError(
                    self.env._(
                        "“%(charge)s” is not waived.", charge=charge.display_name
                    )
                )
        self._check_reinstate()
        self._reinstate()

    # === BUSINESS METHODS === #

    def _check_user(self):
        """:raise AccessError: the user does not work on these notices."""
        self.check_access("read")
        self.notice_id.check_access("write")

    def _check_reinstate(self):
        """:raise UserError: somebody else decided, or only a part is to come back."""
        may_decide = is_dunning_manager(self.env)
        if not may_decide and self.decided_by_id != self.env.user:
            raise UserError(
                self.env._(
                    "%(user)s waived it. Ask a dunning manager to charge it again.",
                    user=self.decided_by_id[:1].name,
                )
            )
        together_sudo = self.sudo()._get_waived_together()
        if together_sudo - self:
            raise UserError(
                self.env._(
                    "These charges were waived by one credit note and come back"
                    " together. Choose all of them: %(charges)s",
                    charges=", ".join(together_sudo.mapped("display_name")),
                )
            )

    def _waive(self, reason):
        """Waive charges; what was billed is credited, what is planned is left out.

        :param str reason: why; required.
        :raise UserError: no reason, a charge that is not owed, or a sum above what the
            user may waive.
        """
        self._check_user()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the charges are waived."))
        for charge in self:
            if charge.state not in ("draft", *OWED):
                raise UserError(
                    self.env._("“%(charge)s” is not owed.", charge=charge.display_name)
                )
        self._check_waive_limit()
        planned = self.filtered(lambda charge: charge.state == "draft")
        if planned:
            planned._leave_out(reason)
        owed = self - planned
        if owed:
            owed._undo("waived", reason)

    def _leave_out(self, reason):
        """Take planned charges out of proposed notices; who and why is kept.

        :raise UserError: the plan is not open for changes.
        """
        for run in self.notice_id.run_id:
            run._check_state(["proposed"], self.env._("changed"))
        self.env["account.dunning.run.change"]._keep(
            [
                {
                    **charge.notice_line_id._prepare_change("charge", "review"),
                    "amount_before": charge.amount,
                    "level_after_id": charge.notice_line_id.level_id.id,
                    "note": reason,
                }
                for charge in self
            ]
        )
        self.sudo().write(
            {"state": "dropped", "reason": reason, "decided_by_id": self.env.uid}
        )
        self.env.flush_all()
        self.notice_id._refresh_charge_totals()
        for run in self.notice_id.run_id:
            run._refresh_plan_hash()

    def _check_waive_limit(self):
        """:raise UserError: the sum is more than a collector may waive."""
        if is_dunning_manager(self.env):
            return
        for company, charges in self.grouped("company_id").items():
            total = (charges | charges._get_waived_lately())._sum_in(company)
            limit = company.dunning_waive_limit
            if company.currency_id.compare_amounts(total, limit) > 0:
                raise UserError(
                    self.env._(
                        "You may waive up to %(limit)s for a customer within %(days)s"
                        " days; this makes %(total)s. Ask a dunning manager.",
                        limit=company.currency_id.format(limit),
                        total=company.currency_id.format(total),
                        days=WAIVE_DAYS,
                    )
                )

    def _get_waived_lately(self):
        """Return what the user has waived for these customers in the last days.

        A limit that held for each waiver alone would be none.
        """
        since = fields.Datetime.subtract(fields.Datetime.now(), days=WAIVE_DAYS)
        return self.sudo().search(
            [
                ("state", "in", ("waived", "reversed", "dropped")),
                ("decided_by_id", "=", self.env.uid),
                ("write_date", ">=", since),
                ("company_id", "in", self.company_id.ids),
                ("notice_id.partner_id", "in", self.notice_id.partner_id.ids),
            ]
        )

    def _sum_in(self, company):
        """Return the sum of the charges in the currency of a company."""
        return sum(
            charge.currency_id._convert(
                charge.amount, company.currency_id, company, charge.notice_id.date
            )
            for charge in self
        )
