from odoo import api, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    @api.constrains("active", "type")
    def _check_dunning_charges(self):
        """:raise RedirectWarning: bills of dunning charges are posted here."""
        companies_sudo = (
            self.env["res.company"]
            .sudo()
            .search([("dunning_charge_journal_id", "in", self.ids)])
        )
        companies_sudo._check_dunning_charges_in_use()
