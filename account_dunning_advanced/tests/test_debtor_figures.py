from datetime import date, datetime, timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningCommon


class WorklistCommon(DunningCommon):
    """Debtors' rows are of today: the stories are told from today's date."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._dunning_today()
        cls.Debtor = cls.env["account.dunning.debtor"]

    def _item(self, amount, days, partner=None, **values):
        return self._create_item(amount, days, partner, day=self.today, **values)

    def _row(self, partner=None):
        """Return a customer's row, brought up to date as a commit would."""
        debtor = self.Debtor._get_or_create(partner or self.debtor, self.company)
        self.env.cr.precommit.run()
        return debtor

    def _promise(self, items, amount, days, user=None):
        promise = (
            self.env["account.dunning.promise"]
            .with_user(user or self.env.user)
            .create(
                {
                    "partner_id": items.partner_id.id,
                    "company_id": self.company.id,
                    "move_line_ids": [Command.set(items.ids)],
                    "line_ids": [
                        Command.create(
                            {
                                "date": self.today + timedelta(days=days),
                                "amount": amount,
                            }
                        )
                    ],
                }
            )
        )
        promise.action_confirm()
        return promise

    def _dispute(self, items, amount):
        return self.env["account.dunning.dispute"].create(
            {
                "partner_id": items.partner_id.id,
                "company_id": self.company.id,
                "move_line_ids": [Command.set(items.ids)],
                "amount": amount,
                "reason": "Not delivered",
            }
        )

    def _contact(self, days_ago=0, partner=None, **values):
        # delivery is not for users to write
        return (
            self.env["account.dunning.contact"]
            .sudo()
            .create(
                {
                    "partner_id": (partner or self.debtor).id,
                    "company_id": self.company.id,
                    "date": fields.Datetime.now() - timedelta(days=days_ago),
                    "channel": "call",
                    "outcome": "reached",
                    **values,
                }
            )
        )

    def assertNoFaults(self):
        self.env.cr.precommit.run()
        faults = self.Debtor.with_user(self.manager).check_figures()
        # other customers of the test company have nothing overdue
        self.assertEqual(faults, [])


