import doctest
import random
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..engine import promise
from ..engine.promise import Instalment, Receipt

START = date(2024, 6, 3)


def day(offset):
    return START + timedelta(days=offset)


@tagged("post_install", "-at_install")
class TestPromiseEngine(BaseCase):
    """Agreements are judged by dates and amounts alone."""

    def _judge(self, plan, receipts, today, tolerance=0):
        return promise.judge(
            [Instalment(day(offset), Decimal(amount)) for offset, amount in plan],
            [
                Receipt(day(entry[0]), Decimal(entry[1]), *entry[2:])
                for entry in receipts
            ],
            day(today),
            tolerance,
        )

    def test_doctests(self):
        self.assertEqual(doctest.testmod(promise).failed, 0)

    def test_one_promise_is_judged_at_the_end_of_its_tolerance(self):
        table = {
            # (receipts, today): state with two days of tolerance
            ((), 10): "active",
            ((), 12): "active",
            ((), 13): "broken",
            (((10, 100),), 10): "kept",
            (((3, 100),), 3): "kept",
            (((12, 100),), 12): "kept",
            (((13, 100),), 13): "broken",
            (((5, 60),), 12): "active",
            (((5, 60),), 13): "partial",
            (((5, 60), (12, 40)), 20): "kept",
            (((5, 60), (13, 40)), 20): "partial",
            (((5, 130),), 5): "kept",
            (((5, 100, False),), 5): "kept",
        }
        for (receipts, today), state in table.items():
            with self.subTest(receipts=receipts, today=today):
                judged = self._judge([(10, 100)], receipts, today, tolerance=2)
                self.assertEqual(judged.state, state)

    def test_money_fills_the_oldest_instalment(self):
        plan = [(10, 50), (40, 50), (70, 50)]
        table = {
            # receipts, today: states of the instalments, state in all
            (((9, 50),), 20): (["kept", "active", "active"], "active"),
            (((9, 120),), 20): (["kept", "kept", "active"], "active"),
            (((9, 50),), 41): (["kept", "broken", "active"], "broken"),
            (((9, 50), (38, 20)), 41): (["kept", "partial", "active"], "partial"),
            # the second month's money pays the first, too late
            (((40, 50),), 40): (["broken", "active", "active"], "broken"),
            (((40, 100),), 40): (["broken", "kept", "active"], "broken"),
            (((9, 50), (39, 50), (70, 50)), 71): (["kept"] * 3, "kept"),
        }
        for (receipts, today), (states, state) in table.items():
            with self.subTest(receipts=receipts, today=today):
                judged = self._judge(plan, receipts, today)
                self.assertEqual([line.state for line in judged.outcomes], states)
                self.assertEqual(judged.state, state)

    def test_what_is_waived_is_not_paid(self):
        judged = self._judge([(10, 100)], [(5, 40), (6, 60, False), (7, 5)], 8)

        self.assertEqual(judged.outcomes[0].paid, 40)
        self.assertEqual(judged.outcomes[0].settled, 60)
        self.assertEqual(judged.surplus, 5)

    def test_random_agreements_account_for_every_cent(self):
        chance = random.Random(19)
        for _case in range(300):
            plan = [
                (chance.randint(0, 90), chance.randint(1, 500))
                for _part in range(chance.randint(1, 6))
            ]
            receipts = [
                (chance.randint(0, 120), chance.randint(1, 300), chance.random() < 0.8)
                for _part in range(chance.randint(0, 8))
            ]
            today, tolerance = chance.randint(0, 130), chance.randint(0, 9)
            with self.subTest(plan=plan, receipts=receipts, today=today):
                judged = self._judge(plan, receipts, today, tolerance)
                money = sum(amount for _day, amount, paid in receipts if paid)
                filled = sum(line.paid for line in judged.outcomes)
                self.assertEqual(filled + judged.surplus, money)
                for (_day, amount), line in zip(plan, judged.outcomes, strict=True):
                    self.assertLessEqual(line.paid + line.settled, amount)
                # nothing is lost by one more payment in time
                more = self._judge(plan, [(0, 9999), *receipts], today, tolerance)
                self.assertEqual(more.state, "kept")

    def test_random_plans_add_up(self):
        chance = random.Random(5)
        for _case in range(200):
            amount = Decimal(chance.randint(1000, 10**6)) / 100
            number = chance.randint(1, 36)
            plan = promise.lay_out(
                amount,
                day(chance.randint(0, 400)),
                rounding=Decimal("0.01"),
                number=number,
                period=chance.choice(["week", "month"]),
            )
            with self.subTest(amount=amount, number=number):
                self.assertEqual(sum(part.amount for part in plan), amount)
                self.assertEqual(len(plan), number)
                self.assertTrue(all(part.day.weekday() < 5 for part in plan))
                self.assertEqual(plan, sorted(plan, key=lambda part: part.day))

    def test_instalments_of_an_amount(self):
        plan = promise.lay_out(
            Decimal("100"),
            START,
            rounding=Decimal("0.01"),
            size=Decimal("30"),
            period="week",
            holidays=None,
        )

        self.assertEqual([int(part.amount) for part in plan], [30, 30, 30, 10])
        self.assertEqual([part.day for part in plan], [day(7 * n) for n in range(4)])
