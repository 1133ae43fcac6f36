from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..engine import interest as engine
from ..engine.rounding import to_decimal
from .account_dunning_rate_value import CONFIDENCES, RATE_DIGITS


class AccountDunningInterest(models.Model):
    """An interest rule: how a claim bears interest by a law or a contract, as data."""

    _name = "account.dunning.interest"
    _description = "Interest Rule"
    _inherit = ["account.dunning.shipped", "account.dunning.coded"]
    _order = "sequence, code, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    country_id = fields.Many2one(
        comodel_name="res.country", help="Whose law it is; empty for any."
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        help="Leave empty to share the rule among all companies.",
    )
    for_consumer = fields.Boolean(
        string="Consumers", help="Holds for claims on private persons."
    )
    for_sole_trader = fields.Boolean(
        string="Sole Traders",
        help="Holds for claims on persons who trade in their own name.",
    )
    for_company = fields.Boolean(
        string="Companies", help="Holds for claims on companies."
    )
    for_public = fields.Boolean(
        string="Public Bodies", help="Holds for claims on authorities."
    )
    # === RATE === #
    mode = fields.Selection(
        string="Reference",
        selection=[
            ("fixed", "None: the margin is the rate"),
            ("daily", "Each value from its day on"),
            ("half_year", "The value on 1 January or 1 July, for the half-year"),
            ("frozen", "The value on the first day of default, for good"),
            (
                "frozen_half_year",
                "The value of the half-year in which the default began, for good",
            ),
        ],
        required=True,
        default="half_year",
    )
    rate_id = fields.Many2one(
        comodel_name="account.dunning.rate", index=True, ondelete="restrict"
    )
    multiplier = fields.Float(
        digits=RATE_DIGITS,
        required=True,
        default=1.0,
        help="The value of the rate is multiplied by it.",
    )
    margin = fields.Float(
        digits=RATE_DIGITS,
        aggregator=None,
        help="Percentage points on top, or the rate itself.",
    )
    round_up_to = fields.Float(
        digits=RATE_DIGITS,
        help="The rate is rounded up to a multiple of so many percentage points; 0"
        " leaves it as it is.",
    )
    reference_offset = fields.Integer(
        help="Days from the day of reference to the day whose value counts: -1 takes"
        " the value of the last day of the previous half-year.",
    )
    floor_id = fields.Many2one(
        comodel_name="account.dunning.interest",
        string="At Least",
        ondelete="restrict",
        check_company=True,
        help="The rate is at least that of this rule.",
    )
    cap = fields.Float(
        digits=RATE_DIGITS, help="Highest rate in percent a year; 0 is no limit."
    )
    cap_mode = fields.Selection(
        string="Above the Cap",
        selection=[("limit", "Lower the rate"), ("warn", "Warn only")],
        required=True,
        default="limit",
    )
    step_event = fields.Selection(
        string="Later Rate After",
        selection=[("service", "Service of the claim")],
        help="From the day after this event on another rate takes over.",
    )
    step_rate_id = fields.Many2one(
        comodel_name="account.dunning.rate", string="Later Rate", ondelete="restrict"
    )
    # === DAYS === #
    start_basis = fields.Selection(
        string="Starts",
        selection=[
            ("due", "Days after the due date"),
            ("notice", "Days after the reminder"),
            ("invoice", "Days after the invoice"),
        ],
        required=True,
        default="due",
        help="The day after these days is the first that bears interest, though never"
        " before the day after the due date.",
    )
    start_days = fields.Integer()
    day_count = fields.Selection(
        selection=[
            ("act_365", "Actual/365"),
            ("act_act", "Actual/actual"),
            ("act_360", "Actual/360"),
            ("30_360", "30/360"),
        ],
        required=True,
        default="act_365",
    )
    compounding = fields.Selection(
        selection=[
            ("none", "Never"),
            ("yearly", "With each full year of default"),
        ],
        required=True,
        default="none",
        help="When interest is added to what bears interest.",
    )
    # === LAW === #
    needs_agreement = fields.Boolean(
        string="Only if Agreed",
        help="Owed only where the contract says so; else it is owed by law.",
    )
    source = fields.Char(string="Legal Basis", help="The article of the law.")
    verified_on = fields.Date(help="The day on which the law was looked up.")
    confidence = fields.Selection(
        selection=CONFIDENCES,
        required=True,
        default="high",
        help="How sure the rule is; check one of low confidence before you use it.",
    )
    note = fields.Text()
    stale_warning = fields.Text(compute="_compute_stale_warning", recursive=True)

    _code_company_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "Another interest rule has this code already.",
    )
    _rate_given = models.Constraint(
        "CHECK (mode = 'fixed' OR rate_id IS NOT NULL)",
        "Choose the rate that the interest refers to.",
    )
    _step_complete = models.Constraint(
        "CHECK ((step_event IS NULL) = (step_rate_id IS NULL))",
        "A later rate needs both the event and the rate.",
    )
    _not_negative = models.Constraint(
        "CHECK (start_days >= 0 AND cap >= 0 AND round_up_to >= 0)",
        "Days, cap and rounding of an interest rule cannot be negative.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "rate_id.stale_warning",
        "step_rate_id.stale_warning",
        "floor_id.stale_warning",
    )
    @api.depends_context("company", "lang")
    def _compute_stale_warning(self):
        for rule in self:
            today = self.env.company._dunning_today()
            rule.stale_warning = "\n".join(rule._get_stale_warnings(today))

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("floor_id")
    def _check_floor(self):
        for rule in self:
            if rule._has_cycle("floor_id"):
                raise ValidationError(
                    self.env._(
                        "Interest rule %(rule)s would be its own lower limit.",
                        rule=rule.name,
                    )
                )

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for rule, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%(name)s (copy)", name=rule.name)
        return vals_list

    # === BUSINESS METHODS === #

    def _get_terms(self, company, service_date=None, limits=None):
        """Return how the rate follows from which values, for a company.

        :param company: whose own values of the rates count.
        :param date service_date: the day on which the claim was served, if it was.
        :param limits: the legal limits on the rate that hold for the debtor, if any.
        :return: engine ``Terms``, and the tuple of ``RateValue`` to use them with.
        """
        self.ensure_one()
        terms = engine.Terms(
            mode=self.mode,
            margin=to_decimal(self.margin),
            multiplier=to_decimal(self.multiplier),
            reference_offset_days=self.reference_offset,
            round_up_to=to_decimal(self.round_up_to),
            day_count=self.day_count,
            compounding=self.compounding,
            steps=self._get_steps(company, service_date),
            at_least=self._get_floors(company, service_date),
            cap=to_decimal(self.cap) if self.cap else None,
            cap_warns=self.cap_mode == "warn",
        )
        if limits:
            terms = replace(terms, at_most=limits._get_ceilings(company, service_date))
            lowest = limits._get_lowest_rate()
            if self._is_capped_by(lowest):
                terms = replace(terms, cap=to_decimal(lowest.max_rate), cap_warns=False)
        return terms, self.rate_id._get_values(company) if self.rate_id else ()

    def _get_capped_terms(self, company, partner, service_date=None):
        """Return what :meth:`_get_terms` does, held to the law of a debtor."""
        Charging = self.env["account.dunning.charging"]
        limits = Charging._get_rate_limits(company, partner)
        return self._get_terms(company, service_date, limits=limits)

    def _is_capped_by(self, limit):
        """Return whether a legal limit on the rate comes before the rule's own cap."""
        if not limit:
            return False
        own = self.cap if self.cap_mode == "limit" else 0.0
        return not own or limit.max_rate < own

    def _get_steps(self, company, service_date):
        """Return the rates that take over after the events that have come.

        For an addon to know of another event, it must override this method and extend
        ``step_event``.
        """
        self.ensure_one()
        if self.step_event != "service" or not service_date:
            return ()
        values = self.step_rate_id._get_values(company)
        day = service_date + timedelta(days=1)
        return (engine.Step(day, engine.Terms(mode="daily"), values),)

    def _get_rate_on(self, company, day):
        """Return the rate of a claim that begins on a day, in percent a year.

        :raise UserError: no value is known for the day.
        """
        terms, values = self._get_terms(company)
        try:
            return float(engine.rate_on(terms, values, day, day))
        except engine.NoRate as error:
            raise UserError(self._get_missing_message(error.day)) from error

    def _get_floors(self, company, service_date):
        self.ensure_one()
        if not self.floor_id:
            return ()
        return (engine.Floor(*self.floor_id._get_terms(company, service_date)),)

    @api.model
    def _find_by_law(self, company, debtor_kind):
        """Return the rule that holds by law for a company's claims, or none.

        The law of the company's country, for claims usually follow the seller's; else
        a rule of no country. Rules that need an agreement do not hold by themselves.

        :param str debtor_kind: as from ``res.partner._get_dunning_kind``.
        """
        country = company.account_fiscal_country_id or company.country_id
        rules = self.sudo().search(
            [
                ("company_id", "in", [False, *company.parent_ids.ids]),
                ("country_id", "=", country.id),
                (f"for_{debtor_kind}", "=", True),
                ("needs_agreement", "=", False),
            ]
        )
        # a company's own rule before a shared one
        return rules.sorted(lambda rule: (not rule.company_id, rule.sequence))[:1]

    def _get_first_day(self, due_date, notice_date=None, invoice_date=None):
        """Return the first day that bears interest; None while it has not come."""
        self.ensure_one()
        return engine.first_day(
            due_date, self.start_basis, self.start_days, notice_date, invoice_date
        )

    def _accrue(
        self,
        balances,
        due_date,
        date_to,
        currency,
        company,
        date_from=None,
        notice_date=None,
        invoice_date=None,
        service_date=None,
        terms=None,
        charged=(),
    ):
        """Return the interest on a claim up to a day, in segments.

        :param balances: engine ``Balance`` list, the open principal by its day.
        :param date due_date: the due date of the claim.
        :param date date_to: last day to charge.
        :param currency: of the claim; amounts are rounded to its smallest one.
        :param company: the creditor.
        :param date date_from: first day to charge, after what was charged before;
            without it from the first day of default on.
        :param date notice_date: the reminder that put the debtor in default.
        :param date invoice_date: the day of the invoice.
        :param date service_date: the day on which the claim was served.
        :param terms: what ``_get_terms`` returns, if the caller has many claims.
        :param charged: engine ``Layer`` list, what is not charged again.
        :return: list of engine ``Segment``.
        :raise UserError: if a rate has no value for one of the days.
        """
        self.ensure_one()
        start = self._get_first_day(due_date, notice_date, invoice_date)
        if not start:
            return []
        terms, values = terms or self._get_terms(company, service_date)
        rounding = to_decimal(currency.rounding)
        try:
            return engine.accrue(
                terms,
                values,
                balances,
                start,
                date_from or start,
                date_to,
                rounding,
                charged,
            )
        except engine.NoRate as error:
            raise UserError(self._get_missing_message(error.day)) from error

    def _get_missing_message(self, day):
        self.ensure_one()
        return self.env._(
            "Interest rule %(rule)s needs a rate for %(day)s, and none is known. Add"
            " its value under Configuration > Dunning > Rates.",
            rule=self.name,
            day=format_date(self.env, day),
        )

    def _get_stale_warnings(self, day):
        """Return what to tell about values that are missing on a day, one a rate."""
        self.ensure_one()
        rates = self._get_rates()
        warnings = (rate._get_stale_warning(day) for rate in rates)
        return [warning for warning in warnings if warning]

    def _get_reference_warnings(self, date_due, day):
        """Return what to tell about values that are missing for the rate of a day.

        A rate that is frozen with the default waits for no later value.
        """
        self.ensure_one()
        if self.mode.startswith("frozen"):
            day = date_due + timedelta(days=1)
        warning = self.rate_id and self.rate_id._get_stale_warning(day)
        warnings = [warning] if warning else []
        if self.floor_id:
            warnings += self.floor_id._get_reference_warnings(date_due, day)
        return list(dict.fromkeys(warnings))

    def _get_rates(self):
        """Return the rates that the rules and their lower limits refer to."""
        rates = self.rate_id | self.step_rate_id
        return rates | self.floor_id._get_rates() if self.floor_id else rates