@tagged("post_install", "-at_install")
class TestDebtorFigures(WorklistCommon):
    """The row says what the ledger says, to the cent, as soon as something happens."""

    def test_open_is_overdue_and_not_due_less_credits(self):
        self._item(100.10, 40)
        self._item(50.05, -10)
        self._item(7, 0)
        self._create_credit(20.02, day=self.today)

        row = self._row()

        self.assertRecordValues(
            row,
            [
                {
                    "amount_overdue": 100.10,
                    "amount_not_due": 57.05,
                    "amount_credit": 20.02,
                    "amount_open": 137.13,
                    "date_oldest_due": self.today - timedelta(days=40),
                    "date_figures": self.today,
                    "stage": "late",
                }
            ],
        )
        self.assertNoFaults()

    def test_new_invoice_is_counted_when_it_is_posted_and_not_when_reset(self):
        self._item(100, 40)
        row = self._row()

        invoice = self._item(33.33, 5).move_id
        self.env.cr.precommit.run()
        self.assertEqual(row.amount_overdue, 133.33)

        invoice.button_draft()
        self.env.cr.precommit.run()
        self.assertEqual(row.amount_overdue, 100)

    def test_entry_without_a_due_date_is_due_at_once(self):
        """As the aging has it, e.g. of an opening balance."""
        day = self.today - timedelta(days=90)
        accounts = ("default_account_receivable", "default_account_revenue")
        receivable, revenue = (self.company_data[name] for name in accounts)
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": self.debtor.id,
                            "debit": 77,
                        }
                    ),
                    Command.create({"account_id": revenue.id, "credit": 77}),
                ],
            }
        )
        entry.action_post()
        self.assertFalse(self._get_items(entry).date_maturity)

        row = self._row()

        self.assertEqual((row.amount_overdue, row.amount_not_due), (77, 0))
        self.assertEqual(row.date_oldest_due, day)
        aged = self.env["account.dunning.aging"].browse(self._get_items(entry).id)
        self.assertEqual(aged.amount_overdue, row.amount_overdue)
        self.assertNoFaults()

    def test_item_that_is_put_off_or_given_to_another_takes_its_row_along(self):
        item = self._item(100, 40)
        other = self._create_debtor("Other")
        row, other_row = self._row(), self._row(other)

        item.date_maturity = self.today + timedelta(days=9)
        self.env.cr.precommit.run()
        self.assertEqual((row.amount_overdue, row.amount_not_due), (0, 100))
        self.assertNoFaults()

        item.partner_id = other
        self.env.cr.precommit.run()
        self.assertEqual((row.amount_open, other_row.amount_open), (0, 100))
        self.assertNoFaults()

    def test_customer_who_comes_under_another_company_owes_there(self):
        shop = self.env["res.partner"].create({"name": "Corner Shop"})
        item = self._item(100, 40, shop)
        self._dispute(item, 30)
        row = self._row(shop)
        self.assertRecordValues(row, [{"amount_overdue": 100, "amount_disputed": 30}])

        shop.parent_id = self.debtor
        self.env.cr.precommit.run()

        above = self.Debtor.search([("partner_id", "=", self.debtor.id)])
        self.assertRecordValues(
            row | above,
            [
                {"amount_overdue": 0, "amount_disputed": 0},
                {"amount_overdue": 100, "amount_disputed": 30},
            ],
        )
        self.assertNoFaults()

    def test_contact_without_debts_makes_no_debtor_of_its_company(self):
        shop = self.env["res.partner"].create({"name": "Corner Shop"})
        self._row(shop)

        shop.parent_id = self.debtor
        self.env.cr.precommit.run()

        self.assertFalse(self.Debtor.search([("partner_id", "=", self.debtor.id)]))

    def test_what_is_not_due_takes_nothing_off_what_is_overdue(self):
        self._item(100, 40)
        disputed, promised = self._item(500, -20), self._item(600, -20)
        row = self._row()
        before = row.priority

        self._dispute(disputed, 500)
        self._promise(promised, 600, days=25)
        self.env.cr.precommit.run()

        self.assertRecordValues(
            row,
            [
                {
                    "amount_disputed": 500,
                    "amount_promised": 600,
                    "amount_disputed_overdue": 0,
                    "amount_promised_overdue": 0,
                    "stage": "late",
                    "next_step": "notice",
                    "priority": before,
                }
            ],
        )
        self.assertNoFaults()

    def test_of_what_is_overdue_the_disputed_and_promised_part_counts(self):
        self._item(300, 40)
        item = self._item(500, 30)
        later = self._item(200, -20)
        self._dispute(item, 120)
        self._promise(item | later, 250, days=5)

        row = self._row()

        self.assertEqual(row.amount_disputed_overdue, 120)
        self.assertEqual(row.amount_promised_overdue, 250)
        self.assertNoFaults()

    def test_dispute_shows_in_company_currency_until_it_is_decided(self):
        euro = self.setup_other_currency("EUR", rates=[("2020-01-01", 3.0)])
        item = self._item(100, 40, currency=euro)
        row = self._row()

        dispute = self.env["account.dunning.dispute"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "move_line_ids": [Command.set(item.ids)],
                "amount": 50,
                "reason": "Not delivered",
            }
        )
        self.env.cr.precommit.run()

        self.assertEqual(row.amount_disputed, 16.67)
        self.assertNoFaults()

        dispute.amount = 100
        self.env.cr.precommit.run()
        self.assertEqual(row.stage, "disputed")
        self.assertNoFaults()
        dispute.action_reject()
        self.env.cr.precommit.run()
        self.assertRecordValues(row, [{"amount_disputed": 0, "stage": "late"}])

    def test_promise_shows_until_it_is_paid_or_broken(self):
        item = self._item(100, 40)
        row = self._row()

        promise = self._promise(item, 60, days=3)
        self.env.cr.precommit.run()
        self.assertRecordValues(row, [{"amount_promised": 60, "stage": "late"}])

        self._pay(item, 25, day=self.today)
        self.env.cr.precommit.run()
        self.assertEqual(row.amount_promised, 35)
        self.assertNoFaults()

        promise.action_cancel()
        self.env.cr.precommit.run()
        self.assertEqual(row.amount_promised, 0)
        self.assertNoFaults()

    def test_everything_promised_waits_for_the_day(self):
        item = self._item(100, 40)
        row = self._row()
        self._promise(item, 100, days=3)
        self.env.cr.precommit.run()

        self.assertRecordValues(
            row,
            [
                {
                    "stage": "agreed",
                    "next_step": "promise",
                    "next_step_date": self.today + timedelta(days=3),
                }
            ],
        )

    def test_last_contact_is_one_that_reached_the_other_side(self):
        self._item(100, 40)
        row = self._row()
        self.assertFalse(row.last_contact_date)

        self._contact(5)
        self._contact(2, channel="email", outcome="sent", delivery_state="bounced")
        self._contact(1, outcome="wrong_number")
        self.env.cr.precommit.run()

        self.assertRecordValues(
            row,
            [
                {
                    "last_contact_date": self.today - timedelta(days=5),
                    "last_contact_channel": "call",
                }
            ],
        )
        self.assertNoFaults()

    def test_contact_late_at_night_is_of_the_companys_day(self):
        self.company.partner_id.tz = "Pacific/Auckland"
        self._item(100, 40)
        row = self._row()

        self.env["account.dunning.contact"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date": datetime(2024, 6, 10, 18),
                "channel": "letter",
            }
        )
        self.env.cr.precommit.run()

        self.assertEqual(row.last_contact_date, date(2024, 6, 11))
        self.assertEqual(row.history_ids.mapped("date"), [date(2024, 6, 11)])

    def test_next_contact_is_the_earliest_of_plan_and_tasks(self):
        self._item(100, 40)
        row = self._row()
        row.with_user(self.collector).next_action_date = self.today + timedelta(days=9)
        self.env.cr.precommit.run()
        self.assertEqual(row.next_contact_date, self.today + timedelta(days=9))

        task = row.activity_schedule(
            "mail.mail_activity_data_call", self.today + timedelta(days=4)
        )
        self.env.cr.precommit.run()
        self.assertRecordValues(
            row,
            [
                {
                    "next_contact_date": self.today + timedelta(days=4),
                    "next_step": "contact",
                }
            ],
        )

        task.action_feedback()
        self.env.cr.precommit.run()
        self.assertEqual(row.next_contact_date, self.today + timedelta(days=9))

    def test_broken_promise_is_called_about_until_somebody_has_spoken(self):
        item = self._item(100, 40)
        row = self._row()
        promise = self._promise(item, 100, days=0)
        promise._set_state("broken", self.today)
        self.env.cr.precommit.run()
        self.assertRecordValues(
            row, [{"broken_promise_count": 1, "next_step": "broken"}]
        )

        self._contact(0, channel="letter", by_hand=True)
        self.env.cr.precommit.run()

        self.assertNotEqual(row.next_step, "broken")

    def test_hold_waits_for_its_end(self):
        self._item(100, 40)
        row = self._row()

        hold = self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "New bank",
                "date_from": self.today,
                "date_to": self.today + timedelta(days=5),
            }
        )
        self.env.cr.precommit.run()
        self.assertRecordValues(
            row,
            [
                {
                    "stage": "hold",
                    "is_stopped": True,
                    "next_step": "wait",
                    "next_step_date": self.today + timedelta(days=6),
                }
            ],
        )

        hold.action_end()
        self.env.cr.precommit.run()
        self.assertRecordValues(row, [{"stage": "late", "is_stopped": False}])

    def test_what_comes_next_is_what_a_run_would_decide(self):
        self._item(100, 3)
        row = self._row()

        self.assertEqual(row.next_step, "notice")
        self.assertIn("Three Steps 1", row.next_step_text)

        self._item(100, 30)
        self.env.invalidate_all()
        self.assertEqual(row.next_step_text, "Notice with the next run")

    def test_nobody_can_be_reached_is_said_on_the_row(self):
        self.debtor.write({"email": False, "street": False})
        self._item(100, 30)

        self.assertEqual(self._row().next_step_text, "No notice: Cannot be reached")

    def test_conflict_with_another_writer_does_not_undo_the_payment(self):
        item = self._item(100, 40)
        row = self._row()

        def conflict(*_args):
            self.env.cr.execute("UPDATE account_dunning_debtor SET amount_open = -1")
            raise SerializationFailure

        with patch.object(type(row), "_refresh", side_effect=conflict):
            self._pay(item, 100, day=self.today)
            self.env.cr.precommit.run()

        self.assertEqual(item.amount_residual, 0)
        # what the refresh had written is rolled back, the daily job comes again
        self.assertEqual(row.amount_open, 100)
        self.Debtor._refresh(self.company)
        self.assertEqual(row.amount_open, 0)

    def test_importer_may_name_figures_but_the_ledgers_count(self):
        self._item(100, 40)

        row = self.Debtor.with_user(self.collector).create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "user_id": self.collector.id,
                "amount_overdue": 7,
                "priority": 5000,
            }
        )

        self.assertEqual(row.amount_overdue, 100)
        self.assertLess(row.priority, 5000)
        self.assertNoFaults()

    def test_figures_are_not_set_by_hand(self):
        self._item(100, 40)
        row = self._row().with_user(self.collector)

        for name, value in (("amount_overdue", 0), ("priority", 9), ("stage", "hold")):
            with self.subTest(name), self.assertRaises(AccessError):
                row.write({name: value})
        row.next_action_date = self.today


