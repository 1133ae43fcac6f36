from datetime import timedelta
from io import BytesIO
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestDelivery(DunningCommon, MailCase):
    """The letter is rendered, the e-mail queued, and nothing goes out that is paid."""

    def setUp(self):
        super().setUp()
        self._patch_printing(self)

    @staticmethod
    def _patch_printing(test):
        """The letter's look is tested with the real program; here its content is."""
        patcher = patch.object(
            type(test.env["ir.actions.report"]),
            "_render_qweb_pdf_prepare_streams",
            TestDelivery._render_streams,
        )
        test.startPatcher(patcher)

    @staticmethod
    def _render_streams(report, report_ref, data, res_ids=None):
        html, _kind = report._render_qweb_html(report_ref, res_ids, data=data)
        return {res_id: {"stream": BytesIO(html)} for res_id in res_ids}

    def _issue(self):
        return self._run(issue=True).notice_ids

    def _mails_of(self, notice):
        return self.env["mail.mail"].search(
            [("model", "=", notice._name), ("res_id", "in", notice.ids)]
        )

    def test_mail_goes_to_the_recipient_with_the_letter(self):
        contact = self._create_debtor(
            "Clerk", parent_id=self.debtor.id, type="dunning", is_company=False
        )
        self._create_item(100, 30)
        notice = self._issue()

        notice.with_user(self.collector).action_send()

        mail = self._mails_of(notice)
        self.assertEqual(mail.recipient_ids, contact)
        self.assertEqual(mail.attachment_ids, notice.attachment_id)
        self.assertIn(notice.name, mail.subject)
        self.assertIn("100.00", mail.body_html)
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(notice.delivery_state, "done")

    def test_delivering_again_sends_nothing_twice(self):
        self._create_item(100, 30)
        notice = self._issue()

        with self.enter_registry_test_mode():
            cron = self.env.ref("account_dunning_advanced.ir_cron_deliver")
            cron.method_direct_trigger()
            cron.method_direct_trigger()

        self.assertEqual(len(self._mails_of(notice)), 1)

    def test_sending_by_hand_twice_sends_one_mail(self):
        self._create_item(100, 30)
        notice = self._issue()

        notice.action_send()
        notice.action_send()

        self.assertEqual(len(self._mails_of(notice)), 1)

    def test_failed_notice_can_be_sent_again(self):
        self._create_item(100, 30)
        notice = self._issue()
        notice._mark_failed(ValueError("no server"))

        notice.action_send()

        self.assertEqual(len(self._mails_of(notice)), 1)
        self.assertEqual(notice.delivery_state, "done")

    def test_paid_between_issue_and_sending_is_not_sent(self):
        item = self._create_item(100, 30)
        notice = self._issue()
        self._pay(item, 100)

        notice.action_send()

        self.assertFalse(self._mails_of(notice))
        self.assertEqual(notice.delivery_state, "skipped")
        self.assertEqual(notice.amount_total, 0)

    def test_part_payment_before_sending_lowers_the_letter(self):
        item = self._create_item(100, 30)
        notice = self._issue()
        self._pay(item, 70)

        notice.action_send()

        mail = self._mails_of(notice)
        self.assertIn("30.00", mail.body_html)
        self.assertNotIn("100.00", mail.body_html)
        self.assertEqual(notice.run_id.change_ids.stage, "send")

    def test_raised_item_is_still_owed_when_sending(self):
        # at sending the item has just got its level, which must not count against it
        self._create_item(100, 30)
        notice = self._issue()

        notice.action_send()

        self.assertEqual(notice.amount_total, 100)
        self.assertFalse(notice.run_id.change_ids)

    def test_level_without_email_sends_none_but_renders_the_letter(self):
        self.first.channel_email = False
        self.debtor.write({"street": "1 Main St", "city": "Town"})
        self._create_item(100, 30)
        notice = self._issue()

        notice.action_send()

        self.assertFalse(self._mails_of(notice))
        self.assertTrue(notice.attachment_id)
        self.assertTrue(notice.needs_print)

    def test_one_bad_notice_does_not_stop_the_others(self):
        good = self._create_item(100, 30)
        bad = self._create_item(50, 30, self._create_debtor("Bad"))
        notices = self._issue()
        of_bad = notices.filtered(lambda n: n.partner_id == bad.partner_id)
        queue = type(notices)._queue_emails

        def fail_for_one(records):
            if of_bad & records:
                raise ValueError("no such server")
            return queue(records)

        with (
            patch.object(type(notices), "_queue_emails", fail_for_one),
            self.assertLogs("odoo.addons.account_dunning_advanced", "WARNING"),
        ):
            notices._deliver_safely()

        self.assertEqual(of_bad.delivery_state, "failed")
        self.assertIn("no such server", of_bad.delivery_note)
        self.assertTrue(of_bad.activity_ids)
        self.assertEqual((notices - of_bad).delivery_state, "done")
        self.assertTrue(good)

    def test_payment_at_this_very_moment_is_no_failure(self):
        self._create_item(100, 30)
        notice = self._issue()

        with (
            patch.object(
                type(notice), "_queue_emails", side_effect=SerializationFailure
            ),
            self.assertRaises(SerializationFailure),
        ):
            notice._deliver_safely()

        self.assertEqual(notice.delivery_state, "pending")

    def test_letter_lists_what_is_asked_and_how_to_pay(self):
        self._create_item(100, 30)
        self._create_credit(25)
        self.company.partner_id.bank_ids = [(0, 0, {"acc_number": "TEST-ACCOUNT-1"})]
        notice = self._issue()

        notice.action_send()

        html = notice.attachment_id.raw.decode()
        item = notice.line_ids.move_line_id
        for text in (notice.name, item.move_name, "100.00", "75.00", "TEST-ACCOUNT-1"):
            self.assertIn(text, html)

    def test_letter_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.first.with_context(lang="fr_FR").name = "Premier rappel"
        self.debtor.lang = "fr_FR"
        self._create_item(1000, 30)
        with freeze_time("2024-06-14 12:00:00"):
            notice = self._issue()

        notice.action_send()

        html = notice.attachment_id.raw.decode()
        self.assertIn("Premier rappel", html)
        self.assertNotIn(self.first.name, html)
        deadline = DAY + timedelta(days=7)
        self.assertIn(deadline.strftime("%d/%m/%Y"), html)
        self.assertIn("Premier rappel", self._mails_of(notice).subject)
