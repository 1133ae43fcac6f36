from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDemo(DunningCommon):
    """The demo data reads well in every language that is installed."""

    def test_fee_is_named_in_each_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")

        self.env["account.dunning.demo"]._set_charges(self.company)

        fee = self.env["account.dunning.charge"].search([("code", "=", "demo_fee")])
        self.assertEqual(fee.with_context(lang="en_US").name, "Reminder fee")
        self.assertEqual(fee.with_context(lang="ja_JP").name, "督促手数料")
