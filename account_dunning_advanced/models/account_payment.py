from odoo import models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # === ACTION METHODS === #

    def action_dunning_allocate(self):
        """Propose which of the customer's open items the payment settles.

        :raise UserError: the payment has no journal entry, or nothing of it is left.
        """
        self.ensure_one()
        if not self.move_id:
            raise UserError(
                self.env._(
                    "%(payment)s has no journal entry yet. Set the bank transaction off"
                    " once it is there.",
                    payment=self.display_name,
                )
            )
        return self.move_id.line_ids.action_dunning_allocate()
