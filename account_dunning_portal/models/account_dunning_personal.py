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

    def _collect_core(self, about):
        """Add what customers thought of notices: a rating of Odoo's own."""
        result = super()._collect_core(about)
        notices = about.get("account.dunning.notice")
        if notices:
            about["rating.rating"] = self.env["rating.rating"].search(
                [("res_model", "=", notices._name), ("res_id", "in", notices.ids)]
            )
        return result
