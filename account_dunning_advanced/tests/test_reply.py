import csv
import doctest
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path
from time import monotonic

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import BaseCase, new_test_user, tagged
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

    def test_words_of_machines_in_a_persons_mouth_are_no_machines(self):
        table = [
            ("goods undeliverable", "We do not owe this.", "dispute"),
            ("제품 반송 요청", "제품이 불량이라 반송합니다.", "dispute"),
            ("Colis non remis", "Nous contestons.", "dispute"),
            ("Mahnung", "Frau Meier ist abwesend, die Ware mangelhaft.", "dispute"),
            ("Re: Bill", "I was on vacation. The goods are defective.", "dispute"),
            ("お支払い", "担当者が不在でした。商品が不良でした。", "dispute"),
            ("Re: Bill", "Our clerk is out of the office.", "out_of_office"),
            ("undeliverable", "Hello?", "bounce"),
        ]
        for subject, body, kind in table:
            with self.subTest(subject=subject, body=body):
                proposal = reply.propose(subject, body, date(2024, 6, 14))
                self.assertEqual((proposal.kind, proposal.automatic), (kind, False))

    def test_who_says_no_promises_nothing_and_has_not_paid(self):
        for body in (
            "We will not be able to pay on 28 June.",
            "Wir werden am 28.06. nicht zahlen können.",
            "Wir haben noch nicht bezahlt.",
            "Nous n'avons pas encore payé.",
            "支払いするつもりはありません。",
            "오늘 입금했지 않습니다",
        ):
            with self.subTest(body):
                proposal = reply.propose("Re: Bill", body, date(2024, 6, 14))
                self.assertNotIn(proposal.kind, ("promise", "paid"))
        self.assertEqual(
            reply.propose(
                "", "We will not pay the fee. We will pay the rest.", date(2024, 6, 14)
            ).kind,
            "dispute",
        )

    def test_endless_mail_is_read_in_no_time(self):
        start = monotonic()
        reply.propose("x", "wir haben " * 500_000, date(2024, 6, 14))
        self.assertLess(monotonic() - start, 10)

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

    def _receive_text(self, body, **headers):
        lines = {
            "From": "debtor@example.com",
            "To": "billing@example.com",
            "Subject": "Re: Reminder",
            "Date": "Fri, 14 Jun 2024 10:00:00 +0000",
            "Message-ID": f"<{hash((body, *headers.values()))}@x>",
            "References": self.mail.message_id,
            "Content-Type": "text/plain; charset=utf-8",
            **headers,
        }
        head = "".join(f"{name}: {value}\n" for name, value in lines.items())
        self.env["mail.thread"].message_process(None, f"{head}\n{body}\n")
        return self.env["account.dunning.reply"].search([], limit=1, order="id desc")

    def _report(self, action, part="delivery-status"):
        """Take in what a mail server says about the notice's mail."""
        self._receive_text(
            "\n".join(
                [
                    "--b",
                    f"Content-Type: message/{part}",
                    "",
                    "Reporting-MTA: dns; mx.example",
                    "",
                    f"Final-Recipient: rfc822; {self.debtor.email}",
                    f"Action: {action}",
                    "",
                    "--b",
                    "Content-Type: text/rfc822-headers",
                    "",
                    f"Message-ID: {self.mail.message_id}",
                    "",
                    "--b--",
                ]
            ),
            **{
                "From": "MAILER-DAEMON@mx.example",
                "Message-ID": f"<{action}{part}@mx.example>",
                "Content-Type": f"multipart/report; report-type={part}; boundary=b",
            },
        )

    def test_what_a_person_writes_is_read_whatever_words_are_in_it(self):
        for subject, body in (
            ("Goods undeliverable", "They came back to you, we owe nothing."),
            ("Re: Reminder", "I was on vacation. The goods are defective."),
            ("Re: Reminder", "Our clerk is on vacation."),
        ):
            with self.subTest(subject=subject, body=body):
                received = self._receive_text(body, Subject=subject)

                self.assertEqual(received.state, "open")
                self.assertTrue(received.hold_id)
                self.assertTrue(received.activity_id)
                self.assertEqual(received.contact_id.outcome, "received")
                self.assertEqual(self.notice.mail_state, "replied")

    def test_date_that_cannot_be_is_not_believed(self):
        for day in ("Fri, 14 Jun 2099 10:00:00 +0000", "Fri, 14 Jun 1985 10:00:00"):
            with self.subTest(day):
                received = self._receive_text("Hello", Date=day)
                self.assertEqual(received.date, NOON)
                self.assertEqual(received.contact_id.date, NOON)

    def test_mail_that_is_late_has_not_come_back(self):
        for action in ("delayed", "relayed"):
            with self.subTest(action):
                self._report(action)
                contact = self.mail.dunning_contact_id
                self.assertEqual(self.notice.mail_state, "queued")
                self.assertIn(action, contact.delivery_proof)
                self.assertFalse(self.notice.activity_ids)

        self._report("failed")
        self.assertEqual(self.notice.mail_state, "bounced")

    def test_mail_that_arrived_is_delivered(self):
        for action, part in (
            ("delivered", "delivery-status"),
            ("seen", "disposition-notification"),
        ):
            with self.subTest(action):
                self.notice._unguarded().mail_state = "sent"
                self._report(action, part)
                self.assertEqual(self.notice.mail_state, "delivered")
                self.assertEqual(
                    self.mail.dunning_contact_id.delivery_state, "delivered"
                )

    def test_replies_come_by_mail_and_not_by_call(self):
        """The gateway's method is public: nobody forges a record through it."""
        stranger = new_test_user(self.env, login="stranger", company_id=self.company.id)
        mail = {"email_from": "debtor@example.com", "body": "We will pay tomorrow."}
        for user in (stranger, self.collector, self.manager):
            with self.subTest(user.login):
                notice = self.notice.with_user(user)
                before = self._contacts()
                notice.message_update(mail)
                notice.with_context(account_dunning_incoming_mail={}).message_update(
                    mail
                )
                self.assertEqual(self._contacts(), before)
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
