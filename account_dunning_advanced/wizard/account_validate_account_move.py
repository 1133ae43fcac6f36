from odoo import models


class ValidateAccountMove(models.TransientModel):
    _inherit = "validate.account.move"

    def validate_move(self):
        """Ask about late payers here as well: the dialog posts without the button."""
        self.move_ids._check_dunning_trade()
        return super().validate_move()
