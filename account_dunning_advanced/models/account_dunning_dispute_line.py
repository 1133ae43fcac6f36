from odoo import api, fields, models


class AccountDunningDisputeLine(models.Model):
    """How much of one open item a dispute takes in; written by the dispute alone."""

    _name = "account.dunning.dispute.line"
    _description = "Disputed Item"
    _inherit = ["account.dunning.guard"]
    _order = "date_due, id"

    dispute_id = fields.Many2one(
        comodel_name="account.dunning.dispute",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(comodel_name="res.company", required=True)
    currency_id = fields.Many2one(comodel_name="res.currency", required=True)
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        required=True,
        index=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    date_due = fields.Date(string="Due Date")
    amount = fields.Monetary(string="Disputed", help="In the item's currency.")
    amount_upheld = fields.Monetary(
        string="Upheld", help="What was decided not to be owed."
    )
    amount_residual = fields.Monetary(
        string="Open Amount", compute="_compute_amount_residual"
    )

    _item_once = models.Constraint(
        "UNIQUE (dispute_id, move_line_id)", "A dispute names each item once."
    )

    # === COMPUTE METHODS === #

    @api.depends("move_line_id.amount_residual_currency")
    def _compute_amount_residual(self):
        for line in self:
            line.amount_residual = line.move_line_id.amount_residual_currency

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        stored = {name for name, field in self._fields.items() if field.store}
        return super()._get_guarded_fields() | stored - set(models.MAGIC_COLUMNS)

    # === BUSINESS METHODS === #

    def _split(self, amount):
        """Return {line: its part of an amount}, the oldest item first."""
        parts = {}
        for line in self.sorted(lambda line: (line.date_due, line.id)):
            parts[line] = min(line.amount, amount)
            amount = line.currency_id.round(amount - parts[line])
        return parts
