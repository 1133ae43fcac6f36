from odoo.exceptions import RedirectWarning
from odoo.tests import tagged

from .promise_common import PromiseCommon, at, day


@tagged("post_install", "-at_install")
class TestPromiseOutcome(PromiseCommon):
    """What is broken calls the collector; a settlement that is kept waives the rest."""

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
