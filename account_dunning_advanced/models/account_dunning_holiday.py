from datetime import date, datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import holiday as engine
from .account_dunning_rate_value import CONFIDENCES

MONTHS = [
    ("1", "January"),
    ("2", "February"),
    ("3", "March"),
    ("4", "April"),
    ("5", "May"),
    ("6", "June"),
    ("7", "July"),
    ("8", "August"),
    ("9", "September"),
    ("10", "October"),
    ("11", "November"),
    ("12", "December"),
]
WEEKDAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]
# What each rule cannot do without.
NEEDED = {
    "date": ("date",),
    "yearly": ("month", "day"),
    "weekday": ("month", "weekday", "nth"),
    "easter": (),
}
# A leap year, in which every day of a year exists.
LEAP_YEAR = 2000


class AccountDunningHoliday(models.Model):
    """A public holiday of a country, on which one does not contact debtors.

    Odoo's accounting knows no public holidays. Those that an app with working
    schedules keeps for a company count too, for debtors in the company's country.
    Holidays of a region are not shipped: a company adds those of its place.
    """

    _name = "account.dunning.holiday"
    _description = "Public Holiday"
    _inherit = ["account.dunning.shipped"]
    _order = "country_id, date, month, day, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(
        comodel_name="res.country", required=True, index=True, ondelete="cascade"
    )
    rule = fields.Selection(
        selection=[
            ("date", "On one date"),
            ("yearly", "Every year on a day"),
            ("weekday", "Every year on a weekday of a month"),
            ("easter", "Every year by Easter"),
        ],
        required=True,
        default="yearly",
    )
    date = fields.Date(help="For holidays that follow the moon or a decree.")
    month = fields.Selection(selection=MONTHS)
    day = fields.Integer(aggregator=None)
    weekday = fields.Selection(selection=WEEKDAYS)
    nth = fields.Integer(
        string="Week", aggregator=None, help="1 is the first, -1 the last."
    )
    easter_offset = fields.Integer(
        string="Days from Easter Sunday",
        aggregator=None,
        help="Negative for days before it.",
    )
    days = fields.Integer(default=1, aggregator=None, help="How many days it lasts.")
    moves = fields.Selection(
        string="Substitute Day",
        selection=[
            ("sunday", "If it is a Sunday"),
            ("weekend", "If it is a Saturday or Sunday"),
        ],
        help="When the next working day is a holiday besides.",
    )
    source = fields.Char()
    verified_on = fields.Date()
    confidence = fields.Selection(
        selection=CONFIDENCES, required=True, default="medium"
    )

    _days_positive = models.Constraint(
        "CHECK (days > 0)", "A holiday lasts at least one day."
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("rule", "date", "month", "day", "nth", "weekday")
    def _check_rule(self):
        for holiday in self:
            for name in NEEDED[holiday.rule]:
                if not holiday[name]:
                    raise ValidationError(
                        self.env._(
                            "State the %(field)s of holiday “%(holiday)s”.",
                            field=self._fields[name]._description_string(self.env),
                            holiday=holiday.name,
                        )
                    )
            if holiday.rule == "yearly":
                holiday._check_day()

    def _check_day(self):
        self.ensure_one()
        try:
            date(LEAP_YEAR, int(self.month), self.day)
        except ValueError as error:
            raise ValidationError(
                self.env._(
                    "There is no such day in a year: month %(month)s, day %(day)s.",
                    month=self.month,
                    day=self.day,
                )
            ) from error

    # === BUSINESS METHODS === #

    @api.model
    def _get_days(self, company, countries, years):
        """Return the public holidays of countries in some years.

        :return: dict of country to frozenset of dates.
        """
        known = self.search(
            [("country_id", "in", countries.ids), *self._get_public_domain()]
        ).grouped("country_id")
        days = {
            country: known.get(country, self)._expand(years) for country in countries
        }
        if company.country_id in days:
            days[company.country_id] |= self._get_company_days(company, years)
        return {country: frozenset(found) for country, found in days.items()}

    @api.model
    def _get_of_company(self, company, years):
        """Return the holidays where a company is: on these it does not work.

        :return: a frozenset of dates; none where the company's country is not known.
        """
        # the holidays of a country are no secret
        days = self.sudo()._get_days(company, company.country_id, years)
        return days.get(company.country_id, frozenset())

    @api.model
    def _get_public_domain(self):
        """Return which of the days are everybody's; an override point."""
        return []

    def _expand(self, years):
        """Return the days of these holidays in some years, substitutes included."""
        return engine.expand([holiday._to_rule() for holiday in self], years)

    def _to_rule(self):
        """Return the holiday as the engine takes it."""
        self.ensure_one()
        if self.rule == "date":
            return engine.Rule(only=self.date, days=self.days)
        if self.rule == "easter":
            return engine.Rule(easter_offset=self.easter_offset, days=self.days)
        by_weekday = self.rule == "weekday"
        return engine.Rule(
            month=int(self.month),
            day=self.day,
            weekday=int(self.weekday) if by_weekday else None,
            nth=self.nth if by_weekday else 0,
            days=self.days,
            moves=self.moves or "",
        )

    @api.model
    def _get_company_days(self, company, years):
        """Return the company's holidays where an app keeps them; an override point."""
        if "resource.calendar.leaves" not in self.env:
            return set()
        leaves_sudo = (
            self.env["resource.calendar.leaves"]
            # the holidays of a company are no secret of its employees
            .sudo()
            .search(
                [
                    ("resource_id", "=", False),
                    ("company_id", "in", [False, company.id]),
                    (
                        "date_from",
                        "<=",
                        datetime.combine(date(max(years), 12, 31), time.max),
                    ),
                    ("date_to", ">=", datetime(min(years), 1, 1)),
                ]
            )
        )
        days = set()
        for leave in leaves_sudo.with_context(tz=company.partner_id.tz or "UTC"):
            first, last = (
                fields.Datetime.context_timestamp(leave, moment).date()
                for moment in (leave.date_from, leave.date_to)
            )
            days |= {
                first + timedelta(days=number)
                for number in range((last - first).days + 1)
            }
        return days
