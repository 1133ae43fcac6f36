from odoo import fields, models


class AccountDunningPolicyStatement(models.Model):
    """Whether customers of the policy get monthly statements. Not, by default."""

    # a room of its own: statements
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.policy"

    statement_monthly = fields.Boolean(
        string="Monthly Statements",
        help="In the first days of each month customers get a statement of their"
        " account by e-mail, unless it says otherwise on the customer.",
    )
