import base64

from odoo import fields, models
from odoo.exceptions import UserError


class AccountLegalPlacementImport(models.TransientModel):
    """Takes in the report of an agency."""

    _name = "account.legal.placement.import"
    _description = "Import of an Agency's Report"

    placement_id = fields.Many2one(
        comodel_name="account.legal.placement", required=True, ondelete="cascade"
    )
    report = fields.Binary(required=True)
    report_name = fields.Char()

    def action_import(self):
        """Add the lines of the report that are new to the placement.

        :raise UserError: a line cannot be read, or there is nothing new.
        """
        self.ensure_one()
        self.placement_id.check_access("write")
        lines = self.placement_id._import_report(base64.b64decode(self.report))
        if not lines:
            raise UserError(self.env._("The report tells nothing new."))
        self.placement_id.message_post(
            body=self.env._(
                "%(count)s lines of %(report)s taken in.",
                count=len(lines),
                report=self.report_name or self.env._("the report"),
            )
        )
        return {"type": "ir.actions.act_window_close"}
