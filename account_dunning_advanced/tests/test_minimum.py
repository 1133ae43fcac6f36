from datetime import timedelta

from odoo.tests import tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestMinimum(DunningCommon):
    """A level is given only where the debtor's sum reaches its minimum."""

    def test_sum_below_the_minimum_is_left(self):
        self.first.min_amount = 50
        item = self._create_item(49.99, 30)

        self.assertReason(item, "below_minimum")

    def test_sum_of_all_items_counts(self):
        self.first.min_amount = 50
        items = self._create_item(30, 30) | self._create_item(20, 20)

        for item in items:
            self.assertReason(item, "dun")

    def test_minimum_looks_at_what_is_asked_not_at_what_is_open(self):
        self.first.min_amount = 50
        item = self._create_item(100, 30)
        self._create_credit(60)

        self.assertReason(item, "below_minimum")

    def test_share_of_the_balance(self):
        self.first.min_percent = 10
        item = self._create_item(99, 30)
        self._create_item(901, -30)

        self.assertReason(item, "below_minimum")
        self.first.min_percent = 9.9
        self.assertReason(item, "dun")

    def test_falls_back_to_the_lower_level_that_is_possible(self):
        self.policy.raise_mode = "due"
        self.last.min_amount = 500
        item = self._create_item(100, 90)

        self.assertEqual(self.assertReason(item, "dun").level_id, self.second)

    def test_no_lower_level_left(self):
        self.second.min_amount = 500
        item = self._create_item(100, 90)
        self._run(issue=True)

        self.assertReason(item, "below_minimum", DAY + timedelta(days=20))

    def test_what_falls_out_does_not_carry_the_others(self):
        # 60 at the second level miss its minimum; the 45 left miss the first one's
        self.second.min_amount = 200
        self.first.min_amount = 50
        old = self._create_item(60, 90)
        self._run(issue=True)
        young = self._create_item(45, 10)
        day = DAY + timedelta(days=20)

        self.assertReason(old, "below_minimum", day)
        self.assertReason(young, "below_minimum", day)
        self.first.min_amount = 45
        self.assertReason(young, "dun", day)

    def test_minimum_converts_from_the_policys_currency(self):
        # one unit of the foreign currency is worth half a unit of the company's
        foreign = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        self.first.min_amount = 50
        for amount, reason in ((99, "below_minimum"), (100, "dun")):
            with self.subTest(amount=amount):
                partner = self._create_debtor(f"Foreign {amount}")
                item = self._create_item(amount, 30, partner, currency=foreign)
                self.assertReason(item, reason)
