from odoo import fields, models


class AccountDunningDebtor(models.Model):
    _inherit = "account.dunning.debtor"

    legal_case_count = fields.Integer(
        compute="_compute_legal_case_count",
        groups="account_dunning_advanced.group_dunning_user",
    )

    # === COMPUTE METHODS === #

    def _compute_legal_case_count(self):
        counts = {
            (partner, company): count
            for partner, company, count in self.env["account.legal.case"]._read_group(
                [("partner_id", "in", self.partner_id.ids)],
                ["partner_id", "company_id"],
                ["__count"],
            )
        }
        for debtor in self:
            key = (debtor.partner_id, debtor.company_id)
            debtor.legal_case_count = counts.get(key, 0)

    # === ACTION METHODS === #

    def action_create_legal_case(self):
        """Prepare a legal case of the debtor's items at the top level."""
        self.ensure_one()
        return self.partner_id._open_legal_case(self.company_id)

    def action_view_legal_cases(self):
        """Open the debtor's legal cases."""
        self.ensure_one()
        action = self.partner_id.action_view_legal_cases()
        action["domain"] = [*action["domain"], ("company_id", "=", self.company_id.id)]
        return action
