from odoo import api, models


class AccountDunningPersonal(models.AbstractModel):
    _inherit = "account.dunning.personal"

    @api.model
    def _get_modules(self):
        return super()._get_modules() | {"account_dunning_portal"}

    @api.model
    def _get_not_personal(self):
        return {
            **super()._get_not_personal(),
            "account.dunning.attempt": "a keyed hash that nobody can trace, for a day",
            "account.dunning.debt.help": "set-up",
        }
