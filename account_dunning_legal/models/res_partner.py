from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    legal_case_count = fields.Integer(
        compute="_compute_legal_case_count",
        groups="account_dunning_advanced.group_dunning_user",
    )

    legal_role = fields.Selection(
        selection=[
            ("agency", "Collection agency"),
            ("lawyer", "Lawyer"),
            ("bailiff", "Bailiff"),
        ],
        help="Makes the partner part of the directory of agencies and lawyers.",
    )
    legal_speciality_ids = fields.Many2many(
        comodel_name="account.legal.speciality", string="Specialities"
    )
    legal_commission_rate = fields.Float(
        groups="base.group_user",
        string="Usual Commission",
        help="Percent of what is recovered.",
    )
    legal_placement_ids = fields.One2many(
        comodel_name="account.legal.placement",
        inverse_name="agency_id",
        groups="account_dunning_advanced.group_dunning_user",
    )
    legal_placement_count = fields.Integer(
        string="Placements",
        compute="_compute_legal_scores",
        groups="account_dunning_advanced.group_dunning_user",
    )
    legal_recovery_rate = fields.Float(
        string="Recovered",
        compute="_compute_legal_scores",
        groups="account_dunning_advanced.group_dunning_user",
        help="Share of the claims placed that was recovered, each placement counting"
        " alike.",
    )
    legal_days = fields.Integer(
        string="Days on Average",
        compute="_compute_legal_scores",
        groups="account_dunning_advanced.group_dunning_user",
        help="How long it has had a case, on average.",
    )
    legal_cost_rate = fields.Float(
        string="Cost",
        compute="_compute_legal_scores",
        groups="account_dunning_advanced.group_dunning_user",
        help="Commission and costs as a share of what was recovered.",
    )
    legal_complaint_count = fields.Integer(
        string="Complaints",
        compute="_compute_legal_scores",
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

    @api.depends_context("allowed_company_ids")
    def _compute_legal_scores(self):
        for partner in self:
            placements = partner.legal_placement_ids
            rates, days, recovered, cost = [], [], 0.0, 0.0
            for placement in placements:
                claimed = placement._get_placed_amount()
                rates.append(placement.amount_recovered / claimed if claimed else 0.0)
                days.append(placement._get_days())
                # money of several currencies is not added, shares of it are
                recovered += rates[-1]
                if placement.amount_recovered:
                    spent = placement.amount_commission + placement.amount_cost
                    cost += rates[-1] * spent / placement.amount_recovered
            count = len(placements)
            partner.legal_placement_count = count
            partner.legal_recovery_rate = sum(rates) / count if count else 0.0
            partner.legal_days = round(sum(days) / count) if count else 0
            partner.legal_cost_rate = cost / recovered if recovered else 0.0
            partner.legal_complaint_count = sum(placements.mapped("complaint_count"))

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
