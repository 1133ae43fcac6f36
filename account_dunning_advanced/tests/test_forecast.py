from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..models import account_dunning_forecast
from .common import DAY, DunningCommon
from .test_debtor_figures import WorklistCommon


@tagged("post_install", "-at_install")
class TestForecast(DunningCommon):
    """Weekly receipts from the company's own history, with a back-test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Forecast = cls.env["account.dunning.forecast"]
        cls.late = cls._create_debtor("Late")
        # 16 invoices of each, paid 2 and 20 days late; posting them is what takes time
        for partner, days_late in ((cls.debtor, 2), (cls.late, 20)):
            cls._tell_history(16, partner, days_late)
        # so few are enough here
        cls.startClassPatcher(patch.object(account_dunning_forecast, "MIN_SETTLED", 8))

    @classmethod
    def _tell_history(cls, count, partner, days_late):
        """Invoices due every ten days, each paid so many days late."""
        for number in range(count):
            due = DAY - timedelta(days=days_late + 10 * number + 1)
            item = cls._create_item(
                100, 0, partner=partner, day=due, invoice_date=due - timedelta(days=14)
            )
            cls._pay(item, 100, due + timedelta(days=days_late))

    def _make(self, day=DAY):
        return self.Forecast._make(self.company, day)

    def test_too_little_history_is_said(self):
        self._create_item(100, 0)

        with patch.object(account_dunning_forecast, "MIN_SETTLED", 33):
            forecast = self._make()

            self.assertFalse(forecast.is_reliable)
            self.assertFalse(forecast.week_ids)
            self.assertIn("32 paid invoices, at least 33", forecast.note)

    def test_items_are_expected_as_their_customer_pays(self):
        prompt_item = self._create_item(1000, 0)
        late_item = self._create_item(500, 0, partner=self.late)
        credit = self._create_credit(100)

        forecast = self._make()

        self.assertTrue(forecast.is_reliable)
        self.assertEqual(forecast.settled_count, 32)
        self.assertEqual(forecast.amount_open, 1400)
        rows = {
            row.move_line_id: row
            for row in self.env["account.dunning.forecast.item"].search(
                [("forecast_id", "=", forecast.id)]
            )
        }
        self.assertNotIn(credit, rows)
        self.assertEqual(rows[prompt_item].date_expected, DAY + timedelta(days=2))
        self.assertEqual(rows[late_item].date_expected, DAY + timedelta(days=20))
        weeks = forecast.week_ids.sorted("date")
        self.assertEqual(len(weeks), 12)
        self.assertEqual(weeks[0].date, DAY + timedelta(days=1))
        # most of 1,000 less the credit in the first week, of the 500 in the third
        self.assertGreater(weeks[0].amount_expected, 700)
        self.assertGreater(weeks[2].amount_expected, 300)
        self.assertAlmostEqual(forecast.amount_expected, 1400, delta=1)
        for week in weeks:
            self.assertLessEqual(week.amount_low, week.amount_expected)
            self.assertGreaterEqual(week.amount_high, week.amount_expected)

    def test_restricted_customer_is_neither_learnt_from_nor_foretold(self):
        """What is owed stays in the sums (GDPR art. 18: kept, and not used)."""
        prompt_item = self._create_item(1000, 0)
        self._create_item(500, 0, partner=self.late)
        self.env["account.dunning.hold"].create(
            {
                "partner_id": self.late.id,
                "company_id": self.company.id,
                "stop": "restricted",
                "reason": "DSR-9",
            }
        )

        forecast = self._make()

        self.assertEqual((forecast.settled_count, forecast.amount_open), (16, 1500))
        rows = self.env["account.dunning.forecast.item"].search(
            [("forecast_id", "=", forecast.id)]
        )
        self.assertEqual(rows.move_line_id, prompt_item)

    def test_back_test_knows_nothing_of_what_came_later(self):
        before = self._make()
        expected = before.trial_ids.mapped("amount_expected")
        actual = before.trial_ids.mapped("amount_actual")
        self.assertTrue(any(expected) and any(actual))
        # a large invoice, made and paid today
        self._pay(self._create_item(9999, 0, invoice_date=DAY), 9999, DAY)

        after = self._make()

        self.assertEqual(after.trial_ids.mapped("amount_expected"), expected)
        self.assertEqual(after.trial_ids.mapped("amount_actual"), actual)

    def test_back_test_says_how_good_it_is(self):
        forecast = self._make()
        self.assertGreaterEqual(len(forecast.trial_ids), 12)
        self.assertGreaterEqual(forecast.coverage, 0.7)
        self.assertLess(forecast.wape, 0.6)
        self.assertIn("past weeks", forecast.note)

    def test_forecast_worse_than_none_is_not_to_be_planned_with(self):
        forecast = self._make()
        self.assertIn("on average", forecast.note)

        # of an invoice as large as a hundred others nothing came in those weeks
        self._create_item(20000, 60, invoice_date=DAY - timedelta(days=170))
        forecast = self._make()

        self.assertGreater(forecast.wape, 1)
        self.assertIn("Not to be planned with", forecast.note)

    def test_what_was_credited_was_not_paid(self):
        item = self._create_item(100, 40)
        credit = self._create_credit(100)
        (item | credit).reconcile()

        self.assertEqual(self._make().settled_count, 32)

    def test_agreements_are_folded_in(self):
        item = self._create_item(1000, 1)
        promise = self.env["account.dunning.promise"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date": DAY,
                "move_line_ids": [Command.set(item.ids)],
                "line_ids": [
                    Command.create({"date": DAY + timedelta(days=30), "amount": 1000})
                ],
            }
        )
        promise.action_confirm()

        weeks = self._make().week_ids.sorted("date")

        # nobody has kept or broken one yet: half
        self.assertEqual(weeks[4].amount_promised, 500)
        self.assertEqual(weeks[4].amount_expected, 500)

    def test_graph_has_bands_and_what_came(self):
        self._create_item(1000, 0)
        forecast = self._make()

        action = forecast.with_user(self.collector).action_view_graph()
        groups = (
            self.env[action["res_model"]]
            .with_user(self.collector)
            ._read_group(action["domain"], ["series"], ["amount:sum"])
        )

        amounts = dict(groups)
        self.assertEqual(set(amounts), {"1_low", "2_expected", "3_high", "4_actual"})
        self.assertLess(amounts["1_low"], amounts["3_high"])

    @freeze_time("2024-06-14 12:00:00")
    def test_job_makes_one_a_day(self):
        for _twice in range(2):
            with self.enter_registry_test_mode():
                cron = self.env.ref("account_dunning_advanced.ir_cron_forecast")
                cron.method_direct_trigger()
        forecast = self.Forecast.search([("company_id", "=", self.company.id)])
        self.assertEqual(forecast.mapped("date"), [date(2024, 6, 14)])

    def test_collectors_read_it_and_managers_make_it(self):
        self._create_item(1000, 0)
        forecast = self._make()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "stranger",
            "account_dunning_advanced.group_dunning_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        employee = new_test_user(self.env, "employee", "base.group_user")
        names = ("forecast", "forecast.week", "forecast.item", "forecast.series")

        for name in names:
            Model = self.env[f"account.dunning.{name}"]
            with self.subTest(model=name):
                self.assertTrue(Model.with_user(self.collector).search([]))
                self.assertFalse(Model.with_user(stranger).search([]))
                with self.assertRaises(AccessError):
                    Model.with_user(employee).search([])
        with self.assertRaises(AccessError):
            forecast.with_user(self.collector).action_compute()
        with self.assertRaises(AccessError):
            forecast.with_user(self.manager).amount_expected = 1
        forecast.with_user(self.manager).action_compute()


@tagged("post_install", "-at_install")
class TestForecastOfPromises(WorklistCommon):
    """What was promised comes as far as it is still owed."""

    def test_what_was_credited_since_does_not_come(self):
        item = self._item(1000, 10)
        self._promise(item, 1000, days=5)
        (item | self._create_credit(900, day=self.today)).reconcile()

        reading = self.env["account.dunning.forecast.reading"]

        self.assertEqual(
            reading._read_agreed(self.company, self.today), [(self.debtor.id, 5, 100)]
        )
