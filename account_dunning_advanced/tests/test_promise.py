import random
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DAY, DunningCommon


def at(offset):
    """The clock, so many days after the stories' day."""
    return freeze_time(f"{DAY + timedelta(days=offset)} 10:00:00")


def day(offset):
    return DAY + timedelta(days=offset)


class PromiseCommon(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._create_item(1000, 30)
        cls.collector.name = "Kim"
        cls.cron = cls.env.ref("account_dunning_advanced.ir_cron_judge_promises")

    def _agree(self, *parts, items=None, confirm=True, user=None, **values):
        """Agree on (days from now, amount) about the item."""
        items = items or self.item
        promise = (
            self.env["account.dunning.promise"]
            .with_user(user or self.collector)
            .create(
                {
                    "partner_id": self.debtor.id,
                    "move_line_ids": [Command.set(items.ids)],
                    "line_ids": [
                        Command.create({"date": day(offset), "amount": amount})
                        for offset, amount in parts
                    ],
                    **values,
                }
            )
        )
        if confirm:
            promise.action_confirm()
        return promise

    def _match(self, item, amount, offset, account=None):
        """Post a payment as a journal entry of a day and match it with the item."""
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": day(offset),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": item.account_id.id,
                            "partner_id": item.partner_id.id,
                            "currency_id": item.currency_id.id,
                            "amount_currency": -amount,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": (
                                account or self.company_data["default_account_revenue"]
                            ).id,
                            "currency_id": item.currency_id.id,
                            "amount_currency": amount,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        credit = entry.line_ids.filtered(lambda line: line.credit)
        (item | credit).reconcile()
        return credit

    def _night(self, offset):
        """Run the daily job on a day."""
        with at(offset), self.enter_registry_test_mode():
            self.cron.method_direct_trigger()

    def _states(self, promise):
        return promise.line_ids.sorted("date").mapped("state")


