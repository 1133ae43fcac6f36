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
    known_partial_id = fields.Integer(
        string="Matchings Known",
        help="The last matching in the books at the confirmation: earlier ones had made"
        " the item smaller already.",
    )
    is_open = fields.Boolean(string="On Track")

    def _is_of_earlier_agreement(self, day):
        """Return whether a payment of a day belongs to an agreement made before.

        One that is dated before this agreement and after an earlier one on the same
        item was promised there, however late it reaches the books.
        """
        self.ensure_one()
        if day >= self.promise_id.date:
            return False
        return bool(
            self.search_count(
                [
                    ("move_line_id", "=", self.move_line_id.id),
                    ("id", "<", self.id),
                    ("promise_id.date", "<=", day),
                    ("promise_id.state", "!=", "cancelled"),
                ],
                limit=1,
            )
        )

    _open_item_uniq = models.UniqueIndex(
        "(move_line_id) WHERE is_open",
        "An open item is already in another agreement that is on track.",
    )
