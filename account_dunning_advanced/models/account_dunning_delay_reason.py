from odoo import fields, models


class AccountDunningDelayReason(models.Model):
    """Why a customer does not pay, as the collector learned it."""

    _name = "account.dunning.delay.reason"
    _description = "Reason of Delay"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="For imports, integrations and filters.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint(
        "UNIQUE (code)", "Another reason of delay has this code already."
    )
