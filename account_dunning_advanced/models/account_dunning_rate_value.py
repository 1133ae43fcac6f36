from odoo import api, fields, models

#: Percent with four places: no law is known that uses more.
RATE_DIGITS = (12, 4)

CONFIDENCES = [("high", "High"), ("medium", "Medium"), ("low", "Low")]


class AccountDunningRateValue(models.Model):
    """What a rate is from a day on, until its next value."""

    _name = "account.dunning.rate.value"
    _description = "Interest Rate Value"
    _inherit = ["account.dunning.shipped"]
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    rate_id = fields.Many2one(
        comodel_name="account.dunning.rate",
        required=True,
        index=True,
        ondelete="cascade",
    )
    date_from = fields.Date(string="From", required=True)
    rate = fields.Float(
        string="Percent a Year", digits=RATE_DIGITS, required=True, default=0.0
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        default=lambda self: self.env.company,
        help="A company's own value stands in for the shared one of the same day, for"
        " its branches too. Empty: for every company.",
    )
    source = fields.Char(help="Where the value was read.")
    verified_on = fields.Date(help="The day on which the value was looked up.")
    confidence = fields.Selection(
        selection=CONFIDENCES,
        required=True,
        default="high",
        help="How sure the value is; check one of low confidence before you use it.",
    )

    _one_a_day = models.UniqueIndex(
        "(rate_id, date_from, COALESCE(company_id, 0))",
        "The rate has a value of this day already.",
    )

    @api.depends("rate_id.name", "date_from")
    def _compute_display_name(self):
        for value in self:
            value.display_name = self.env._(
                "%(rate)s from %(day)s",
                rate=value.rate_id.name or "",
                day=value.date_from or "",
            )

    def _get_shipped_message(self):
        return self.env._(
            "%(value)s comes with the addon, and an upgrade would undo your change."
            " Add a value of your company from the same day on: it takes precedence.",
            value=self.display_name,
        )
