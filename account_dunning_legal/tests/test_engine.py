import doctest
import itertools
from datetime import date

from odoo.tests import BaseCase, tagged

from odoo.addons.account_dunning_legal.engine import claim, limitation, remittance
from odoo.addons.account_dunning_legal.engine.claim import Event, fold

DAYS = [date(2024, 1, day) for day in range(1, 32)]


def load_tests(loader, tests, ignore):
    for module in (claim, limitation, remittance):
        tests.addTests(doctest.DocTestSuite(module))
    return tests


@tagged("post_install", "-at_install")
class TestFold(BaseCase):
    def _parts(self, *events, day=DAYS[30]):
        return tuple(fold(events, day)[part] for part in claim.PARTS)

    def test_doctests(self):
        """pytest does not call load_tests."""
        for module in (claim, limitation, remittance):
            self.assertEqual(doctest.testmod(module).failed, 0)

    def test_payments_settle_costs_interest_fees_principal(self):
        charges = [
            Event(1, DAYS[0], "principal", 100.0),
            Event(2, DAYS[0], "fee", 5.0),
            Event(3, DAYS[0], "interest", 7.0),
            Event(4, DAYS[0], "cost", 3.0),
        ]
        cases = [
            # paid, (principal, interest, fee, cost) left
            (0.5, (100, 7, 5, 2.5)),
            (3, (100, 7, 5, 0)),
            (9, (100, 1, 5, 0)),
            (12, (100, 0, 3, 0)),
            (15, (100, 0, 0, 0)),
            (40, (75, 0, 0, 0)),
            (115, (0, 0, 0, 0)),
            (120, (-5, 0, 0, 0)),
        ]
        for paid, left in cases:
            with self.subTest(paid=paid):
                payment = Event(5, DAYS[1], "payment", paid)
                self.assertEqual(self._parts(*charges, payment), left)

    def test_credit_note_takes_off_the_principal_and_leaves_the_costs(self):
        events = [
            Event(1, DAYS[0], "principal", 100.0),
            Event(2, DAYS[0], "cost", 30.0),
            Event(3, DAYS[1], "waiver", 40.0),
        ]
        self.assertEqual(self._parts(*events), (60, 0, 0, 30))

    def test_events_count_from_their_day_on(self):
        events = [
            Event(1, DAYS[5], "principal", 100.0),
            Event(2, DAYS[10], "payment", 40.0),
        ]
        for day, left in ((4, 0), (5, 100), (9, 100), (10, 60), (30, 60)):
            with self.subTest(day=day):
                self.assertEqual(self._parts(*events, day=DAYS[day])[0], left)

    def test_order_of_entry_does_not_matter(self):
        events = [
            Event(1, DAYS[0], "principal", 100.0),
            Event(2, DAYS[1], "payment", 20.0),
            Event(3, DAYS[1], "cost", 15.0),
            Event(4, DAYS[2], "interest", 4.0),
        ]
        results = {self._parts(*order) for order in itertools.permutations(events)}
        self.assertEqual(results, {(95, 4, 0, 0)})

    def test_reversed_event_counts_until_it_is_reversed(self):
        events = [
            Event(1, DAYS[0], "principal", 100.0),
            Event(2, DAYS[1], "cost", 30.0),
            Event(3, DAYS[2], "payment", 50.0),
            Event(4, DAYS[9], "payment", 50.0, reverses=3),
        ]
        self.assertEqual(self._parts(*events, day=DAYS[8]), (80, 0, 0, 0))
        self.assertEqual(self._parts(*events, day=DAYS[9]), (100, 0, 0, 30))

    def test_period_ends_with_a_year_or_on_the_day_itself(self):
        cases = [
            (date(2023, 1, 1), 3, "year_end", date(2026, 12, 31)),
            (date(2023, 12, 31), 3, "year_end", date(2026, 12, 31)),
            (date(2024, 1, 1), 3, "year_end", date(2027, 12, 31)),
            (date(2023, 7, 1), 5, "due", date(2028, 7, 1)),
            (date(2024, 2, 29), 4, "due", date(2028, 2, 29)),
            (date(2024, 2, 29), 5, "due", date(2029, 2, 28)),
        ]
        for due, years, start, last in cases:
            with self.subTest(due=due, years=years, start=start):
                self.assertEqual(limitation.last_day(due, years, start), last)
