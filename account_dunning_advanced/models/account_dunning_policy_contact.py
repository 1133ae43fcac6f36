from odoo import fields, models


class AccountDunningPolicyContact(models.Model):
    """When customers of the policy are contacted."""

    # a room of its own: contact rules
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.policy"

    contact_rule_id = fields.Many2one(
        comodel_name="account.dunning.contact.rule",
        string="Contact Rule",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="When and how often customers of this policy are contacted. Rules that"
        " count by themselves, and what the customer wishes, count besides.",
    )
