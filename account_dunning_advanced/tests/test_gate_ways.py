from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.sms.tests.common import SMSCase

from .test_gate import NEXT_MORNING, NIGHT, NOON, GateCommon

PHONE = "+32456001122"


class GateWaysCommon(GateCommon, SMSCase):
    def setUp(self):
        super().setUp()
        self.debtor.phone = PHONE
        self.startPatcher(freeze_time(NOON))

    def _stop(self):
        self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "Court",
                "stop": "insolvency",
            }
        )

    def _write_to(self, partner, record, user=None):
        """Write to somebody by hand; return the mail."""
        record.with_user(user or self.collector).message_post(
            body="Pay!",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=partner.ids,
        )
        return self.env["mail.mail"].search([], limit=1, order="id desc")

    def _queue(self, record, count=1, **values):
        """Queue mails to the debtor, as any addon may."""
        return self.env["mail.mail"].create(
            [
                {
                    "model": record._name,
                    "res_id": record.id,
                    "body_html": "Pay!",
                    "email_to": self.debtor.email,
                    **values,
                }
                for _number in range(count)
            ]
        )

    def _send(self, mails):
        """Return how many go out."""
        with self.mock_mail_gateway():
            mails.send()
        return len(self._mails)


@tagged("post_install", "-at_install")
class TestWaysRoundTheGate(GateWaysCommon):
    """A customer under an insolvency stop hears nothing, whatever way is tried."""

    def setUp(self):
        super().setUp()
        self.notice = self._issue()
        self._stop()

    def test_copy_to_the_debtor(self):
        self.assertEqual(
            self._queue(self.notice, email_to="", email_cc=self.debtor.email).state,
            "cancel",
        )

    def test_second_record_with_the_debtors_address(self):
        twin = self.env["res.partner"].create(
            {"name": "Twin", "email": self.debtor.email}
        )
        with self.assertRaisesRegex(UserError, "Court"):
            self._write_to(twin, self.notice)

    def test_lawyer_may_be_written_to(self):
        lawyer = self.env["res.partner"].create(
            {"name": "Lawyer", "email": "lawyer@example.org"}
        )
        self.assertEqual(self._write_to(lawyer, self.notice).state, "outgoing")

    def test_colleague_with_a_comma_in_the_name_may_be_written_to(self):
        mail = self._queue(self.notice, email_to=f'"Doe, J" <{self.collector.email}>')
        self.assertEqual(mail.state, "outgoing")

    def test_from_records_that_are_about_many_debtors(self):
        for record, user in (
            (self.notice.run_id, self.collector),
            (self.policy, self.manager),
        ):
            with self.subTest(record._name):
                mail = self._write_to(self.debtor, record, user)
                self.assertEqual(mail.state, "cancel")
                self.assertIn("Court", mail.failure_reason)

    def test_message_of_the_composer(self):
        for mode in (
            {"composition_mode": "comment", "res_id": self.notice.id},
            {"composition_mode": "mass", "mass_keep_log": False},
            {"composition_mode": "mass", "mass_keep_log": True},
            {"composition_mode": "numbers"},
        ):
            with self.subTest(mode), self.mockSMSGateway(), self.env.cr.savepoint():
                composer = (
                    self.env["sms.composer"]
                    .with_user(self.collector)
                    .create(
                        {
                            "body": "Pay!",
                            "res_model": self.notice._name,
                            "res_ids": str(self.notice.ids),
                            "numbers": PHONE,
                            **mode,
                        }
                    )
                )
                try:
                    composer._action_send_sms()
                except UserError as error:
                    self.assertIn("Court", str(error))
                self.env["sms.sms"].search([("number", "=", PHONE)]).send()
                self.assertFalse(self._sms)

    def test_mail_that_came_into_the_queue_unseen(self):
        """Scheduled messages leave their mail behind when they are refused."""
        mail = self._queue(self.notice, state="sent")
        self.env.cr.execute(
            "UPDATE mail_mail SET state = 'outgoing' WHERE id = %s", [mail.id]
        )
        self.env.invalidate_all()
        self.assertFalse(self._send(mail))
        self.assertEqual(mail.state, "cancel")

    def test_record_names_no_template_that_was_made_up(self):
        self.env["account.dunning.hold"].search([]).action_end()
        self._write_to(
            self.debtor, self.notice.with_context(dunning_template_name="Forged")
        )
        self.assertFalse(self._contacts()[0].template)


