from odoo import fields, models


class AccountDunningTeam(models.Model):
    """Collectors who work together; the leader sees to the work of all."""

    _name = "account.dunning.team"
    _description = "Dunning Team"
    _order = "sequence, name, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, help="Empty: for all companies."
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Leader", domain="[('share', '=', False)]"
    )
    member_ids = fields.Many2many(
        comodel_name="res.users",
        relation="account_dunning_team_user_rel",
        string="Collectors",
        domain="[('share', '=', False)]",
    )
