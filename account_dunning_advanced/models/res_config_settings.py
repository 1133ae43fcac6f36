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

    dunning_trade_effect = fields.Selection(
        related="company_id.dunning_trade_effect", readonly=False, required=True
    )
    dunning_trade_amount = fields.Monetary(
        related="company_id.dunning_trade_amount", readonly=False
    )

    dunning_letter_window = fields.Selection(
        related="company_id.dunning_letter_window", readonly=False
    )
    dunning_test_email = fields.Char(
        related="company_id.dunning_test_email", readonly=False
    )

    dunning_dispute_days = fields.Integer(
        related="company_id.dunning_dispute_days", readonly=False
    )
    dunning_dispute_tolerance_days = fields.Integer(
        related="company_id.dunning_dispute_tolerance_days", readonly=False
    )
    dunning_dispute_limit = fields.Monetary(
        related="company_id.dunning_dispute_limit", readonly=False
    )

    dunning_writeoff_journal_id = fields.Many2one(
        related="company_id.dunning_writeoff_journal_id", readonly=False
    )
    dunning_writeoff_account_id = fields.Many2one(
        related="company_id.dunning_writeoff_account_id", readonly=False
    )
    dunning_writeoff_tax_relief = fields.Boolean(
        related="company_id.dunning_writeoff_tax_relief", readonly=False
    )
    dunning_writeoff_tax_account_id = fields.Many2one(
        related="company_id.dunning_writeoff_tax_account_id", readonly=False
    )
    dunning_writeoff_limit = fields.Monetary(
        related="company_id.dunning_writeoff_limit", readonly=False
    )
    dunning_writeoff_below = fields.Monetary(
        related="company_id.dunning_writeoff_below", readonly=False
    )
    dunning_writeoff_days = fields.Integer(
        related="company_id.dunning_writeoff_days", readonly=False
    )
    dunning_writeoff_cost = fields.Monetary(
        related="company_id.dunning_writeoff_cost", readonly=False
    )
    dunning_allowance_auto = fields.Boolean(
        related="company_id.dunning_allowance_auto", readonly=False
    )
    dunning_allowance_method = fields.Selection(
        related="company_id.dunning_allowance_method", readonly=False
    )
    dunning_allowance_percent = fields.Float(
        related="company_id.dunning_allowance_percent", readonly=False
    )
    dunning_allowance_net = fields.Boolean(
        related="company_id.dunning_allowance_net", readonly=False
    )
    dunning_allowance_expense_account_id = fields.Many2one(
        related="company_id.dunning_allowance_expense_account_id", readonly=False
    )
    dunning_allowance_account_id = fields.Many2one(
        related="company_id.dunning_allowance_account_id", readonly=False
    )
    dunning_payment_order_id = fields.Many2one(
        related="company_id.dunning_payment_order_id", readonly=False
    )
