from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .charges_common import ChargesCommon
from .common import DAY


class LegalCommon(ChargesCommon):
    def _create_rule(self, percent, **values):
        return self.env["account.dunning.interest"].create(
            {
                "name": f"{percent} %",
                "code": f"agreed_{percent}",
                "mode": "fixed",
                "margin": percent,
                **values,
            }
        )

    def _create_currency_item(self, currency, amount, partner, days=30, day=DAY):
        currency = self.env.ref(currency)
        currency.active = True
        return self._create_item(amount, days, partner, currency=currency, day=day)


@tagged("post_install", "-at_install")
class TestRateLimits(LegalCommon):
    """What the law of the debtor caps is capped, whatever was agreed."""

    def test_interest_is_lowered_to_what_the_law_allows(self):
        """On 100,000 yen for 30 days: at 25 % 2,055, at 14.6 % 1,200."""
        self.policy.level_ids.charge_interest = True
        # (country, consumer, agreed, rate, interest, warning)
        table = [
            ("base.jp", True, 25, 14.6, 1200, "Lowered: .* 14.6 %.*消費者契約法"),
            ("base.jp", True, 14.6, 14.6, 1200, None),
            ("base.jp", False, 25, 25, 2055, None),
            ("base.kr", True, 25, 25, 2055, "20 %.*이자제한법"),
            ("base.kr", False, 20, 20, 1644, None),
            ("base.de", True, 25, 25, 2055, None),
        ]
        for number, (country, consumer, agreed, rate, amount, text) in enumerate(table):
            with self.subTest(country=country, consumer=consumer, agreed=agreed):
                day = DAY + timedelta(days=number)
                self.policy.interest_id = self._create_rule(
                    agreed, code=f"agreed_{number}"
                )
                partner = self._create_debtor(
                    f"Debtor {number}",
                    is_company=not consumer,
                    country_id=self.env.ref(country).id,
                )
                item = self._create_currency_item("base.JPY", 100000, partner, day=day)

                [charge] = self._issue_first(item, day).charge_ids

                self.assertAlmostEqual(charge.rate, rate)
                self.assertEqual(charge.amount, amount)
                if text:
                    self.assertRegex(charge.warning, text)
                else:
                    self.assertFalse(charge.warning)

    def test_the_rules_own_cap_stays_where_it_is_lower(self):
        self.policy.level_ids.charge_interest = True
        self.policy.interest_id = self._create_rule(25, cap=10)
        item = self._create_item(1000, 30, self._create_consumer("J", "base.jp"))

        [charge] = self._issue_first(item).charge_ids

        self.assertEqual(charge.rate, 10)
        self.assertIn("cap of 10 %", charge.warning)

    def test_plans_are_held_to_it(self):
        # (rate, whether it is accepted)
        for rate, accepted in [(30, False), (14.7, False), (14.6, True)]:
            with self.subTest(rate=rate), freeze_time(DAY):
                item = self._create_item(
                    1000, 30, self._create_consumer("J", "base.jp")
                )
                interest = 10 * rate
                plan = self.env["account.dunning.promise"].create(
                    {
                        "partner_id": item.partner_id.id,
                        "kind": "plan",
                        "interest_rate": rate,
                        "move_line_ids": [Command.set(item.ids)],
                        "line_ids": [
                            Command.create(
                                {
                                    "date": DAY + timedelta(days=365),
                                    "amount": 1000 + interest,
                                    "amount_interest": interest,
                                }
                            )
                        ],
                    }
                )
                if accepted:
                    plan.action_confirm()
                    self.assertEqual(plan.state, "active")
                else:
                    with self.assertRaisesRegex(UserError, "消費者契約法"):
                        plan.action_confirm()

    def test_what_is_shipped_names_its_source(self):
        limits = self.env["account.dunning.charge.limit"].search(
            [("rule", "in", ("rate", "rate_warning"))]
        )
        self.assertGreaterEqual(len(limits), 2)
        for limit in limits:
            self.assertTrue(limit.source and limit.verified_on and limit.confidence)


@tagged("post_install", "-at_install")
class TestStaleRateOnCharge(LegalCommon):
    def test_charge_says_that_its_rate_is_out_of_date(self):
        """A half-yearly rate, the newest value of 1 January 2024."""
        rate = self.env["account.dunning.rate"].create(
            {
                "name": "Taux",
                "code": "taux",
                "period": "half_year",
                "value_ids": [Command.create({"date_from": "2024-01-01", "rate": 5})],
            }
        )
        self.policy.level_ids.charge_interest = True
        # (mode, due, notice, told)
        table = [
            ("half_year", date(2024, 5, 15), date(2024, 6, 14), [False]),
            ("half_year", date(2024, 7, 15), date(2024, 8, 14), [True]),
            # the value of the first day of default counts, and is known
            ("frozen", date(2024, 6, 15), date(2024, 9, 14), [False]),
            ("frozen", date(2024, 8, 15), date(2024, 9, 15), [True]),
        ]
        for number, (mode, due, day, told) in enumerate(table):
            with self.subTest(mode=mode, day=day):
                self.policy.interest_id = self._create_rule(
                    0, code=f"taux_{number}", mode=mode, rate_id=rate.id
                )
                partner = self._create_debtor(f"Debtor {number}")
                item = self._create_item(1000, (day - due).days, partner, day=day)

                charges = self._issue_first(item, day).charge_ids

                self.assertEqual(
                    ["Taux" in (charge.warning or "") for charge in charges], told
                )


@tagged("post_install", "-at_install")
class TestOnceAClaim(LegalCommon):
    def test_collection_costs_are_charged_once_whoever_the_debtor_is(self):
        """Dutch costs of 1,000 are 150: on the first of three levels that name them."""
        self.company.account_fiscal_country_id = self.env.ref("base.nl")
        costs = self.env.ref("account_dunning_advanced.charge_nl_collection")
        self.policy.level_ids.charge_ids = costs
        # (kind of debtor, fees of three notices)
        table = [(True, [150, 0, 0]), (False, [0, 150, 0])]
        for number, (is_company, fees) in enumerate(table):
            with self.subTest(is_company=is_company):
                day = DAY + timedelta(days=60 * number)
                partner = self._create_debtor(
                    f"Dutch {number}",
                    is_company=is_company,
                    country_id=self.env.ref("base.nl").id,
                )
                item = self._create_currency_item("base.EUR", 1000, partner, day=day)

                notices = [
                    self._issue_first(item, day + timedelta(days=days))
                    for days in (0, 20, 40)
                ]

                self.assertEqual([notice.amount_fee for notice in notices], fees)

    def test_another_claim_is_another_charge(self):
        self.fee.is_once = True
        self.policy.level_ids.charge_ids = self.fee
        old = self._create_item(1000, 30)
        self.assertEqual(self._issue_first(old).amount_fee, 5)

        self._create_item(1000, 8)
        later = self._issue_first(old, DAY + timedelta(days=20))

        self.assertEqual(later.amount_fee, 5)
        self.assertEqual(later.charge_ids.base, 1000)

    def test_without_the_mark_each_notice_charges(self):
        self.policy.level_ids.charge_ids = self.fee
        item = self._create_item(1000, 30)
        fees = [
            self._issue_first(item, DAY + timedelta(days=days)).charge_ids.mapped(
                "amount"
            )
            for days in (0, 20)
        ]
        self.assertEqual(fees, [[5], [5]])
