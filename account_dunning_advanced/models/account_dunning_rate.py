from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..engine.interest import RateValue, half_year
from .account_dunning_rate_value import RATE_DIGITS


class AccountDunningRate(models.Model):
    """A reference or statutory rate: dated values, in percent a year."""

    _name = "account.dunning.rate"
    _description = "Interest Rate"
    _inherit = ["account.dunning.shipped", "account.dunning.coded"]
    _order = "country_id, code"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(comodel_name="res.country")
    area = fields.Char(
        translate=True, help="Where the rate holds, if that is not one country."
    )
    period = fields.Selection(
        string="Published",
        selection=[
            ("half_year", "Each half-year"),
            ("year", "Each year"),
            ("three_years", "Every three years"),
            ("event", "When it changes"),
        ],
        required=True,
        default="event",
        help="How often a new value is due, even if it is the same: a rate without"
        " the value that is due is marked as stale.",
    )
    source = fields.Char(help="Who sets the rate, and by which text of law.")
    note = fields.Text()
    value_ids = fields.One2many(
        comodel_name="account.dunning.rate.value", inverse_name="rate_id", copy=True
    )
    date_latest = fields.Date(string="Newest Value", compute="_compute_latest")
    rate_latest = fields.Float(
        string="Percent a Year",
        digits=RATE_DIGITS,
        compute="_compute_latest",
        help="The newest value.",
    )
    is_stale = fields.Boolean(
        string="Stale", compute="_compute_is_stale", search="_search_is_stale"
    )
    stale_since = fields.Date(
        string="Missing Since",
        compute="_compute_is_stale",
        help="The day from which a value is missing.",
    )
    stale_warning = fields.Char(compute="_compute_is_stale")

    _code_unique = models.Constraint(
        "UNIQUE (code)", "Another rate has this code already."
    )

    # === COMPUTE METHODS === #

    @api.depends("value_ids.date_from", "value_ids.rate", "value_ids.company_id")
    @api.depends_context("company")
    def _compute_latest(self):
        for rate in self:
            latest = rate._get_value_records(self.env.company)[-1:]
            rate.date_latest = latest.date_from
            rate.rate_latest = latest.rate

    @api.depends("date_latest", "period")
    @api.depends_context("company", "lang")
    def _compute_is_stale(self):
        today = self.env.company._dunning_today()
        for rate in self:
            rate.stale_warning = rate._get_stale_warning(today)
            rate.stale_since = rate._get_stale_since(today)
            rate.is_stale = bool(rate.stale_since)

    @api.model
    def _search_is_stale(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._dunning_today()
        # archived ones as well
        rates = self.search([("active", "in", [True, False])])
        stale = rates.filtered(lambda rate: rate._get_stale_since(today))
        domains = {
            True: Domain("id", "in", stale.ids),
            False: Domain("id", "not in", stale.ids),
        }
        return Domain.OR(domains[bool(is_stale)] for is_stale in value)

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for rate, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%(name)s (copy)", name=rate.name)
        return vals_list

    @api.model
    def _get_own_fields(self):
        # values are guarded one by one
        return super()._get_own_fields() | {"value_ids"}

    # === BUSINESS METHODS === #

    def _get_values(self, company):
        """Return the dated values that count for a company, oldest first.

        :return: tuple of engine ``RateValue``, percent a year.
        """
        self.ensure_one()
        return tuple(
            RateValue(value.date_from, Decimal(str(value.rate)), value.source or "")
            for value in self._get_value_records(company)
        )

    def _get_value_records(self, company):
        """Return the values of a company, oldest first, one a day.

        A company's own value stands in for the shared one of the same day, and a
        branch's for that of its parent.
        """
        self.ensure_one()
        rank = {parent: depth for depth, parent in enumerate(company.parent_ids, 1)}
        rank[self.env["res.company"]] = 0
        chosen = {}
        for value in self.value_ids.sorted(lambda value: rank.get(value.company_id, 0)):
            if value.date_from and value.company_id in rank:
                chosen[value.date_from] = value
        return self.value_ids.browse().union(
            *(value for _day, value in sorted(chosen.items()))
        )

    def _get_stale_since(self, day):
        """Return since when a value has been missing on a day; False if none is."""
        self.ensure_one()
        if not self.date_latest:
            return day
        due = self._get_next_due(self.date_latest)
        return due if due and due <= day else False

    def _get_next_due(self, day):
        """Return when a value is due after that of a day; False if no one knows."""
        self.ensure_one()
        return {
            "half_year": half_year(day) + relativedelta(months=6),
            "year": date(day.year + 1, 1, 1),
            "three_years": day + relativedelta(years=3),
        }.get(self.period, False)

    def _get_stale_warning(self, day):
        """Return what to tell about a value missing on a day; False if none is."""
        self.ensure_one()
        since = self._get_stale_since(day)
        if not since:
            return False
        if not self.date_latest:
            return self.env._("%(rate)s has no value.", rate=self.name)
        return self.env._(
            "%(rate)s: the newest value is of %(newest)s, a new one is due since"
            " %(since)s.",
            rate=self.name,
            newest=format_date(self.env, self.date_latest),
            since=format_date(self.env, since),
        )
