import doctest
import itertools
import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from odoo.addons.account_dunning_advanced.engine import (
    charge,
    interest,
    interest_correction,
    interest_days,
    interest_rate,
    rounding,
)
from odoo.addons.account_dunning_advanced.engine.interest import (
    Balance,
    Floor,
    NoRate,
    RateValue,
    Step,
    Terms,
    accrue,
    first_day,
    rate_on,
)

from . import interest_by_day

MODULES = (
    charge,
    interest,
    interest_correction,
    interest_days,
    interest_rate,
    rounding,
)
CENT = Decimal("0.01")
ONE_DAY = timedelta(days=1)


def load_tests(loader, tests, ignore):
    for module in MODULES:
        tests.addTests(doctest.DocTestSuite(module))
    return tests


def draw_day(draw, first="2018-01-01", span=3000):
    return date.fromisoformat(first) + timedelta(days=draw.randrange(span))


def draw_values(draw):
    """A series with negative values, and one that begins before all the days."""
    days = {date(2010, 1, 1)} | {draw_day(draw) for _ in range(draw.randrange(8))}
    days |= {date(draw.randrange(2018, 2026), draw.choice((1, 7)), 1) for _ in range(3)}
    return tuple(
        RateValue(day, Decimal(draw.randrange(-90, 1500)) / 100)
        for day in draw.sample(sorted(days), len(days))
    )


def draw_terms(draw, depth=1):
    nested = range(draw.randrange(2) if depth else 0)
    return Terms(
        mode=draw.choice(interest.MODES),
        margin=Decimal(draw.choice(("0", "0", "5", "8", "9.2", "18", "0.0001"))),
        multiplier=Decimal(draw.choice(("1", "1", "3", "0.5"))),
        reference_offset_days=draw.choice((0, 0, -1, 3)),
        round_up_to=Decimal(draw.choice(("0", "0", "0.5", "0.25"))),
        day_count=draw.choice(interest.DAY_COUNTS),
        compounding=draw.choice(interest.COMPOUNDINGS),
        steps=tuple(
            Step(draw_day(draw), draw_terms(draw, 0), draw_values(draw)) for _ in nested
        ),
        at_least=tuple(Floor(draw_terms(draw, 0), draw_values(draw)) for _ in nested),
        cap=draw.choice((None, None, Decimal(12), Decimal("7.5"))),
        cap_warns=draw.choice((True, False)),
    )


def draw_claim(draw):
    """Return arguments of :func:`accrue`; one of ten windows is empty."""
    start = draw_day(draw)
    date_from = start + timedelta(days=draw.choice((-20, 0, 0, 100, 500)))
    date_to = date_from + timedelta(days=draw.randrange(-1, 900))
    days = {date(2000, 1, 1)} | {draw_day(draw) for _ in range(draw.randrange(5))}
    return (
        draw_terms(draw),
        draw_values(draw),
        [
            Balance(day, Decimal(draw.randrange(-5000, 5000000)) / 100)
            for day in sorted(days)
        ],
        start,
        date_from,
        date_to,
        Decimal(draw.choice(("0.01", "0.01", "1", "0.05", "0.001"))),
    )


