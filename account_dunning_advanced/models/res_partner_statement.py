from odoo import fields, models


class ResPartnerStatement(models.Model):
    """Whether a customer gets monthly statements."""

    # a room of its own: statements
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.partner"

    dunning_statement = fields.Selection(
        selection=[("monthly", "Every month"), ("never", "Never")],
        string="Statements of Account",
        company_dependent=True,
        help="Whether the customer gets a statement by e-mail at the beginning of each"
        " month. Empty: as the dunning policy says.",
    )

    def _gets_dunning_statements(self, company):
        """Return whether the customer is to get monthly statements of a company."""
        self.ensure_one()
        if self.dunning_statement:
            return self.dunning_statement == "monthly"
        policy = self.dunning_policy_id or company.dunning_policy_id
        return policy.statement_monthly
