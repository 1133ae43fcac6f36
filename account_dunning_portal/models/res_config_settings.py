from odoo import api, fields, models

from .account_dunning_chat import PARAMETER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dunning_chat_channel = fields.Selection(
        selection="_selection_dunning_chat_channel",
        string="Live Chat of the Statement",
        config_parameter=PARAMETER,
        help="Customers who are logged in reach it from the pages of their statement,"
        " while somebody is there to answer.",
    )
    dunning_has_chat = fields.Boolean(compute="_compute_dunning_has_chat")

    @api.model
    def _selection_dunning_chat_channel(self):
        return self.env["account.dunning.chat"]._get_channels()

    @api.depends("dunning_chat_channel")
    def _compute_dunning_has_chat(self):
        self.dunning_has_chat = self.env["account.dunning.chat"]._is_installed()

    @api.model
    def get_values(self):
        """Leave out a channel that was deleted: the settings could not be saved."""
        values = super().get_values()
        if values.get("dunning_chat_channel") not in dict(
            self._selection_dunning_chat_channel()
        ):
            values["dunning_chat_channel"] = False
        return values
