from odoo import fields, models


class ResCompanyRetention(models.Model):
    # a room of its own: data protection
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    dunning_retention_active = fields.Boolean(
        string="Erase What Need Not Be Kept",
        help="Every night, what the retention rules no longer keep is erased.",
    )
