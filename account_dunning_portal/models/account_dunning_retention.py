from dataclasses import replace

from odoo import api, models


class AccountDunningRetention(models.Model):
    _inherit = "account.dunning.retention"

    @api.model
    def _get_kinds(self):
        """Who signed an agreement in the portal is emptied with its other texts.

        What a customer thought of a notice goes with its letter.
        """
        kinds = super()._get_kinds()
        promise, letter = kinds["promise"], kinds["letter"]
        signed = (*promise.cleared, "signed_by", "signature")
        return {
            **kinds,
            "promise": replace(promise, cleared=signed),
            "letter": replace(letter, cleared=(*letter.cleared, "rating_ids")),
        }

    def _pseudonymise(self, records):
        if records._name == "account.dunning.notice":
            records.rating_ids.unlink()
        return super()._pseudonymise(records)
