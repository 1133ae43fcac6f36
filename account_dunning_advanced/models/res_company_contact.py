from odoo import fields, models


class ResCompanyContact(models.Model):
    # a room of its own: contact rules
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    dunning_role = fields.Selection(
        selection=[
            ("creditor", "Collects its own claims"),
            ("agency", "Collects for others"),
        ],
        string="Role",
        required=True,
        default="creditor",
        help="Some contact rules bind only who collects for others.",
    )
    dunning_reply_days = fields.Integer(
        string="Pause After a Reply",
        default=7,
        help="For so many days at most a reply that nobody has read pauses the"
        " customer's dunning.",
    )

    _dunning_reply_days_positive = models.Constraint(
        "CHECK (dunning_reply_days >= 0)", "The days of the pause cannot be negative."
    )
