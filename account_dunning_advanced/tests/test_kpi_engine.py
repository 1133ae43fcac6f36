import doctest

from odoo.tests import BaseCase, tagged

from ..engine import kpi

# (sales, days) from September back; as in the worked example of counting back
MONTHS = [(2200, 30), (2100, 31), (2000, 31), (2000, 30), (1920, 31), (2000, 30)]


@tagged("post_install", "-at_install")
class TestKpiEngine(BaseCase):
    """The measures, by the trade's worked examples."""

    def test_doctests(self):
        self.assertEqual(doctest.testmod(kpi).failed, 0)

    def test_counting_back_month_by_month(self):
        # 30 + 31 + 31 + 30 + 31 + 26.7
        self.assertEqual(round(kpi.dso_countback(12_000, MONTHS), 1), 179.7)

    def test_counting_back_table(self):
        table = [
            # receivables, months, expected
            (0, MONTHS, 0),
            (-50, MONTHS, 0),
            (1100, MONTHS, 15),
            (2200, MONTHS, 30),
            # a month without sales counts with all its days
            (1000, [(0, 31), (2000, 30)], 46),
            # and so does one in which more was credited than sold
            (1000, [(-1000, 31), (4000, 30)], 46),
            # more than was ever sold: nothing can be said
            (99_999, MONTHS, None),
            (10, [], None),
        ]
        for receivables, months, expected in table:
            with self.subTest(receivables=receivables, months=months):
                self.assertEqual(kpi.dso_countback(receivables, months), expected)

    def test_delinquent_days_are_what_is_above_the_best_possible(self):
        # 45 - 12 = 33
        actual, best = kpi.dso(45_000, 90_000, 90), kpi.dso(12_000, 90_000, 90)
        self.assertEqual((actual, best), (45, 12))
        self.assertEqual(kpi.days_delinquent(actual, best), 33)

    def test_effectiveness_is_the_share_collected_of_what_fell_due(self):
        table = [
            # begin, sales, end, end that is not due, expected
            (100, 50, 30, 30, 1.0),  # all that fell due came in
            (100, 50, 150, 30, 0.0),  # nothing came in
            (100, 50, 60, 30, 0.75),
            (0, 0, 0, 0, None),  # nothing to collect
            (100, 50, 150, 150, None),  # nothing due yet
        ]
        for begin, sales, end, current, expected in table:
            with self.subTest(begin=begin, end=end, current=current):
                self.assertEqual(kpi.cei(begin, sales, end, current), expected)

    def test_nothing_to_measure_is_not_zero(self):
        self.assertIsNone(kpi.dso(100, 0, 90))
        self.assertIsNone(kpi.days_delinquent(None, 3))
        self.assertIsNone(kpi.weighted_days([]))
        self.assertIsNone(kpi.cost_per_unit([(3, 1.0)], 0))
        self.assertIsNone(kpi.roll_rate(0, 0))
