from odoo import api, fields, models


class AccountDunningSetupStep(models.TransientModel):
    _name = "account.dunning.setup.step"
    _description = "Step of the Set-Up of Dunning"
    _order = "id"

    setup_id = fields.Many2one(
        comodel_name="account.dunning.setup", required=True, ondelete="cascade"
    )
    code = fields.Char(required=True, readonly=True)
    name = fields.Char(string="Step", required=True, readonly=True)
    reason = fields.Char(string="What For", readonly=True)
    found = fields.Char(
        string="So Far", readonly=True, help="What there is; empty: still to do."
    )
    is_done = fields.Boolean(string="Done", compute="_compute_is_done")

    # === COMPUTE METHODS === #

    @api.depends("found")
    def _compute_is_done(self):
        for step in self:
            step.is_done = bool(step.found)

    # === ACTION METHODS === #

    def action_open(self):
        """Go to where the step is done.

        :raise UserError: the user may not change it.
        """
        self.ensure_one()
        self.check_access("read")
        setup = self.setup_id
        if self.code not in setup._get_steps():
            return False
        return getattr(setup, f"_open_{self.code}")(setup.company_id)
