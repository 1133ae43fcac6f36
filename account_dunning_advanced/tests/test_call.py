from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .test_gate import NIGHT, NOON, GateCommon


@tagged("post_install", "-at_install")
class TestCall(GateCommon):
    """A call or visit is noted and leads on; levels bring tasks and messages."""

    def _call(self, record=None, user=None, channel="call", **values):
        record = (record or self.debtor_row).with_user(user or self.collector)
        action = record.action_call() if channel == "call" else record.action_visit()
        Wizard = self.env[action["res_model"]].with_user(user or self.collector)
        with Form(Wizard.with_context(**action["context"])) as form:
            for name, value in values.items():
                form[name] = value
        return form.record

    def test_call_is_noted(self):
        self._create_item(100, 30)

        wizard = self._call(outcome="refuses", note="Will not pay")
        action = wizard.action_apply()

        self.assertRecordValues(
            self._contacts(),
            [
                {
                    "channel": "call",
                    "direction": "out",
                    "outcome": "refuses",
                    "user_id": self.collector.id,
                    "note": "Will not pay",
                    "by_hand": True,
                }
            ],
        )
        self.assertEqual(action["res_model"], "account.dunning.debtor")

    def test_outcomes_lead_on(self):
        self._create_item(100, 30)
        table = {
            "promised": "account.dunning.promise.create",
            "disputes": "account.dunning.dispute.create",
        }
        for outcome, model in table.items():
            with self.subTest(outcome):
                action = self._call(outcome=outcome, note="On Friday").action_apply()
                self.assertEqual(action["res_model"], model)
                self.assertIn("On Friday", action["context"].values())

    def test_promise_on_the_phone_becomes_an_agreement(self):
        self._create_item(100, 30)
        action = self._call(outcome="promised").action_apply()

        promise = (
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
            .create({"date_first": "2030-01-31", "amount": 100})
        )
        result = promise.action_apply()

        made = self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.debtor_row.partner_id.id)]
        )
        self.assertEqual((made.channel, made.state), ("call", "active"))
        self._assert_stays(result, made)

    def test_dispute_on_the_phone_becomes_a_dispute(self):
        self._create_item(100, 30)
        action = self._call(outcome="disputes", note="Wrong size").action_apply()
        reason = self.env["account.dunning.dispute.reason"].search([], limit=1)

        result = (
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
            .create({"reason_id": reason.id})
            .action_apply()
        )

        made = self.env["account.dunning.dispute"].search(
            [("partner_id", "=", self.debtor_row.partner_id.id)]
        )
        self.assertEqual(made.description, "Wrong size")
        self._assert_stays(result, made)

    def _assert_stays(self, action, made):
        """The collector stays at the debtor, is told what was made and may open it."""
        params = action["params"]
        self.assertEqual(params["next"], {"type": "ir.actions.act_window_close"})
        self.assertEqual(params["message"].count("%s"), len(made))
        self.assertEqual(
            [(link["label"], link["url"]) for link in params["links"]],
            [(one.display_name, f"/odoo/{one._name}/{one.id}") for one in made],
        )

    def test_nobody_there_means_call_again(self):
        with freeze_time(NOON):
            self._call(outcome="voicemail").action_apply()

        self.assertEqual(str(self.debtor_row.next_action_date), "2024-06-16")
        self.assertEqual(self.debtor_row.activity_ids.user_id, self.collector)

    def test_hold_after_a_call(self):
        action = self._call(outcome="reached").action_hold()

        self.assertEqual(action["res_model"], "account.dunning.hold.create")
        self.assertEqual(self._contacts().outcome, "reached")

    def test_wrong_number_is_to_be_mended(self):
        self._call(outcome="wrong_number").action_apply()

        self.assertIn("Wrong number", self.debtor_row.activity_ids.summary)

    def test_no_call_in_bad_time(self):
        self.policy.contact_rule_id = self.office
        with freeze_time(NOON):
            wizard = self._call(outcome="reached")
        with freeze_time(NIGHT):
            for work in (
                self.debtor_row.with_user(self.collector).action_call,
                self.debtor_row.with_user(self.collector).action_visit,
                wizard.action_apply,
            ):
                with self.assertRaisesRegex(UserError, "Office hours"):
                    work()
        self.assertFalse(self._contacts())

    def test_customer_who_calls_is_heard_at_any_time(self):
        self.policy.contact_rule_id = self.office
        with freeze_time(NOON):
            wizard = self._call(outcome="paid", direction="in")
        with freeze_time(NIGHT):
            wizard.action_apply()

        self.assertEqual(self._contacts().direction, "in")

    def test_conversation_gives_rest(self):
        self.policy.contact_rule_id = self.office
        self.office.cooldown_days = 7
        with freeze_time(NOON):
            self._call(outcome="reached").action_apply()
            with self.assertRaisesRegex(UserError, "conversation"):
                self._call(outcome="reached")

    def test_level_brings_tasks_with_its_script(self):
        self.debtor.write({"phone": "+82 2 1", "street": "1 Main St"})
        self.first.write(
            {
                "channel_email": False,
                "channel_letter": False,
                "channel_call": True,
                "channel_visit": True,
                "call_script": "Ask for a date",
            }
        )
        notice = self._issue()

        notice.with_user(self.collector).action_send()

        self.assertEqual(notice.delivery_state, "done")
        self.assertEqual(len(notice.activity_ids), 2)
        self.assertIn("Ask for a date", notice.activity_ids[0].note)
        # a task is no contact yet
        self.assertFalse(self._contacts())
        task = notice.activity_ids[0]
        wizard = self._call(
            notice.with_user(task.user_id), task.user_id, outcome="paid"
        )
        self.assertEqual(wizard.script, "Ask for a date")

    def test_task_is_for_the_day_on_which_one_may_call(self):
        self.policy.contact_rule_id = self.office
        self.debtor.phone = "+82 2 1"
        self.first.write(
            {"channel_email": False, "channel_letter": False, "channel_call": True}
        )
        notice = self._issue()
        with freeze_time(NIGHT):
            notice.action_send()

        self.assertEqual(str(notice.activity_ids.date_deadline), "2024-06-15")

    def test_level_writes_messages(self):
        self.debtor.phone = "+82 2 1234 5678"
        self.first.write(
            {"channel_email": False, "channel_letter": False, "channel_sms": True}
        )
        notice = self._issue()

        notice.with_user(self.collector).action_send()

        contact = self._contacts()
        self.assertEqual((contact.channel, contact.notice_id), ("sms", notice))
        sms = self.env["sms.sms"].search([("dunning_contact_id", "=", contact.id)])
        self.assertIn(notice.name, sms.body)

    def test_message_put_off_waits_in_the_queue(self):
        self.policy.contact_rule_id = self.office
        self.debtor.phone = "+82 2 1234 5678"
        notice = self._issue()
        with freeze_time(NIGHT):
            notice._message_sms("x", partner_ids=self.debtor.ids)
        sms = self.env["sms.sms"].search([("mail_message_id.model", "=", notice._name)])
        self.assertEqual((sms.state, sms.dunning_date_after.hour), ("outgoing", 9))

    def test_channel_that_cannot_reach_is_no_channel(self):
        self.first.write(
            {"channel_email": False, "channel_letter": False, "channel_sms": True}
        )
        item = self._create_item(100, 30)

        self.assertReason(item, "no_address")

    def test_level_needs_a_channel(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.first.write({"channel_email": False, "channel_letter": False})
            self.env.flush_all()
