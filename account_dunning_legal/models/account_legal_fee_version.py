from odoo import api, fields, models

from odoo.addons.account_dunning_advanced.engine.rounding import to_decimal
from odoo.addons.account_dunning_advanced.models.account_dunning_rate_value import (
    CONFIDENCES,
    RATE_DIGITS,
)

from ..engine import fee as engine


class AccountLegalFeeVersion(models.Model):
    """What a tariff says from a day on, until its next version."""

    _name = "account.legal.fee.version"
    _description = "Court Fee Version"
    _inherit = ["account.dunning.shipped"]
    _order = "fee_id, valid_from desc, id desc"

    fee_id = fields.Many2one(
        comodel_name="account.legal.fee",
        required=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="fee_id.currency_id")
    valid_from = fields.Date(required=True, default=fields.Date.context_today)
    amount = fields.Monetary(string="Sum")
    rate = fields.Float(string="Percent", digits=RATE_DIGITS)
    scale = fields.Selection(
        selection=[
            ("tiers", "The band that the value falls into"),
            ("slices", "Slice by slice"),
        ],
        required=True,
        default="tiers",
    )
    includes_limit = fields.Boolean(
        string="Limits Included",
        default=True,
        help="A value of just the limit belongs to the band that ends there.",
    )
    band_ids = fields.One2many(
        comodel_name="account.legal.fee.band", inverse_name="version_id", copy=True
    )
    share_of_id = fields.Many2one(
        comodel_name="account.legal.fee",
        string="Share Of",
        ondelete="restrict",
        index="btree_not_null",
        help="The fee is a share of this one's.",
    )
    numerator = fields.Integer(default=1, help="The factor is numerator/denominator.")
    denominator = fields.Integer(default=1)
    per_party = fields.Boolean(help="To be paid for each of the parties.")
    units = fields.Integer(default=1, help="How many times, for instance of service.")
    min_amount = fields.Monetary(string="At Least")
    max_amount = fields.Monetary(string="At Most", help="0 is no limit.")
    rounding = fields.Float(
        default=0.01, digits=(12, 4), help="Rounded to multiples of this."
    )
    direction = fields.Selection(
        string="Rounded",
        selection=[("half_up", "To the nearest"), ("down", "Down"), ("up", "Up")],
        required=True,
        default="half_up",
    )
    source = fields.Char(help="Law and article, or where the figures were read.")
    verified_on = fields.Date(help="The day on which the source was looked at.")
    confidence = fields.Selection(selection=CONFIDENCES, required=True, default="high")

    _one_a_day = models.UniqueIndex(
        "(fee_id, valid_from)", "The fee has a version from this day already."
    )
    _denominator_not_zero = models.Constraint(
        "CHECK (denominator != 0)",
        "A fee cannot be a share divided by zero. Correct the denominator.",
    )
    _factors_positive = models.Constraint(
        "CHECK (numerator >= 0 AND denominator >= 0 AND units >= 0 AND rounding > 0)",
        "Factors of a fee are not negative, and it is rounded to more than zero.",
    )

    # === COMPUTE METHODS === #

    @api.depends("fee_id.name", "valid_from")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(fee)s from %(day)s",
                fee=version.fee_id.name or "",
                day=version.valid_from or "",
            )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("share_of_id", "fee_id", "valid_from")
    def _check_share_of(self):
        self.fee_id._check_versions()

    # === BUSINESS METHODS === #

    def _to_formula(self):
        """Return the version as the engine takes it."""
        self.ensure_one()
        return engine.Formula(
            amount=to_decimal(self.amount),
            rate=to_decimal(self.rate),
            bands=tuple(band._to_band() for band in self.band_ids),
            scale=self.scale,
            includes_limit=self.includes_limit,
            share_of=self.share_of_id.code or None,
            numerator=self.numerator,
            denominator=self.denominator,
            per_party=self.per_party,
            units=self.units,
            minimum=to_decimal(self.min_amount) if self.min_amount else None,
            maximum=to_decimal(self.max_amount) if self.max_amount else None,
            rounding=to_decimal(self.rounding),
            direction=self.direction,
        )
