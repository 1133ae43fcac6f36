from odoo import api, fields, models

from odoo.addons.account_dunning_advanced.engine.rounding import to_decimal
from odoo.addons.account_dunning_advanced.models.account_dunning_rate_value import (
    RATE_DIGITS,
)

from ..engine import fee as engine


class AccountLegalFeeBand(models.Model):
    """A range of values in the scale of a court fee."""

    _name = "account.legal.fee.band"
    _description = "Court Fee Band"
    _inherit = ["account.dunning.shipped"]
    _order = "version_id, is_last, up_to, id"

    version_id = fields.Many2one(
        comodel_name="account.legal.fee.version",
        required=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="version_id.currency_id")
    up_to = fields.Monetary(help="Where the band ends; 0 for the rest.")
    is_last = fields.Boolean(compute="_compute_is_last", store=True)
    amount = fields.Monetary(
        string="Sum", help="What the band costs, or each step of it that has begun."
    )
    step = fields.Monetary(
        string="Per Begun", help="The sum is due for each begun step of the band."
    )
    rate = fields.Float(
        string="Percent",
        digits=RATE_DIGITS,
        help="Of the whole value; slice by slice: of the slice.",
    )

    _not_negative = models.Constraint(
        "CHECK (up_to >= 0 AND amount >= 0 AND step >= 0 AND rate >= 0)",
        "The figures of a scale cannot be negative.",
    )

    @api.depends("up_to")
    def _compute_is_last(self):
        for band in self:
            band.is_last = not band.up_to

    def _to_band(self):
        """Return the band as the engine takes it."""
        self.ensure_one()
        return engine.Band(
            up_to=to_decimal(self.up_to) if self.up_to else None,
            amount=to_decimal(self.amount),
            rate=to_decimal(self.rate),
            step=to_decimal(self.step),
        )
