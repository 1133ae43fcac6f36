import random
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase

from ..models.account_dunning_gate import DECISIONS_KEY, Request
from .common import DunningCommon

# A Friday, in the debtor's time; the office hours of the tests are 9 to 17.
NOON = datetime(2024, 6, 14, 12, 0)
NIGHT = datetime(2024, 6, 14, 23, 0)
NEXT_MORNING = datetime(2024, 6, 15, 9, 0)


class GateCommon(DunningCommon, MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Gate = cls.env["account.dunning.gate"]
        cls.Contact = cls.env["account.dunning.contact"]
        cls.office = cls.env["account.dunning.contact.rule"].create(
            {"name": "Office hours", "hour_from": 9, "hour_to": 17}
        )
        cls.debtor_row = cls.env["account.dunning.debtor"]._get_or_create(
            cls.debtor, cls.company
        )
        cls.debtor_row.contact_tz = "UTC"

    def setUp(self):
        super().setUp()
        # the letter's look is tested elsewhere
        self.startPatcher(
            patch.object(
                type(self.env["account.dunning.notice"]), "_render_letters", lambda s: s
            )
        )

    def _issue(self):
        self._create_item(100, 30)
        return self._run(issue=True).notice_ids

    def _mails_of(self, record):
        return self.env["mail.mail"].search(
            [("model", "=", record._name), ("res_id", "in", record.ids)]
        )

    def _contacts(self):
        return self.Contact.search([("partner_id", "=", self.debtor.id)])

    def _ask(self, channel="email", partner=None, moment=NOON):
        [decision] = self.Gate._judge(
            [Request(self.company, partner or self.debtor, channel, moment=moment)]
        )
        return decision


@tagged("post_install", "-at_install")
class TestGate(GateCommon):
    """What goes to a debtor passes the rules, whichever way it comes."""

    # === WHICH RULES COUNT === #

    def test_no_rule_no_delay(self):
        self.assertTrue(self._ask(moment=NIGHT).allowed)

    def test_rule_of_the_policy_counts(self):
        self.policy.contact_rule_id = self.office

        decision = self._ask(moment=NIGHT)

        self.assertEqual((decision.state, decision.until), ("put_off", NEXT_MORNING))
        self.assertIn("Office hours", decision.reason)

    def test_packs_protect_natural_persons(self):
        night = datetime(2024, 6, 14, 13, 0)  # 22:00 in Seoul
        table = [
            ("kr", True, "email", "allowed"),
            ("kr", False, "email", "put_off"),
            ("kr", False, "letter", "allowed"),
            ("jp", False, "call", "put_off"),
            ("us", False, "call", "allowed"),  # agencies only
        ]
        for country, is_company, channel, state in table:
            with self.subTest(country=country, is_company=is_company):
                partner = self._create_debtor(
                    f"{country} {is_company} {channel}",
                    country_id=self.env.ref(f"base.{country}").id,
                    is_company=is_company,
                )
                self.assertEqual(self._ask(channel, partner, night).state, state)

    def test_agencies_are_bound_by_more(self):
        self.company.dunning_role = "agency"
        consumer = self._create_debtor(
            "Consumer", country_id=self.env.ref("base.us").id, is_company=False
        )
        # 12:00 in New York is 6:00 in Honolulu
        self.assertEqual(
            self._ask("call", consumer, datetime(2024, 6, 14, 16)).state, "put_off"
        )
        self.assertTrue(self._ask("call", consumer, datetime(2024, 6, 14, 19)).allowed)
        consumer.tz = "America/New_York"
        self.assertTrue(self._ask("call", consumer, datetime(2024, 6, 14, 16)).allowed)

    def test_time_zone_of_who_typed_the_address_in_does_not_count(self):
        self.policy.contact_rule_id = self.office
        partner = self._create_debtor(
            "Seoul", country_id=self.env.ref("base.kr").id, tz="America/New_York"
        )
        self.assertEqual(
            self._ask(partner=partner, moment=NOON).until,
            datetime(2024, 6, 15, 0, 0),  # 9:00 there
        )

    def test_public_holidays_are_those_of_the_debtor(self):
        partner = self._create_debtor(
            "Frau", country_id=self.env.ref("base.de").id, is_company=False
        )
        table = {
            date(2024, 3, 29): "put_off",  # Good Friday
            date(2024, 3, 28): "allowed",
            date(2024, 10, 3): "put_off",
            date(2024, 6, 16): "put_off",  # a Sunday
        }
        for day, state in table.items():
            with self.subTest(day):
                moment = datetime(day.year, day.month, day.day, 12)
                self.assertEqual(self._ask("call", partner, moment).state, state)

    def test_shipped_rules_are_not_changed(self):
        rule = self.env.ref("account_dunning_advanced.contact_rule_kr_night")
        for work in (
            lambda r: r.write({"hour_to": 23}),
            lambda r: r.write({"cap_ids": [Command.create({"number": 1})]}),
            lambda r: r.write({"slot_ids": [Command.create({"weekday": "0"})]}),
            lambda r: self.env["account.dunning.contact.slot"]
            .with_user(self.manager)
            .create({"rule_id": r.id, "weekday": "0", "hour_from": 1}),
        ):
            with self.assertRaises(UserError):
                work(rule.with_user(self.manager))

    def test_other_hours_on_one_weekday(self):
        self.policy.contact_rule_id = self.office
        self.office.slot_ids = [
            Command.create({"weekday": "4", "hour_from": 9, "hour_to": 11})
        ]
        self.assertEqual(self._ask(moment=NOON).until, NEXT_MORNING)

    # === THE DEBTOR'S WISHES AND STOPS === #

    def test_debtor_refuses_channels_and_times(self):
        self.debtor_row.with_user(self.collector).write(
            {
                "no_call": True,
                "slot_ids": [
                    Command.create({"weekday": "4", "hour_from": 12, "hour_to": 13})
                ],
            }
        )
        self.assertEqual(self._ask("call").state, "forbidden")
        self.assertEqual(self._ask("email").until, datetime(2024, 6, 14, 13, 0))

    def test_one_way_must_be_left(self):
        with self.assertRaises(ValidationError):
            self.debtor_row.write(
                {f"no_{c}": True for c in ("email", "sms", "letter", "call", "visit")}
            )

    def test_special_stop_forbids_every_channel(self):
        with freeze_time(NOON):
            self.env["account.dunning.hold"].create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "reason": "Dr. Kim",
                    "stop": "represented",
                }
            )
            for channel in ("email", "sms", "letter", "call", "visit"):
                with self.subTest(channel):
                    decision = self._ask(channel)
                    self.assertEqual(decision.state, "forbidden")
                    self.assertIn("Dr. Kim", decision.reason)

    # === HOW OFTEN === #

    def test_what_was_sent_counts_and_what_failed_does_not(self):
        self.policy.contact_rule_id = self.office
        self.office.cap_ids = [Command.create({"number": 1, "days": 7})]
        with freeze_time(NOON):
            contact = self.Contact.create({"partner_id": self.debtor.id})
            self.assertEqual(self._ask().state, "put_off")
            contact._set_delivery("failed")
            self.assertEqual(self._ask().state, "allowed")

    def test_two_at_once_count_each_other(self):
        self.policy.contact_rule_id = self.office
        self.office.cap_ids = [Command.create({"number": 1, "days": 7})]
        request = Request(self.company, self.debtor, "email", moment=NOON)
        states = [d.state for d in self.Gate._judge([request, request])]
        self.assertEqual(states, ["allowed", "put_off"])

    def test_rest_after_a_conversation(self):
        self.policy.contact_rule_id = self.office
        self.office.cooldown_days = 7
        with freeze_time(NOON):
            self.Contact.create({"partner_id": self.debtor.id, "channel": "email"})
            self.assertTrue(self._ask("call").allowed)
            self.Contact.create(
                {
                    "partner_id": self.debtor.id,
                    "channel": "call",
                    "direction": "in",
                    "outcome": "asks_documents",
                }
            )
            self.assertEqual(self._ask("call").state, "put_off")

    # === NOTICES === #

    def test_notice_waits_for_the_morning(self):
        notice = self._issue()
        self.policy.contact_rule_id = self.office

        with freeze_time(NIGHT):
            notice.with_user(self.collector).action_send()

            self.assertFalse(self._mails_of(notice))
            self.assertEqual(notice.delivery_state, "pending")
            self.assertEqual(notice.delivery_after, NEXT_MORNING)
            self.assertFalse(notice.search(notice._get_waiting_domain()) & notice)
        with freeze_time(NEXT_MORNING), self.enter_registry_test_mode():
            self.env.ref(
                "account_dunning_advanced.ir_cron_deliver"
            ).method_direct_trigger()

        self.assertEqual(notice.delivery_state, "done")
        self.assertEqual(len(self._mails_of(notice)), 1)

    def test_letter_goes_while_the_mail_waits(self):
        notice = self._issue()
        self.policy.contact_rule_id = self.office

        with freeze_time(NIGHT):
            notice.action_send()
            self.assertEqual(self._contacts().mapped("channel"), ["letter"])
        with freeze_time(NEXT_MORNING):
            notice.action_send()

        self.assertEqual(
            sorted(self._contacts().mapped("channel")), ["email", "letter"]
        )

    def test_forbidden_channel_leaves_the_others(self):
        notice = self._issue()
        self.debtor_row.no_email = True

        notice.action_send()

        self.assertFalse(self._mails_of(notice))
        self.assertEqual(notice.delivery_state, "done")
        self.assertIn("does not want", notice.delivery_note)

    def test_notice_that_may_not_go_at_all_is_not_sent(self):
        self.first.channel_letter = False
        notice = self._issue()
        self.debtor_row.no_email = True

        notice.action_send()

        self.assertEqual(notice.delivery_state, "skipped")
        self.assertIn("does not want", notice.delivery_note)
        self.assertTrue(notice.activity_ids)

    def test_letter_is_not_printed_against_a_stop(self):
        notice = self._issue()
        self.assertTrue(notice.needs_print)
        notice.action_print()
        self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "Court",
                "stop": "insolvency",
            }
        )
        with self.assertRaises(UserError):
            notice.with_user(self.collector).action_print()

    def test_contact_record_of_a_mail(self):
        self.policy.contact_rule_id = self.office
        self.first.channel_letter = False
        notice = self._issue()
        with freeze_time(NOON):
            notice.with_user(self.collector).action_send()
        mail = self._mails_of(notice)
        contact = mail.dunning_contact_id

        self.assertRecordValues(
            contact,
            [
                {
                    "partner_id": self.debtor.id,
                    "notice_id": notice.id,
                    "channel": "email",
                    "direction": "out",
                    "outcome": "sent",
                    "user_id": self.collector.id,
                    "by_hand": False,
                    "date": NOON,
                    "subject": mail.subject,
                    "message_id": mail.message_id,
                    "delivery_state": "queued",
                }
            ],
        )
        self.assertIn(self.debtor.email, contact.recipient)
        self.assertIn("Office hours", contact.decision)
        self.assertEqual(contact.body_hash, self.Gate._hash(mail.body_html))
        self.assertTrue(contact.template)

    def test_delivery_is_kept(self):
        notice = self._issue()
        notice.action_send()
        contact = self._mails_of(notice).dunning_contact_id

        with self.mock_mail_gateway():
            self._mails_of(notice).send()

        self.assertEqual(contact.delivery_state, "sent")

    def test_mail_that_is_stopped_is_cancelled(self):
        notice = self._issue()
        notice.action_send()
        contact = self._mails_of(notice).dunning_contact_id

        notice.action_reverse()

        self.assertEqual(contact.delivery_state, "cancelled")

    # === THE QUEUE === #

    def test_queue_that_stood_still_over_night_waits_for_the_morning(self):
        self.policy.contact_rule_id = self.office
        notice = self._issue()
        with freeze_time(NOON):
            notice.action_send()
        mail = self._mails_of(notice)

        with freeze_time(NIGHT), self.mock_mail_gateway():
            mail.send()
            self.assertNotSentEmail()

        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.scheduled_date, NEXT_MORNING)

    def test_stop_that_came_after_queueing_stops_the_mail(self):
        notice = self._issue()
        notice.action_send()
        mail = self._mails_of(notice)
        self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "Court",
                "stop": "insolvency",
            }
        )
        with self.mock_mail_gateway():
            mail.send()
            self.assertNotSentEmail()

        self.assertEqual(mail.state, "cancel")
        self.assertEqual(mail.dunning_contact_id.delivery_state, "cancelled")

    def test_mail_that_is_tried_again_passes_the_gate_again(self):
        self.debtor_row.no_email = True
        mail = self.env["mail.mail"].create(
            {
                "model": self.debtor_row._name,
                "res_id": self.debtor_row.id,
                "recipient_ids": [Command.set(self.debtor.ids)],
            }
        )
        self.assertEqual(mail.state, "cancel")

        mail.mark_outgoing()
        self.assertEqual(mail.state, "cancel")
        self.debtor_row.no_email = False
        mail.mark_outgoing()

        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.dunning_contact_id.delivery_state, "queued")

    # === WRITTEN BY HAND === #

    def _post(self, record, user=None, partners=None):
        record.with_user(user or self.collector).message_post(
            body="Please call back",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=(partners or self.debtor).ids,
        )

    def test_message_by_hand_waits_or_is_refused(self):
        self.policy.contact_rule_id = self.office
        with freeze_time(NIGHT), self.mock_mail_gateway():
            self._post(self.debtor_row)
            self.assertNotSentEmail()
            mail = self._mails_of(self.debtor_row)
            self.assertEqual(mail.scheduled_date, NEXT_MORNING)
            self.assertIn("Office hours", self.debtor_row.message_ids[0].body)
        self.debtor_row.no_email = True
        with freeze_time(NOON), self.assertRaisesRegex(UserError, "does not want"):
            self._post(self.debtor_row)

    def test_notes_among_colleagues_pass_freely(self):
        self.policy.contact_rule_id = self.office
        self.debtor_row.no_email = True
        with freeze_time(NIGHT), self.mock_mail_gateway():
            self._post(self.debtor_row, partners=self.manager.partner_id)
            self.debtor_row.with_user(self.collector).message_post(body="internal")

        self.assertFalse(self._contacts())

    def test_third_parties_are_not_the_debtor(self):
        self.debtor_row.no_email = True
        lawyer = self._create_debtor("Lawyer")

        with self.mock_mail_gateway():
            self._post(self.debtor_row, partners=lawyer)

        self.assertFalse(self._contacts())

    # === A MANAGER'S LEAVE === #

    def _permit(self, user, **values):
        action = self.debtor_row.with_user(user).action_permit_contact()
        return (
            self.env[action["res_model"]]
            .with_user(user)
            .with_context(**action["context"])
            .create({"reason": "He asked for it", **values})
        )

    def test_manager_gives_leave_with_a_reason(self):
        self.policy.contact_rule_id = self.office
        notice = self._issue()
        with freeze_time(NIGHT):
            self._permit(self.manager)
            notice.with_user(self.collector).action_send()
            mail = self._mails_of(notice)
            with self.mock_mail_gateway():
                mail.send()
                self.assertEqual(len(self._mails), 1)

        contact = self._contacts().filtered(lambda c: c.channel == "email")
        self.assertIn("He asked for it", contact.override_reason)
        self.assertIn(self.manager.name, contact.override_reason)
        self.assertIn("Office hours", contact.decision)

    def test_leave_that_a_manager_gave_ends(self):
        self.policy.contact_rule_id = self.office
        with freeze_time(NIGHT):
            self._permit(self.manager)
        with freeze_time(NIGHT + timedelta(hours=1)):
            self.assertEqual(self._ask(moment=None).state, "put_off")

    def test_collector_gives_no_leave(self):
        with self.assertRaises(AccessError):
            self._permit(self.collector)

    def test_leave_needs_a_reason_and_an_end(self):
        for values in ({"reason": "  "}, {"hours": 25}, {"hours": 0}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self._permit(self.manager, **values)

    # === AS MANY AS THERE ARE === #

    def test_queries_are_constant_in_the_number_of_debtors(self):
        self.policy.contact_rule_id = self.office
        self.office.cap_ids = [Command.create({"number": 3})]
        counts = []
        for number in (3, 60):
            partners = self.env["res.partner"].create(
                [{"name": f"D{number} {n}", "is_company": True} for n in range(number)]
            )
            self.Contact.create([{"partner_id": p.id} for p in partners])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Gate._judge([Request(self.company, p, "email") for p in partners])
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1)


