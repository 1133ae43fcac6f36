from odoo import fields, models


class AccountDunningAllowanceLine(models.Model):
    """What one debtor's items of one age add to an allowance."""

    _name = "account.dunning.allowance.line"
    _description = "Allowance Line"
    _order = "allowance_id desc, amount desc, id"
    _rec_name = "partner_id"

    allowance_id = fields.Many2one(
        comodel_name="account.dunning.allowance",
        string="Month",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(comodel_name="res.company", required=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        help="The commercial partner who owes.",
    )
    days_from = fields.Integer(
        string="Overdue from (days)", help="Where the age group begins."
    )
    percent = fields.Float(string="Expected Loss (%)", digits=(5, 2))
    amount_open = fields.Monetary(
        string="Owed",
        help="Owed on the day less open credits, in company currency.",
    )
    amount_base = fields.Monetary(
        string="At Risk",
        help="What the expected loss is per cent of: without the tax, where that comes"
        " back to the company. In company currency.",
    )
    amount = fields.Monetary(string="Allowance", help="In company currency.")
