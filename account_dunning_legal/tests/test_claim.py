from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
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

    def test_balance_asks_for_a_day(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        for day in (False, None, "", "soon", "2024-13-45"):
            with self.subTest(day=day), self.assertRaisesRegex(UserError, "not a day"):
                case.claim_balance(day)

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

    def test_payment_after_the_case_is_on_its_account(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        case.action_close()

        self._pay(item, 400, TODAY)

        self.assertBalance(case, TODAY, principal=600)
        self.assertEqual(case.amount_total, case.amount_items)

    def test_payment_that_comes_back_after_the_case_is_told(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        payment = self._pay(item, 1000, TODAY)
        case.action_close()
        self.assertBalance(case, TODAY)

        payment.action_draft()
        payment.action_cancel()

        self.assertBalance(case, TODAY, principal=1000)
        self.assertIn("came back after the case was closed", case.activity_ids.summary)
        self.assertIn("1,000.00", case.activity_ids.summary)
        self.assertReason(item, "top_level", TODAY)
        again = self._open_case(item, self.clerk)
        self.assertBalance(again, TODAY, principal=1000)

    def test_payment_is_entered_in_the_last_case_of_its_item(self):
        item = self._create_top_item(1000)
        first = self._open_case(item, self.clerk)
        first.action_close()
        second = self._open_case(item, self.clerk)

        self._pay(item, 400, TODAY)

        self.assertBalance(first, TODAY, principal=1000)
        self.assertBalance(second, TODAY, principal=600)

    def test_closed_account_is_not_opened_by_a_crafted_context(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.action_close()
        Claim = self.env["account.legal.claim"].with_user(self.clerk)
        with self.assertRaisesRegex(UserError, "is closed"):
            Claim.with_context(account_dunning_guard=True).create(
                {"case_id": case.id, "date": TODAY, "kind": "cost", "amount": 1}
            )

    def test_event_of_another_account_is_not_reversed(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        other = self._open_case(self._create_top_item(500), self.clerk)
        with self.assertRaisesRegex(ValidationError, "account it stands in"):
            self.env["account.legal.claim"].with_user(self.clerk).create(
                {
                    "case_id": other.id,
                    "date": TODAY,
                    "kind": "principal",
                    "amount": 1000,
                    "reverses_id": case.claim_ids.id,
                }
            )

    def test_claim_without_an_invoice_is_pursued_like_any(self):
        case = self._create_case(
            self.env["account.move.line"], self.manager, early_reason="Damages"
        )
        self._add(case, "principal", 700)

        case.action_open()
        case.current_step_id.action_start()
        case.current_step_id.action_done()

        self.assertBalance(case, TODAY, principal=700)
        self.assertEqual(case.amount_claimed, 700)
        self.assertFalse(case.limitation_date)
        self.assertEqual(len(case._get_account_rows()), 1)
        self.assertEqual(case._get_item_table()[1:], [])
        case.action_close()
        self.assertEqual(case.state, "closed")

    def test_what_the_ledger_says_is_undone_in_the_ledger(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self._pay(item, 300, TODAY)

        for kind in ("principal", "payment"):
            event = case.claim_ids.filtered(lambda event, kind=kind: event.kind == kind)
            with (
                self.subTest(kind=kind),
                self.assertRaisesRegex(UserError, "comes from the ledger"),
            ):
                event.with_user(self.clerk).action_reverse()
        self.assertEqual(case.claim_balance(TODAY)["total"], item.amount_residual)

    def test_event_stays_in_its_account(self):
        over = self._open_case(self._create_top_item(1000), self.clerk)
        over.action_close()
        draft = self._create_case(self._create_top_item(500), self.clerk)
        event = self._add(draft, "payment", 400)

        with self.assertRaisesRegex(UserError, "stays in the account"):
            event.write({"case_id": over.id})

        event.write({"amount": 300})
        self.assertBalance(over, TODAY, principal=1000)

    def test_payment_above_the_claim_is_kept(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self._add(case, "waiver", 300)

        self._pay(item, 1200, TODAY)

        # the ledger matches no more than the invoice; what is too much is shown
        self.assertBalance(case, TODAY, principal=-300)
        self.assertTrue(item.reconciled)

    # === INVOICES UNDER A CASE === #

    def test_invoice_under_an_open_case_is_not_undone(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        for act in ("button_draft", "button_cancel"):
            with (
                self.subTest(act=act),
                self.assertRaisesRegex(UserError, f"claimed in case {case.name}"),
                self.cr.savepoint(),
            ):
                getattr(item.move_id, act)()
        self.assertEqual(item.parent_state, "posted")
        self.assertBalance(case, TODAY, principal=1000)

        case.action_close()
        item.move_id.button_draft()

        self.assertEqual(item.parent_state, "draft")

    def test_due_date_in_an_open_case_is_kept(self):
        item = self._create_top_item(1000)
        due = item.date_maturity
        case = self._open_case(item, self.clerk)
        with (
            self.assertRaisesRegex(UserError, f"claimed in case {case.name}"),
            self.cr.savepoint(),
        ):
            item.date_maturity = due + timedelta(days=10)
        # who writes the same day changes nothing
        item.write({"date_maturity": str(due)})
        self.assertEqual(item.date_maturity, due)

        case.action_close()
        item.date_maturity = due + timedelta(days=10)

        self.assertEqual(item.date_maturity, due + timedelta(days=10))

    def test_credit_note_takes_the_invoice_out_of_the_claim(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self._add(case, "cost", 38)

        (item | self._create_credit(1000, day=TODAY)).reconcile()

        # the costs of a suit over what was not owed are still on the account
        self.assertBalance(case, TODAY, cost=38)

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
