from odoo import models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        """Undone payments take back the discounts that they earned."""
        items = self.debit_move_id
        result = super().unlink()
        self.env["account.dunning.offer"]._judge_items(items)
        return result
