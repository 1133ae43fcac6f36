import doctest
import random
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, TransactionCase, tagged

from ..engine import allocation
from ..engine.allocation import Claim, Receipt, Strategy, allocate

DAY = date(2026, 3, 1)
# Two debts with all parts. A is older, B presses harder, both are due.
CLAIMS = [
    Claim("Ap", "principal", Decimal(100), date(2026, 1, 1), "A", Decimal(5)),
    Claim("Ai", "interest", Decimal(10), date(2026, 2, 1), "A", Decimal(5)),
    Claim("Ac", "cost", Decimal(4), date(2026, 2, 1), "A"),
    Claim("Bp", "principal", Decimal(200), date(2026, 1, 15), "B", Decimal(9)),
    Claim("Bi", "interest", Decimal(20), date(2026, 2, 1), "B", Decimal(9)),
    Claim("Bf", "fee", Decimal(5), date(2026, 2, 1), "B"),
]


def pay(strategy, amount, claims=CLAIMS, day=DAY, named=()):
    shares, rest = allocate(strategy, claims, Receipt(Decimal(amount), day, named))
    return dict(shares), rest


@tagged("post_install", "-at_install")
class TestAllocation(BaseCase):
    """The engine's rules, each as a table."""

    def test_doctests(self):
        """pytest does not call load_tests."""
        self.assertEqual(doctest.testmod(allocation).failed, 0)

    def test_within_a_debt_the_kinds_decide(self):
        table = [
            # order of kinds, paid, what the parts of debt A get
            (("cost", "interest", "fee", "principal"), 12, {"Ac": 4, "Ai": 8}),
            (("interest", "cost", "fee", "principal"), 12, {"Ai": 10, "Ac": 2}),
            (("principal", "interest", "fee", "cost"), 105, {"Ap": 100, "Ai": 5}),
        ]
        for kinds, paid, expected in table:
            with self.subTest(kinds=kinds):
                shares, rest = pay(Strategy(kinds=kinds), paid, CLAIMS[:3])
                self.assertEqual((shares, rest), (expected, 0))

    def test_scope_decides_between_a_debt_and_a_part_of_all(self):
        by_debt, _rest = pay(Strategy(scope="debt"), 120)
        by_part, _rest = pay(Strategy(scope="all"), 120)

        # A whole, then B's interest; against costs and interest of both, then A
        self.assertEqual(by_debt, {"Ac": 4, "Ai": 10, "Ap": 100, "Bi": 6})
        self.assertEqual(by_part, {"Ac": 4, "Ai": 10, "Bi": 20, "Bf": 5, "Ap": 81})

    def test_rules_among_debts(self):
        young = Claim("Y", "principal", Decimal(50), date(2026, 2, 20), None)
        old = Claim("O", "principal", Decimal(50), date(2026, 1, 2), secured=True)
        hard = Claim(
            "H", "principal", Decimal(50), date(2026, 2, 1), burden=Decimal(12)
        )
        future = Claim(
            "F", "principal", Decimal(50), date(2026, 4, 1), burden=Decimal(20)
        )
        table = [
            (("oldest",), "OHYF"),
            (("burdensome",), "FHYO"),
            (("due", "burdensome"), "HYOF"),
            (("due", "unsecured", "oldest"), "HYOF"),
            (("due", "oldest"), "OHYF"),
            ((), "YOHF"),
        ]
        for ties, expected in table:
            with self.subTest(ties=ties):
                shares, _rest = allocate(
                    Strategy(ties=ties),
                    [young, old, hard, future],
                    Receipt(Decimal(200), DAY),
                )
                self.assertEqual("".join(name for name, _share in shares), expected)

    def test_debtor_names_what_is_paid(self):
        table = [
            # what the word counts, what is named, what 25 settle
            ("none", ("Bp",), {"Ac": 4, "Ai": 10, "Ap": 11}),
            ("debt", ("Bp",), {"Bi": 20, "Bf": 5}),
            ("free", ("Bp",), {"Bp": 25}),
            ("free", ("Bf", "Ai"), {"Bf": 5, "Ai": 10, "Ac": 4, "Ap": 6}),
            ("free", ("nothing",), {"Ac": 4, "Ai": 10, "Ap": 11}),
        ]
        for word, named, expected in table:
            with self.subTest(word=word, named=named):
                shares, _rest = pay(Strategy(designation=word), 25, named=named)
                self.assertEqual(shares, expected)

    def test_part_of_all_debts_comes_before_the_debt_that_is_named(self):
        """KR art. 479: the debtor's word does not move principal before costs."""
        shares, _rest = pay(Strategy(scope="all"), 60, named=("Bp",))

        self.assertEqual(shares, {"Ac": 4, "Bi": 20, "Ai": 10, "Bf": 5, "Bp": 21})

    def test_equals_share_in_proportion_to_the_last_unit(self):
        claims = [
            Claim(n, "principal", Decimal(amount), date(2026, 1, 1))
            for n, amount in enumerate(("10.01", "20.02", "30.03"))
        ]
        for unit in ("0.01", "1"):
            with self.subTest(unit=unit):
                shares, rest = allocate(
                    Strategy(pro_rata=True),
                    claims,
                    Receipt(Decimal(40), DAY),
                    Decimal(unit),
                )
                self.assertEqual(sum(share for _id, share in shares), 40)
                self.assertEqual(rest, 0)

    def test_overpayment_is_the_rest(self):
        shares, rest = pay(Strategy(), 400)

        self.assertEqual(sum(shares.values()), 339)
        self.assertEqual(rest, 61)

    def test_nothing_and_less_than_nothing_settle_nothing(self):
        self.assertEqual(pay(Strategy(), 0), ({}, 0))
        self.assertEqual(pay(Strategy(), -5), ({}, -5))
        self.assertEqual(pay(Strategy(), 5, []), ({}, 5))

    def test_unknown_rules_and_kinds_are_refused(self):
        for strategy in (
            Strategy(ties=("youngest",)),
            Strategy(kinds=("cost", "cost")),
            Strategy(kinds=("cost",)),
        ):
            with self.subTest(strategy), self.assertRaises(ValueError):
                pay(strategy, 5)

    def test_sums_hold_for_any_ledger(self):
        dice = random.Random(479)
        for _trial in range(300):
            claims = [
                Claim(
                    number,
                    dice.choice(allocation.KINDS),
                    Decimal(dice.randint(0, 20000)) / 100,
                    date(2026, dice.randint(1, 6), 1),
                    dice.choice([None, "A", "B", "C"]),
                    Decimal(dice.randint(0, 3)),
                    dice.random() < 0.3,
                )
                for number in range(dice.randint(0, 9))
            ]
            strategy = Strategy(
                kinds=tuple(dice.sample(allocation.KINDS, 4)),
                scope=dice.choice(["all", "debt"]),
                ties=tuple(dice.sample(sorted(allocation.RANKS), dice.randint(0, 4))),
                pro_rata=dice.random() < 0.5,
                designation=dice.choice(["none", "debt", "free"]),
            )
            amount = Decimal(dice.randint(0, 90000)) / 100
            named = tuple(dice.sample(range(9), 2))
            shares, rest = allocate(strategy, claims, Receipt(amount, DAY, named))
            given = dict(shares)
            with self.subTest(claims=claims, strategy=strategy, amount=amount):
                self.assertEqual(len(given), len(shares))
                self.assertEqual(sum(given.values()) + rest, amount)
                owed = sum(claim.amount for claim in claims)
                self.assertEqual(rest, max(amount - owed, 0))
                for claim in claims:
                    self.assertLessEqual(given.get(claim.id, 0), claim.amount)
                    self.assertGreaterEqual(given.get(claim.id, 0), 0)


