"""A notice delivered for real: letter by wkhtmltopdf, e-mail by SMTP."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from ledger import import_ledger
from smtp_sink import SmtpSinkCase

from odoo.tests import HttpCase, new_test_user, tagged

LEDGER = """\
invoiceNumber,customerID,customerName,InvoiceDate,DueDate,InvoiceAmount,SettledDate
R-1,C-1,Late & Sons,11/1/2012,12/1/2012,1234.50,
R-2,C-1,Late & Sons,11/1/2012,12/2/2012,0.07,1/5/2013
R-3,C-1,Late & Sons,11/1/2012,12/3/2012,77.70,12/20/2012
R-4,C-1,Late & Sons,12/20/2012,1/19/2013,88.80,
"""


@tagged("standard", "post_install", "-at_install")
class TestNoticeMail(SmtpSinkCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {"name": "Mailing Books", "email": "books@example.com"}
        )
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids})
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        path = Path(folder, "ledger.csv")
        path.write_text(LEDGER)
        import_ledger(cls.env, path, "2012-12-31")
        cls.collector = new_test_user(
            cls.env,
            "mail_collector",
            groups="account_dunning_advanced.group_dunning_user",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _issue_notice(self):
        runs = self.env["account.dunning.run"].with_user(self.collector)
        run = runs.create({"company_id": self.company.id})
        run.action_propose()
        run.action_approve()
        run.action_issue()
        return run.notice_ids

    def _send_queue(self):
        self.env["mail.mail"].sudo().search([("state", "=", "outgoing")]).send()

    def test_mail_arrives_with_the_letter_in_it(self):
        notice = self._issue_notice()

        with self.smtp_sink() as sink:
            notice.action_send()
            self._send_queue()

        [message] = [
            message
            for message in sink.messages
            if "c-1@example.com" in message["X-RcptTo"]
        ]
        self.assertIn(notice.name, message["Subject"])
        self.assertIn("1,234.57", message.get_body(("html",)).get_content())
        [attachment] = message.iter_attachments()
        self.assertEqual(attachment.get_content_type(), "application/pdf")
        text = self._read_pdf(attachment.get_content())
        for expected in ("Late & Sons", "R-1", "1,234.50", "R-2", "0.07", "1,234.57"):
            self.assertIn(expected, text)
        for paid_or_not_due in ("R-3", "R-4", "77.70", "88.80"):
            self.assertNotIn(paid_or_not_due, text)

    def test_the_daily_job_does_not_send_what_was_sent(self):
        notice = self._issue_notice()
        cron = self.env.ref("account_dunning_advanced.ir_cron_deliver").sudo()

        with self.smtp_sink() as sink:
            notice.action_send()
            cron.method_direct_trigger()
            self._send_queue()

        self.assertEqual([m["X-RcptTo"] for m in sink.messages], ["c-1@example.com"])

    def _read_pdf(self, content):
        self.assertTrue(content.startswith(b"%PDF"))
        program = shutil.which("pdftotext")
        self.assertTrue(program, "pdftotext of poppler-utils is needed")
        result = subprocess.run(
            [program, "-layout", "-", "-"],
            input=content,
            capture_output=True,
            check=True,
        )
        return result.stdout.decode()
