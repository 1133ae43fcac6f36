from odoo.fields import Command
from odoo.tests import tagged

from .promise_common import PromiseCommon, at, day


@tagged("post_install", "-at_install")
class TestPromiseLimits(PromiseCommon):
    """What a collector may agree, whatever the words it is put in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dunning_writeoff_journal_id = cls.company_data[
            "default_journal_misc"
        ]
        cls.company.dunning_writeoff_account_id = cls.company_data[
            "default_account_expense"
        ]
        cls.company.dunning_writeoff_limit = 50
        cls.chief = cls._create_user("chief", "group_dunning_manager")

    def setUp(self):
        super().setUp()
        freezer = at(0)
        freezer.start()
        self.addCleanup(freezer.stop)

    def _settle(self, amount, user=None, partner=None):
        item = self._create_item(1000, 30, partner or self._create_debtor("Settler"))
        return self._agree(
            (5, amount),
            items=item,
            kind="settlement",
            partner_id=item.partner_id.id,
            user=user,
        )

    # === WAIVERS === #

    def test_waiver_above_the_limit_of_write_offs_needs_approval(self):
        # (who agrees, to be paid of 1,000, state)
        table = [
            (self.collector, 950, "active"),
            (self.collector, 949.99, "draft"),
            (self.collector, 1, "draft"),
            (self.manager, 950, "active"),
            # as with a write-off, nobody approves of what was his own idea
            (self.manager, 1, "draft"),
        ]
        for user, amount, state in table:
            with self.subTest(user=user.login, amount=amount):
                promise = self._settle(amount, user)
                self.assertEqual(promise.state, state)
                self.assertEqual(promise.needs_approval, state == "draft")

    def test_who_approved_stands_on_the_write_off(self):
        promise = self._settle(1)
        self.assertIn("999.00", promise.message_ids[0].body)

        promise.with_user(self.chief).action_confirm()
        self._match(promise.move_line_ids, 1, 0)

        self.assertEqual(promise.state, "kept")
        self.assertRecordValues(
            promise.writeoff_id,
            [{"state": "posted", "approved_by_id": self.chief.id, "amount_total": 999}],
        )

    def test_within_the_limit_nobody_is_asked(self):
        promise = self._settle(960)
        self._match(promise.move_line_ids, 960, 0)

        self.assertEqual(promise.writeoff_id.state, "posted")
        self.assertFalse(promise.writeoff_id.approved_by_id)

    def test_small_slices_add_up(self):
        """Twice 40 of one customer are 80: the second needs approval."""
        partner = self._create_debtor("Slices")
        first = self._settle(960, partner=partner)
        self.assertEqual(first.state, "active")
        self.assertEqual(self._settle(960, partner=partner).state, "draft")

        self._match(first.move_line_ids, 960, 0)
        self.assertEqual(first.writeoff_id.state, "posted")

        self.assertEqual(self._settle(960, partner=partner).state, "draft")

    # === LENGTH === #

    def test_tolerance_is_length(self):
        """30 days at most, and the policy's own 3 of tolerance."""
        self.policy.promise_max_days = 30
        # (days, tolerance, state)
        table = [
            (30, 3, "active"),
            (5, 28, "active"),
            (5, 29, "draft"),
            (1, 3000, "draft"),
        ]
        for days, tolerance, state in table:
            with self.subTest(days=days, tolerance=tolerance):
                promise = self._agree(
                    (days, 1),
                    items=self._create_item(1000, 30),
                    tolerance_days=tolerance,
                )
                self.assertEqual(promise.state, state)

    # === WHOSE LIMITS === #

    def test_lax_policy_by_hand_loosens_nothing(self):
        self.policy.promise_max_days = 30
        lax = self._create_policy("Lax")
        table = {"invoice": self.item.move_id, "customer": self.debtor}
        for name, record in table.items():
            with self.subTest(by=name):
                item = self._create_item(1000, 30)
                promise = self._agree((60, 1000), items=item)
                self.assertEqual(promise.state, "draft")

                (item.move_id if name == "invoice" else record).dunning_policy_id = lax
                promise.action_confirm()

                self.assertEqual(promise.state, "draft")
                self.assertTrue(promise.needs_approval)
                promise.with_user(self.manager).action_confirm()
                self.assertEqual(promise.state, "active")
                self.assertEqual(promise.approved_by_id, self.manager)

    def test_strict_policy_by_hand_tightens(self):
        strict = self._create_policy("Strict", promise_max_instalments=1)
        # (policy of the customer, state)
        for policy, state in [(strict.browse(), "active"), (strict, "draft")]:
            with self.subTest(policy=policy.name):
                self.debtor.dunning_policy_id = policy
                promise = self._agree(
                    (5, 500), (9, 500), items=self._create_item(1000, 30)
                )
                self.assertEqual(promise.state, state)

    def test_interest_above_the_strictest_policy_needs_approval(self):
        self.company.dunning_charge_journal_id = self.company_data[
            "default_journal_sale"
        ]
        self.policy.promise_interest_rate = 5
        dear = self._create_policy("Dear", promise_interest_rate=20)
        self.item.move_id.dunning_policy_id = dear

        promise = self._agree(
            kind="plan",
            interest_rate=20,
            line_ids=[
                Command.create({"date": day(73), "amount": 1040, "amount_interest": 40})
            ],
        )

        self.assertEqual(promise.state, "draft")
        self.assertIn("the policy says 5 %", promise.message_ids[0].body)
