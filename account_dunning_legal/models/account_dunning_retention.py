from datetime import date

from odoo import api, fields, models

from odoo.addons.account_dunning_advanced.engine.retention import Kind

KINDS = {
    "case": Kind(
        "account.legal.case",
        date="date_open",
        closed="date_closed",
        domain=[("state", "in", ("closed", "cancelled"))],
        actions=("pseudonymise",),
        cleared=("early_reason", "letter_ids", "hearing_ids", "party_ids"),
    ),
    "finding": Kind("account.legal.finding", date="date"),
}


class AccountDunningRetention(models.Model):
    _inherit = "account.dunning.retention"

    kind = fields.Selection(
        selection_add=[
            ("case", "Papers of legal cases that are over"),
            ("finding", "Knowledge of debtors"),
        ],
        ondelete={"case": "cascade", "finding": "cascade"},
    )

    @api.model
    def _get_kinds(self):
        return {**super()._get_kinds(), **KINDS}

    @api.model
    def _get_needed_since(self, company):
        """Everything about a debtor is kept while a legal case is open."""
        cases = (
            self.env["account.legal.case"]
            .sudo()
            .search(
                [("company_id", "=", company.id), ("state", "in", ("draft", "open"))]
            )
        )
        return super()._get_needed_since(company) | dict.fromkeys(
            cases.partner_id.commercial_partner_id.ids, date.min
        )

    @api.model
    def _pseudonymise(self, records):
        """Of a case the number, the days and the claim account stay."""
        if records._name != "account.legal.case":
            return super()._pseudonymise(records)
        for name in ("letter_ids", "hearing_ids", "party_ids"):
            self._delete(records[name])
        self._delete_papers(records)
        records.step_ids.write({"note": False})
        return records.write({"early_reason": False})
