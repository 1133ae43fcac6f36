from odoo import fields, models


class ResConfigSettingsRetention(models.TransientModel):
    # a room of its own: data protection
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.config.settings"

    dunning_retention_active = fields.Boolean(
        related="company_id.dunning_retention_active", readonly=False
    )

    def action_preview_dunning_retention(self):
        """Show what the retention rules would erase today."""
        return self.env["account.dunning.retention"].action_preview()
