from odoo import fields, models


class AccountDunningDisputeDecide(models.TransientModel):
    """Uphold a part of a dispute, or open a rejected one again."""

    _name = "account.dunning.dispute.decide"
    _description = "Decide a Dispute"

    dispute_id = fields.Many2one(
        comodel_name="account.dunning.dispute", required=True, readonly=True
    )
    operation = fields.Selection(
        selection=[("part", "Uphold in part"), ("reopen", "Open again")],
        required=True,
        default="part",
    )
    currency_id = fields.Many2one(related="dispute_id.currency_id")
    amount_disputed = fields.Monetary(related="dispute_id.amount")
    amount = fields.Monetary(string="Not Owed")
    answer = fields.Text(
        string="Answer to the Customer",
        related="dispute_id.answer",
        readonly=False,
    )
    reason = fields.Char()

    def action_apply(self):
        """Carry out the decision."""
        self.ensure_one()
        if self.operation == "part":
            self.dispute_id._uphold_part(self.amount)
        else:
            self.dispute_id._reopen(self.reason)
