from odoo import models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        """What is unmatched again is judged again."""
        items = self.debit_move_id
        result = super().unlink()
        items.exists()._after_dunning_reconcile()
        return result
