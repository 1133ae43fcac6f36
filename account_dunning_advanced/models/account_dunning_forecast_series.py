from odoo import fields, models
from odoo.tools import SQL


class AccountDunningForecastSeries(models.Model):
    """The weeks once more, one row a line of the graph: expected, band, came in."""

    _name = "account.dunning.forecast.series"
    _description = "Forecast as a Graph"
    _auto = False
    _order = "date, series"
    _depends = {
        "account.dunning.forecast.week": [
            "amount_actual",
            "amount_expected",
            "amount_high",
            "amount_low",
            "company_id",
            "date",
            "forecast_id",
            "kind",
        ]
    }

    forecast_id = fields.Many2one(
        comodel_name="account.dunning.forecast", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(string="Week from", readonly=True)
    series = fields.Selection(
        selection=[
            ("1_low", "P10"),
            ("2_expected", "Expected"),
            ("3_high", "P90"),
            ("4_actual", "Came in"),
        ],
        readonly=True,
    )
    amount = fields.Monetary(readonly=True)

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """SELECT 4 * week.id + series.number AS id, week.forecast_id,
                      week.company_id, week.date, series.name AS series, series.amount
                 FROM account_dunning_forecast_week week
                CROSS JOIN LATERAL (VALUES
                      (0, '1_low', week.amount_low),
                      (1, '2_expected', week.amount_expected),
                      (2, '3_high', week.amount_high),
                      (3, '4_actual', week.amount_actual)
                ) AS series (number, name, amount)
                -- what is to come has not come in
                WHERE week.kind = 'trial' OR series.name != '4_actual'"""
        )
