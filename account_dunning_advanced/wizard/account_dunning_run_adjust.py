from odoo import api, fields, models


class AccountDunningRunAdjust(models.TransientModel):
    """Change a proposed plan by hand, with a reason that is kept."""

    _name = "account.dunning.run.adjust"
    _description = "Change a Dunning Plan"

    line_ids = fields.Many2many(
        comodel_name="account.dunning.notice.line", required=True, readonly=True
    )
    operation = fields.Selection(
        selection=[
            ("drop", "Leave out of this run"),
            ("level", "Give another level"),
            ("note", "Add a note to the letter"),
        ],
        required=True,
        default="drop",
    )
    policy_id = fields.Many2one(
        comodel_name="account.dunning.policy", compute="_compute_policy_id"
    )
    level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        domain="[('policy_id', '=', policy_id)]",
    )
    note = fields.Char(string="Reason", required=True)

    @api.depends("line_ids")
    def _compute_policy_id(self):
        for wizard in self:
            policies = wizard.line_ids.level_id.policy_id
            wizard.policy_id = policies if len(policies) == 1 else False

    def action_apply(self):
        """Apply the change to the plan and keep who and why."""
        self.ensure_one()
        if self.operation == "note":
            self.line_ids.notice_id.write({"note": self.note})
        self.line_ids._adjust(self.operation, self.note, self.level_id)
