from datetime import date, datetime, time, timedelta

from dateutil.easter import easter

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .account_dunning_rate_value import CONFIDENCES

# A leap year, in which every day of a year exists.
LEAP_YEAR = 2000


class AccountDunningHoliday(models.Model):
    """A public holiday of a country, on which one does not contact debtors.

    Odoo's accounting knows no public holidays. Those that an app with working
    schedules keeps for a company count too, for debtors in the company's country.
    """

    _name = "account.dunning.holiday"
    _description = "Public Holiday"
    _inherit = ["account.dunning.shipped"]
    _order = "country_id, kind, month, day, easter_days, date"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(
        comodel_name="res.country", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=[
            ("yearly", "Same day each year"),
            ("easter", "Counted from Easter"),
            ("once", "One day"),
        ],
        required=True,
        default="once",
    )
    month = fields.Integer()
    day = fields.Integer()
    easter_days = fields.Integer(
        string="Days from Easter Sunday", help="Negative for days before it."
    )
    date = fields.Date()
    source = fields.Char()
    verified_on = fields.Date()
    confidence = fields.Selection(selection=CONFIDENCES, required=True, default="high")

    @api.constrains("kind", "month", "day", "date")
    def _check_day(self):
        for holiday in self:
            if holiday.kind == "once" and not holiday.date:
                raise ValidationError(
                    self.env._("Say when %(holiday)s is.", holiday=holiday.name)
                )
            if holiday.kind == "yearly":
                try:
                    date(LEAP_YEAR, holiday.month, holiday.day)
                except ValueError as error:
                    raise ValidationError(
                        self.env._(
                            "There is no such day in a year: month %(month)s, day"
                            " %(day)s.",
                            month=holiday.month,
                            day=holiday.day,
                        )
                    ) from error

    @api.model
    def _get_days(self, company, countries, years):
        """Return the holidays of countries in some years.

        :return: dict of country to frozenset of dates.
        """
        days = {country: set() for country in countries}
        for holiday in self.search([("country_id", "in", countries.ids)]):
            for year in years:
                day = holiday._get_date(year)
                if day:
                    days[holiday.country_id].add(day)
        if company.country_id in days:
            days[company.country_id] |= self._get_company_days(company, years)
        return {country: frozenset(found) for country, found in days.items()}

    def _get_date(self, year):
        """Return the day of the holiday in a year, or None."""
        self.ensure_one()
        if self.kind == "easter":
            return easter(year) + timedelta(days=self.easter_days)
        if self.kind == "yearly":
            try:
                return date(year, self.month, self.day)
            except ValueError:  # the 29th of February
                return None
        return self.date if self.date.year == year else None

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
