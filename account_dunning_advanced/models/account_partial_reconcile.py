from odoo import models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        """What is undone is judged anew."""
        items = self.debit_move_id
        result = super().unlink()
        items._after_dunning_match()
        return result
