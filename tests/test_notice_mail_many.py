"""Many notices end to end: issued, delivered, sent over SMTP, and parsed back.

``DUNNING_MAILS=500 ./setup/test tests/test_notice_mail_many.py`` sends five hundred.
That a killed queue sends nothing twice is tried by ``./setup/crash --deliveries``.
"""

import os
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from ledger import import_ledger
from smtp_sink import SmtpSinkCase

from odoo.tests import HttpCase, tagged

COUNT = int(os.environ.get("DUNNING_MAILS", "25"))
LANGS = ("en_US", "de_DE", "fr_FR", "ja_JP", "ko_KR")
# words of each language's e-mail and of its letter that no other has
WORDS = {
    "en_US": "May we ask you",
    "de_DE": "Rechnung",
    "fr_FR": "facture",
    "ja_JP": "請求",
    "ko_KR": "청구",
}
HEAD = (
    "invoiceNumber,customerID,customerName,InvoiceDate,DueDate,InvoiceAmount,"
    "SettledDate\n"
)


@tagged("standard", "post_install", "-at_install")
class TestManyNotices(SmtpSinkCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {"name": "Many Books", "email": "books@example.com"}
        )
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids})
        for lang in LANGS:
            cls.env["res.lang"]._activate_lang(lang)
        modules = cls.env["ir.module.module"].search(
            [("name", "=", "account_dunning_advanced")]
        )
        modules._update_translations(list(LANGS))
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        path = Path(folder, "ledger.csv")
        path.write_text(HEAD + "".join(cls._make_rows()))
        import_ledger(cls.env, path, "2012-12-31")
        cls.customers = cls.env["res.partner"].search([("ref", "=like", "C-%")])
        for number, customer in enumerate(cls.customers):
            customer.lang = LANGS[number % len(LANGS)]
        # each third has a contact for reminders, who is to be written to instead
        for customer in cls.customers[::3]:
            customer.child_ids = [
                (
                    0,
                    0,
                    {
                        "name": f"Clerk of {customer.ref}",
                        "type": "dunning",
                        "email": f"clerk-{customer.ref.lower()}@example.com",
                        "lang": customer.lang,
                    },
                )
            ]

    @staticmethod
    def _make_rows():
        for number in range(COUNT):
            for item in range(1 + number % 3):
                amount = 100 + 7.31 * number + item
                yield (
                    f"R-{number}-{item},C-{number:04d},Customer {number},"
                    f"11/1/2012,12/{1 + item}/2012,{amount:.2f},\n"
                )

    def _send_all(self):
        run = self.env["account.dunning.run"].create({"company_id": self.company.id})
        run.action_propose()
        run.action_approve()
        run.action_issue()
        with self.smtp_sink() as sink:
            run.notice_ids.action_send()
            mails = self.env["mail.mail"].sudo()
            mails.search([("state", "=", "outgoing")]).send()
        return run.notice_ids, sink.messages

    def test_each_customer_gets_one_mail_with_one_letter_of_its_own(self):
        notices, messages = self._send_all()

        self.assertEqual(len(notices), COUNT)
        by_recipient = {message["X-RcptTo"]: message for message in messages}
        self.assertEqual(len(messages), COUNT)
        self.assertEqual(len(by_recipient), COUNT)
        self.assertEqual(Counter(notices.mapped("mail_state")), {"sent": COUNT})
        for notice in notices:
            with self.subTest(notice=notice.name):
                self._check(notice, by_recipient[notice.recipient_id.email_normalized])

    def _check(self, notice, message):
        customer = notice.partner_id
        if customer.child_ids:
            self.assertIn("clerk-", message["X-RcptTo"])
        lang = customer.lang
        items = self.env["account.move.line"].search(
            [
                ("partner_id", "=", customer.id),
                ("account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
            ]
        )
        owed = sum(items.mapped("amount_residual_currency"))
        self.assertAlmostEqual(notice.amount_total, owed, 2)
        [attachment] = message.iter_attachments()
        self.assertEqual(attachment.get_content_type(), "application/pdf")
        mail = message.get_body(("html",)).get_content()
        letter = self._read_pdf(attachment.get_content())
        total = notice.with_context(lang=lang).currency_id.format(owed)
        for text in (mail, letter):
            self.assertIn(self._plain(total), self._plain(text))
            for item in items:
                self.assertIn(item.move_name, text)
        self.assertIn(notice.name, message["Subject"])
        self.assertIn(notice.name, letter)
        for other, word in WORDS.items():
            self.assertEqual(self._plain(word) in self._plain(letter), other == lang)

    def _plain(self, text):
        return re.sub(r"[\s\u200b\u202f\xa0\ufeff]|&nbsp;|&#160;", "", text)

    def _read_pdf(self, content):
        result = subprocess.run(
            ["pdftotext", "-layout", "-", "-"],
            input=content,
            capture_output=True,
            check=True,
        )
        return result.stdout.decode()
