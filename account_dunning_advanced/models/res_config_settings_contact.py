from odoo import fields, models


class ResConfigSettingsContact(models.TransientModel):
    # a room of its own: contact rules
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.config.settings"

    dunning_role = fields.Selection(
        related="company_id.dunning_role", readonly=False, required=True
    )
    dunning_reply_days = fields.Integer(
        related="company_id.dunning_reply_days", readonly=False
    )
