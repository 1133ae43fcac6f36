"""Where sales are installed, orders of late payers are stopped."""

from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.account_dunning_advanced.tests.common import DunningCommon


@tagged("post_install", "-at_install")
class TestOrders(DunningCommon):
    def setUp(self):
        super().setUp()
        if "sale.order" not in self.env:
            self.skipTest("the addon for sales is not installed in this database")
        self.today = self.company._dunning_today()
        self.company.dunning_trade_effect = "stop"
        self._create_item(1000, 30, day=self.today)
        self.seller = self._create_seller("seller")

    def _create_seller(self, login, groups=""):
        return new_test_user(
            self.env,
            login=login,
            groups=f"sales_team.group_sale_salesman{groups}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def _order(self, user):
        product = self.env["product.product"].create({"name": "Goods"})
        line = {"product_id": product.id, "price_unit": 50}
        return (
            self.env["sale.order"]
            .with_user(user)
            .create(
                {"partner_id": self.debtor.id, "order_line": [Command.create(line)]}
            )
        )

    def test_order_of_a_late_payer_is_not_confirmed(self):
        order = self._order(self.seller)
        with self.assertRaisesRegex(UserError, "orders and invoices are stopped"):
            order.action_confirm()
        self.assertEqual(order.state, "draft")

    def test_order_says_beforehand_that_the_customer_is_late(self):
        self.env["account.dunning.debtor"]._refresh(self.company, self.debtor.ids)
        order = self._order(self.seller)
        self.company.account_use_credit_limit = True
        self.assertIn("overdue", order.partner_credit_warning)

    def test_manager_is_shown_the_way_to_release(self):
        manager = self._create_seller(
            "selling_manager", ",account_dunning_advanced.group_dunning_manager"
        )
        order = self._order(manager)
        with self.assertRaises(RedirectWarning):
            order.action_confirm()
        self.env["account.dunning.debtor"]._get_of_partner(
            self.debtor, self.company
        ).sudo(False).with_user(manager)._release_trade(self.today, "Paid by phone")
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_what_the_customer_accepts_online_passes(self):
        order = self._order(self.seller)
        order.sudo().action_confirm()
        self.assertEqual(order.state, "sale")
