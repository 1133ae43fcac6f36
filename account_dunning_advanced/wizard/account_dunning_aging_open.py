from odoo import fields, models
from odoo.tools import format_date


class AccountDunningAgingOpen(models.TransientModel):
    """Which day the aging is wanted for."""

    _name = "account.dunning.aging.open"
    _description = "Aging as of a Day"

    date = fields.Date(
        string="As of",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        help="What was open at the end of this day, by what the ledger says of it now.",
    )

    def action_open(self):
        """Open the report; its name says the day."""
        self.ensure_one()
        action = self.env["account.dunning.aging"]._get_action(self.date)
        name = self.env._("Aging as of %(date)s", date=format_date(self.env, self.date))
        return {**action, "name": name, "display_name": name}
