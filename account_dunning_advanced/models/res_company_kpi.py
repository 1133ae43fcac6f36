from odoo import fields, models


class ResCompanyKpi(models.Model):
    """What contacts cost, for the cost of collection."""

    # a room of its own: figures
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    dunning_cost_letter = fields.Monetary(
        groups="base.group_user",
        string="Cost of a Letter",
        help="Paper, postage and handling.",
    )
    dunning_cost_sms = fields.Monetary(
        groups="base.group_user", string="Cost of an SMS"
    )
    dunning_cost_call = fields.Monetary(
        groups="base.group_user",
        string="Cost of a Call",
        help="The time it takes, at what the hour costs.",
    )
    dunning_cost_visit = fields.Monetary(
        groups="base.group_user", string="Cost of a Visit"
    )

    _dunning_costs_positive = models.Constraint(
        "CHECK (COALESCE(dunning_cost_letter, 0) >= 0"
        " AND COALESCE(dunning_cost_sms, 0) >= 0"
        " AND COALESCE(dunning_cost_call, 0) >= 0"
        " AND COALESCE(dunning_cost_visit, 0) >= 0)",
        "What contacts cost is not negative.",
    )
