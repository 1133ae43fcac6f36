import csv
import doctest
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import BaseCase, tagged
from odoo.tools import html2plaintext

from ..engine import reply
from .test_gate import NOON, GateCommon

REPLIES = Path(__file__).parent / "replies"


def get_expected():
    """Return [(file name, kind, day)] of the mails that are kept as examples."""
    with (REPLIES / "expected.csv").open(encoding="utf-8") as lines:
        return [(row["file"], row["kind"], row["day"]) for row in csv.DictReader(lines)]


@tagged("post_install", "-at_install")
class TestReplyEngine(BaseCase):
    def test_doctests(self):
        self.assertEqual(doctest.testmod(reply).failed, 0)

    def test_examples_are_sorted(self):
        expected = get_expected()
        self.assertGreaterEqual(len(expected), 40)
        for name, kind, day in expected:
            with self.subTest(name):
                mail = message_from_bytes(
                    (REPLIES / name).read_bytes(), policy=policy.SMTP
                )
                proposal = reply.propose(
                    mail["Subject"],
                    html2plaintext(mail.get_body(("plain", "html")).get_content()),
                    date(2024, 6, 14),
                    {header.lower(): str(value) for header, value in mail.items()},
                )
                self.assertEqual((proposal.kind, str(proposal.day or "")), (kind, day))


@tagged("post_install", "-at_install")
class TestReply(GateCommon):
    """What customers answer is kept, sorted and waits for a person."""

    def setUp(self):
        super().setUp()
        self.debtor_row.user_id = self.collector
        self.notice = self._issue()
        self.startPatcher(freeze_time(NOON))
        self.notice.action_send()
        self.mail = self._mails_of(self.notice)
        # so many mails of one sender would be taken for a loop
        self.env["ir.config_parameter"].sudo().set_param(
            "mail.gateway.loop.threshold", 1000
        )

    def _receive(self, name):
        raw = (REPLIES / name).read_bytes()
        own = self.mail.message_id.strip("<>").encode()
        message_id = f"{name}.{self.env['account.dunning.reply'].search_count([])}"
        raw = raw.replace(b"notice@example.com", own)
        raw = raw.replace(b"@debtor.example.com>", f".{message_id}@x>".encode())
        self.env["mail.thread"].message_process(None, raw)
        return self.env["account.dunning.reply"].search(
            [("partner_id", "=", self.debtor.id)], limit=1, order="id desc"
        )

    def _get_holds(self):
        return self.env["account.dunning.hold"].search(
            [("partner_id", "=", self.debtor.id), ("state", "=", "active")]
        )

    def test_reply_is_threaded_and_pauses_the_ladder(self):
        received = self._receive("en_promise_date.eml")

        self.assertRecordValues(
            received,
            [
                {
                    "notice_id": self.notice.id,
                    "kind": "promise",
                    "date_promised": date(2024, 6, 28),
                    "state": "open",
                    "user_id": self.notice.user_id.id,
                }
            ],
        )
        self.assertIn("28 June", self.notice.message_ids[0].body)
        self.assertEqual(self._get_holds(), received.hold_id)
        self.assertEqual(received.hold_id.date_to, date(2024, 6, 21))
        self.assertTrue(self.notice.activity_ids)
        contact = received.contact_id
        self.assertEqual((contact.direction, contact.outcome), ("in", "received"))
        self.assertFalse(contact._is_conversation())

    def test_no_mail_does_anything_by_itself(self):
        for name, kind, _day in get_expected():
            with self.subTest(name):
                received = self._receive(name)
                if name == "report.eml":
                    continue  # Odoo itself knows a report
                self.assertEqual(received.kind, kind)
                # only what a person wrote pauses, nothing else is decided
                self.assertEqual(
                    bool(received.hold_id), kind not in ("out_of_office", "bounce")
                )
        self.assertFalse(
            self.env["account.dunning.promise"].search(
                [("partner_id", "=", self.debtor.id)]
            )
        )
        self.assertFalse(
            self.env["account.dunning.dispute"].search(
                [("partner_id", "=", self.debtor.id)]
            )
        )
        # one pause, however many mails there were
        self.assertEqual(len(self._get_holds()), 1)

    def test_machines_pause_nothing(self):
        for name in ("de_office.eml", "ko_office.eml", "en_bounce.eml"):
            with self.subTest(name):
                received = self._receive(name)
                self.assertFalse(received.contact_id._is_conversation())
        self.assertFalse(self._get_holds())

    def test_accepting_opens_what_it_is(self):
        table = {
            "en_promise_date.eml": "account.dunning.promise.create",
            "de_dispute.eml": "account.dunning.dispute.create",
            "fr_paid.eml": "account.move.line",
            "ja_address.eml": "res.partner",
            "ko_question.eml": "account.dunning.debtor",
        }
        for name, model in table.items():
            with self.subTest(name):
                received = self._receive(name).with_user(self.collector)
                action = received.action_accept()

                self.assertEqual(action["res_model"], model)
                self.assertEqual(received.state, "done")
                self.assertEqual(received.done_by_id, self.collector)
                self.assertFalse(self._get_holds())

    def test_promise_is_filled_in(self):
        action = self._receive("ko_promise_date.eml").action_accept()

        self.assertEqual(action["context"]["default_date_first"], date(2024, 6, 28))
        self.assertEqual(action["context"]["default_channel"], "email")

    def test_pause_lasts_while_another_reply_is_unread(self):
        first = self._receive("en_paid.eml")
        second = self._receive("en_question.eml")
        self.assertEqual(first.hold_id, second.hold_id)

        first.action_done()
        self.assertTrue(self._get_holds())
        second.action_done()
        self.assertFalse(self._get_holds())

    def test_pause_ends_by_itself(self):
        self._receive("en_question.eml")
        with freeze_time("2024-06-22 12:00:00"):
            self.assertFalse(self._get_holds())

    def test_colleagues_reply_is_none(self):
        self.collector.partner_id.email = "debtor@example.com"

        self.assertFalse(self._receive("en_question.eml"))

    def test_bounce_marks_the_notice(self):
        for name in ("report.eml", "en_bounce.eml"):
            with self.subTest(name):
                self._receive(name)
                self.assertIn("came back", self.notice.delivery_note)
                contact = self.notice.contact_ids.filtered(
                    lambda c: c.direction == "out" and c.channel == "email"
                )
                self.assertEqual(contact.delivery_state, "bounced")
                self.assertIn(self.debtor.email, self.notice.delivery_note)
                self.assertIn(
                    f"E-mail to {self.debtor.email} came back",
                    self.notice.activity_ids.mapped("summary"),
                )

    def test_nobody_makes_up_a_reply(self):
        received = self._receive("en_question.eml").with_user(self.collector)
        received.user_id = self.collector
        with self.assertRaises(AccessError):
            received.write({"kind": "promise"})
        with self.assertRaises(AccessError):
            received.copy()

    def test_reading_closes_its_own_task_only(self):
        received = self._receive("en_question.eml")
        other = self.notice.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.collector.id
        )

        received.with_user(self.collector).action_done()

        self.assertEqual(self.notice.activity_ids, other)
