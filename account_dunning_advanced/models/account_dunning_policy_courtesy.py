from odoo import fields, models


class AccountDunningPolicyCourtesy(models.Model):
    """What customers of the policy are told besides notices. Nothing, by default."""

    # a room of its own: courtesy
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.policy"

    thank_on_payment = fields.Boolean(
        string="Thank for Payment",
        help="The customer is thanked, once, when all that a notice asked for is paid.",
    )
    crossed_days = fields.Integer(
        string="Payment Crossed",
        help="If what a notice asked for was paid within so many days before or after"
        " it, the customer is told to disregard the notice. 0: not told.",
    )
    confirm_hold_end = fields.Boolean(
        string="Tell When a Hold Ends",
        help="The customer is told that reminders go on, where something is still open."
        " Not for special stops, and not for pauses after a reply.",
    )

    _crossed_days_positive = models.Constraint(
        "CHECK (COALESCE(crossed_days, 0) >= 0)",
        "The days around a notice are not negative.",
    )
