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

    @api.model
    def _get_address_fields(self):
        """Who opens a notice by its link is known by the name that was signed with."""
        return super()._get_address_fields() | {"signed_by"}

    def _collect_core(self, about):
        """Add what customers thought of notices and paid here, of Odoo's own."""
        result = super()._collect_core(about)
        notices = about.get("account.dunning.notice")
        if notices:
            about["rating.rating"] = self.env["rating.rating"].search(
                [("res_model", "=", notices._name), ("res_id", "in", notices.ids)]
            )
        about["payment.transaction"] = self._find_transactions(about["res.partner"])
        return result

    def _find_transactions(self, partners):
        """Return the payments that people began on our pages, paid or not."""
        return self.env["payment.transaction"].search(
            [
                ("partner_id", "in", partners.ids),
                "|",
                ("dunning_item_ids", "!=", False),
                ("dunning_notice_id", "!=", False),
            ]
        )

    def _collect_messages(self, about, person):
        """Add the ratings that the person gave, and the payments."""
        result = super()._collect_messages(about, person)
        about["rating.rating"] = self.env["rating.rating"].search(
            [
                ("res_model", "=", "account.dunning.notice"),
                ("partner_id", "=", person.id),
            ]
        )
        about["payment.transaction"] = self._find_transactions(person)
        return result
