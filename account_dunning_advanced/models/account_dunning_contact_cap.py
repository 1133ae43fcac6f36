from odoo import fields, models

from .account_dunning_contact import CHANNELS


class AccountDunningContactCap(models.Model):
    """At most so many contacts in any so many days."""

    _name = "account.dunning.contact.cap"
    _description = "Limit on Contacts"
    _inherit = ["account.dunning.shipped"]
    _order = "rule_id, days, id"

    rule_id = fields.Many2one(
        comodel_name="account.dunning.contact.rule",
        required=True,
        index=True,
        ondelete="cascade",
    )
    number = fields.Integer(string="Contacts", required=True, default=1)
    days = fields.Integer(
        string="In Days", required=True, default=7, help="Any so many days in a row."
    )
    channel = fields.Selection(
        selection=[
            (code, label) for code, label in CHANNELS if code not in ("portal", "other")
        ],
        help="Empty counts all channels of the rule together.",
    )

    _number_positive = models.Constraint(
        "CHECK (number > 0)", "Allow one contact at least, or forbid the channel."
    )
    _days_positive = models.Constraint(
        "CHECK (days > 0)", "A limit counts over one day at least."
    )
