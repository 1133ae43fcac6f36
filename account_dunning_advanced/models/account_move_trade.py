from odoo import models


class AccountMove(models.Model):
    """What being late does to new invoices."""

    # a room of its own, see account_dunning_debtor_trade
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    # === ACTION METHODS === #

    def action_post(self):
        """Stop invoices to late payers; what the dunning process bills is not new."""
        self._check_dunning_trade()
        return super().action_post()

    # === BUSINESS METHODS === #

    def _get_dunning_trade_debtor(self):
        """Return the debtor row that speaks on this draft invoice, if any."""
        self.ensure_one()
        Debtor = self.env["account.dunning.debtor"]
        if (
            self.state != "draft"
            or self.move_type != "out_invoice"
            or self._is_dunning_charge()
            or not self.partner_id
        ):
            return Debtor
        return Debtor._get_of_partner(self.partner_id, self.company_id)

    def _check_dunning_trade(self):
        """:raise UserError: new invoices of the customer are stopped."""
        for move in self:
            move._get_dunning_trade_debtor()._check_trade(move)

    def _get_alerts(self):
        alerts = super()._get_alerts()
        debtor_sudo = self._get_dunning_trade_debtor()
        if debtor_sudo.trade_text:
            alerts["account_dunning_trade"] = {
                "level": "danger" if debtor_sudo.trade_effect == "stop" else "warning",
                "message": debtor_sudo.trade_text,
            }
        return alerts

    def _build_credit_warning_message(self, record, **kwargs):
        """Say on other documents, such as orders, that the customer is late."""
        message = super()._build_credit_warning_message(record, **kwargs)
        if record._name == self._name:
            return message
        debtor_sudo = self.env["account.dunning.debtor"]._get_of_partner(
            record.partner_id, record.company_id
        )
        return "\n".join(filter(None, [message, debtor_sudo.trade_text]))
