from odoo import api, fields, models

from ..engine import charge as engine
from ..engine.rounding import to_decimal
from .account_dunning_notice_charge import format_rate
from .account_dunning_rate_value import CONFIDENCES, RATE_DIGITS


class AccountDunningCharge(models.Model):
    """A fee or lump sum that dunning levels may charge, with the right to it."""

    _name = "account.dunning.charge"
    _description = "Dunning Charge"
    _inherit = ["account.dunning.shipped", "account.dunning.coded"]
    _order = "sequence, code, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(
        required=True,
        translate=True,
        help="What the customer reads on letter and bill.",
    )
    code = fields.Char(required=True, copy=False)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        help="Leave empty to share the charge among all companies.",
    )
    country_id = fields.Many2one(
        comodel_name="res.country",
        help="Only companies of this country charge it; empty for all.",
    )
    kind = fields.Selection(
        selection=[("fee", "Fee"), ("lump_sum", "Statutory Lump Sum")],
        required=True,
        default="fee",
        help="A lump sum is charged once an invoice, however often it is dunned.",
    )
    basis = fields.Selection(
        string="Charged",
        selection=[("notice", "Once a notice"), ("item", "For each item")],
        required=True,
        default="notice",
    )
    is_once = fields.Boolean(
        string="Once a Claim",
        help="An item is charged it once, on however many levels it stands.",
    )
    for_consumer = fields.Boolean(string="Consumers", default=True)
    for_sole_trader = fields.Boolean(string="Sole Traders", default=True)
    for_company = fields.Boolean(string="Companies", default=True)
    for_public = fields.Boolean(string="Public Bodies", default=True)
    # --- how much
    method = fields.Selection(
        string="Amount",
        selection=[
            ("fixed", "Fixed sum"),
            ("percent", "Percent of what is asked for"),
            ("bands", "Percent by slices"),
            ("tiers", "By size"),
        ],
        required=True,
        default="fixed",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="The currency of the amounts of this charge.",
    )
    other_currencies = fields.Selection(
        string="On Items in Other Currencies",
        selection=[("convert", "Convert the charge"), ("skip", "Charge nothing")],
        required=True,
        default="convert",
    )
    amount = fields.Monetary(string="Sum")
    rate = fields.Float(string="Percent", digits=RATE_DIGITS)
    min_amount = fields.Monetary(string="At Least")
    max_amount = fields.Monetary(string="At Most", help="0 is no limit.")
    includes_limit = fields.Boolean(
        string="Limits Begin a Size",
        default=True,
        help="An amount of just the limit counts to the size that begins there.",
    )
    band_ids = fields.One2many(
        comodel_name="account.dunning.charge.band",
        inverse_name="charge_id",
        string="Scale",
        copy=True,
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        check_company=True,
        help="Product of the bill's line; empty for the company's product of the kind.",
    )
    # --- by what right
    right = fields.Selection(
        selection=[("agreement", "Terms agreed with the customer"), ("law", "Law")],
        required=True,
        default="agreement",
        help="By agreement: charged only where terms that allow fees are recorded for"
        " the invoice, the customer or the company.",
    )
    source = fields.Char(string="Legal Basis", help="The article of the law.")
    verified_on = fields.Date(help="The day on which the law was looked up.")
    confidence = fields.Selection(selection=CONFIDENCES, required=True, default="high")
    note = fields.Text()

    _code_company_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Another charge has this code already."
    )
    _not_negative = models.Constraint(
        "CHECK (amount >= 0 AND rate >= 0 AND min_amount >= 0 AND max_amount >= 0)",
        "The amounts of a charge cannot be negative.",
    )
    _lump_sum_by_item = models.Constraint(
        "CHECK (kind != 'lump_sum' OR basis = 'item')",
        "A lump sum is charged for each item.",
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind == "lump_sum":
            self.basis = "item"

    @api.constrains("product_id")
    def _check_product_id(self):
        """:raise RedirectWarning: bills need the product, and it cannot be billed."""
        with_product = self.filtered("product_id")
        self.env["account.dunning.level"].search(
            [("charge_ids", "in", with_product.ids)]
        ).policy_id._check_charge_settings()

    # === BUSINESS METHODS === #

    def _applies_to(self, company, debtor_kind):
        """Return whether a company charges it to debtors of a kind at all.

        What applies but is forbidden or not agreed is refused with a reason; what does
        not apply is passed over in silence.
        """
        self.ensure_one()
        if self.company_id and self.company_id not in company.parent_ids:
            return False
        country = company.account_fiscal_country_id or company.country_id
        if self.country_id and self.country_id != country:
            return False
        return self[f"for_{debtor_kind}"]

    def _is_for_other_currency(self, currency):
        """Return whether nothing is charged on items in a currency."""
        self.ensure_one()
        return self.other_currencies == "skip" and currency != self.currency_id

    def _compute_amount(self, base, currency, company, date, convert=False):
        """Return the charge on an amount, in the amount's currency and rounded.

        :param float base: what is asked for, in ``currency``.
        :param date date: the day whose rate converts other currencies.
        :param bool convert: convert them even where the charge is not for them.
        """
        self.ensure_one()
        if self._is_for_other_currency(currency) and not convert:
            return 0.0
        own_base = currency._convert(base, self.currency_id, company, date, round=False)
        amount = self._compute_own_amount(to_decimal(own_base))
        return self.currency_id._convert(float(amount), currency, company, date)

    def _compute_own_amount(self, base):
        """Return the charge in its own currency; see ``engine.charge``."""
        self.ensure_one()
        minimum = to_decimal(self.min_amount)
        maximum = to_decimal(self.max_amount) if self.max_amount else None
        rounding = to_decimal(self.currency_id.rounding)
        if self.method == "fixed":
            return engine.fixed(base, to_decimal(self.amount))
        if self.method == "percent":
            return engine.percent(
                base, to_decimal(self.rate), minimum, maximum, rounding
            )
        if self.method == "bands":
            return engine.bands(
                base, self.band_ids._to_bands(), minimum, maximum, rounding
            )
        return engine.tier(
            base, self.band_ids._to_tiers(), self.includes_limit, maximum, rounding
        )

    def _explain_amount(self, amount, base, currency):
        """Say how the amount came about, in the reader's language."""
        self.ensure_one()
        if self.method == "percent":
            return self.env._(
                "%(name)s: %(rate)s %% of %(base)s = %(amount)s",
                name=self.name,
                rate=format_rate(self.env, self.rate),
                base=currency.format(base),
                amount=currency.format(amount),
            )
        if self.method == "fixed":
            return self.env._(
                "%(name)s: %(amount)s", name=self.name, amount=currency.format(amount)
            )
        return self.env._(
            "%(name)s on %(base)s: %(amount)s",
            name=self.name,
            base=currency.format(base),
            amount=currency.format(amount),
        )
