from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Have the live chat speak the customer's language; without it this is void."""
        return [*super()._get_translation_frontend_modules_name(), "im_livechat"]
