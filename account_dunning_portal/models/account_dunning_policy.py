from odoo import fields, models


class AccountDunningPolicy(models.Model):
    """What customers may settle by themselves in the portal."""

    _inherit = "account.dunning.policy"

    portal_link_days = fields.Integer(
        string="Links Open For (days)",
        default=90,
        help="So long the link on a letter or e-mail opens its notice without login.",
    )
    portal_paid_days = fields.Integer(
        string="Time to Check Payments (days)",
        default=7,
        help="So long an item is not dunned after the customer said that it is paid.",
    )
    portal_min_part = fields.Monetary(
        string="Smallest Instalment",
        tracking=True,
        help="Customers who want to pay smaller instalments have to ask the collector;"
        " 0 for no limit.",
    )

    portal_sign = fields.Boolean(
        string="Customers Sign Agreements",
        tracking=True,
        help="Who promises something in the portal or accepts an offer signs with the"
        " full name.",
    )
    portal_sign_drawn = fields.Boolean(
        string="Drawn Signatures",
        tracking=True,
        help="Who signs is asked to draw the signature, too. The name counts without:"
        " not everybody can draw, and not every browser.",
    )

    _portal_settings_positive = models.Constraint(
        "CHECK (COALESCE(portal_link_days, 1) BETWEEN 1 AND 3650"
        " AND COALESCE(portal_paid_days, 1) BETWEEN 1 AND 90"
        " AND COALESCE(portal_min_part, 0) >= 0)",
        "Links open for 1 to 3650 days, payments are checked in 1 to 90 days, and the"
        " smallest instalment is not negative.",
    )
