from odoo import fields, models


class AccountDunningDebtorWriteoff(models.Model):
    """What has been written off of a debtor, and the way to write off more."""

    _inherit = "account.dunning.debtor"

    writeoff_count = fields.Integer(compute="_compute_writeoff_count")

    # === COMPUTE METHODS === #

    def _compute_writeoff_count(self):
        self._set_count("writeoff_count", "account.dunning.writeoff.line")

    # === ACTION METHODS === #

    def action_write_off(self):
        """Write off what these debtors owe; asks for a reason."""
        return self.env["account.dunning.writeoff.create"]._open(self)

    def action_view_writeoffs(self):
        """Open what has been written off of the debtor's items."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_writeoff_line_action"
        )
        action["domain"] = [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {}
        return action
