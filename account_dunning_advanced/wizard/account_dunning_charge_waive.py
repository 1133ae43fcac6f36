from odoo import fields, models


class AccountDunningChargeWaive(models.TransientModel):
    """Waive what notices charge, with a reason that is kept."""

    _name = "account.dunning.charge.waive"
    _description = "Waive Dunning Charges"

    charge_ids = fields.Many2many(
        comodel_name="account.dunning.notice.charge",
        required=True,
        domain="[('state', 'in', ('draft', 'shown', 'waiting', 'posted'))]",
    )
    reason = fields.Char(required=True)

    def action_apply(self):
        """Waive the charges; what was billed is credited."""
        self.ensure_one()
        self.charge_ids._waive(self.reason)
