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

    def _set_own_policy(self, item, **values):
        policy = self._create_policy("Other", **values)
        item.move_id.dunning_policy_id = policy
        return policy.level_ids

    def test_sum_counts_across_policies(self):
        # 60 and 60 of one customer make a notice of 120, whatever policy each follows
        self.first.min_amount = 100
        here, there = self._create_item(60, 30), self._create_item(60, 30)
        other_first = self._set_own_policy(there)[0]
        other_first.min_amount = 120

        self.assertReason(here, "dun")
        self.assertReason(there, "dun")

    def test_policy_that_fails_does_not_help_the_other(self):
        self.first.min_amount = 100
        here, there = self._create_item(60, 30), self._create_item(60, 30)
        other_first = self._set_own_policy(there)[0]
        other_first.min_amount = 121

        self.assertReason(here, "below_minimum")
        self.assertReason(there, "below_minimum")

    def test_policy_that_passes_alone_helps_the_other(self):
        self.first.min_amount = 100
        here, there = self._create_item(60, 30), self._create_item(60, 30)
        self._set_own_policy(there)

        self.assertReason(here, "dun")
        self.assertReason(there, "dun")
