from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def action_post(self):
        """Match payments from the portal with the items that the customer chose."""
        result = super().action_post()
        for payment in self:
            transaction_sudo = payment.payment_transaction_id.sudo()
            if transaction_sudo.dunning_item_ids and payment.move_id:
                transaction_sudo._settle_dunning_items(payment)
        return result
