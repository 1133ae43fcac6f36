from odoo import fields, models


class ResCompanyDispute(models.Model):
    """How long disputes take, and who decides them."""

    # a room of its own: disputes
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    dunning_dispute_days = fields.Integer(
        string="Days to Decide Disputes",
        default=10,
        help="Working days until a new dispute is to be decided.",
    )
    dunning_dispute_tolerance_days = fields.Integer(
        string="Tolerance After Disputes",
        default=7,
        help="Days after a dispute was rejected during which its items are not dunned.",
    )
    dunning_dispute_limit = fields.Monetary(
        groups="base.group_user",
        help="Up to this sum a collector may uphold disputes of their own, which makes"
        " a credit note; a dunning manager may uphold any. 0 is no limit.",
    )

    _dunning_dispute_settings_positive = models.Constraint(
        "CHECK (dunning_dispute_days >= 0 AND dunning_dispute_tolerance_days >= 0"
        " AND dunning_dispute_limit >= 0)",
        "Days and limits of disputes are not negative.",
    )
