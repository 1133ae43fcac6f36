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
    dunning_charge_journal_id = fields.Many2one(
        related="company_id.dunning_charge_journal_id", readonly=False
    )
    dunning_interest_product_id = fields.Many2one(
        related="company_id.dunning_interest_product_id", readonly=False
    )
    dunning_fee_product_id = fields.Many2one(
        related="company_id.dunning_fee_product_id", readonly=False
    )
    dunning_lump_sum_product_id = fields.Many2one(
        related="company_id.dunning_lump_sum_product_id", readonly=False
    )
    dunning_waive_limit = fields.Monetary(
        related="company_id.dunning_waive_limit", readonly=False
    )
