from datetime import timedelta

from odoo import fields, models
from odoo.tools import float_compare

from ..engine import interest as engine
from .account_dunning_rate_value import CONFIDENCES, RATE_DIGITS


class AccountDunningChargeLimit(models.Model):
    """What a law forbids to charge to a kind of debtor, as data.

    The debtor's country counts, for the law that protects a debtor is the debtor's.
    Whoever knows better archives the limit, or copies it and changes the copy. Like
    Odoo's payment terms, what is shared by all companies is any manager's: a law is the
    same for all of them, and what is shipped cannot be changed but by an upgrade.
    """

    _name = "account.dunning.charge.limit"
    _description = "Legal Limit on Charges"
    _inherit = ["account.dunning.shipped"]
    _order = "sequence, id"

    name = fields.Char(
        string="Rule",
        required=True,
        translate=True,
        help="The rule in a sentence; it is shown where a charge is refused.",
    )
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    country_id = fields.Many2one(
        comodel_name="res.country", help="The debtor's country; empty for any."
    )
    for_consumer = fields.Boolean(string="Consumers", default=True)
    for_sole_trader = fields.Boolean(string="Sole Traders")
    for_company = fields.Boolean(string="Companies")
    for_public = fields.Boolean(string="Public Bodies")
    charge_kind = fields.Selection(
        selection=[
            ("fee", "Fees"),
            ("lump_sum", "Lump sums"),
            ("interest", "Interest"),
        ],
        required=True,
        default="fee",
    )
    rule = fields.Selection(
        string="Effect",
        selection=[
            ("forbidden", "Not allowed"),
            ("first_free", "The first notice is free"),
            ("after_notice", "Only some days after the first notice"),
            ("maximum", "At most"),
            ("rate", "Interest at most at this rate"),
            ("rate_warning", "A warning above this rate"),
        ],
        required=True,
        default="forbidden",
    )
    days = fields.Integer(
        help="Full days between the first notice and the first charge. Interest does"
        " not begin before they are over."
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    max_amount = fields.Monetary(
        string="At Most", help="For all charges of the kind; 0: no limit."
    )
    max_basis = fields.Selection(
        string="Sum Of",
        selection=[
            ("claim", "All notices on the claim"),
            ("notice", "One notice"),
        ],
        required=True,
        default="claim",
        help="Whether what earlier notices charge on the same items counts as well.",
    )
    max_charge_id = fields.Many2one(
        comodel_name="account.dunning.charge",
        string="At Most as This Charge",
        ondelete="restrict",
        help="The scale of this charge is the limit.",
    )
    max_rate = fields.Float(
        string="Highest Rate (% a year)",
        digits=RATE_DIGITS,
        help="Of interest, whatever was agreed; also of payment plans.",
    )
    max_interest_id = fields.Many2one(
        comodel_name="account.dunning.interest",
        string="At Most as This Interest Rule",
        ondelete="restrict",
        help="The rate of this rule on each day is the highest one.",
    )
    source = fields.Char(string="Legal Basis", required=True)
    verified_on = fields.Date()
    confidence = fields.Selection(selection=CONFIDENCES, required=True, default="high")
    note = fields.Text()

    _rate_given = models.Constraint(
        "CHECK (rule NOT IN ('rate', 'rate_warning')"
        " OR (charge_kind = 'interest' AND (max_rate > 0"
        " OR (rule = 'rate' AND max_interest_id IS NOT NULL))))",
        "A limit on the rate is one on interest, and says which rate.",
    )

    # === BUSINESS METHODS === #

    def _get_for(self, country, debtor_kind, charge_kind):
        """Return those of the limits that concern a kind of charge on a debtor."""
        return self.filtered(
            lambda limit: limit.charge_kind == charge_kind
            and limit[f"for_{debtor_kind}"]
            and (not limit.country_id or limit.country_id == country)
        )

    def _get_refusal(self, date, first_notice_date):
        """Return why nothing may be charged, or an empty text.

        :param date date: the notice's date.
        :param date first_notice_date: of the first notice about the items after their
            due date, None where this is it.
        """
        for limit in self:
            if limit._refuses(date, first_notice_date):
                return limit._get_message()
        return ""

    def _refuses(self, date, first_notice_date):
        self.ensure_one()
        if self.rule == "forbidden":
            return True
        if self.rule == "first_free":
            return not first_notice_date
        if self.rule == "after_notice":
            return not first_notice_date or date <= first_notice_date + timedelta(
                days=self.days
            )
        return False

    def _get_maximums(self):
        """Return those of the limits that set a maximum."""
        return self.filtered(lambda limit: limit.rule == "maximum")

    def _get_maximum(self, base, currency, company, date):
        """Return the most that may be charged; None where the limit sets none.

        :param float base: what is asked for, in ``currency``; the result is in that
            currency too, converted if need be: a claim in another one is limited too.
        """
        self.ensure_one()
        if self.max_charge_id:
            return self.max_charge_id._compute_amount(
                base, currency, company, date, convert=True
            )
        if self.max_amount:
            return self.currency_id._convert(self.max_amount, currency, company, date)
        return None

    def _get_first_interest_day(self, first_notice_date):
        """Return the first day that may bear interest; None where nothing is said.

        :param date first_notice_date: as in :meth:`_get_refusal`.
        """
        days = [limit.days for limit in self if limit.rule == "after_notice"]
        if not days or not first_notice_date:
            return None
        return first_notice_date + timedelta(days=max(days) + 1)

    def _get_rate_limits(self):
        """Return those of the limits that interest is held to."""
        return self.filtered(lambda limit: limit.rule == "rate")

    def _get_lowest_rate(self):
        """Return the limit with the lowest fixed rate that interest is held to."""
        limits = self._get_rate_limits().filtered(lambda limit: limit.max_rate)
        return limits.sorted("max_rate")[:1]

    def _get_ceilings(self, company, service_date=None):
        """Return the rules that interest is held to, as the engine knows them."""
        rules = self._get_rate_limits().max_interest_id
        return tuple(
            engine.Ceiling(*rule._get_terms(company, service_date)) for rule in rules
        )

    def _get_rate_on(self, company, day):
        """Return the highest rate for a claim of a day, in percent a year."""
        self.ensure_one()
        if not self.max_interest_id:
            return self.max_rate
        most = self.max_interest_id._get_rate_on(company, day)
        return min(most, self.max_rate) if self.max_rate else most

    def _get_rate_warnings(self, rate):
        """Return what to tell about a rate in percent a year, one text a limit."""
        above = self.filtered(
            lambda limit: limit.rule == "rate_warning"
            and float_compare(rate, limit.max_rate, RATE_DIGITS[1]) > 0
        )
        return [limit._get_message() for limit in above]

    def _get_message(self):
        """Return the rule with its source."""
        self.ensure_one()
        return self.env._("%(rule)s (%(basis)s)", rule=self.name, basis=self.source)
