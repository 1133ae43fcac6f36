from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningAssign(models.TransientModel):
    """Give the selected debtors to collectors."""

    _name = "account.dunning.assign"
    _description = "Assign Debtors"

    debtor_ids = fields.Json(required=True)
    debtor_count = fields.Integer(compute="_compute_debtor_count")
    mode = fields.Selection(
        selection=[
            ("user", "To one collector"),
            ("spread", "Spread over several"),
            ("rules", "By the assignment rules"),
        ],
        required=True,
        default="user",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Collector",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    team_id = fields.Many2one(comodel_name="account.dunning.team")
    user_ids = fields.Many2many(
        comodel_name="res.users",
        relation="account_dunning_assign_user_rel",
        string="Collectors",
        domain="[('share', '=', False)]",
        compute="_compute_user_ids",
        store=True,
        readonly=False,
    )
    move_tasks = fields.Boolean(
        string="Hand Over Tasks",
        default=True,
        help="Open tasks of the collector so far on these debtors go along.",
    )

    @api.depends("debtor_ids")
    def _compute_debtor_count(self):
        for wizard in self:
            wizard.debtor_count = len(wizard.debtor_ids or [])

    @api.depends("team_id")
    def _compute_user_ids(self):
        for wizard in self:
            if wizard.team_id:
                wizard.user_ids = wizard.team_id.member_ids

    @api.model
    def _open(self, debtors):
        """Return the action that opens the wizard for these debtors.

        :raise UserError: none is selected.
        """
        if not debtors:
            raise UserError(self.env._("Select the debtors to assign."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Assign"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_debtor_ids": debtors.ids},
        }

    def action_apply(self):
        """Assign, and hand over the tasks.

        :raise UserError: nobody to assign to was chosen, or no rule fits.
        """
        self.ensure_one()
        debtors = self.env["account.dunning.debtor"].browse(self.debtor_ids).exists()
        debtors.check_access("write")
        before = {debtor: debtor.user_id for debtor in debtors}
        if self.mode == "rules":
            self._apply_rules(debtors)
        else:
            debtors._spread(self.user_id if self.mode == "user" else self.user_ids)
        if self.move_tasks:
            self._move_tasks(before)
        return {"type": "ir.actions.act_window_close"}

    def _apply_rules(self, debtors):
        Rule = self.env["account.dunning.assignment.rule"]
        debtors.user_id = False
        number = sum(
            Rule._assign(company, of_company)
            for company, of_company in debtors.grouped("company_id").items()
        )
        if not number:
            raise UserError(self.env._("No assignment rule takes these debtors."))

    def _move_tasks(self, before):
        """Give tasks of the former collectors to the new ones."""
        for debtor, user in before.items():
            if user and debtor.user_id and user != debtor.user_id:
                # the tasks are another user's
                debtor.sudo().activity_ids.filtered(
                    lambda task, user=user: task.user_id == user
                ).user_id = debtor.user_id
