from odoo import fields, models


class ResConfigSettingsKpi(models.TransientModel):
    # a room of its own: figures
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.config.settings"

    dunning_cost_letter = fields.Monetary(
        related="company_id.dunning_cost_letter", readonly=False
    )
    dunning_cost_sms = fields.Monetary(
        related="company_id.dunning_cost_sms", readonly=False
    )
    dunning_cost_call = fields.Monetary(
        related="company_id.dunning_cost_call", readonly=False
    )
    dunning_cost_visit = fields.Monetary(
        related="company_id.dunning_cost_visit", readonly=False
    )