@tagged("post_install", "-at_install")
class TestPromise(PromiseCommon):
    """What people promise is remembered, checked against the ledger, and acted on."""

    # === STOPPING === #

    def test_each_kind_stops_with_its_own_reason(self):
        self._set_up_writeoffs()
        for kind in ("promise", "plan", "settlement"):
            with self.subTest(kind=kind), at(0):
                item = self._create_item(100, 30)
                self._agree((5, 80), items=item, kind=kind)

                self.assertReason(item, kind)

    def test_made_from_the_contracts_fields_alone(self):
        promise = self.env["account.dunning.promise"].create(
            {
                "partner_id": self.debtor.id,
                "kind": "promise",
                "line_ids": [Command.create({"date": day(5), "amount": 1000})],
                "move_line_ids": [Command.set(self.item.ids)],
                "tolerance_days": 2,
            }
        )

        promise.action_confirm()

        self.assertEqual(promise.state, "active")
        self.assertReason(self.item, "promise")

    def test_verdict_says_what_by_when_and_to_whom(self):
        with at(0):
            promise = self._agree((5, 500), tolerance_days=2)

            verdict = self.assertReason(self.item, "promise")

        self.assertIn("500.00 by 06/19/2024, taken by Kim", verdict.explanation)
        self.assertEqual(verdict.reason_date, day(7))
        self.assertEqual(verdict.action_open_cause()["res_id"], promise.id)

    def test_stops_to_the_last_day_of_tolerance(self):
        with at(0):
            self._agree((5, 500), tolerance_days=2)
        table = {0: "promise", 5: "promise", 7: "promise", 8: "dun", 30: "dun"}

        for offset, reason in table.items():
            with self.subTest(offset=offset):
                # before the daily job has judged it, too
                self.assertReason(self.item, reason, day(offset))

    def test_draft_and_cancelled_stop_nothing(self):
        with at(0):
            promise = self._agree((5, 500), confirm=False)
            self.assertReason(self.item, "dun")
            promise.action_confirm()
            self.assertReason(self.item, "promise")
            promise.action_cancel()
            self.assertReason(self.item, "dun")

        self.assertEqual(promise.line_ids.state, "cancelled")

    def test_what_stopped_yesterday_stopped_yesterday(self):
        with at(0):
            promise = self._agree((9, 500))
        with at(3):
            promise.action_cancel()

        self.assertReason(self.item, "promise", day(2))
        self.assertReason(self.item, "dun", day(3))

    def test_reasons_stand_in_the_order_in_which_they_are_checked(self):
        selection = self.env["account.dunning.verdict"]._fields["reason"]
        order = selection.get_values(self.env)
        wanted = ["settlement", "plan", "promise", "hold_item"]
        if "legal" in order:
            wanted = ["not_due", "legal", *wanted]

        self.assertEqual([reason for reason in order if reason in wanted], wanted)

    def test_comes_before_holds(self):
        with at(0):
            self._agree((5, 500))
            self.env["account.dunning.hold"].create(
                {"reason": "x", "partner_id": self.debtor.id, "date_from": DAY}
            )

            self.assertReason(self.item, "promise")

    def test_promised_after_approval_is_left_out(self):
        with at(0):
            run = self._run()
            run.action_approve()
            self._agree((5, 500))

            run.action_issue()

        self.assertFalse(self.item.dunning_level_id)
        self.assertEqual(run.change_ids.reason, "promise")

    def test_promised_between_issue_and_sending_is_not_sent(self):
        with at(0):
            notice = self._run(issue=True).notice_ids
            self._agree((5, 500))

            notice._deliver()

        self.assertEqual(notice.delivery_state, "skipped")

    # === JUDGING === #

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

    # === WHAT FOLLOWS === #

    def test_broken_calls_the_collector_and_is_counted(self):
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        debtor.user_id = self.manager
        with at(0):
            promise = self._agree((5, 500))
        self._night(6)

        self.assertEqual(promise.activity_ids.user_id, self.manager)
        self.assertIn("500.00 was due on 06/19/2024", promise.activity_ids.note)
        self.env.cr.precommit.run()  # rows follow with the commit
        self.assertEqual(debtor.broken_promise_count, 1)
        debtor._refresh(self.company)
        self.assertEqual(debtor.broken_promise_count, 1)
        with at(8):
            self._match(self.item, 500, 3)
            self.env.cr.precommit.run()
        self.assertEqual(debtor.broken_promise_count, 0)

    def test_broken_twice_acts_once(self):
        with at(0):
            promise = self._agree((5, 500))
        self._night(6)
        self._night(7)

        self.assertEqual(len(promise.activity_ids), 1)

    def test_policy_resumes_or_raises(self):
        # last notice three days ago, the next level is due in weeks
        table = {"resume": "not_yet", "raise": "dun"}
        for action, reason in table.items():
            with self.subTest(action=action):
                item = self._create_item(100, 10)
                self.policy.promise_break_action = action
                self._run(issue=True, partner_ids=self.debtor.ids)
                with at(1):
                    self._agree((2, 100), items=item)
                self._night(3)

                verdict = self.assertReason(item, reason, day(3))

                if action == "raise":
                    self.assertEqual(verdict.level_id, self.second)
                    # once: the notice that is given ends it
                    self._run(day(3), issue=True)
                    self.assertEqual(item.dunning_level_id, self.second)
                    self.assertNotEqual(item._dunning_reasons(day(4))[item.id], "dun")

    def test_policy_cancels_the_plan(self):
        self.policy.promise_break_action = "cancel"
        with at(0):
            plan = self._agree((5, 300), (35, 700), kind="plan")
        self._night(6)

        self.assertEqual(self._states(plan), ["broken", "cancelled"])
        with at(8):
            self._match(self.item, 300, 4)
        self.assertEqual(self._states(plan), ["kept", "active"])

    def test_policy_proposes_the_legal_step(self):
        self.policy.promise_break_action = "legal"
        with at(0):
            promise = self._agree((5, 500))
        self._night(6)

        self.assertIn("legal step", promise.activity_ids.summary)

    def _set_up_writeoffs(self):
        self.company.dunning_writeoff_journal_id = self.company_data[
            "default_journal_misc"
        ]
        self.company.dunning_writeoff_account_id = self.company_data[
            "default_account_expense"
        ]
        self.company.dunning_writeoff_limit = 5000

    def test_settlement_waives_the_rest_when_kept(self):
        self._set_up_writeoffs()
        with at(0):
            promise = self._agree((5, 400), (35, 300), kind="settlement")
            self.assertEqual(promise.amount_discount, 300)
            self._match(self.item, 400, 0)
            self.assertFalse(promise.writeoff_id)
            credit = self._match(self.item, 300, 0)

        self.assertEqual(promise.state, "kept")
        self.assertTrue(self.item.reconciled)
        self.assertEqual(promise.writeoff_id.state, "posted")
        self.assertEqual(promise.writeoff_id.line_ids.amount, 300)
        self.assertEqual(promise.amount_paid, 700)
        # the payment bounces: what was waived is owed again
        with at(2):
            credit.remove_move_reconcile()
        self.assertEqual(promise.state, "active")
        self.assertEqual(self.item.amount_residual, 600)
        self.assertEqual(promise.writeoff_id.state, "reversed")
        with at(40):
            self._match(self.item, 300, 4)
        self.assertTrue(self.item.reconciled)

    def test_settlement_that_is_broken_waives_nothing(self):
        self._set_up_writeoffs()
        with at(0):
            promise = self._agree((5, 700), kind="settlement")
        with at(6):
            self._match(self.item, 700, 6)
        self._night(6)

        self.assertEqual(promise.state, "broken")
        self.assertFalse(promise.writeoff_id)
        self.assertEqual(self.item.amount_residual, 300)

    def test_settlement_needs_its_set_up(self):
        with at(0), self.assertRaises(RedirectWarning):
            self._agree((5, 700), kind="settlement")

    def test_waiver_that_cannot_be_booked_waits(self):
        self._set_up_writeoffs()
        with at(0):
            promise = self._agree((5, 700), kind="settlement")
        with at(3):
            self.company.dunning_writeoff_account_id = False
            self._match(self.item, 700, 3)
            self.assertEqual(promise.state, "kept")
            self.assertEqual(self.item.amount_residual, 300)
            self.assertIn("could not be booked", promise.activity_ids.summary)
        self._set_up_writeoffs()
        self._night(4)

        self.assertTrue(self.item.reconciled)

    # === RULES === #

    def test_item_is_in_one_agreement(self):
        with at(0):
            first = self._agree((5, 500))
            with self.assertRaisesRegex(UserError, "already in"):
                self._agree((5, 400))
            first.action_cancel()
            second = self._agree((5, 400))

        self.assertEqual(second.state, "active")

    def test_two_who_see_it_free_cannot_both_have_it(self):
        with at(0):
            self._agree((5, 500))
            rival = self._agree((5, 400), confirm=False)
            # the second user's transaction does not see the first one's agreement
            with (
                patch.object(type(rival), "_check_free"),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                rival.action_confirm()

    def test_broken_one_does_not_come_back_over_another(self):
        with at(0):
            first = self._agree((5, 500))
            credit = self._match(self.item, 500, 0)
            self._agree((9, 400))
            credit.remove_move_reconcile()

        self.assertEqual(first.state, "kept")
        self.assertReason(self.item, "promise")

    def test_currencies_are_not_mixed(self):
        euro = self.setup_other_currency("EUR", rates=[("2024-01-01", 2.0)])
        foreign = self._create_item(100, 30, currency=euro)

        with self.assertRaisesRegex(ValidationError, "one currency"):
            self._agree((5, 500), items=self.item | foreign, kind="plan")

    def test_what_is_refused(self):
        stranger = self._create_item(100, 30, partner=self._create_debtor("Other"))
        table = {
            "more than": lambda: self._agree((5, 1001)),
            "how much": lambda: self._agree(),
            "not owed by": lambda: self._agree((5, 10), items=stranger),
            "covers": lambda: self._agree((5, 10), move_line_ids=[Command.clear()]),
        }
        for text, act in table.items():
            with self.subTest(text), self.assertRaisesRegex(UserError, text):
                act()

    def test_what_was_agreed_does_not_change(self):
        with at(0):
            promise = self._agree((5, 500))
        for user in (self.collector, self.manager):
            theirs = promise.with_user(user)
            for record, vals in (
                (theirs, {"tolerance_days": 90}),
                (theirs, {"kind": "settlement"}),
                (theirs.line_ids, {"date": day(90)}),
                (theirs.line_ids, {"amount": 1}),
            ):
                with self.subTest(vals=vals), self.assertRaises(UserError):
                    record.write(vals)
            for record, vals in (
                (theirs, {"state": "kept"}),
                (theirs, {"amount_paid": 500}),
                (theirs.line_ids, {"state": "kept"}),
                (theirs.line_ids, {"amount_paid": 500}),
            ):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    record.write(vals)
            with self.assertRaises(UserError):
                theirs.line_ids.unlink()
        # the twin: a draft may be changed
        draft = self._agree((5, 10), confirm=False)
        draft.write({"tolerance_days": 9})
        draft.line_ids.amount = 20

    def test_above_the_limits_a_manager_approves(self):
        self._set_up_writeoffs()
        table = (
            ({"promise_max_days": 30}, ((31, 1000),), "plan"),
            ({"promise_max_instalments": 1}, ((5, 500), (9, 500)), "plan"),
            ({"promise_max_discount": 20}, ((5, 799),), "settlement"),
        )
        for limits, parts, kind in table:
            with self.subTest(limits=limits), at(0):
                item = self._create_item(1000, 30)
                self.policy.write(limits)
                promise = self._agree(*parts, items=item, kind=kind)
                self.assertEqual(promise.state, "draft")
                self.assertTrue(promise.needs_approval)
                self.assertReason(item, "dun")
                promise.action_confirm()
                self.assertEqual(promise.state, "draft")

                promise.with_user(self.manager).action_confirm()

                self.assertEqual(promise.state, "active")
                self.assertEqual(promise.approved_by_id, self.manager)
                self.policy.write(dict.fromkeys(limits, 0))

    def test_contact_of_the_company_may_promise(self):
        contact = self._create_debtor("C", parent_id=self.debtor.id, is_company=False)
        with at(0):
            promise = self._agree((5, 500), partner_id=contact.id)

        self.assertEqual(promise.partner_id, self.debtor)
        self.assertEqual(promise.contact_id, contact)

    # === WRITING TO THE CUSTOMER === #

    def _mails(self, record):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", record._name), ("res_id", "=", record.id)])
        )

    def test_confirmation_carries_the_schedule(self):
        with at(0):
            plan = self._agree((5, 300), (35, 700), kind="plan")

            plan.action_send()

        mail = self._mails(plan)
        self.assertEqual(mail.state, "outgoing")
        self.assertIn("300.00", mail.body_html)
        self.assertEqual(len(mail.attachment_ids), 1)
        self.assertEqual(mail.recipient_ids, self.debtor)
        self.assertTrue(plan.date_confirmation_sent)

    def test_instalment_is_reminded_of_once(self):
        self.policy.promise_reminder_days = 2
        with at(0):
            plan = self._agree((5, 300), (35, 700), kind="plan")
        line = plan.line_ids.sorted("date")[0]
        self._night(2)
        self.assertFalse(self._mails(line))
        self._night(3)
        self._night(4)

        self.assertEqual(len(self._mails(line)), 1)
        self.assertEqual(line.date_reminded, day(3))
        self.assertFalse(plan.line_ids.sorted("date")[1].date_reminded)

    def test_what_is_paid_already_is_not_reminded_of(self):
        with at(0):
            promise = self._agree((9, 300), (35, 700), kind="plan")
        with at(2):
            self._match(self.item, 300, 2)
        self._night(8)

        self.assertFalse(self._mails(promise.line_ids.sorted("date")[0]))

    def test_one_error_stops_nobody_else(self):
        other = self._create_item(500, 20)
        with at(0):
            bad = self._agree((5, 500))
            good = self._agree((5, 500), items=other)
        Promise = type(bad)
        judge = Promise._judge_one

        def fail(promise, today):
            if promise == bad:
                raise ValueError("broken data")
            return judge(promise, today)

        with (
            patch.object(Promise, "_judge_one", fail),
            mute_logger(
                "odoo.addons.account_dunning_advanced.models"
                ".account_dunning_promise_judging"
            ),
        ):
            self._night(6)

        self.assertEqual(bad.state, "active")
        self.assertEqual(good.state, "broken")

    # === TAKING IT === #

    def _take(self, records):
        action = (
            records.action_promise()
            if records._name.endswith("debtor")
            else records.action_dunning_promise()
        )
        return Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )

    def test_plan_is_laid_out_from_the_debtor(self):
        other = self._create_item(500, 20)
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        with at(0):
            wizard = self._take(debtor)
            self.assertEqual(wizard.amount, 1500)
            wizard.kind = "plan"
            wizard.number = 4
            wizard.date_first = day(1)
            promise = self.env["account.dunning.promise"].browse(
                wizard.save().action_apply()["res_id"]
            )

        self.assertEqual(promise.state, "active")
        self.assertEqual(promise.move_line_ids, self.item | other)
        self.assertEqual(promise.line_ids.mapped("amount"), [375] * 4)
        # Saturday the 15th: on Monday; the later ones are counted from the 15th
        self.assertEqual(
            [str(date) for date in promise.line_ids.mapped("date")],
            ["2024-06-17", "2024-07-15", "2024-08-15", "2024-09-16"],
        )
        self.assertEqual(promise.user_id, self.collector)

    def test_promise_is_taken_from_an_invoice_and_from_items(self):
        with at(0):
            for records in (self.item.move_id, self.item):
                promise = self.env["account.dunning.promise"].browse(
                    self._take(records).save().action_apply()["res_id"]
                )
                self.assertEqual(promise.move_line_ids, self.item)
                promise.action_cancel()

    def test_wizard_takes_one_customer(self):
        other = self._create_item(100, 30, partner=self._create_debtor("Other"))

        with self.assertRaisesRegex(UserError, "one customer"):
            (self.item | other).action_dunning_promise()

    # === PROPERTY === #

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

    def test_moving_the_day_does_not_shorten_an_agreement(self):
        self.policy.promise_max_days = 30
        with at(0):
            promise = self._agree((200, 100))
            self.assertEqual(promise.state, "draft")
            promise.date = day(190)
            promise.action_confirm()
        self.assertEqual(promise.state, "draft")

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

    def test_no_notice_asks_for_what_is_agreed(self):
        chance = random.Random(23)
        items = [self._create_item(200, 20 + 5 * number) for number in range(5)]
        Notice = self.env["account.dunning.notice.line"]
        for offset in range(0, 60, 3):
            with at(offset):
                for _event in range(chance.randint(0, 3)):
                    self._random_event(chance, items, offset)
                on_track = self.env["account.dunning.promise"].search(
                    [("state", "=", "active")]
                )
                agreed = {
                    item
                    for promise in on_track
                    for item in promise.move_line_ids
                    if all(
                        line.state == "kept"
                        or line.date + timedelta(days=promise.tolerance_days)
                        >= day(offset)
                        for line in promise.line_ids
                    )
                }
                run = self._run(day(offset), issue=True)
                asked = Notice.search(
                    [("run_id", "=", run.id), ("state", "=", "issued")]
                ).move_line_id
                self.assertFalse(agreed & set(asked))
                for promise in on_track:
                    self.assertFalse(promise._get_rivals())
            self._night(offset)

    def _random_event(self, chance, items, offset):
        item = chance.choice(items)
        kind = chance.choice(["agree", "agree", "pay", "unmatch", "cancel"])
        promises = self.env["account.dunning.promise"].search(
            [("move_line_ids", "in", item.ids), ("state", "=", "active")]
        )
        if kind == "agree" and not promises and item.amount_residual > 10:
            self._agree(
                (offset + chance.randint(0, 12), 5),
                (offset + chance.randint(5, 30), 5),
                items=item,
                kind=chance.choice(["promise", "plan"]),
                tolerance_days=chance.randint(0, 3),
            )
        elif kind == "pay" and item.amount_residual > 10:
            self._match(item, chance.choice([3, 5, 10]), offset - chance.randint(0, 4))
        elif kind == "unmatch" and item.matched_credit_ids:
            item.remove_move_reconcile()
        elif kind == "cancel" and promises:
            promises.action_cancel()
