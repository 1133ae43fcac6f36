from odoo import fields, models


class AccountLegalPlacementLine(models.Model):
    """One line of what an agency has reported."""

    _name = "account.legal.placement.line"
    _description = "Agency Report Line"
    _order = "date, id"

    placement_id = fields.Many2one(
        comodel_name="account.legal.placement",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="placement_id.company_id", store=True)
    currency_id = fields.Many2one(related="placement_id.currency_id")
    date = fields.Date(required=True, default=fields.Date.context_today)
    kind = fields.Selection(
        selection=[("collected", "Collected"), ("cost", "Cost")],
        required=True,
        default="collected",
    )
    amount = fields.Monetary(required=True)
    reference = fields.Char()

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "What is reported is more than nothing."
    )

    def _get_key(self):
        """Return what tells one line of a report from another."""
        self.ensure_one()
        return (self.date, self.amount, self.kind, self.reference or "")
