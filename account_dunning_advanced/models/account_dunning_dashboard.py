import base64

from odoo import api, models
from odoo.exceptions import RedirectWarning
from odoo.tools import file_open

NAME = "account_dunning_advanced.dashboard_receivables"
FILE = "account_dunning_advanced/data/files/receivables_dashboard.json"
# The addon of Odoo Community that shows spreadsheets as dashboards.
ADDON = "spreadsheet_dashboard"


class AccountDunningDashboard(models.AbstractModel):
    """The spreadsheet dashboard of receivables, where Odoo's dashboards are installed.

    They are not required: the dashboard is made when somebody first opens it.
    """

    _name = "account.dunning.dashboard"
    _description = "Dashboard of Receivables"

    @api.model
    def action_open(self):
        """Open the dashboard.

        :raise RedirectWarning: Odoo's dashboards are not installed, with the way there.
        """
        self.env["account.dunning.debtor"].check_access("read")
        if "spreadsheet.dashboard" not in self.env:
            module = self.env.ref(f"base.module_{ADDON}", raise_if_not_found=False)
            raise RedirectWarning(
                self.env._(
                    "Dashboards are an app of their own: an administrator installs"
                    " “Spreadsheet dashboard”, then this one is there."
                ),
                {
                    "type": "ir.actions.act_window",
                    "name": self.env._("Apps"),
                    "res_model": "ir.module.module",
                    "views": [[False, "form"]],
                    "res_id": module.id if module else False,
                },
                self.env._("Open Apps"),
            )
        return {
            "type": "ir.actions.client",
            "tag": "action_spreadsheet_dashboard",
            "params": {"dashboard_id": self._ensure().id},
        }

    @api.model
    def _ensure(self):
        """Return the dashboard; an administrator's changes of it are left alone."""
        dashboard = self.env.ref(NAME, raise_if_not_found=False)
        if not dashboard:
            # its content is the addon's, whoever opens it first
            dashboard = self.env["spreadsheet.dashboard"].sudo().create(self._prepare())
            module, _dot, name = NAME.partition(".")
            self.env["ir.model.data"].sudo().create(
                {
                    "module": module,
                    "name": name,
                    "model": dashboard._name,
                    "res_id": dashboard.id,
                    "noupdate": True,
                }
            )
        return dashboard

    @api.model
    def _prepare(self):
        """Return values of the dashboard; who may see it are readers of debtors."""
        with file_open(FILE, "rb") as file:
            content = base64.b64encode(file.read())
        groups = (
            "account_dunning_advanced.group_dunning_user",
            "account_dunning_advanced.group_dunning_viewer",
            "account.group_account_readonly",
        )
        return {
            "name": self.env._("Receivables"),
            "spreadsheet_binary_data": content,
            "dashboard_group_id": self.env.ref(
                "spreadsheet_dashboard.spreadsheet_dashboard_group_finance"
            ).id,
            "main_data_model_ids": [
                (4, self.env["ir.model"]._get_id("account.dunning.debtor"))
            ],
            "group_ids": [(6, 0, [self.env.ref(group).id for group in groups])],
            "is_published": True,
        }
