from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DAY
from .test_charges_capped import LegalCommon

#: The first day after the reminder and its 14 days, from the third working day on.
FREE = DAY + timedelta(days=20)


@tagged("post_install", "-at_install")
class TestBelgianConsumer(LegalCommon):
    """Book XIX: a free reminder, 14 days, then a scale, and interest up to a rate.

    15 % a year are agreed; among businesses it is 12.5 % in both halves of 2024.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.be")
        cls.company.account_fiscal_country_id = cls.env.ref("base.be")
        cls.scale = cls.env.ref("account_dunning_advanced.charge_be_consumer")
        cls.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": [Command.set(cls.scale.ids)]}
        )

    def setUp(self):
        super().setUp()
        self.policy.interest_id = self._create_rule(15)

    def _create_claim(self, name, amount=1000):
        consumer = self._create_consumer(name, "base.be")
        return self._create_currency_item("base.EUR", amount, consumer)

    def test_compensation_follows_the_size_of_the_debt(self):
        euro = self.env.ref("base.EUR")
        limit = self.env.ref("account_dunning_advanced.charge_limit_be_scale")
        table = [
            # still to be paid, compensation
            (10, 20),
            (150, 20),
            (150.01, 30),
            (300, 45),  # 30 + 10 % of 150
            (500, 65),
            (500.01, 65),
            (1000, 90),  # 65 + 5 % of 500
            (39200, 2000),
            (100000, 2000),
        ]
        for debt, compensation in table:
            with self.subTest(debt=debt):
                for scale in (self.scale._compute_amount, limit._get_maximum):
                    self.assertEqual(scale(debt, euro, self.company, DAY), compensation)

    def test_reminder_is_free_and_two_weeks_follow(self):
        early, late = self._create_claim("Early"), self._create_claim("Late")
        for item in (early, late):
            first = self._issue_first(item)
            self.assertFalse(first.charge_ids)
            self.assertEqual(
                set(first.refused_charge_ids.mapped("kind")), {"fee", "interest"}
            )
            for refusal in first.refused_charge_ids.mapped("refusal"):
                self.assertIn("XIX.2", refusal)

        self.assertFalse(self._issue_first(early, FREE - timedelta(days=1)).charge_ids)
        second = self._issue_first(late, FREE)

        by_kind = {charge.kind: charge for charge in second.charge_ids}
        self.assertEqual(by_kind["fee"].amount, 90)
        interest = by_kind["interest"]
        # not from the due date on, as was agreed, and not at the rate agreed
        self.assertEqual((interest.date_from, interest.date_to), (FREE, FREE))
        self.assertEqual(interest.rate, 12.5)
        self.assertIn("XIX.4", interest.warning)
        # the scale is for the claim: the next notice has interest alone
        third = self._issue_first(late, FREE + timedelta(days=10))
        self.assertEqual(set(third.charge_ids.mapped("kind")), {"interest"})
        self.assertEqual(
            min(third.charge_ids.mapped("date_from")), FREE + timedelta(days=1)
        )

    def test_without_the_reminder_its_charges_fall(self):
        item = self._create_claim("Reversed")
        first = self._issue_first(item)
        second = self._issue_first(item, FREE)
        self.assertTrue(second.amount_interest)

        with freeze_time(FREE):
            first.action_reverse()

        self.assertEqual((second.amount_interest, second.amount_fee), (0, 0))

    def test_what_was_agreed_below_the_rate_stands(self):
        """Twin: the rate is a ceiling, no rate of its own."""
        self.policy.interest_id = self._create_rule(5, code="low")
        item = self._create_claim("Low")
        self._issue_first(item)

        second = self._issue_first(item, FREE)

        interest = second.charge_ids.filtered(lambda c: c.kind == "interest")
        self.assertEqual((interest.rate, interest.warning), (5, False))

    def test_plans_are_held_to_it(self):
        item = self._create_claim("Plan")
        table = [(DAY, 5, "XIX.2"), (FREE, 12.6, "XIX.4"), (FREE, 12.5, None)]
        self._issue_first(item)
        for day, rate, refusal in table:
            with self.subTest(day=day, rate=rate), freeze_time(day):
                plan = self.env["account.dunning.promise"].create(
                    {
                        "partner_id": item.partner_id.id,
                        "kind": "plan",
                        "date": day,
                        "currency_id": item.currency_id.id,
                        "interest_rate": rate,
                        "move_line_ids": [Command.set(item.ids)],
                        "line_ids": [
                            Command.create(
                                {
                                    "date": day + timedelta(days=365),
                                    "amount": 1000 + 10 * rate,
                                    "amount_interest": 10 * rate,
                                }
                            )
                        ],
                    }
                )
                if refusal:
                    with self.assertRaisesRegex(UserError, refusal):
                        plan.action_confirm()
                else:
                    plan.action_confirm()
                    self.assertEqual(plan.state, "active")
