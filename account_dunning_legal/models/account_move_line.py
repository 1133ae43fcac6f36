from odoo import fields, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    legal_clock_ids = fields.One2many(
        comodel_name="account.legal.clock",
        inverse_name="move_line_id",
        string="Limitation Clock",
        groups="account_dunning_advanced.group_dunning_user",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep the due dates that interest is claimed from in court."""
        if "date_maturity" in vals:
            day = fields.Date.to_date(vals["date_maturity"])
            self.filtered(lambda item: item.date_maturity != day)._check_not_in_court()
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _check_not_in_court(self):
        """:raise UserError: an open case claims one of the items."""
        case_sudo = self.env["account.legal.case"].sudo()._find_claiming(self)
        if case_sudo:
            raise UserError(
                self.env._(
                    "%(item)s is claimed in case %(case)s, which is open, with interest"
                    " from its due date: that cannot be changed before the case is"
                    " closed.",
                    item=(case_sudo.move_line_ids & self)[:1].move_name,
                    case=case_sudo.name,
                )
            )
