"""The sink is a server like any other, and Odoo's own mails reach it."""

import smtplib
from email.message import EmailMessage

from smtp_sink import SmtpSinkCase

from odoo.tests import TransactionCase, tagged


def test_sink_keeps_what_it_is_sent(smtp_sink):
    message = EmailMessage()
    message["Subject"] = "독촉장 1"
    message["From"] = "books@example.com"
    message["To"] = "debtor@example.com"
    message.set_content("You owe us 7 €.")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf")

    with smtplib.SMTP("127.0.0.1", smtp_sink.port) as client:
        client.send_message(message)

    [kept] = smtp_sink.messages
    assert kept["Subject"] == "독촉장 1"
    assert kept["X-RcptTo"] == "debtor@example.com"
    assert kept.get_body().get_content().strip() == "You owe us 7 €."
    [attachment] = kept.iter_attachments()
    assert attachment.get_content() == b"%PDF-1.4"


@tagged("standard", "post_install", "-at_install")
class TestSmtpSink(SmtpSinkCase, TransactionCase):
    def _queue_mail(self):
        return self.env["mail.mail"].create(
            {
                "subject": "Reminder",
                "email_from": "books@example.com",
                "email_to": "debtor@example.com",
                "body_html": "<p>You owe us 7 €.</p>",
            }
        )

    def test_mail_of_odoo_is_delivered(self):
        mail = self._queue_mail()

        with self.smtp_sink() as sink:
            mail.send()

        self.assertEqual(mail.state, "sent")
        [message] = sink.messages
        self.assertEqual(message["Subject"], "Reminder")
        self.assertEqual(message["X-RcptTo"], "debtor@example.com")

    def test_without_the_sink_nothing_is_sent(self):
        mail = self._queue_mail()

        mail.send()

        self.assertNotEqual(mail.state, "sent")
