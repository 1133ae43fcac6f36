from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestCourtesy(DunningCommon, MailCase):
    """Customers hear thanks, once, and only where the policy says so."""

    def setUp(self):
        super().setUp()
        self.startPatcher(
            patch.object(
                type(self.env["account.dunning.notice"]), "_render_letters", lambda s: s
            )
        )
        self.Courtesy = self.env["account.dunning.courtesy"]

    def _send_notice(self, *amounts):
        for amount in amounts or (100,):
            self._create_item(amount, 30)
        notice = self._run(issue=True).notice_ids
        notice.action_send()
        return notice

    def _work(self):
        """Let the job run; return the kinds of what the debtor has been told."""
        with self.enter_registry_test_mode():
            cron = self.env.ref("account_dunning_advanced.ir_cron_courtesy")
            cron.method_direct_trigger()
        return self._get_mails().mapped("subject")

    def _get_mails(self):
        return self.env["mail.mail"].search(
            [("model", "=", "account.dunning.courtesy")], order="id"
        )

    def test_nothing_is_said_by_default(self):
        notice = self._send_notice()
        self._pay(notice.line_ids.move_line_id, 100)

        self.assertFalse(self.Courtesy.search([]))
        self.assertFalse(self._work())

    def test_thanks_come_when_all_is_paid_and_once(self):
        self.policy.thank_on_payment = True
        notice = self._send_notice(100, 50)
        first, second = notice.line_ids.move_line_id.sorted("amount_residual")

        self._pay(first, 50)
        self.assertFalse(self._work())
        payment = self._pay(second, 100)
        [subject] = self._work()
        self.assertIn("thank you", subject)

        payment.move_id.line_ids.remove_move_reconcile()
        self._pay(second, 100)
        self.assertEqual(len(self._work()), 1)

    def test_thanks_pass_the_gate_and_are_a_contact(self):
        self.policy.thank_on_payment = True
        notice = self._send_notice()
        self._pay(notice.line_ids.move_line_id, 100)
        self._work()

        mail = self._get_mails()
        self.assertEqual(mail.recipient_ids, notice.recipient_id)
        self.assertEqual(mail.dunning_contact_id.partner_id, self.debtor)
        self.assertFalse(mail.attachment_ids)
        # the notice's own mail is another one
        self.assertEqual(notice.mail_state, "queued")

    def test_who_wants_no_email_gets_none(self):
        self.policy.thank_on_payment = True
        notice = self._send_notice()
        row = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        row.no_email = True
        self._pay(notice.line_ids.move_line_id, 100)
        self._work()

        self.assertEqual(self._get_mails().state, "cancel")

    def test_payment_that_crossed(self):
        table = [  # days after the notice, what is said
            (-4, "thank you"),
            (-3, "crossed"),
            (0, "crossed"),
            (3, "crossed"),
            (4, "thank you"),
        ]
        self.policy.write({"thank_on_payment": True, "crossed_days": 3})
        for days, words in table:
            with self.subTest(days=days):
                notice = self._send_notice()
                self._pay(notice.line_ids.move_line_id, 100, DAY + timedelta(days=days))
                self.assertIn(words, self._work()[-1])

    def test_crossed_alone_does_not_thank(self):
        self.policy.crossed_days = 3
        notice = self._send_notice()
        self._pay(notice.line_ids.move_line_id, 100, DAY + timedelta(days=9))

        self.assertFalse(self._work())

    def test_credit_is_no_payment(self):
        self.policy.thank_on_payment = True
        notice = self._send_notice()
        item = notice.line_ids.move_line_id
        (item + self._create_credit(100)).reconcile()

        self.assertTrue(item.reconciled)
        self.assertFalse(self._work())

    def test_undone_before_the_job_is_not_thanked_for(self):
        self.policy.thank_on_payment = True
        notice = self._send_notice()
        payment = self._pay(notice.line_ids.move_line_id, 100)
        payment.move_id.line_ids.remove_move_reconcile()

        self.assertFalse(self._work())
        self.assertEqual(self.Courtesy.search([]).mapped("state"), ["dropped"])

    def test_only_the_last_notice_is_thanked_for(self):
        self.policy.thank_on_payment = True
        first = self._send_notice()
        day = DAY + timedelta(days=30)
        second = self._run(day, issue=True).notice_ids
        self.assertEqual(second.level_id, self.second)
        second.action_send()
        self._pay(first.line_ids.move_line_id, 100, day)

        [subject] = self._work()
        self.assertIn(second.name, subject)

    # === HOLDS === #

    def _hold(self, **values):
        return self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "Asked for time",
                "date_from": DAY,
                **values,
            }
        )

    def test_customer_hears_once_that_a_hold_has_ended(self):
        self._create_item(100, 30)
        with freeze_time("2024-06-20 12:00:00"):
            self._hold().action_end()
            self.assertFalse(self._work())
            self.policy.confirm_hold_end = True
            hold = self._hold()
            hold.with_user(self.collector).action_end()
            hold.with_user(self.collector).action_end()
            [subject] = self._work()
        self.assertIn("pause has ended", subject)

    def test_hold_that_ends_by_itself(self):
        self.policy.confirm_hold_end = True
        self._create_item(100, 30)
        self._hold(date_to=DAY)
        with freeze_time("2024-06-20 12:00:00"):
            self.env["account.dunning.hold"]._end_expired(self.company)
            self.assertEqual(len(self._work()), 1)

    def test_no_word_where_it_would_be_wrong(self):
        self.policy.confirm_hold_end = True
        with freeze_time("2024-06-20 12:00:00"):
            self._hold().action_end()  # nothing is open
            self.assertFalse(self._work())
            self._create_item(100, 30)
            self._hold(stop="deceased").action_end()
            self.assertFalse(self._work())
            self._hold()
            self._hold().action_end()  # another one counts
            self.assertFalse(self._work())

    def test_collector_makes_none_up(self):
        with self.assertRaises(AccessError):
            self.Courtesy.with_user(self.collector).create(
                {"partner_id": self.debtor.id, "company_id": self.company.id}
            )