@tagged("post_install", "-at_install")
class TestInterestEngine(BaseCase):
    def _accrue(self, terms, values=(), amount="1000", start="2025-03-01", **window):
        first = date.fromisoformat(window.get("date_from", start))
        last = date.fromisoformat(window.get("date_to", "2025-03-31"))
        balances = [Balance(date(2000, 1, 1), Decimal(amount))]
        return accrue(terms, values, balances, date.fromisoformat(start), first, last)

    def test_doctests(self):
        """pytest does not call load_tests."""
        for module in MODULES:
            self.assertEqual(doctest.testmod(module).failed, 0)

    # === AGAINST THE COUNT BY DAY === #

    def test_random_claims_agree_with_the_count_by_day(self):
        for seed in range(150):
            with self.subTest(seed=seed):
                self._check_against_days(*draw_claim(random.Random(seed)))

    def _check_against_days(self, *arguments):
        terms, window, step = arguments[0], arguments[4:6], arguments[-1]
        counted = {
            day: (days, base, rate, amount)
            for day, days, base, rate, amount in interest_by_day.by_day(*arguments)
        }
        segments = accrue(*arguments)

        # the lines add up to the total, and each is a payable amount
        exact = sum((amount for *_rest, amount in counted.values()), Fraction(0))
        total = sum((segment.amount for segment in segments), Decimal(0))
        self.assertEqual(total, interest_by_day.half_up(exact, step))
        for segment in segments:
            self.assertGreaterEqual(segment.amount, 0)
            self.assertEqual(segment.amount % step, 0)

        # each day of a line has the base and the rate of the line
        shown = set()
        for segment in segments:
            days = list(interest_by_day.days(segment.date_from, segment.date_to))
            self.assertTrue(days)
            self.assertFalse(shown & set(days))
            shown |= set(days)
            for day in days:
                self.assertEqual(counted[day][1], segment.base)
                self.assertEqual(counted[day][2], segment.rate)
            self.assertEqual(segment.days, sum(counted[day][0] for day in days))
            self.assertTrue(segment.days and segment.base > 0 and segment.rate > 0)
            if terms.day_count == "act_act":
                self.assertEqual(segment.date_from.year, segment.date_to.year)
        self.assertTrue(all(window[0] <= day <= window[1] for day in shown))

        # no day that bears interest is left out
        bearing = {day for day, (*_rest, amount) in counted.items() if amount}
        self.assertEqual(bearing - shown, set())

    def test_the_count_by_day_notices_a_wrong_engine(self):
        """The check above bites: a rate off by a hundredth of a point is found."""
        noticed = 0
        for seed in range(20):
            terms, *others = draw_claim(random.Random(seed))
            wrong = replace(terms, margin=terms.margin + CENT, cap=None)
            segments = accrue(wrong, *others)
            total = sum((segment.amount for segment in segments), Decimal(0))
            noticed += total != interest_by_day.total(terms, *others)
        self.assertGreater(noticed, 5)

    def test_windows_one_after_the_other_cover_each_day_once(self):
        """What an earlier notice charged is not charged again, and nothing is lost."""
        for seed in range(100):
            draw = random.Random(seed)
            terms, values, balances, start, first, last, step = draw_claim(draw)
            first = max(start, first)
            if last - first < 2 * ONE_DAY:
                continue
            cut = first + timedelta(days=draw.randrange((last - first).days))
            with self.subTest(seed=seed):
                whole, before, after = (
                    accrue(terms, values, balances, start, *window, step)
                    for window in ((first, last), (first, cut), (cut + ONE_DAY, last))
                )
                days = [sum(x.days for x in part) for part in (whole, before, after)]
                self.assertEqual(days[0], days[1] + days[2])
                sums = [
                    sum((x.amount for x in part), Decimal(0))
                    for part in (whole, before, after)
                ]
                self.assertLessEqual(abs(sums[0] - sums[1] - sums[2]), step)

    # === RATES === #

    def test_missing_rate_names_the_day(self):
        values = (RateValue(date(2025, 1, 1), Decimal(2)),)
        for mode, day in (
            ("daily", date(2024, 12, 30)),
            ("half_year", date(2024, 7, 1)),
            ("frozen", date(2024, 12, 30)),
            ("frozen_half_year", date(2024, 7, 1)),
        ):
            with self.subTest(mode), self.assertRaises(NoRate) as caught:
                self._accrue(Terms(mode), values, start="2024-12-30")
            self.assertEqual(caught.exception.day, day)
            self.assertIn(day.isoformat(), str(caught.exception))

    def test_no_rate_is_needed_where_nothing_is_open(self):
        values = (RateValue(date(2025, 3, 15), Decimal(2)),)
        paid_first = [
            Balance(date(2025, 3, 15), Decimal(100)),
            Balance(date(2025, 3, 20), Decimal(0)),
        ]
        start, last = date(2025, 3, 1), date(2025, 3, 31)
        [segment] = accrue(Terms(), values, paid_first, start, start, last)
        self.assertEqual(segment.days, 5)

    def test_order_of_values_does_not_matter(self):
        values = [
            RateValue(date(2025, 1, 1), Decimal(2)),
            RateValue(date(2025, 3, 10), Decimal(3)),
            RateValue(date(2025, 3, 20), Decimal(1)),
        ]
        results = [
            self._accrue(Terms(), order) for order in itertools.permutations(values)
        ]
        self.assertEqual(len({tuple(segments) for segments in results}), 1)

    def test_source_of_the_value_that_decides(self):
        values = (RateValue(date(2025, 1, 1), Decimal(2), "gazette"),)
        least = (RateValue(date(2025, 1, 1), Decimal(3), "decree"),)
        terms = Terms(at_least=(Floor(Terms(), least),))
        [segment] = self._accrue(Terms(), values)
        self.assertEqual(segment.source, "gazette")
        [segment] = self._accrue(terms, values)
        self.assertEqual(segment.source, "decree")

    def test_cap_is_the_last_word(self):
        least = (RateValue(date(2025, 1, 1), Decimal(30)),)
        terms = Terms(
            "fixed", Decimal(10), at_least=(Floor(Terms(), least),), cap=Decimal(20)
        )
        [segment] = self._accrue(terms)
        self.assertEqual((segment.rate, segment.warning), (20, "capped"))

    def test_later_of_two_steps_counts(self):
        def step(day, rate):
            return Step(date.fromisoformat(day), Terms("fixed", Decimal(rate)))

        terms = Terms(
            "fixed",
            Decimal(6),
            steps=(step("2025-03-21", 20), step("2025-03-11", 12)),
        )
        rates = [(x.days, x.rate) for x in self._accrue(terms)]
        self.assertEqual(rates, [(10, 6), (10, 12), (11, 20)])

    def test_frozen_step_freezes_on_its_own_day(self):
        values = (
            RateValue(date(2025, 1, 1), Decimal(5)),
            RateValue(date(2025, 3, 10), Decimal(3)),
        )
        step = Step(date(2025, 3, 15), Terms("frozen"), values)
        terms = Terms("frozen", steps=(step,))
        start = date(2025, 3, 1)
        self.assertEqual(rate_on(terms, values, date(2025, 3, 14), start), 5)
        self.assertEqual(rate_on(terms, values, date(2025, 3, 15), start), 3)

    def test_unknown_terms_are_refused(self):
        for wrong in ({"mode": "x"}, {"day_count": "x"}, {"compounding": "x"}):
            with self.subTest(wrong), self.assertRaises(ValueError):
                Terms(**wrong)

    # === BALANCES AND DAYS === #

    def test_of_two_balances_of_one_day_the_later_counts(self):
        day = date(2025, 3, 1)
        balances = [Balance(day, Decimal(1000)), Balance(day, Decimal(400))]
        [segment] = accrue(Terms("fixed", Decimal(5)), [], balances, day, day, day)
        self.assertEqual(segment.base, 400)

    def test_first_day_follows_its_basis_and_the_days_of_grace(self):
        due, notice, invoice = date(2024, 5, 31), date(2024, 6, 14), date(2024, 5, 1)
        cases = [
            # basis, days, notice, invoice, first day
            ("due", 0, None, None, date(2024, 6, 1)),
            ("due", 3, None, None, date(2024, 6, 4)),
            ("notice", 0, notice, None, date(2024, 6, 15)),
            ("notice", 14, notice, None, date(2024, 6, 29)),
            ("notice", 0, None, None, None),
            # a reminder before the due date does not make a debt overdue
            ("notice", 0, date(2024, 5, 20), None, date(2024, 6, 1)),
            ("invoice", 30, None, invoice, date(2024, 6, 1)),
            ("invoice", 45, None, invoice, date(2024, 6, 16)),
            ("invoice", 10, None, invoice, date(2024, 6, 1)),
            ("invoice", 30, None, None, None),
        ]
        for basis, days, notified, invoiced, expected in cases:
            with self.subTest(basis=basis, days=days, notified=notified):
                self.assertEqual(
                    first_day(due, basis, days, notified, invoiced), expected
                )
        with self.assertRaises(ValueError):
            first_day(due, "never")
