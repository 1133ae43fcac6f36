from dataclasses import replace

from odoo import api, models


class AccountDunningRetention(models.Model):
    _inherit = "account.dunning.retention"

    @api.model
    def _get_kinds(self):
        """Who signed an agreement in the portal is emptied with its other texts."""
        kinds = super()._get_kinds()
        promise = kinds["promise"]
        cleared = (*promise.cleared, "signed_by", "signature")
        return {**kinds, "promise": replace(promise, cleared=cleared)}
