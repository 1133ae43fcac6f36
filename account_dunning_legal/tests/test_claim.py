from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestClaim(LegalCommon):
    def _add(self, case, kind, amount, day=TODAY):
        return self.env["account.legal.claim"].create(
            {"case_id": case.id, "date": day, "kind": kind, "amount": amount}
        )

    def test_account_begins_with_what_was_invoiced_and_paid(self):
        item = self._create_top_item(1000, 60)
        paid_on = TODAY - timedelta(days=10)
        self._pay(item, 300, paid_on)

        case = self._open_case(item, self.clerk)

        due = item.date_maturity
        self.assertBalance(case, due - timedelta(days=1))
        self.assertBalance(case, due, principal=1000)
        self.assertBalance(case, paid_on - timedelta(days=1), principal=1000)
        self.assertBalance(case, paid_on, principal=700)
        self.assertEqual(case.amount_total, item.amount_residual_currency)

    def test_credit_note_is_a_waiver(self):
        item = self._create_top_item(1000)
        credit = self._create_credit(200, day=TODAY)
        (item | credit).reconcile()

        case = self._open_case(item, self.clerk)

        self.assertEqual(case.claim_ids.mapped("kind"), ["principal", "waiver"])
        self.assertBalance(case, TODAY, principal=800)

    def test_balance_takes_iso_days(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        self.assertEqual(case.claim_balance("2024-06-14")["total"], 1000)

    def test_payment_settles_the_costs_first(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self._add(case, "cost", 38)
        self._add(case, "interest", 12)

        self._pay(item, 100, TODAY)

        self.assertBalance(case, TODAY, principal=950)

    def test_payment_is_entered_when_it_is_matched(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)

        self._pay(item, 1000, TODAY)

        self.assertTrue(item.reconciled)
        self.assertBalance(case, TODAY)
        self.assertEqual(case.amount_total, 0)

    def test_unmatched_payment_is_owed_again(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self._pay(item, 400, TODAY)
        self.assertBalance(case, TODAY, principal=600)

        item.remove_move_reconcile()

        self.assertBalance(case, TODAY, principal=1000)
        self.assertEqual(
            case.claim_ids.mapped("kind"), ["principal", "payment", "payment"]
        )

    def test_payment_matched_again_counts_once(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        payment = self._pay(item, 400, TODAY)
        line = item.matched_credit_ids.credit_move_id
        item.remove_move_reconcile()

        (item | line).reconcile()

        self.assertTrue(payment)
        self.assertBalance(case, TODAY, principal=600)

    def test_invoicing_user_without_legal_rights_matches_payments(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self.env = self.env(user=self.collector)
        self.assertFalse(self.env["account.legal.claim"].has_access("create"))

        self._pay(item.with_env(self.env), 400, TODAY)

        self.assertBalance(case, TODAY, principal=600)

    def test_foreign_currency_is_claimed_as_invoiced(self):
        currency = self.setup_other_currency("EUR")
        item = self._create_top_item(1000, currency=currency)
        case = self._open_case(item, self.clerk, currency_id=currency.id)

        self._pay(item, 250, TODAY)

        self.assertBalance(case, TODAY, principal=750)
        self.assertEqual(item.amount_residual_currency, 750)

    def test_more_paid_than_claimed_is_not_lost(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        self._add(case, "payment", 1100)

        self.assertBalance(case, TODAY, principal=-100)

    def test_events_of_an_opened_case_are_immutable(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        event = case.claim_ids

        for act in (
            lambda: event.write({"amount": 1}),
            lambda: event.write({"note": "x"}),
            lambda: event.sudo().write({"date": "2020-01-01"}),
            lambda: case.write({"claim_ids": [(1, event.id, {"amount": 1})]}),
            event.unlink,
            event.sudo().unlink,
        ):
            with self.assertRaisesRegex(UserError, "cannot be changed any more"):
                act()
        case.action_close()
        with self.assertRaisesRegex(UserError, "cannot be changed any more"):
            event.unlink()

    def test_events_of_a_draft_can_be_corrected(self):
        case = self._create_case(self._create_top_item(1000), self.clerk)
        event = self._add(case, "cost", 10)
        event.amount = 12
        self.assertBalance(case, TODAY, cost=12)
        event.unlink()
        self.assertBalance(case, TODAY)

    def test_mistake_is_reversed_once(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        event = self._add(case, "cost", 99, TODAY - timedelta(days=5))

        event.action_reverse()

        self.assertBalance(case, TODAY - timedelta(days=1), principal=1000, cost=99)
        self.assertBalance(case, TODAY, principal=1000)
        for again in (event, event.reversed_by_ids):
            with self.assertRaisesRegex(UserError, "reversed already"):
                again.action_reverse()

    def test_closed_case_takes_no_events(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.action_close()
        with self.assertRaisesRegex(UserError, "is closed"):
            self._add(case, "cost", 10)

    def test_amount_is_positive(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        for amount in (0, -5):
            with (
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.cr.savepoint(),
            ):
                self._add(case, "payment", amount)

    def test_claim_account_and_ledger_agree(self):
        items = self._create_top_item(1000) | self._create_top_item(500, 90)
        case = self._open_case(items, self.clerk)
        for number, amount in enumerate((120.5, 79.5, 300)):
            self._pay(items[number % 2], amount, TODAY)
            self.assertEqual(case.claim_balance(TODAY)["total"], case.amount_items)
        items[0].remove_move_reconcile()
        self.assertEqual(case.claim_balance(TODAY)["total"], case.amount_items)

    def test_balance_of_a_day_before_the_case(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        self.assertBalance(case, date(2000, 1, 1))
