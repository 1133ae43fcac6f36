from odoo import fields, models


class AccountDunningCheckFinding(models.Model):
    """Something that is not as it must be, or that a person should look at."""

    _name = "account.dunning.check.finding"
    _description = "Finding of a Self-Check"
    _order = "check_id desc, severity, id"
    _rec_name = "text"

    check_id = fields.Many2one(
        comodel_name="account.dunning.check",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="check_id.company_id", store=True)
    name = fields.Char(string="What Must Hold", readonly=True)
    severity = fields.Selection(
        selection=[("error", "Wrong"), ("warning", "To look at")],
        required=True,
        readonly=True,
    )
    text = fields.Text(string="What Was Found", required=True, readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)

    def action_open(self):
        """Open the record that the finding is about."""
        self.ensure_one()
        self.check_access("read")
        if not self.res_model or self.res_model not in self.env:
            return False
        return self.env[self.res_model].browse(self.res_id)._get_records_action()
