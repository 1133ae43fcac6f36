from odoo import api, models


class AccountDunningGate(models.AbstractModel):
    """What is written to a debtor in a legal matter passes the gate as well."""

    _inherit = "account.dunning.gate"

    @api.model
    def _get_gated_models(self):
        return super()._get_gated_models() | {
            "account.legal.case": "partner_id",
            "account.legal.letter": "case_id.partner_id",
            "account.legal.placement": "partner_id",
            "account.legal.clock": "partner_id",
            "account.legal.finding": "partner_id",
            "account.legal.deposit": "case_id.partner_id",
            "account.legal.attempt": "case_id.partner_id",
            "account.legal.insolvency": "case_id.partner_id",
        }
