import random
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DAY
from .promise_common import PromiseCommon, at, day


@tagged("post_install", "-at_install")
class TestPromise(PromiseCommon):
    """What people promise stops dunning, is held to rules, and is quickly taken."""

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

    def test_moving_the_day_does_not_shorten_an_agreement(self):
        self.policy.promise_max_days = 30
        with at(0):
            promise = self._agree((200, 100))
            self.assertEqual(promise.state, "draft")
            promise.date = day(190)
            promise.action_confirm()
        self.assertEqual(promise.state, "draft")

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
