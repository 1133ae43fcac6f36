"""Where Odoo's spreadsheet dashboards are installed, there is one of receivables."""

import json

from odoo.tests import tagged

from odoo.addons.account_dunning_advanced.tests.common import DunningCommon


@tagged("post_install", "-at_install")
class TestDashboard(DunningCommon):
    def setUp(self):
        super().setUp()
        if "spreadsheet.dashboard" not in self.env:
            self.skipTest("the addon Spreadsheet dashboard is not installed")

    def _open(self):
        action = (
            self.env["account.dunning.dashboard"]
            .with_user(self.collector)
            .action_open()
        )
        return self.env["spreadsheet.dashboard"].browse(
            action["params"]["dashboard_id"]
        )

    def test_it_is_made_once_and_collectors_read_it(self):
        dashboard = self._open()

        self.assertEqual(self._open(), dashboard)
        content = json.loads(
            dashboard.with_user(self.collector)._get_serialized_readonly_dashboard()
        )
        self.assertTrue(content["snapshot"]["pivots"])
        self.assertEqual(content["translation_namespace"], "account_dunning_advanced")
