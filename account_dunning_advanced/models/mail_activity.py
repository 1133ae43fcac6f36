from odoo import api, models

# Whose tasks say when a debtor is contacted next.
PLANNED_ON = ("account.dunning.debtor", "account.dunning.notice")


class MailActivity(models.Model):
    _inherit = "mail.activity"

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._refresh_dunning_debtors()
        return activities

    def write(self, vals):
        result = super().write(vals)
        if {"date_deadline", "active", "activity_type_id"} & vals.keys():
            self._refresh_dunning_debtors()
        return result

    def unlink(self):
        self._refresh_dunning_debtors()
        return super().unlink()

    def _refresh_dunning_debtors(self):
        """The next contact with a debtor is the earliest task."""
        planned = self.filtered(lambda task: task.res_model in PLANNED_ON)
        for model, tasks in planned.grouped("res_model").items():
            # whose task it is need not see the debtor
            records = self.env[model].sudo().browse(tasks.mapped("res_id")).exists()
            self.env["account.dunning.debtor"]._refresh_later(records)