@tagged("post_install", "-at_install")
class TestNoWayRound(GateCommon):
    """Every path to the debtor, at random moments and in random time zones."""

    ZONES = ("UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Asia/Kathmandu")

    def _get_paths(self):
        """Return {name: function that tries to reach the debtor}."""
        notice = self._issue()
        promise = self._create_promise(self._create_item(70, 5))
        disputed = self._create_item(50, 5)
        collector = self.collector
        return {
            "send": lambda: self._again(notice).with_user(collector).action_send(),
            "cron": lambda: self._again(notice)._deliver_chunk(
                notice._get_waiting_domain()
            ),
            "promise": lambda: promise.with_user(collector).action_send(),
            "dispute": lambda: self._decide(disputed),
            "template": lambda: self.env.ref(
                "account_dunning_advanced.mail_template_notice"
            ).send_mail(notice.id, force_send=True),
            # what a client may put into a context lets nobody through
            "forged": lambda: self._post(
                notice.with_context(
                    **{DECISIONS_KEY: {f"{notice._name},{notice.id}": "allowed"}}
                )
            ),
            "notice": lambda: self._post(notice),
            "debtor": lambda: self._post(self.debtor_row),
            "promise chatter": lambda: self._post(promise),
            "notify": lambda: notice.message_notify(
                body="x", subject="x", partner_ids=self.debtor.ids
            ),
            "raw": lambda: self._queue(notice).send(),
            "sms": lambda: notice._message_sms("x", partner_ids=self.debtor.ids),
        }

    def _create_promise(self, item):
        promise = self.env["account.dunning.promise"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "move_line_ids": [Command.set(item.ids)],
                "line_ids": [Command.create({"date": "2024-07-30", "amount": 70})],
            }
        )
        with freeze_time(NOON):
            promise.action_confirm()
        return promise

    def _again(self, notice):
        notice._unguarded().write(
            {"delivery_state": "pending", "channel_states": False}
        )
        return notice

    def _decide(self, item):
        dispute = self.env["account.dunning.dispute"].create(
            {"partner_id": self.debtor.id, "move_line_ids": [Command.set(item.ids)]}
        )
        dispute.action_reject()

    def _post(self, record):
        record.with_user(self.collector).message_post(
            body="x", partner_ids=self.debtor.ids, subtype_xmlid="mail.mt_comment"
        )

    def _queue(self, notice):
        return self.env["mail.mail"].create(
            {
                "model": notice._name,
                "res_id": notice.id,
                "email_to": "unknown@example.com",
                "body_html": "x",
            }
        )

    def _get_leaks(self, seed):
        """Try every path; return those by which something went out in bad time."""
        rnd = random.Random(seed)
        self.policy.contact_rule_id = self.office
        self.office.write({"sunday": False, "hour_from": 9, "hour_to": 12})
        self.debtor.phone = "+82 2 1234 5678"
        leaks = set()
        sent = []
        paths = self._get_paths()

        def log(mail, *args, **kwargs):
            sent.append(mail.ids)

        def log_sms(sms, *args, **kwargs):
            sent.append(sms.ids)

        for name, path in paths.items():
            for _try in range(4):
                zone = rnd.choice(self.ZONES)
                self.debtor_row.contact_tz = zone
                moment = datetime(2024, 6, 16, tzinfo=UTC) + timedelta(
                    minutes=rnd.randrange(7 * 24 * 60)
                )
                local = moment.astimezone(ZoneInfo(zone))
                good = local.weekday() != 6 and 9 <= local.hour < 12
                del sent[:]
                with (
                    self.env.cr.savepoint() as savepoint,
                    freeze_time(moment.replace(tzinfo=None)),
                    patch.object(type(self.env["mail.mail"]), "_send", log),
                    patch.object(type(self.env["sms.sms"]), "_send_with_api", log_sms),
                ):
                    try:
                        path()
                    except UserError:
                        self.assertFalse(good, (name, moment, zone))
                    # the queue comes by whenever it likes
                    self.env["mail.mail"].search([("state", "=", "outgoing")]).send()
                    self.env["sms.sms"].search([("state", "=", "outgoing")])._send()
                    savepoint.rollback()
                    self.env.invalidate_all()
                if sent and not good:
                    leaks.add(name)
                if good:
                    self.assertTrue(sent, (name, moment, zone))
        return leaks, set(paths)

    def test_every_record_about_a_debtor_is_gated(self):
        """A model with a chatter and one debtor is asked about, in every addon."""
        gated = self.Gate._get_gated_models()
        for name, model in self.env.items():
            if not model._original_module.startswith("account_dunning_"):
                continue
            if model._abstract or "message_ids" not in model._fields:
                continue
            about = [
                field.name
                for field in model._fields.values()
                if field.type == "many2one"
                and field.comodel_name == "res.partner"
                # to a factor claims are sold; it is asked for nothing
                and field.name != "factor_id"
                or field.name in ("case_id", "notice_id", "promise_id")
            ]
            with self.subTest(name):
                self.assertEqual(name in gated, bool(about))
        for name, path in gated.items():
            with self.subTest(name):
                self.assertIn("company_id", self.env[name])
                self.env[name].search([], limit=1).mapped(path)

    def test_nothing_goes_out_in_bad_time(self):
        leaks, _paths = self._get_leaks(1)
        self.assertFalse(leaks)

    def test_without_the_gate_all_of_it_would(self):
        # shows that the test above would notice
        allow = type(self.Gate)._judge

        def judge(gate, requests):
            return [type(decision)("allowed") for decision in allow(gate, requests)]

        with patch.object(type(self.Gate), "_judge", judge):
            leaks, paths = self._get_leaks(1)
        self.assertEqual(leaks, paths)
