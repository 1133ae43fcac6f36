from odoo import fields, models


class AccountDunningKpiLine(models.Model):
    """A month's figures of one collector, level or age group."""

    _name = "account.dunning.kpi.line"
    _description = "Collection Figures in Detail"
    _order = "kpi_id, kind, bucket_id, level_id, user_id, id"

    kpi_id = fields.Many2one(
        comodel_name="account.dunning.kpi",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="kpi_id.company_id", store=True)
    currency_id = fields.Many2one(related="kpi_id.currency_id")
    date = fields.Date(related="kpi_id.date", store=True)
    kind = fields.Selection(
        selection=[
            ("collector", "Collector"),
            ("level", "Level"),
            ("roll", "Age"),
        ],
        required=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Collector", ondelete="cascade"
    )
    level_id = fields.Many2one(comodel_name="account.dunning.level", ondelete="cascade")
    bucket_id = fields.Many2one(
        comodel_name="account.dunning.aging.bucket", string="Age", ondelete="cascade"
    )
    amount_base = fields.Monetary(
        string="Asked For",
        help="What notices of the month asked for; of an age group what stood in it a"
        " month before. In company currency.",
    )
    amount = fields.Monetary(
        string="Came In",
        help="Cash within 30 days after the notice, raw: money that would have come"
        " anyway is in it. Of an age group what of it has grown older since.",
    )
    rate = fields.Float(
        string="Share", aggregator="avg", help="The second amount / the first."
    )
