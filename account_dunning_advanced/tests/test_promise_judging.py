from odoo.fields import Command
from odoo.tests import tagged

from .promise_common import PromiseCommon, at, day


@tagged("post_install", "-at_install")
class TestPromiseJudging(PromiseCommon):
    """What was promised is kept by what is paid, by the ledger's own dates."""

    def test_one_promise_by_date_of_payment(self):
        table = {
            # name: (payments as (day, amount), judged on): (state, paid, surplus)
            "exact": (((5, 500),), 5, "kept", 500, 0),
            "early": (((1, 500),), 1, "kept", 500, 0),
            "late within tolerance": (((7, 500),), 7, "kept", 500, 0),
            "late beyond": (((8, 500),), 8, "broken", 500, 0),
            "partial": (((5, 200),), 8, "partial", 200, 0),
            "partial, in time still": (((5, 200),), 7, "active", 200, 0),
            "in two parts": (((2, 200), (6, 300)), 6, "kept", 500, 0),
            "over-payment": (((5, 700),), 5, "kept", 700, 200),
            "nothing": ((), 8, "broken", 0, 0),
            "nothing yet": ((), 7, "active", 0, 0),
        }
        for name, (payments, judged, state, paid, surplus) in table.items():
            with self.subTest(name):
                item = self._create_item(1000, 30)
                with at(0):
                    promise = self._agree((5, 500), items=item, tolerance_days=2)
                with at(judged):
                    for offset, amount in payments:
                        self._match(item, amount, offset)
                self._night(judged)

                self.assertRecordValues(
                    promise,
                    [
                        {
                            "state": state,
                            "amount_paid": paid,
                            "amount_surplus": surplus,
                        }
                    ],
                )
                self.assertEqual(promise.line_ids.amount_paid, min(paid, 500))

    def test_payment_entered_late_counts_by_its_own_date(self):
        with at(0):
            promise = self._agree((5, 500))
        self._night(6)
        self.assertEqual(promise.state, "broken")
        with at(9):
            self._match(self.item, 500, 4)

        self.assertEqual(promise.state, "kept")
        self.assertFalse(promise.activity_ids)

    def test_registered_payment_counts(self):
        with at(0):
            promise = self._agree((5, 500))
        with at(3):
            self._pay(self.item, 500, day(3))

        self.assertRecordValues(promise, [{"state": "kept", "amount_paid": 500}])

    def test_what_was_paid_before_does_not_count(self):
        with at(0):
            self._match(self.item, 300, 0)
            promise = self._agree((5, 500))
        with at(2):
            self._match(self.item, 200, 2)

        self.assertEqual(promise.line_ids.amount_paid, 200)

    def test_what_was_paid_while_it_waited_for_approval_does_not_count(self):
        with at(0):
            promise = self._agree((9, 500), confirm=False)
        with at(2):
            self._match(self.item, 300, 2)
        with at(3):
            promise.action_confirm()
            self._match(self.item, 200, 3)

        self.assertEqual(promise.amount_open, 700)
        self.assertEqual(promise.line_ids.amount_paid, 200)

    def test_payment_of_before_that_is_matched_after_counts(self):
        with at(0):
            promise = self._agree((5, 500))
            self._match(self.item, 500, -3)

        self.assertEqual(promise.state, "kept")

    def test_payment_on_another_invoice_does_not_count_and_is_told(self):
        other = self._create_item(500, 20)
        with at(0):
            promise = self._agree((5, 500))
        with at(3):
            self._match(other, 500, 3)
        self._night(6)

        self.assertEqual(promise.state, "broken")
        self.assertEqual(promise.amount_elsewhere, 500)
        self.assertIn("500.00 was paid on other invoices", promise.activity_ids.note)

    def test_credit_note_settles_but_does_not_pay(self):
        with at(0):
            promise = self._agree((5, 500))
            credit = self._create_credit(500)
            (self.item | credit).reconcile()

        self.assertRecordValues(
            promise, [{"state": "kept", "amount_paid": 0, "amount_settled": 500}]
        )

    def test_write_off_settles_but_does_not_pay(self):
        self._set_up_writeoffs()
        with at(0):
            promise = self._agree((5, 500))
            writeoff = self.env["account.dunning.writeoff"].create(
                {
                    "reason_id": self.env.ref(
                        "account_dunning_advanced."
                        "account_dunning_writeoff_reason_uneconomic"
                    ).id,
                    "line_ids": [
                        Command.create({"move_line_id": self.item.id, "amount": 1000})
                    ],
                }
            )
            writeoff.action_submit()
            writeoff.action_post()
            self.assertEqual(promise.state, "kept")
            self.assertEqual(promise.amount_paid, 0)

            writeoff.action_reverse()

        self.assertEqual(promise.state, "active")

    def test_unmatching_judges_anew(self):
        with at(0):
            promise = self._agree((5, 500))
            credit = self._match(self.item, 500, 0)
            self.assertEqual(promise.state, "kept")

            credit.remove_move_reconcile()

            self.assertEqual(promise.state, "active")
            self.assertReason(self.item, "promise")
            (self.item | credit).reconcile()
        with at(10):
            credit.remove_move_reconcile()

        self.assertEqual(promise.state, "broken")
        self.assertTrue(promise.activity_ids)

    def test_foreign_currency_is_judged_in_it(self):
        euro = self.setup_other_currency("EUR", rates=[("2024-01-01", 2.0)])
        item = self._create_item(1000, 30, currency=euro)
        with at(0):
            promise = self._agree((5, 500), items=item)
            self.assertEqual(promise.currency_id, euro)
        with at(3):
            self._match(item, 500, 3)

        self.assertRecordValues(promise, [{"state": "kept", "amount_paid": 500}])

    def test_instalments_kept_and_broken_in_the_middle(self):
        with at(0):
            plan = self._agree((5, 300), (35, 300), (65, 400), kind="plan")
        with at(4):
            self._match(self.item, 300, 4)
        self.assertEqual(self._states(plan), ["kept", "active", "active"])
        self.assertEqual(plan.state, "active")
        self.assertReason(self.item, "plan", day(30))
        self._night(36)

        self.assertEqual(self._states(plan), ["kept", "broken", "active"])
        self.assertEqual(plan.state, "broken")
        self.assertReason(self.item, "dun", day(36))

    def test_several_invoices_in_one_plan(self):
        other = self._create_item(500, 20)
        with at(0):
            plan = self._agree(
                (5, 700), (35, 800), kind="plan", items=self.item | other
            )
            self.assertReason(other, "plan")
        with at(4):
            self._match(other, 500, 4)
            self._match(self.item, 200, 4)

        self.assertEqual(self._states(plan), ["kept", "active"])

    def test_cancelled_invoice_is_not_a_broken_promise(self):
        with at(0):
            promise = self._agree((5, 1000))
            self.item.move_id.button_draft()
            self.item.move_id.button_cancel()
        self._night(6)

        self.assertNotIn(promise.state, ("broken", "partial"))

    def test_what_was_matched_before_keeps_nothing(self):
        """A payment dated ahead, known when the promise is taken, is no new money."""
        self._match(self.item, 400, 3)
        with at(0):
            promise = self._agree((5, 400))
        self._night(20)
        self.assertRecordValues(promise, [{"state": "broken", "amount_paid": 0}])

    def test_one_payment_keeps_one_of_two_promises(self):
        """Dated before the second was made, it was promised with the first."""
        with at(0):
            first = self._agree((5, 400))
        self._night(8)
        self.assertEqual(first.state, "broken")
        with at(8):
            second = self._agree((20, 400))
        with at(10):
            self._match(self.item, 400, 4)
        self.assertEqual((first.state, second.state), ("kept", "active"))
        self._night(30)
        self.assertEqual(second.state, "broken")

    def test_expenses_are_no_money_whoever_books_them(self):
        cases = [
            # paid, written off with it -> paid, settled otherwise
            (100, 900, 100, 900),
            (1000, 0, 1000, 0),
        ]
        for amount, _rest, paid, settled in cases:
            with self.subTest(amount=amount):
                item = self._create_item(1000, 30)
                with at(0):
                    promise = self._agree((5, 1000), items=item)
                with at(2):
                    self.env["account.payment.register"].with_context(
                        active_model="account.move", active_ids=item.move_id.ids
                    ).create(
                        {
                            "amount": amount,
                            "payment_date": day(2),
                            "payment_difference_handling": "reconcile",
                            "writeoff_account_id": self.company_data[
                                "default_account_expense"
                            ].id,
                        }
                    )._create_payments()
                self.assertRecordValues(
                    promise, [{"amount_paid": paid, "amount_settled": settled}]
                )

    def test_bad_debt_entry_by_hand_is_no_payment(self):
        with at(0):
            promise = self._agree((5, 1000))
        self._match(
            self.item, 1000, 2, account=self.company_data["default_account_expense"]
        )
        self.assertRecordValues(promise, [{"amount_paid": 0, "amount_settled": 1000}])
