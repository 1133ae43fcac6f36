from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .promise_common import PromiseCommon, at, day


@tagged("post_install", "-at_install")
class TestPromiseMail(PromiseCommon):
    """Customers are told what was agreed, and reminded once of what is due."""

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
