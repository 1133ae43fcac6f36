from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_gate import NEXT_MORNING, NIGHT, NOON, GateCommon


@tagged("post_install", "-at_install")
class TestDeliveryThroughGate(GateCommon):
    """Checks of samples, hours, stops and missing addresses, all at once."""

    def setUp(self):
        super().setUp()
        self.policy.contact_rule_id = self.office
        self.debtor.write({"street": "1 Main St", "city": "Town"})

    def _deliver(self, moment):
        """Let the job deliver what is due at a moment."""
        with freeze_time(moment), self.enter_registry_test_mode():
            cron = self.env.ref("account_dunning_advanced.ir_cron_deliver")
            cron.method_direct_trigger()

    def _stop(self):
        self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "Court",
                "stop": "insolvency",
                "date_from": "2024-06-01",
            }
        )

    def test_released_at_night_goes_in_the_morning(self):
        self.policy.canary_count = 1
        notice = self._issue()
        self._deliver(NOON)
        self.assertEqual(notice.delivery_state, "pending")
        self.assertFalse(notice.delivery_after)

        with freeze_time(NIGHT):
            notice.run_id.action_release_delivery()
        self._deliver(NIGHT)
        self.assertEqual(notice.delivery_after, NEXT_MORNING)
        self.assertFalse(self._mails_of(notice))

        self._deliver(NEXT_MORNING)
        self.assertEqual(notice.delivery_state, "done")
        self.assertEqual(len(self._mails_of(notice)), 1)
        self.assertEqual(
            sorted(notice.contact_ids.mapped("channel")), ["email", "letter"]
        )

    def test_run_that_is_stopped_over_night_waits_in_the_morning(self):
        notice = self._issue()
        self._deliver(NIGHT)
        notice.run_id._stop_delivery("Too many bounces")

        self._deliver(NEXT_MORNING)

        self.assertEqual(notice.delivery_state, "pending")
        self.assertFalse(self._mails_of(notice))
        with self.assertRaisesRegex(UserError, "Too many bounces"):
            notice.action_send()

    def test_missing_address_is_asked_for_once_though_put_off(self):
        self.debtor.email = False
        notice = self._issue()

        self._deliver(NIGHT)
        self._deliver(NEXT_MORNING)

        self.assertEqual(notice.mail_state, "no_address")
        self.assertEqual(len(notice.activity_ids), 1)
        self.assertEqual(notice.contact_ids.channel, "letter")
        self.assertEqual(notice.delivery_state, "done")

    def test_stop_between_queue_and_sending(self):
        notice = self._issue()
        self._deliver(NOON)
        mail = self._mails_of(notice)
        contact = mail.dunning_contact_id
        self.assertEqual(
            (notice.mail_state, contact.delivery_state), ("queued", "queued")
        )
        self._stop()

        with freeze_time(NOON), self.mock_mail_gateway():
            mail.send()

        self.assertFalse(self._mails)
        self.assertEqual(mail.state, "cancel")
        self.assertEqual(
            (notice.mail_state, contact.delivery_state), ("cancelled", "cancelled")
        )

    def test_notice_and_contact_follow_what_a_person_does_with_the_mail(self):
        notice = self._issue()
        self._deliver(NOON)
        mail = self._mails_of(notice)
        contact = mail.dunning_contact_id
        steps = [
            ("cancel", "cancelled"),
            ("mark_outgoing", "queued"),
        ]
        with freeze_time(NOON):
            for method, state in steps:
                with self.subTest(method):
                    getattr(mail, method)()
                    self.assertEqual(notice.mail_state, state)
                    self.assertEqual(contact.delivery_state, state)
            with self.mock_mail_gateway():
                mail.send()
            self.assertEqual(notice.mail_state, "sent")
            self.assertEqual(contact.delivery_state, "sent")


@tagged("post_install", "-at_install")
class TestNextChannel(GateCommon):
    """An e-mail that cannot be delivered is followed by the next channel."""

    def setUp(self):
        super().setUp()
        self.debtor.write({"street": "1 Main St", "city": "Town"})
        self.first.write({"channel_letter": False, "fallback_letter": True})
        self.startPatcher(freeze_time(NOON))

    def test_without_an_address_it_goes_by_letter(self):
        self.debtor.email = False
        notice = self._issue()
        self.assertTrue(notice)

        notice.action_send()

        self.assertEqual(notice.contact_ids.channel, "letter")
        self.assertTrue(notice.needs_print)
        self.assertEqual(notice.mail_state, "no_address")
        self.assertTrue(notice.activity_ids)

    def test_after_a_bounce_it_goes_by_letter_once(self):
        notice = self._issue()
        notice.action_send()
        self.assertFalse(notice.needs_print)

        notice._message_receive_bounce(self.debtor.email, self.debtor)
        self.assertEqual(notice.delivery_state, "pending")
        notice._deliver()
        notice._message_receive_bounce(self.debtor.email, self.debtor)

        self.assertEqual(notice.delivery_state, "done")
        self.assertTrue(notice.needs_print)
        self.assertEqual(
            sorted(notice.contact_ids.mapped("channel")), ["email", "letter"]
        )

    def test_mail_that_arrives_is_followed_by_nothing(self):
        notice = self._issue()
        notice.action_send()
        notice._set_mail_state("sent")
        notice._fall_back()

        self.assertEqual(notice.delivery_state, "done")
        self.assertEqual(notice.contact_ids.channel, "email")
