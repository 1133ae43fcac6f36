from datetime import date
from decimal import Decimal

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from odoo.addons.account_dunning_advanced.engine.interest import Balance

from .common import DunningCommon

DUE = date(2025, 2, 28)
LAST = date(2025, 3, 31)


@tagged("post_install", "-at_install")
class TestInterestRule(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.germany = cls.env.ref("account_dunning_advanced.interest_de_b2b")
        cls.stranger = cls.env["res.company"].create({"name": "Stranger"})

    def _create_rule(self, **values):
        return (
            self.env["account.dunning.interest"]
            .sudo()
            .create(
                {
                    "name": "Agreed",
                    "code": "agreed",
                    "mode": "fixed",
                    "margin": 8,
                    **values,
                }
            )
        )

    def _accrue(self, rule, currency=None, amount="1000", **days):
        """Interest of March 2025 on an item that was due at the end of February."""
        return rule._accrue(
            [Balance(date(2025, 1, 1), Decimal(amount))],
            due_date=days.pop("due_date", DUE),
            date_to=days.pop("date_to", LAST),
            currency=currency or self.company.currency_id,
            company=self.company,
            **days,
        )

    # === ACCRUAL === #

    @users("collector")
    def test_collector_computes_the_interest_of_a_claim(self):
        [segment] = self._accrue(self.germany.with_env(self.env))

        self.assertEqual(
            (segment.date_from, segment.date_to, segment.days),
            (date(2025, 3, 1), LAST, 31),
        )
        self.assertEqual(segment.rate, Decimal("11.27"))
        # 1,000 × 11.27 % × 31 / 365 = 9.5718
        self.assertEqual(segment.amount, Decimal("9.57"))
        self.assertTrue(segment.source)

    def test_what_was_charged_before_is_left_out(self):
        [segment] = self._accrue(self.germany, date_from=date(2025, 3, 22))
        self.assertEqual(segment.days, 10)

    def test_amounts_are_those_of_the_currency(self):
        won = self.env.ref("base.KRW")
        won.active = True
        rule = self.env.ref("account_dunning_advanced.interest_kr_commercial")
        [segment] = self._accrue(rule, won, "1000000")
        # 1,000,000 × 6 % × 31 / 365 = 5,095.89
        self.assertEqual(segment.amount, 5096)

    def test_start_of_the_interest(self):
        notice, invoice = date(2025, 3, 10), date(2025, 2, 14)
        cases = [
            # basis, days, what is handed in, first day
            ("due", 0, {}, date(2025, 3, 1)),
            ("due", 5, {}, date(2025, 3, 6)),
            ("notice", 0, {"notice_date": notice}, date(2025, 3, 11)),
            ("notice", 0, {}, None),
            ("invoice", 30, {"invoice_date": invoice}, date(2025, 3, 17)),
        ]
        for basis, days, known, first in cases:
            with self.subTest(basis, days=days, **known):
                rule = self._create_rule(
                    code=f"{basis} {days} {known}", start_basis=basis, start_days=days
                )
                segments = self._accrue(rule, **known)
                starts = [segment.date_from for segment in segments]
                self.assertEqual(starts, [first] if first else [])

    def test_service_of_the_claim_raises_the_rate_on_the_next_day(self):
        rule = self.env.ref("account_dunning_advanced.interest_kr_civil")
        segments = self._accrue(rule, service_date=date(2025, 3, 15))
        self.assertEqual([(x.days, x.rate) for x in segments], [(15, 5), (16, 12)])

    def test_lower_limit_of_a_rule(self):
        least = self._create_rule(code="least", margin=11)
        rule = self._create_rule(floor_id=least.id)
        [segment] = self._accrue(rule)
        self.assertEqual(segment.rate, 11)

        rule.margin = 12
        [segment] = self._accrue(rule)
        self.assertEqual(segment.rate, 12)

    def test_cap_lowers_or_warns(self):
        rule = self._create_rule(margin=24, cap=20)
        for mode, expected in (("limit", (20, "capped")), ("warn", (24, "above_cap"))):
            with self.subTest(mode):
                rule.cap_mode = mode
                [segment] = self._accrue(rule)
                self.assertEqual((segment.rate, segment.warning), expected)

    def test_own_value_of_the_company_counts(self):
        self.env["account.dunning.rate.value"].create(
            {
                "rate_id": self.germany.rate_id.id,
                "date_from": "2025-01-01",
                "rate": 3,
                "company_id": self.company.id,
            }
        )
        [segment] = self._accrue(self.germany)
        self.assertEqual(segment.rate, 12)

    def test_missing_rate_names_rule_and_day(self):
        old = [Balance(date(2000, 1, 1), Decimal(1000))]
        company = self.company
        with self.assertRaisesRegex(
            UserError, "base \\+ 9 needs a rate for 01/01/2001"
        ):
            self.germany._accrue(
                old, date(2001, 3, 1), LAST, company.currency_id, company
            )

    # === RULES === #

    def test_rule_is_not_its_own_lower_limit(self):
        least = self._create_rule(code="least")
        rule = self._create_rule(floor_id=least.id)
        with self.assertRaisesRegex(ValidationError, "its own lower limit"):
            least.floor_id = rule

    def test_incomplete_rules_are_refused(self):
        for values in (
            {"mode": "half_year"},
            {"step_event": "service"},
            {"start_days": -1},
            {"cap": -1},
        ):
            with self.subTest(values), mute_logger("odoo.sql_db"):
                with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                    self._create_rule(**values).flush_recordset()

    def test_stale_rates_of_a_rule_are_told_once_each(self):
        france = self.env.ref("account_dunning_advanced.interest_fr_agreed")
        legal = france.floor_id.rate_id
        legal.sudo().value_ids.filtered(lambda x: x.date_from > DUE).unlink()
        self.assertEqual(france._get_stale_warnings(date(2025, 6, 30)), [])
        [warning] = france._get_stale_warnings(date(2025, 7, 1))
        self.assertIn("07/01/2025", warning)
        self.assertIn(warning, france.stale_warning)

    @users("dunning_manager")
    def test_manager_copies_a_shipped_rule_and_changes_the_copy(self):
        germany = self.germany.with_env(self.env)
        with self.assertRaisesRegex(UserError, "Copy it"):
            germany.margin = 20

        with Form(germany.copy()) as form:
            form.name = "Germany: as agreed"
            form.margin = 12

        rule = self.env["account.dunning.interest"].search(
            [("code", "=", "de_b2b (copy)")]
        )
        [segment] = self._accrue(rule)
        self.assertEqual(segment.rate, Decimal("14.27"))

    @users("collector")
    def test_collector_reads_and_does_not_write(self):
        rule = self._create_rule().with_env(self.env)
        self.assertTrue(rule.name)
        for act in (lambda: rule.write({"margin": 1}), rule.copy, rule.unlink):
            with self.subTest(act), self.assertRaises(AccessError):
                act()

    @users("collector")
    def test_rule_of_another_company_is_not_seen(self):
        rule = self._create_rule(company_id=self.stranger.id)
        self.assertFalse(
            self.env["account.dunning.interest"].search([("id", "=", rule.id)])
        )
        rule.company_id = self.company
        self.assertTrue(
            self.env["account.dunning.interest"].search([("id", "=", rule.id)])
        )
