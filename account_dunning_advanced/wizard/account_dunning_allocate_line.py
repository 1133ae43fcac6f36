from odoo import api, fields, models

from ..engine import allocation


class AccountDunningAllocateLine(models.TransientModel):
    _name = "account.dunning.allocate.line"
    _description = "Open Item to Settle"
    _order = "sequence, id"

    wizard_id = fields.Many2one(
        comodel_name="account.dunning.allocate", required=True, ondelete="cascade"
    )
    sequence = fields.Integer()
    item_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(related="item_id.move_id", string="Invoice")
    currency_id = fields.Many2one(related="item_id.currency_id")
    date_maturity = fields.Date(related="item_id.date_maturity")
    amount_open = fields.Monetary(
        related="item_id.amount_residual_currency", string="Open"
    )
    kind = fields.Selection(
        selection=[
            ("principal", "Principal"),
            ("interest", "Interest"),
            ("fee", "Fee"),
            ("cost", "Cost"),
        ],
        compute="_compute_kind",
    )
    designated = fields.Boolean(
        string="Named", help="The debtor said that this is paid."
    )
    amount = fields.Monetary(string="Settles")

    # === COMPUTE METHODS === #

    @api.depends("item_id")
    def _compute_kind(self):
        for line in self:
            line.kind = line.item_id._get_claim_kind() if line.item_id else False

    # === BUSINESS METHODS === #

    def _get_claim(self):
        """Return the item as the engine takes it."""
        self.ensure_one()
        item = self.item_id
        return allocation.Claim(
            id=self.id,
            kind=item._get_claim_kind(),
            amount=allocation.exact(
                item.amount_residual_currency, item.currency_id.rounding
            ),
            due=item.date_maturity or item.date,
            debt=item._get_claim_debt(),
        )
