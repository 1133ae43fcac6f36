from odoo import api, fields, models


class AccountDunningPromise(models.Model):
    """Keeps who signed an agreement in the portal."""

    _inherit = "account.dunning.promise"

    signed_by = fields.Char(
        readonly=True, copy=False, help="The name that the customer signed with."
    )
    signed_on = fields.Datetime(readonly=True, copy=False)

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"signed_by", "signed_on"}
