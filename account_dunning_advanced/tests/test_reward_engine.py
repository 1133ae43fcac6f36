import doctest
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..engine import reward
from ..engine.reward import Entry, Item, Terms, earned

FROM, TO = date(2024, 6, 14), date(2024, 6, 24)


@tagged("post_install", "-at_install")
class TestRewardEngine(BaseCase):
    """3 % of what is asked, from 14 to 24 June: what earns it and what does not."""

    def _earned(self, *entries, total=1000, base=None, kind="percent", value=3):
        item = Item(
            Decimal(total),
            Decimal(total if base is None else base),
            [
                Entry(date(2024, 6, day), Decimal(str(amount)), *rest)
                for day, amount, *rest in entries
            ],
        )
        return sum(earned(Terms(kind, Decimal(value), FROM, TO), [item]))

    def test_doctests(self):
        """pytest does not call load_tests."""
        self.assertEqual(doctest.testmod(reward).failed, 0)

    def test_only_what_is_paid_within_the_offers_days_earns(self):
        for day, expected in ((13, 0), (14, 30), (24, 30), (25, 0)):
            with self.subTest(day=day):
                # what came before the offer was not brought by it
                self.assertEqual(self._earned((day, 970)), expected)

    def test_only_who_pays_all_but_the_reward_earns(self):
        table = [
            ([(20, 969.99)], 0),
            ([(20, 970)], 30),
            ([(20, 985)], 30),
            ([(20, 1000)], 30),
            ([(16, 500), (24, 470)], 30),
            ([(16, 500), (25, 470)], 0),
        ]
        for entries, expected in table:
            with self.subTest(entries=entries):
                self.assertEqual(self._earned(*entries), expected)

    def test_goods_sent_back_earn_nothing(self):
        table = [
            # half credited: 3 % of the other half
            ([(16, 500, False), (20, 485)], 15),
            ([(16, 500, False), (20, 484.99)], 0),
            ([(16, 1000, False)], 0),
            ([(16, 985, False)], 0),
        ]
        for entries, expected in table:
            with self.subTest(entries=entries):
                self.assertEqual(self._earned(*entries), expected)

    def test_part_that_was_paid_before_is_not_discounted(self):
        self.assertEqual(self._earned((2, 400), (20, 582), base=600), 18)
        # matched only after the offer was made, but dated before it
        self.assertEqual(self._earned((2, 400), (20, 582)), 18)

    def test_open_credit_that_the_notice_netted_changes_nothing(self):
        """Asked for 600 of 1000; the credit note of 400 is matched before or after."""
        self.assertEqual(self._earned((2, 400, False), (20, 582), base=600), 18)
        self.assertEqual(self._earned((20, 582), base=600), 0)

    def test_amount_is_capped_by_what_is_left(self):
        self.assertEqual(self._earned((20, 975), kind="amount", value=25), 25)
        entries = [(16, 985, False), (20, 1)]
        self.assertEqual(self._earned(*entries, kind="amount", value=25), 15)

    def test_discount_is_shared_by_what_was_discounted(self):
        paid = Entry(TO, Decimal(100))
        items = [Item(Decimal(100), Decimal(base), [paid]) for base in (100, 50, 0)]

        shares = earned(Terms("percent", Decimal(3), FROM, TO), items)

        self.assertEqual(shares, [3, Decimal("1.5"), 0])
