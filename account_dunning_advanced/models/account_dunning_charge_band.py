from decimal import Decimal

from odoo import fields, models

from ..engine.charge import Band, Tier
from .account_dunning_rate_value import RATE_DIGITS


class AccountDunningChargeBand(models.Model):
    """One step of the scale of a charge."""

    _name = "account.dunning.charge.band"
    _description = "Dunning Charge Scale"
    _inherit = ["account.dunning.shipped"]
    _order = "charge_id, amount_from, id"

    charge_id = fields.Many2one(
        comodel_name="account.dunning.charge",
        required=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="charge_id.currency_id")
    amount_from = fields.Monetary(string="From Amount", help="Where the step begins.")
    amount = fields.Monetary(string="Sum", help="By size: the sum of this step.")
    rate = fields.Float(
        string="Percent",
        digits=RATE_DIGITS,
        help="By slices: percent of the slice that begins here. By size: percent of"
        " what is above its beginning.",
    )

    _not_negative = models.Constraint(
        "CHECK (amount_from >= 0 AND amount >= 0 AND rate >= 0)",
        "The amounts of a scale cannot be negative.",
    )

    def _to_bands(self):
        """Return the steps as slices: each ends where the next one begins.

        What is below the first one is a slice too, of which nothing is charged.
        """
        steps = self.sorted("amount_from")
        begins = [Decimal(str(step.amount_from)) for step in steps]
        rates = [Decimal(str(step.rate)) for step in steps]
        return [
            Band(end, rate)
            for rate, end in zip([Decimal(0), *rates], [*begins, None], strict=True)
        ]

    def _to_tiers(self):
        """Return the steps as tiers of a size."""
        return [
            Tier(
                Decimal(str(step.amount_from)),
                Decimal(str(step.amount)),
                Decimal(str(step.rate)),
            )
            for step in self
        ]
