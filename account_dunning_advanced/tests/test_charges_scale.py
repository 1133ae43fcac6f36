import random
from itertools import chain, combinations

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import BaseCase, new_test_user, tagged

from ..engine.allocation import choose_sum
from .charges_common import ChargesCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestScale(ChargesCommon):
    """Whose the steps of a charge are, and where they begin."""

    def _create_slices(self, *steps, **values):
        return self._create_charge(
            "Slices",
            method="bands",
            band_ids=[
                Command.create({"amount_from": begin, "rate": rate})
                for begin, rate in steps
            ],
            **values,
        )

    def test_nothing_is_charged_on_what_is_below_the_first_slice(self):
        table = [
            # slices, asked for -> fee
            (((100, 10), (500, 5)), {50: 0, 100: 0, 300: 20, 500: 40, 700: 50}),
            (((0, 10), (500, 5)), {50: 5, 300: 30, 500: 50, 700: 60}),
            ((), {50: 0, 700: 0}),
        ]
        for number, (steps, fees) in enumerate(table):
            charge = self._create_slices(*steps, code=f"slices {number}")
            for asked, fee in fees.items():
                with self.subTest(steps=steps, asked=asked):
                    self.assertEqual(
                        charge._compute_amount(
                            asked, self.company.currency_id, self.company, DAY
                        ),
                        fee,
                    )

    def test_notice_charges_by_them(self):
        self.first.charge_ids = self._create_slices((100, 10), (500, 5))

        notice = self._issue_first(self._create_item(300, 30))

        self.assertEqual(notice.amount_fee, 20)

    def test_steps_are_those_of_the_company_whose_charge_it_is(self):
        own = self._create_slices((0, 10), company_id=self.company.id)
        shared = self._create_slices((0, 10), code="shared")
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="manager_of_the_other",
            groups="account_dunning_advanced.group_dunning_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        theirs = self.env(user=stranger.id, context={"allowed_company_ids": other.ids})[
            "account.dunning.charge.band"
        ]

        self.assertFalse(theirs.search([("charge_id", "=", own.id)]))
        with self.assertRaises(AccessError):
            theirs.browse(own.band_ids.id).rate = 1
        with self.assertRaises(AccessError):
            theirs.create({"charge_id": own.id, "amount_from": 5, "rate": 1})
        # twin: a scale that all companies share is anybody's who manages one
        theirs.browse(shared.band_ids.id).rate = 1
        self.assertEqual(shared.band_ids.rate, 1)


@tagged("post_install", "-at_install")
class TestChooseSum(BaseCase):
    """Which charges of a bill come to the amount that a dispute is upheld for."""

    def test_finds_a_choice_where_there_is_one(self):
        draw = random.Random(7)
        for _try in range(300):
            amounts = [draw.randint(0, 40) for _one in range(draw.randint(0, 7))]
            places = range(len(amounts))
            sums = {
                sum(amounts[place] for place in choice)
                for choice in chain.from_iterable(
                    combinations(places, size) for size in range(1, len(amounts) + 1)
                )
            }
            # no subtests: there are thousands
            for target in range(1, 120):
                chosen = choose_sum(amounts, target)
                found = sum(amounts[place] for place in set(chosen))
                self.assertEqual(
                    (found, len(chosen)),
                    (target if target in sums else 0, len(set(chosen))),
                    (amounts, target),
                )

    def test_a_bill_of_hundreds_of_charges(self):
        """There are 2 ** 300 choices: trying them never ends."""
        draw = random.Random(7)
        amounts = [draw.randint(1, 20_000) for _one in range(300)]
        target = sum(amounts[::7])

        self.assertEqual(sum(amounts[n] for n in choose_sum(amounts, target)), target)
        self.assertEqual(choose_sum([2 * amount for amount in amounts], 99_999), ())

    def test_of_sums_beyond_measure_one_or_all(self):
        amounts = [10**12 + n for n in range(5)]
        self.assertEqual(choose_sum(amounts, amounts[2]), (2,))
        self.assertEqual(choose_sum(amounts, sum(amounts)), (0, 1, 2, 3, 4))
        self.assertEqual(choose_sum(amounts, amounts[0] + amounts[1]), ())
