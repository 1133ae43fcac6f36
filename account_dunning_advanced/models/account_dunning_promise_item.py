from odoo import fields, models


class AccountDunningPromiseItem(models.Model):
    """An item's place in an agreement, as it was when the agreement was confirmed.

    Written by the agreement only. The index is what lets an item be in one agreement
    at a time, whoever confirms at the same moment.
    """

    _name = "account.dunning.promise.item"
    _description = "Item of an Agreement"
    _rec_name = "move_line_id"

    promise_id = fields.Many2one(
        comodel_name="account.dunning.promise",
        string="Agreement",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="promise_id.company_id")
    currency_id = fields.Many2one(related="promise_id.currency_id")
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        required=True,
        index=True,
        ondelete="cascade",
    )
    date = fields.Date(
        required=True, help="The day on which the agreement was confirmed."
    )
    amount_open = fields.Monetary(
        string="Open", help="What the item owed when the agreement was confirmed."
    )
    is_open = fields.Boolean(string="On Track")

    _open_item_uniq = models.UniqueIndex(
        "(move_line_id) WHERE is_open",
        "An open item is already in another agreement that is on track.",
    )
