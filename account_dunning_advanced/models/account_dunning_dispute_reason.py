from odoo import fields, models

# Where in the company a dispute's ground lies; the axis of the analysis.
CAUSES = [
    ("quality", "Quality of goods or services"),
    ("delivery", "Delivery"),
    ("sales", "Orders and prices"),
    ("billing", "Invoicing"),
    ("payment", "Matching of payments"),
    ("customer", "The customer's side"),
    ("other", "Other"),
]


class AccountDunningDisputeReason(models.Model):
    """What a customer objects to: the code by which disputes are counted."""

    _name = "account.dunning.dispute.reason"
    _description = "Dispute Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="For imports and integrations.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    cause = fields.Selection(
        string="Usual Root Cause",
        selection=CAUSES,
        required=True,
        default="other",
        help="Proposed on a dispute with this reason.",
    )

    _code_unique = models.Constraint(
        "UNIQUE (code)", "Another dispute reason has this code already."
    )
