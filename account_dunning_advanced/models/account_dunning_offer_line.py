from odoo import fields, models


class AccountDunningOfferLine(models.Model):
    _name = "account.dunning.offer.line"
    _description = "Item of an Offer"

    offer_id = fields.Many2one(
        comodel_name="account.dunning.offer",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="offer_id.company_id")
    currency_id = fields.Many2one(related="offer_id.currency_id")
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        required=True,
        index=True,  # each reconciliation looks for its items here
        ondelete="restrict",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    amount_base = fields.Monetary(
        string="Discounted",
        help="The part of the item that the discount counts on.",
    )
    amount_open = fields.Monetary(
        related="move_line_id.amount_residual_currency", string="Open Today"
    )
