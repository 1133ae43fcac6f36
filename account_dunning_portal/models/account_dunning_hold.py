from odoo import fields, models


class AccountDunningHold(models.Model):
    """Tells what a customer said in the portal from what the company decided."""

    _inherit = "account.dunning.hold"

    is_paid_claim = fields.Boolean(
        string="Customer Says It Is Paid",
        readonly=True,
        copy=False,
        help="The customer said so in the portal. It stops an item once only.",
    )