@tagged("post_install", "-at_install")
class TestCountries(TransactionCase):
    """What 40 settle of the two debts by the law of each country."""

    def test_each_countrys_law_settles_in_its_own_order(self):
        costs_first = {"Bi": 20, "Bf": 5, "Bp": 15}
        table = {
            # debt B presses harder and comes first, where that counts
            "de": costs_first,
            "nl": costs_first,
            "fr": costs_first,
            "es": costs_first,
            "it": costs_first,
            "be": costs_first,
            # costs of all debts, then interest of all, then fees
            "kr": {"Ac": 4, "Bi": 20, "Ai": 10, "Bf": 5, "Bp": 1},
            "jp": {"Ac": 4, "Bi": 20, "Ai": 10, "Bf": 5, "Bp": 1},
            # interest of all debts, then costs
            "at": {"Bi": 20, "Ai": 10, "Ac": 4, "Bf": 5, "Bp": 1},
            # the older debt
            "ch": {"Ai": 10, "Ac": 4, "Ap": 26},
            "gb": {"Ai": 10, "Ac": 4, "Ap": 26},
            "us": {"Ai": 10, "Ac": 4, "Ap": 26},
            "generic": {"Ac": 4, "Ai": 10, "Ap": 26},
        }
        orders = self.env["account.dunning.payment.order"].search([])
        self.assertEqual(set(orders.mapped("code")), set(table))
        for order in orders:
            with self.subTest(order.code):
                shares, rest = pay(order._get_strategy(), 40)
                self.assertEqual((shares, rest), (table[order.code], 0))
                self.assertTrue(order.source and order.verified_on)

    def test_debtor_chooses_freely_where_the_law_says_so(self):
        for code, expected in (("gb", {"Bp": 40}), ("kr", {"Ac": 4})):
            order = self.env["account.dunning.payment.order"].search(
                [("code", "=", code)]
            )
            with self.subTest(code):
                shares, _rest = pay(order._get_strategy(), 40, named=("Bp",))
                self.assertLessEqual(expected.items(), shares.items())
