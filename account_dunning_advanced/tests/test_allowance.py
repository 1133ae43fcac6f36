from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DAY
from .writeoff_common import WriteoffCommon

MAY = date(2024, 5, 31)


@tagged("post_install", "-at_install")
class TestAllowance(WriteoffCommon):
    """What is doubtful on the last day of a month is set aside, and taken back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allowance_account = cls.company_data["default_account_assets"]
        cls.company.dunning_allowance_account_id = cls.allowance_account
        cls._set_rates({-3650: 0, 0: 5, 90: 50})

    @classmethod
    def _set_rates(cls, rates):
        Rate = cls.env["account.dunning.allowance.rate"]
        Rate.search([("company_id", "=", cls.company.id)]).unlink()
        Rate.create(
            [
                {"company_id": cls.company.id, "days_from": days, "percent": percent}
                for days, percent in rates.items()
            ]
        )

    def _allowance(self, day=MAY):
        allowance = (
            self.env["account.dunning.allowance"]
            .with_user(self.manager)
            .create({"company_id": self.company.id, "date": day})
        )
        allowance.action_compute()
        return allowance

    def _due(self, amount, due, **values):
        """Post an invoice that was due on a day."""
        return self._create_item(amount, (DAY - due).days, **values)

    def test_rate_of_an_age_group_counts_from_its_first_day_on(self):
        # days overdue on 31 May: amount, expected allowance
        table = {-1: (100, 0), 0: (100, 5), 89: (100, 5), 90: (100, 50)}
        for days, (amount, expected) in table.items():
            with self.subTest(days=days), self.env.cr.savepoint() as savepoint:
                self._due(amount, MAY - timedelta(days=days))
                allowance = self._allowance()
                self.assertEqual(allowance.amount, expected)
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_lines_by_debtor_and_age(self):
        other = self._create_debtor("Other")
        contact = self._create_debtor("C", parent_id=self.debtor.id, is_company=False)
        self._due(100, date(2024, 5, 1))
        self._due(50, date(2024, 5, 21), partner=contact)
        self._due(10, date(2024, 1, 1))
        self._due(33.33, date(2024, 1, 1), partner=other)

        allowance = self._allowance()

        self.assertRecordValues(
            allowance.line_ids.sorted(
                lambda line: (line.partner_id.id, line.days_from)
            ),
            [
                {
                    "partner_id": self.debtor.id,
                    "days_from": 0,
                    "amount_open": 150,
                    "amount": 7.5,
                },
                {
                    "partner_id": self.debtor.id,
                    "days_from": 90,
                    "amount_open": 10,
                    "amount": 5,
                },
                {
                    "partner_id": other.id,
                    "days_from": 90,
                    "amount_open": 33.33,
                    "amount": 16.67,
                },
            ],
        )
        self.assertEqual((allowance.amount_open, allowance.amount), (193.33, 29.17))

    def test_later_payments_and_invoices_do_not_count(self):
        item = self._due(100, date(2024, 1, 1))
        self._pay(item, 30, date(2024, 5, 31))
        self._pay(item, 70, date(2024, 6, 1))
        self._due(500, date(2024, 6, 30), invoice_date=date(2024, 6, 2))
        self.assertTrue(item.reconciled)

        # 70 were open on 31 May, and nothing on 30 June
        self.assertEqual(self._allowance().amount_open, 70)
        self.assertEqual(self._allowance(date(2023, 11, 30)).amount_open, 0)
        self.assertEqual(self._allowance(date(2024, 4, 30)).amount_open, 100)

    def test_credits_take_the_oldest_first(self):
        self._due(100, date(2024, 1, 1))
        self._due(100, date(2024, 5, 1))
        self._due(120, date(2024, 5, 20), move_type="out_refund")

        allowance = self._allowance()

        self.assertRecordValues(
            allowance.line_ids, [{"days_from": 0, "amount_open": 80, "amount": 4}]
        )

    def test_one_debtors_credit_does_not_cover_another(self):
        self._due(100, date(2024, 5, 1))
        self._due(
            500,
            date(2024, 5, 1),
            partner=self._create_debtor("Other"),
            move_type="out_refund",
        )

        self.assertEqual(self._allowance().amount, 5)

    def test_foreign_items_in_company_currency(self):
        gold = self.setup_other_currency(
            "XAF", rounding=0.01, rates=[("2023-01-01", 2.0), ("2024-06-01", 4.0)]
        )
        item = self._due(200, date(2024, 5, 1), currency=gold)
        self._pay(item, 100, date(2024, 6, 10))
        self.assertEqual(self._allowance().amount_open, 100)

        # settled with an exchange difference, in June as well
        self._pay(item, 100, date(2024, 6, 12))
        self.assertTrue(item.reconciled)
        self.assertEqual(self._allowance(date(2024, 3, 31)).amount_open, 0)
        self.env["account.dunning.allowance"].search([]).unlink()
        self.assertEqual(self._allowance().amount_open, 100)

    def test_past_residuals_are_balance_less_earlier_matchings(self):
        # the plain way to compute it, item by item, on any day of a busy ledger
        gold = self.setup_other_currency(
            "XAF", rounding=0.01, rates=[("2023-01-01", 2.0), ("2024-05-01", 4.0)]
        )
        for number, currency in enumerate((None, gold, None, gold)):
            item = self._due(90 + number, date(2024, 3, 1 + number), currency=currency)
            for part, month in ((30, 3), (20, 4), (number and 40 + number, 5)):
                if part:
                    self._pay(item, part, date(2024, month, 20))
        credit = self._create_credit(7, day=date(2024, 4, 10))
        open_item = self._due(50, date(2024, 3, 15))
        (credit | open_item).reconcile()

        for day in (date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), MAY):
            with self.subTest(day=day):
                self.assertEqual(
                    self._allowance(day).amount_open, self._sum_of_residuals(day)
                )

    def _sum_of_residuals(self, day):
        total = 0
        for line in self.env["account.move.line"].search(
            [
                ("account_type", "=", "asset_receivable"),
                ("company_id", "=", self.company.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", day),
            ]
        ):
            total += line.balance
            for partial in line.matched_credit_ids:
                total -= partial.amount if partial.max_date <= day else 0
            for partial in line.matched_debit_ids:
                total += partial.amount if partial.max_date <= day else 0
        return round(total, 2)

    def test_one_rate_for_all(self):
        self.company.write(
            {"dunning_allowance_method": "rate", "dunning_allowance_percent": 2}
        )
        self._due(100, date(2024, 1, 1))
        self._due(100, date(2024, 6, 10))

        allowance = self._allowance()

        self.assertEqual(allowance.amount, 4)
        self.assertEqual(allowance.method, "rate")

    def test_tax_that_comes_back_is_not_at_risk(self):
        tax = self.company_data["default_tax_sale"]
        self.assertEqual(tax.amount, 15)
        taxed = self._due(
            100,
            date(2024, 1, 1),
            invoice_line_ids=[
                Command.create({"price_unit": 100, "tax_ids": [Command.set(tax.ids)]})
            ],
        )
        self._due(50, date(2024, 1, 2))
        # the oldest is paid in part, with its tax
        self._pay(taxed, 23, date(2024, 5, 1))
        table = {
            # (relief, without tax): at risk, allowance
            (True, True): (130, 65),
            (True, False): (142, 71),
            (False, True): (142, 71),
        }
        for (relief, net), (at_risk, amount) in table.items():
            with self.subTest(relief=relief, net=net):
                self.company.dunning_writeoff_tax_relief = relief
                self.company.dunning_allowance_net = net
                allowance = self._allowance()
                self.assertEqual(allowance.line_ids.amount_base, at_risk)
                self.assertEqual(
                    (allowance.amount_open, allowance.amount), (142, amount)
                )
                allowance.unlink()

    def test_without_tax_is_the_default(self):
        self.assertTrue(self.env["res.company"].new().dunning_allowance_net)
        self.assertFalse(self.company._is_dunning_allowance_net())
        self.company.dunning_writeoff_tax_relief = True
        self.assertTrue(self.company._is_dunning_allowance_net())

    def test_posted_and_reversed_on_the_next_day(self):
        self._due(100, date(2024, 5, 1))
        before = self._trial_balance()
        allowance = self._allowance()

        allowance.action_post()

        self.assertRecordValues(
            allowance.move_id.line_ids.sorted("balance"),
            [
                {"account_id": self.allowance_account.id, "balance": -5},
                {"account_id": self.bad_debts.id, "balance": 5},
            ],
        )
        self.assertEqual(allowance.move_id.date, MAY)
        self.assertEqual(allowance.reversal_id.date, date(2024, 6, 1))
        self.assertEqual(allowance.state, "reversed")
        self.assertEqual(self._trial_balance(), before)

    @freeze_time("2024-05-31 10:00:00")
    def test_reversal_waits_for_its_day(self):
        self._due(100, date(2024, 5, 1))
        before = self._trial_balance()
        allowance = self._allowance()
        allowance.action_post()
        self.assertEqual(allowance.state, "posted")
        self.assertEqual(allowance.reversal_id.auto_post, "at_date")
        self.assertNotEqual(self._trial_balance(), before)

        with freeze_time("2024-06-01 03:00:00"), self.enter_registry_test_mode():
            self.env.ref(
                "account.ir_cron_auto_post_draft_entry"
            ).method_direct_trigger()

        self.assertEqual(allowance.state, "reversed")
        self.assertEqual(self._trial_balance(), before)

    def test_expense_account_of_its_own(self):
        expense = self.bad_debts.copy()
        self.company.dunning_allowance_expense_account_id = expense
        self._due(100, date(2024, 5, 1))
        allowance = self._allowance()
        allowance.action_post()

        self.assertIn(expense, allowance.move_id.line_ids.account_id)

    def test_taken_back_and_made_anew(self):
        self._due(100, date(2024, 5, 1))
        before = self._trial_balance()
        allowance = self._allowance()
        allowance.action_post()
        entry = allowance.move_id
        with self.assertRaisesRegex(UserError, "reverse that instead"):
            entry.button_draft()
        self._due(20, date(2024, 5, 1))

        allowance.action_take_back()
        self.assertEqual(allowance.state, "draft")
        allowance.action_post()

        self.assertEqual(allowance.amount, 6)
        may = self.env["account.move.line"].search(
            [("account_id", "=", self.allowance_account.id), ("date", "=", MAY)]
        )
        self.assertEqual(sum(may.mapped("balance")), -6)
        allowance.action_take_back()
        after = self._trial_balance()
        self.assertEqual(
            after.get(self.allowance_account.id), before.get(self.allowance_account.id)
        )

    def test_once_a_month_and_only_at_its_end(self):
        self._allowance()
        with mute_logger("odoo.sql_db"):
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self._allowance()
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self._allowance(date(2024, 5, 30))

    def test_what_is_posted_is_not_posted_computed_or_deleted_again(self):
        self._due(100, date(2024, 5, 1))
        allowance = self._allowance()
        allowance.action_post()

        for method in ("action_post", "action_compute", "unlink"):
            with self.subTest(method), self.assertRaisesRegex(UserError, "is posted"):
                getattr(allowance, method)()

    def test_month_must_be_over(self):
        self._due(100, date(2024, 5, 1))
        allowance = self._allowance(date(2024, 6, 30))

        with self.assertRaisesRegex(UserError, "not over"):
            allowance.action_post()

    def test_locked_days_are_refused(self):
        self._due(100, date(2024, 5, 1))
        allowance = self._allowance()
        # the day itself, and that of the reversal, are both looked at
        for lock in (MAY, date(2024, 6, 1)):
            self.company.fiscalyear_lock_date = lock
            with self.subTest(lock=lock), self.assertRaisesRegex(UserError, "locked"):
                allowance.action_post()
            self.assertFalse(allowance.move_id)

    def test_missing_account_leads_to_the_settings(self):
        self._due(100, date(2024, 5, 1))
        allowance = self._allowance()
        self.company.dunning_allowance_account_id = False

        with self.assertRaises(RedirectWarning):
            allowance.action_post()

    def test_nothing_doubtful_is_not_posted(self):
        allowance = self._allowance()

        with self.assertRaisesRegex(UserError, "is zero"):
            allowance.action_post()

    def test_collectors_read_only_and_amounts_are_not_forged(self):
        allowance = self._allowance()
        with self.assertRaises(AccessError):
            allowance.with_user(self.collector).action_post()
        for vals in ({"amount": 5}, {"state": "posted"}, {"move_id": 1}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                allowance.write(vals)

    def test_written_off_items_are_not_doubtful_any_more(self):
        item = self._due(100, date(2024, 1, 1))
        self._write_off(item)

        self.assertEqual(self._allowance().amount, 50)
        with freeze_time("2024-07-02"):
            self.assertEqual(self._allowance(date(2024, 6, 30)).amount, 0)


@tagged("post_install", "-at_install")
class TestAllowanceCron(WriteoffCommon):
    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_dunning_advanced.ir_cron_allowance"
            ).method_direct_trigger()

    def _allowances(self, company=None):
        return self.env["account.dunning.allowance"].search(
            [("company_id", "=", (company or self.company).id)]
        )

    def _switch_on(self, company, account):
        company.write(
            {
                "dunning_allowance_auto": True,
                "dunning_allowance_method": "rate",
                "dunning_allowance_percent": 10,
                "dunning_allowance_account_id": account.id,
            }
        )

    def test_only_companies_that_switched_it_on_and_once_a_month(self):
        self._create_item(100, 60)
        self._run_cron()
        self.assertFalse(self._allowances())

        self._switch_on(self.company, self.company_data["default_account_assets"])
        self._run_cron()
        allowance = self._allowances()
        self.assertRecordValues(
            allowance, [{"date": MAY, "amount": 10, "state": "reversed"}]
        )
        entry = allowance.move_id

        self._run_cron()
        self.assertEqual(self._allowances(), allowance)
        self.assertEqual(allowance.move_id, entry)
        with freeze_time("2024-07-01 10:00:00"):
            self._run_cron()
        self.assertEqual(len(self._allowances()), 2)

    def test_one_companys_error_does_not_stop_the_others(self):
        other_data = self.setup_other_company()
        other = other_data["company"]
        self._switch_on(self.company, self.company_data["default_account_assets"])
        self._switch_on(other, other_data["default_account_assets"])
        # the first has no journal, the second has
        self.company.dunning_writeoff_journal_id = False
        self.company.dunning_user_id = self.manager
        other.write(
            {
                "dunning_writeoff_journal_id": other_data["default_journal_misc"].id,
                "dunning_writeoff_account_id": other_data["default_account_expense"].id,
            }
        )
        self._create_item(100, 60)
        self._create_item(100, 60, company=other, currency=other.currency_id)

        with (
            mute_logger(
                "odoo.addons.account_dunning_advanced.models.account_dunning_allowance"
            ),
            patch.object(
                self.registry["res.partner"], "message_notify", autospec=True
            ) as notify,
        ):
            self._run_cron()

        self.assertTrue(self._allowances(other).move_id)
        self.assertFalse(self._allowances().move_id)
        self.assertEqual(notify.call_count, 1)
