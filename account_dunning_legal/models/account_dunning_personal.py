from odoo import api, models

NOT_PERSONAL = {
    "account.legal.document": "set-up",
    "account.legal.fee": "law",
    "account.legal.fee.band": "law",
    "account.legal.fee.version": "law",
    "account.legal.limitation": "law",
    "account.legal.limitation.rule": "law",
    "account.legal.procedure": "law",
    "account.legal.procedure.outcome": "law",
    "account.legal.procedure.step": "law",
    "account.legal.speciality": "set-up",
}


class AccountDunningPersonal(models.AbstractModel):
    _inherit = "account.dunning.personal"

    @api.model
    def _get_modules(self):
        return super()._get_modules() | {"account_dunning_legal"}

    @api.model
    def _get_not_personal(self):
        return {**super()._get_not_personal(), **NOT_PERSONAL}
