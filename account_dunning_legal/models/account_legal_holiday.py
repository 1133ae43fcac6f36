from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.account_dunning_advanced.models.account_dunning_rate_value import (
    CONFIDENCES,
)

from ..engine import deadline

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


class AccountLegalHoliday(models.Model):
    """A day on which a country's courts are closed, or a recess in which time stands.

    Holidays of a region are not shipped: a company adds those of its courts.
    """

    _name = "account.legal.holiday"
    _description = "Court Holiday"
    _inherit = ["account.dunning.shipped"]
    _order = "country_id, date, month, day, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(
        comodel_name="res.country", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=[("holiday", "Holiday"), ("recess", "Recess: periods do not run")],
        required=True,
        default="holiday",
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
    date = fields.Date()
    month = fields.Selection(selection=MONTHS)
    day = fields.Integer()
    weekday = fields.Selection(selection=WEEKDAYS)
    nth = fields.Integer(string="Week", help="1 is the first, -1 the last.")
    easter_offset = fields.Integer(help="Days after Easter Sunday, negative before.")
    days = fields.Integer(default=1, help="How many days it lasts.")
    moves = fields.Selection(
        string="Substitute",
        selection=[
            ("sunday", "If it is a Sunday"),
            ("weekend", "If it is a Saturday or Sunday"),
        ],
        help="When the next working day is a holiday instead.",
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
        needed = {
            "date": ("date",),
            "yearly": ("month", "day"),
            "weekday": ("month", "weekday", "nth"),
            "easter": (),
        }
        for holiday in self:
            for name in needed[holiday.rule]:
                if not holiday[name]:
                    raise ValidationError(
                        self.env._(
                            "State the %(field)s of holiday “%(holiday)s”.",
                            field=self._fields[name]._description_string(self.env),
                            holiday=holiday.name,
                        )
                    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_days(self, country, start, years):
        """Return the (holidays, days of recess) of a country around a period."""
        known = self.search([("country_id", "=", country.id)]) if country else self
        span = range(start.year, start.year + years + 1)
        return tuple(
            deadline.expand(
                [
                    holiday._to_rule()
                    for holiday in known.filtered(
                        lambda day, kind=kind: day.kind == kind
                    )
                ],
                span if kind == "holiday" else range(start.year - 1, span.stop),
            )
            for kind in ("holiday", "recess")
        )

    def _to_rule(self):
        """Return the holiday as the engine takes it."""
        self.ensure_one()
        if self.rule == "date":
            return deadline.Rule(only=self.date, days=self.days)
        if self.rule == "easter":
            return deadline.Rule(easter_offset=self.easter_offset, days=self.days)
        by_weekday = self.rule == "weekday"
        return deadline.Rule(
            month=int(self.month),
            day=self.day,
            weekday=int(self.weekday) if by_weekday else None,
            nth=self.nth if by_weekday else 0,
            days=self.days,
            moves=self.moves or "",
        )
