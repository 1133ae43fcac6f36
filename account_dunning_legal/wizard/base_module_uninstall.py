from odoo import models


class BaseModuleUninstall(models.TransientModel):
    _inherit = "base.module.uninstall"

    def _get_dunning_losses(self):
        return {
            **super()._get_dunning_losses(),
            "account_dunning_legal": [
                "account.legal.case",
                "account.legal.claim",
                "account.legal.letter",
                "account.legal.placement",
                "account.legal.finding",
            ],
        }
