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
    policy_ids = fields.Many2many(
        comodel_name="account.dunning.policy", compute="_compute_policy_ids"
    )
    level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        domain="[('policy_id', 'in', policy_ids)]",
        help="Given to the items of its policy; the others keep theirs.",
    )
    note = fields.Char(string="Reason", required=True)

    @api.depends("line_ids")
    def _compute_policy_ids(self):
        for wizard in self:
            wizard.policy_ids = wizard.line_ids.level_id.policy_id

    def action_apply(self):
        """Apply the change to the plan and keep who and why."""
        self.ensure_one()
        if self.operation == "note":
            self.line_ids.notice_id.write({"note": self.note})
        self.line_ids._adjust(self.operation, self.note, self.level_id)