@tagged("post_install", "-at_install")
class TestDebtorCheck(WorklistCommon):
    """The check command finds a row that is not the ledger's."""

    def _forge(self, **values):
        row = self._row()
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(
                f"UPDATE account_dunning_debtor SET {name} = %s WHERE id = %s",
                [value, row.id],
            )
        self.env.invalidate_all()
        return self.Debtor.with_user(self.manager).check_figures()

    def test_rows_of_the_ledger_are_not_reported(self):
        item = self._item(100, 40)
        self._item(50, -4)
        self._contact(3)
        self._row()
        self._promise(item, 40, days=4)

        self.assertNoFaults()

    def test_forged_rows_are_reported_in_plain_words(self):
        self._item(100, 40)

        faults = self._forge(amount_overdue=99.99)

        self.assertEqual(
            faults, ["Debtor: Overdue is $\xa099.99, should be $\xa0100.00."]
        )

    def test_each_figure_is_checked(self):
        self._item(100, 40)
        for name, value in (
            ("amount_open", 1),
            ("amount_not_due", 1),
            ("amount_credit", 1),
            ("amount_disputed", 1),
            ("amount_promised", 1),
            ("amount_disputed_overdue", 1),
            ("amount_promised_overdue", 1),
            ("date_oldest_due", "2020-01-01"),
            ("dunning_date", "2020-01-01"),
            ("broken_promise_count", 3),
            ("reply_count", 3),
            ("last_contact_date", "2020-01-01"),
            ("priority", 1),
        ):
            with self.subTest(name):
                self.assertTrue(self._forge(**{name: value}))
                self._row().action_refresh()

    def test_row_of_another_day_and_missing_row_are_reported(self):
        self._item(100, 40)
        faults = self._forge(date_figures="2020-01-01")
        self.assertIn("the figures are of", faults[0])

        self._row().action_refresh()
        self._item(70, 40, self._create_debtor("Newcomer"))
        self.assertEqual(
            self.Debtor.with_user(self.manager).check_figures(),
            ["Newcomer: $\xa070.00 is overdue, and there is no debtor."],
        )

    def test_weekly_job_sets_right_what_differs(self):
        self._item(100, 40)
        self._forge(amount_overdue=1)

        with (
            self.enter_registry_test_mode(),
            self.assertLogs(
                "odoo.addons.account_dunning_advanced.models"
                ".account_dunning_debtor_check",
                "WARNING",
            ),
        ):
            self.env.ref(
                "account_dunning_advanced.ir_cron_check_debtors"
            ).method_direct_trigger()

        self.env.invalidate_all()
        self.assertEqual(self._row().amount_overdue, 100)

    def test_only_managers_check(self):
        with self.assertRaises(AccessError):
            self.Debtor.with_user(self.collector).check_figures()
