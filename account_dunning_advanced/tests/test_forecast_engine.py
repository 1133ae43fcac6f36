import doctest
import random

from odoo.tests import BaseCase, tagged

from ..engine import forecast
from ..engine.forecast import Curve, Item


@tagged("post_install", "-at_install")
class TestForecastEngine(BaseCase):
    """When items are paid, from how they were paid before."""

    def _blend(self, seen):
        curve = forecast.estimate(seen)
        return forecast.blend(curve, 0, curve)

    def test_doctests(self):
        self.assertEqual(doctest.testmod(forecast).failed, 0)

    def test_open_items_count_for_the_time_they_were_seen_unpaid(self):
        # worked by hand: 4 at risk on day 1, 3 on day 2 of which one leaves, 1 on 6
        curve = forecast.estimate({1: (1, 0), 2: (1, 1), 6: (1, 0)})
        self.assertEqual(curve.days, (1, 2, 6))
        self.assertEqual([round(share, 4) for share in curve.unpaid], [0.75, 0.5, 0])
        # leaving the open one out would be too hopeful
        hopeful = forecast.estimate({1: (1, 0), 2: (1, 0), 6: (1, 0)})
        self.assertLess(hopeful.at(2), curve.at(2))

    def test_what_was_not_paid_so_far_is_not_expected_in_the_past(self):
        curve = self._blend({day: (1, 0) for day in range(10)})
        for age in (-5, 0, 3, 8):
            with self.subTest(age=age):
                days = forecast.get_payment_days(curve, age)
                self.assertTrue(all(day > age for day in days))
                self.assertEqual(days, sorted(days))

    def test_beyond_experience_nothing_is_said(self):
        curve = self._blend({0: (1, 0), 5: (0, 9)})
        self.assertEqual(forecast.get_payment_days(curve, -1), [0, None, None])
        self.assertEqual(forecast.get_payment_days(curve, 30), [None] * 3)
        self.assertEqual(forecast.get_week_chances(curve, 30, 2), [0, 0])

    def test_little_history_leans_on_everybody(self):
        early, late = Curve((0,), (0.0,)), Curve((50,), (0.0,))
        few, many = (forecast.blend(early, n, late).at(10) for n in (1, 80))
        self.assertGreater(few, 0.8)
        self.assertLess(many, 0.1)

    def test_chances_add_up_to_one_where_all_were_paid(self):
        curve = self._blend({day: (3, 0) for day in range(-5, 40)})
        chances = forecast.get_week_chances(curve, -6, 8)
        self.assertAlmostEqual(sum(chances), 1)

    def test_promise_moves_money_and_makes_none(self):
        curve = self._blend({day: (1, 0) for day in range(28)})
        items = [Item(1, 1000.0, -1)]
        plain = forecast.get_weeks(items, {}, curve, 8)
        promised = forecast.get_weeks(
            items, {}, curve, 8, promises=[(1, 40, 600.0)], kept_share=0.75
        )
        self.assertAlmostEqual(sum(week.expected for week in plain), 1000)
        self.assertAlmostEqual(sum(week.expected for week in promised), 1000)
        self.assertAlmostEqual(promised[5].promised, 450)
        self.assertLess(promised[0].expected, plain[0].expected)

    def test_bands_cover_what_comes(self):
        """Customers pay independently by the very curve: eight of ten weeks fit."""
        draw = random.Random(7)
        seen = {day: (1, 0) for day in range(28)}
        curve = self._blend(seen)
        pairs = []
        for _trial in range(60):
            items = [Item(number, draw.uniform(50, 150), -1) for number in range(60)]
            weeks = forecast.get_weeks(items, {}, curve, 4)
            actual = [0.0] * 4
            for item in items:
                actual[draw.randrange(28) // 7] += item.amount
            pairs += zip(weeks, actual, strict=True)
        coverage = forecast.get_coverage(pairs)
        self.assertTrue(0.72 <= coverage <= 0.88, coverage)
        self.assertLess(forecast.get_wape(pairs), 0.3)
