from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningTradeRelease(models.TransientModel):
    """Let invoices of a late payer through, with a reason that is kept."""

    _name = "account.dunning.trade.release"
    _description = "Release New Invoices"

    debtor_id = fields.Many2one(
        comodel_name="account.dunning.debtor", required=True, readonly=True
    )
    trade_text = fields.Char(related="debtor_id.trade_text")
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        readonly=True,
        help="Is confirmed with the release.",
    )
    date_to = fields.Date(
        string="Until",
        required=True,
        default=lambda self: self._default_date_to(),
        help="The last day on which new invoices are let through.",
    )
    reason = fields.Char(required=True)

    @api.model
    def _default_date_to(self):
        return self.env.company._dunning_today() + timedelta(days=7)

    @api.constrains("date_to")
    def _check_date_to(self):
        for release in self:
            if release.date_to < release.debtor_id.company_id._dunning_today():
                raise UserError(self.env._("A release ends today at the earliest."))

    def action_release(self):
        """Release the customer, and confirm the invoice that was stopped."""
        self.ensure_one()
        self.debtor_id._release_trade(self.date_to, self.reason)
        if self.move_id:
            self.move_id.message_post(
                body=self.env._(
                    "Confirmed although the customer is late: %(reason)s",
                    reason=self.reason,
                )
            )
            return self.move_id.action_post()
        return {"type": "ir.actions.act_window_close"}
