from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    legal_clock_ids = fields.One2many(
        comodel_name="account.legal.clock",
        inverse_name="move_line_id",
        string="Limitation Clock",
        groups="account_dunning_advanced.group_dunning_user",
    )
