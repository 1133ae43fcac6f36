from odoo import api, fields, models


class AccountDunningReplyTime(models.Model):
    """How long customers wait until somebody reads their replies."""

    # a room of its own: time to respond
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.reply"

    date_done = fields.Datetime(string="Read On", readonly=True, copy=False)

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"date_done"}

    def write(self, vals):
        if vals.get("state") == "done":
            vals = {**vals, "date_done": self.env.cr.now()}
        return super().write(vals)
