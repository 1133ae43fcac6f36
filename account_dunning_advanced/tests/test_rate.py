from datetime import date
from decimal import Decimal

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestRate(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rate = cls._create_rate("test", {"2024-01-01": 5.25, "2025-01-01": 4.75})
        cls.shipped = cls.env.ref("account_dunning_advanced.rate_de_base")

    @classmethod
    def _create_rate(cls, code, values, **others):
        return cls.env["account.dunning.rate"].create(
            {
                "name": code.title(),
                "code": code,
                "value_ids": [
                    (0, 0, {"date_from": day, "rate": rate, "company_id": False})
                    for day, rate in values.items()
                ],
                **others,
            }
        )

    def _create_value(self, rate, day, percent, company, user=None):
        values = {
            "rate_id": rate.id,
            "date_from": day,
            "rate": percent,
            "company_id": company.id,
        }
        Value = self.env["account.dunning.rate.value"]
        return Value.with_user(user or self.env.user).create(values)

    def _get_values(self, company, rate=None):
        values = (rate or self.rate)._get_values(company)
        return [(value.date_from.isoformat(), value.rate) for value in values]

    # === VALUES === #

    def test_values_are_exact_and_oldest_first(self):
        self.assertEqual(
            self._get_values(self.company),
            [("2024-01-01", Decimal("5.25")), ("2025-01-01", Decimal("4.75"))],
        )

    def test_own_value_stands_in_for_the_shared_one_of_the_day(self):
        self._create_value(self.rate, "2025-01-01", 4.5, self.company)
        self._create_value(self.rate, "2025-03-01", 4.25, self.company)

        self.assertEqual(
            self._get_values(self.company),
            [
                ("2024-01-01", Decimal("5.25")),
                ("2025-01-01", Decimal("4.5")),
                ("2025-03-01", Decimal("4.25")),
            ],
        )
        stranger = self.env["res.company"].create({"name": "Stranger"})
        self.assertEqual(
            self._get_values(stranger),
            [("2024-01-01", Decimal("5.25")), ("2025-01-01", Decimal("4.75"))],
        )

    def test_branch_takes_the_values_of_its_parent_unless_it_has_its_own(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self._create_value(self.rate, "2024-01-01", 5.5, self.company)
        self._create_value(self.rate, "2025-01-01", 5, self.company)
        self._create_value(self.rate, "2025-01-01", 6, branch)

        self.assertEqual(
            self._get_values(branch),
            [("2024-01-01", Decimal("5.5")), ("2025-01-01", Decimal(6))],
        )
        self.assertEqual(
            self._get_values(self.company),
            [("2024-01-01", Decimal("5.5")), ("2025-01-01", Decimal(5))],
        )

    def test_one_value_a_day(self):
        self._create_value(self.rate, "2025-01-01", 4, self.company)
        for company in (self.company, self.env["res.company"]):
            with self.subTest(company=company), mute_logger("odoo.sql_db"):
                with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                    self._create_value(self.rate, "2025-01-01", 3, company)

    # === STALENESS === #

    def test_missing_value_is_told(self):
        cases = [
            # published, day, missing since
            ("half_year", "2025-06-30", False),
            ("half_year", "2025-07-01", "2025-07-01"),
            ("half_year", "2026-11-21", "2025-07-01"),
            ("year", "2025-12-31", False),
            ("year", "2026-01-01", "2026-01-01"),
            ("three_years", "2027-12-31", False),
            ("three_years", "2028-01-01", "2028-01-01"),
            ("event", "2099-01-01", False),
        ]
        for period, day, since in cases:
            with self.subTest(period, day=day):
                self.rate.period = period
                missing = self.rate._get_stale_since(date.fromisoformat(day))
                self.assertEqual(missing, since and date.fromisoformat(since))

    def test_warning_names_both_days(self):
        self.rate.period = "half_year"

        warning = self.rate._get_stale_warning(date(2025, 8, 1))

        self.assertEqual(
            warning,
            "Test: the newest value is of 01/01/2025, a new one is due since"
            " 07/01/2025.",
        )
        self.assertFalse(self.rate._get_stale_warning(date(2025, 6, 30)))

    def test_rate_without_a_value_is_stale(self):
        empty = self._create_rate("empty", {})
        self.assertEqual(
            empty._get_stale_warning(date(2025, 1, 1)), "Empty has no value."
        )
        self.assertTrue(empty.is_stale)

    def test_stale_rates_are_found(self):
        self.rate.period = "half_year"
        event = self._create_rate("event", {"2020-01-01": 1})
        both = self.rate | event

        Rate = self.env["account.dunning.rate"]
        domain = [("id", "in", both.ids)]
        stale = Rate.search([*domain, ("is_stale", "=", True)])
        fresh = Rate.search([*domain, ("is_stale", "=", False)])

        self.assertEqual(stale, self.rate)
        self.assertEqual(fresh, event)
        self.assertEqual(
            Rate.search([*domain, ("is_stale", "in", [True, False])]), both
        )

    def test_own_value_ends_the_warning(self):
        self.rate.period = "half_year"
        day = date(2025, 8, 1)
        self.assertTrue(self.rate._get_stale_since(day))

        self._create_value(self.rate, "2025-07-01", 4.75, self.company)

        self.assertFalse(self.rate._get_stale_since(day))

    # === SHIPPED RECORDS === #

    @users("dunning_manager")
    def test_shipped_value_is_not_changed_but_overridden(self):
        shipped = self.shipped.with_user(self.env.user)
        value = shipped.value_ids[:1]
        self.assertTrue(value.is_shipped)

        with self.assertRaisesRegex(UserError, "Add a value of your company"):
            value.rate = 99
        with self.assertRaisesRegex(UserError, "Add a value of your company"):
            value.unlink()
        self._create_value(shipped, value.date_from, 9, self.company, self.env.user)

        self.assertEqual(shipped._get_values(self.company)[-1].rate, 9)

    @users("dunning_manager")
    def test_shipped_rate_is_copied_to_be_changed(self):
        shipped = self.shipped.with_user(self.env.user)
        with self.assertRaisesRegex(UserError, "Copy it"):
            shipped.period = "event"
        shipped.active = False  # that is up to the user

        copy = shipped.copy()
        copy.period = "event"
        copy.value_ids[:1].rate = 3

        self.assertEqual(copy.code, "de_base (copy)")
        self.assertEqual(shipped.copy().code, "de_base (copy) (copy)")
        self.assertEqual(len(copy.value_ids), len(shipped.value_ids))

    def test_upgrade_may_change_what_is_shipped(self):
        """The guard asks who writes: without it the next upgrade would fail."""
        value_sudo = self.shipped.value_ids[:1].sudo()
        value_sudo.rate = 1
        self.assertEqual(value_sudo.rate, 1)

    def test_imported_records_are_the_users_own(self):
        self.env["ir.model.data"].create(
            {
                "module": "__import__",
                "name": "my_rate",
                "model": self.rate._name,
                "res_id": self.rate.id,
            }
        )
        self.assertFalse(self.rate.is_shipped)
        self.assertTrue(self.shipped.is_shipped)

    # === RIGHTS AND SCREENS === #

    @users("dunning_manager")
    def test_manager_adds_a_value_on_the_screen(self):
        with Form(self.shipped.with_env(self.env)) as form:
            with form.value_ids.new() as line:
                line.date_from = date(2027, 1, 1)
                line.rate = 1.77
        self.assertEqual(self.shipped.value_ids[:1].company_id, self.company)
        self.assertEqual(self.shipped.date_latest, date(2027, 1, 1))
        self.assertEqual(self.shipped.rate_latest, 1.77)

    @users("collector")
    def test_collector_reads_and_does_not_write(self):
        rate = self.rate.with_env(self.env)
        self.assertTrue(rate._get_values(self.company))
        for act in (
            lambda: rate.write({"name": "Mine"}),
            lambda: rate.value_ids[:1].write({"rate": 99}),
            rate.value_ids.unlink,
            lambda: rate.copy(),
        ):
            with self.subTest(act), self.assertRaises(AccessError):
                act()
