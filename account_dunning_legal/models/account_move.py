from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep invoices that are claimed in court as they were posted."""
        if vals.get("state") in ("draft", "cancel"):
            self._check_not_in_court()
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _check_not_in_court(self):
        """:raise UserError: an open case claims an item of the entry."""
        case_sudo = self.env["account.legal.case"].sudo()._find_claiming(self.line_ids)
        if case_sudo:
            move = (case_sudo.move_line_ids.move_id & self)[:1]
            raise UserError(
                self.env._(
                    "%(invoice)s is claimed in case %(case)s, which is open. Issue a"
                    " credit note, which the claim account follows, or close the case"
                    " first.",
                    invoice=move.name,
                    case=case_sudo.name,
                )
            )
