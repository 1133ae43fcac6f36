from odoo import fields, models
from odoo.exceptions import UserError


class AccountDunningChargeAdd(models.TransientModel):
    """Add a charge to proposed notices, as far as it is agreed and lawful."""

    _name = "account.dunning.charge.add"
    _description = "Add a Dunning Charge"

    notice_ids = fields.Many2many(
        comodel_name="account.dunning.notice", required=True, readonly=True
    )
    charge_id = fields.Many2one(comodel_name="account.dunning.charge", required=True)
    reason = fields.Char(required=True)

    def action_apply(self):
        """Add the charge and keep who and why.

        :raise UserError: a plan is not open for changes, or the charge is not owed;
            the message names the rule and its source.
        """
        self.ensure_one()
        self.notice_ids.check_access("write")
        for run in self.notice_ids.run_id:
            run._check_state(["proposed"], self.env._("changed"))
        if not self.reason.strip():
            raise UserError(self.env._("Say why the charge is added."))
        for notice in self.notice_ids:
            self._add_to(notice)
        self.env.flush_all()
        self.notice_ids._refresh_charge_totals()
        for run in self.notice_ids.run_id:
            run._refresh_plan_hash()

    def _add_to(self, notice):
        if notice.level_id.policy_id.charge_posting != "show":
            notice.company_id._check_dunning_charge_settings()
        vals_list = self.env["account.dunning.charging"]._prepare_manual(
            notice, self.charge_id
        )
        # charges are written by the process, within what it has just checked
        charges = self.env["account.dunning.notice.charge"].sudo().create(vals_list)
        charges.write({"reason": self.reason, "decided_by_id": self.env.uid})
        self.env["account.dunning.run.change"]._keep(
            [
                {
                    **charge.notice_line_id._prepare_change("charge", "review"),
                    "amount_before": 0.0,
                    "amount_after": charge.amount,
                    "level_after_id": charge.notice_line_id.level_id.id,
                    "note": self.reason,
                }
                for charge in charges
            ]
        )
