from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestUninstallText(DunningCommon):
    """Before an addon is uninstalled it is said what goes, and what stays."""

    def _ask(self, name):
        module = self.env["ir.module.module"].search([("name", "=", name)])
        return self.env["base.module.uninstall"].create({"module_ids": module.ids})

    def test_what_goes_is_counted(self):
        self._create_item(100, 30)
        self._run(issue=True)
        notices = self.env["account.dunning.notice"].search_count([])

        text = self._ask("account_dunning_advanced").dunning_loss

        self.assertIn(f"Dunning Notice: <b>{notices}</b>", text)
        self.assertIn("The ledger stays as it is", text)

    def test_other_modules_say_nothing(self):
        self.assertFalse(self._ask("payment_demo").dunning_loss)
