from odoo import api, fields, models
from odoo.exceptions import UserError

# Which field of a hold names a record of the model.
TARGETS = {
    "res.partner": "partner_id",
    "account.move": "move_id",
    "account.move.line": "move_line_id",
    "account.dunning.debtor": "partner_id",
}


class AccountDunningHoldCreate(models.TransientModel):
    """Put the selected customers, invoices or items on hold, with one reason."""

    _name = "account.dunning.hold.create"
    _description = "Put on Hold"

    res_model = fields.Char(required=True)
    res_ids = fields.Json(required=True)
    target_count = fields.Integer(compute="_compute_target_count")
    reason = fields.Char(required=True)
    stop = fields.Selection(
        string="Special Stop",
        selection=lambda self: self._selection_stop(),
        help="Only a dunning manager lifts or shortens a special stop.",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
    )
    date_to = fields.Date(string="Until")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Owner",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )

    @api.model
    def _selection_stop(self):
        hold = self.env["account.dunning.hold"]
        return hold._fields["stop"]._description_selection(self.env)

    @api.depends("res_ids")
    def _compute_target_count(self):
        for wizard in self:
            wizard.target_count = len(wizard.res_ids or [])

    @api.model
    def _open(self, records):
        """Return the action that opens the wizard for these records."""
        if records._name not in TARGETS or not records:
            raise UserError(self.env._("There is nothing to put on hold."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Put on Hold"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_res_model": records._name,
                "default_res_ids": records.ids,
            },
        }

    def action_apply(self):
        """Create one hold for each selected record."""
        self.ensure_one()
        if self.res_model not in TARGETS:
            raise UserError(self.env._("There is nothing to put on hold."))
        records = self.env[self.res_model].browse(self.res_ids)
        records.check_access("read")
        self.env["account.dunning.hold"].create(
            [
                {
                    TARGETS[self.res_model]: self._get_target(record).id,
                    "company_id": (
                        record.company_id
                        if self.res_model != "res.partner"
                        else self.env.company
                    ).id,
                    "reason": self.reason,
                    "stop": self.stop,
                    "date_from": self.date_from,
                    "date_to": self.date_to,
                    "user_id": self.user_id.id,
                }
                for record in records
            ]
        )

    def _get_target(self, record):
        """Return what is put on hold: of a debtor the customer."""
        if record._name == "account.dunning.debtor":
            return record.partner_id
        return record
