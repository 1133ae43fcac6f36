from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_policy_id = fields.Many2one(
        related="company_id.dunning_policy_id", readonly=False
    )
    dunning_user_id = fields.Many2one(
        related="company_id.dunning_user_id", readonly=False
    )
    dunning_daily = fields.Boolean(related="company_id.dunning_daily", readonly=False)
    dunning_payment_order_id = fields.Many2one(
        related="company_id.dunning_payment_order_id", readonly=False
    )