@tagged("post_install", "-at_install")
class TestLimitsOfQueues(GateWaysCommon):
    """One contact in three days is one in three days, however queues behave."""

    def setUp(self):
        super().setUp()
        self.notice = self._issue()
        self.policy.contact_rule_id = self.office
        self.office.cap_ids = [Command.create({"number": 1, "days": 3})]

    def test_several_put_off_at_once_count_each_other(self):
        with freeze_time(NIGHT):
            dates = self._queue(self.notice, 3).mapped("scheduled_date")
        self.assertEqual(
            dates, [NEXT_MORNING + timedelta(days=days) for days in (0, 3, 6)]
        )

    def test_what_waits_in_a_queue_that_stands_still_counts(self):
        first = self._queue(self.notice)
        with freeze_time(NOON + timedelta(days=4)):
            second = self._queue(self.notice)
            self.assertEqual(self._send(first | second), 1)
        with freeze_time(NOON + timedelta(days=6)):
            # the first went out two days ago, whenever it was queued
            self.assertEqual(
                self._ask(moment=NOON + timedelta(days=6)).state, "put_off"
            )

    def test_what_is_tried_again_is_judged_again(self):
        first = self._queue(self.notice)
        first.cancel()
        second = self._queue(self.notice)
        first.mark_outgoing()
        self.assertEqual(self._send(first | second), 1)
        self.assertEqual(first.scheduled_date, NOON + timedelta(days=3))


@tagged("post_install", "-at_install")
class TestQueueAndLedger(GateWaysCommon):
    """What is paid or taken back while it waits in a queue does not go out."""

    def setUp(self):
        super().setUp()
        self.first.channel_sms = True
        self.notice = self._issue()
        self.item = self.notice.line_ids.move_line_id

    def _get_messages(self):
        return self.env["sms.sms"].search([("number", "=", PHONE)])

    def test_what_was_paid_meanwhile_is_not_sent(self):
        self.notice.action_send()
        mail, message = self._mails_of(self.notice), self._get_messages()
        self._pay(self.item, 100)

        self.assertFalse(self._send(mail))
        with self.mockSMSGateway():
            message.send()
            self.assertFalse(self._sms)
        self.assertEqual((mail.state, message.state), ("cancel", "canceled"))
        self.assertEqual(self.notice.delivery_state, "skipped")
        self.assertEqual(
            set(self.notice.contact_ids.mapped("delivery_state")), {"cancelled", False}
        )

    def test_paid_in_part_goes_out_anew_with_what_is_left(self):
        self.notice.action_send()
        mail = self._mails_of(self.notice)
        self._pay(self.item, 40)

        self.assertFalse(self._send(mail))
        self.assertEqual(mail.state, "cancel")
        self.assertEqual(self.notice.delivery_state, "pending")
        self.notice._deliver()
        again = self._mails_of(self.notice) - mail
        self.assertIn("60.00", again.body_html)
        self.assertEqual(self._send(again), 1)

    def test_what_is_still_owed_goes_out_once(self):
        self.notice.action_send()
        mail = self._mails_of(self.notice)
        self.assertEqual(self._send(mail), 1)
        self.assertEqual(self.notice.delivery_state, "done")
        self.assertEqual(self.notice.mail_state, "sent")

    def test_thanks_by_hand_on_a_paid_notice_go_out(self):
        self._pay(self.item, 100)
        mail = self._write_to(self.debtor, self.notice)
        self.assertEqual(self._send(mail), 1)

    def test_reversed_notice_sends_no_message_and_leaves_no_task(self):
        self.first.channel_call = True
        self.notice = self._run(day=self.notice.date, issue=True).notice_ids or (
            self.notice
        )
        self.notice._unguarded().level_values = {
            **self.notice.level_values,
            "channel_call": True,
        }
        self.notice.action_send()
        self.assertTrue(self.notice.activity_ids)
        message = self._get_messages()

        self.notice.with_user(self.manager).action_reverse()

        self.assertEqual(message.state, "canceled")
        self.assertFalse(self.notice.activity_ids)
        with self.mockSMSGateway():
            message.send()
            self.assertFalse(self._sms)


@tagged("post_install", "-at_install")
class TestTryingOut(GateWaysCommon):
    """Where the company tries dunning out, no customer hears of it."""

    def setUp(self):
        super().setUp()
        self.first.channel_sms = True
        self.notice = self._issue()
        self.company.dunning_test_email = "test@example.com"

    def test_no_message_goes_to_a_phone(self):
        with self.mockSMSGateway():
            self.notice.action_send()
            messages = self.env["sms.sms"].search([("number", "=", PHONE)])
            messages.send()
            self.assertFalse(self._sms)
        self.assertEqual(messages.state, "canceled")
        self.assertIn(PHONE, str(self.notice.message_ids.mapped("body")))
        self.assertNotIn("sms", self._contacts().mapped("channel"))

    def test_mail_by_hand_goes_to_the_test_address(self):
        mail = self._write_to(self.debtor, self.notice)
        self.assertEqual(
            (mail.email_to, mail.recipient_ids.ids, mail.email_cc),
            ("test@example.com", [], False),
        )
        self.assertIn(self.debtor.email, mail.subject)
        self.assertEqual(self._send(mail), 1)
        self.assertEqual(self._mails[0]["email_to"], ["test@example.com"])

    def test_what_was_queued_before_goes_there_as_well(self):
        self.company.dunning_test_email = False
        self.notice.action_send()
        self.company.dunning_test_email = "test@example.com"

        self.assertEqual(self._send(self._mails_of(self.notice)), 1)
        self.assertEqual(self._mails[0]["email_to"], ["test@example.com"])
