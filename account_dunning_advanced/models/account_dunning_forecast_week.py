from odoo import fields, models


class AccountDunningForecastWeek(models.Model):
    """What is expected in a week, or was in the back-test."""

    _name = "account.dunning.forecast.week"
    _description = "Week of a Forecast"
    _order = "forecast_id desc, kind, date, id"

    forecast_id = fields.Many2one(
        comodel_name="account.dunning.forecast",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="forecast_id.company_id", store=True)
    currency_id = fields.Many2one(related="forecast_id.currency_id")
    kind = fields.Selection(
        selection=[("forecast", "Forecast"), ("trial", "Back-test")], required=True
    )
    date = fields.Date(string="Week from", required=True)
    amount_expected = fields.Monetary(string="Expected")
    amount_low = fields.Monetary(
        string="P10", help="In one week of ten less comes in, if the bands are right."
    )
    amount_high = fields.Monetary(
        string="P90", help="In one week of ten more comes in, if the bands are right."
    )
    amount_promised = fields.Monetary(
        string="of it Promised",
        help="From promises and plans, at the rate at which they were kept.",
    )
    amount_actual = fields.Monetary(
        string="Came In", help="What came on the items that were there."
    )
