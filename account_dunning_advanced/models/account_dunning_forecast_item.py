from odoo import fields, models


class AccountDunningForecastItem(models.Model):
    """When an open item is expected to be paid, by the newest forecast."""

    _name = "account.dunning.forecast.item"
    _description = "Expected Payment"
    _order = "date_expected, amount desc, id"
    _rec_name = "move_line_id"

    forecast_id = fields.Many2one(
        comodel_name="account.dunning.forecast",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="forecast_id.company_id", store=True)
    currency_id = fields.Many2one(related="forecast_id.currency_id")
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        required=True,
        index=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Document")
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", ondelete="cascade"
    )
    date_due = fields.Date(string="Due Date")
    amount = fields.Monetary(string="Open")
    date_early = fields.Date(
        string="P10", help="Paid until this day with a probability of 10 %."
    )
    date_expected = fields.Date(
        string="P50",
        help="Paid until this day as likely as not. Empty: older than experience"
        " reaches.",
    )
    date_late = fields.Date(
        string="P90", help="Paid until this day with a probability of 90 %."
    )
