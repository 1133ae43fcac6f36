from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    legal_case_count = fields.Integer(
        compute="_compute_legal_case_count",
        groups="account_dunning_advanced.group_dunning_user",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("allowed_company_ids")
    def _compute_legal_case_count(self):
        counts = dict(
            self.env["account.legal.case"]._read_group(
                [("partner_id", "in", self.commercial_partner_id.ids)],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.legal_case_count = counts.get(partner.commercial_partner_id, 0)

    # === ACTION METHODS === #

    def action_create_legal_case(self):
        """Prepare a legal case of the customer's items at the top level."""
        self.ensure_one()
        return self._open_legal_case(self.env.company)

    def action_view_legal_cases(self):
        """Open the customer's legal cases."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_legal.account_legal_case_action"
        )
        action["domain"] = [("partner_id", "=", self.commercial_partner_id.id)]
        action["context"] = {"default_partner_id": self.commercial_partner_id.id}
        return action

    # === BUSINESS METHODS === #

    def _open_legal_case(self, company):
        """Return the action that opens the customer's draft cases in a company."""
        self.ensure_one()
        cases = self.env["account.legal.case"]._create_for(self, company)
        return cases._get_records_action()
