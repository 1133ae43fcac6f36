import tracemalloc
from io import BytesIO
from unittest.mock import patch

from reportlab.pdfgen.canvas import Canvas

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from ..engine import pdf_merge
from ..models import account_dunning_run_print
from .common import DunningCommon


def make_pdf(text, noise=0):
    """Return a page with a text; with so many lines, that it has some size."""
    content = BytesIO()
    canvas = Canvas(content, pageCompression=0)
    canvas.drawString(50, 800, text)
    for line in range(noise):
        canvas.drawString(50, 700 - line, f"{text} {line}" * 3)
    canvas.save()
    return content.getvalue()


def read_texts(content):
    """Return the first word of each page."""
    pages = PdfFileReader(BytesIO(content), strict=False).pages
    return [page.extract_text().split()[0] for page in pages]


@tagged("post_install", "-at_install")
class TestPrint(DunningCommon):
    """A printed letter is a contact, by whatever button or menu it is printed."""

    ADDRESS = {"street": "1 Main St", "city": "Town"}

    def setUp(self):
        super().setUp()
        self.first.channel_email = False
        self.debtor.write(self.ADDRESS)

        def render(notices):
            for notice in notices.filtered(lambda n: not n.attachment_id):
                letter = self.env["ir.attachment"].create(
                    {
                        "name": notice._get_letter_name(),
                        "raw": make_pdf(notice.name),
                        "mimetype": "application/pdf",
                        "res_model": notice._name,
                        "res_id": notice.id,
                    }
                )
                notice._unguarded().attachment_id = letter

        # the letter's look is tested elsewhere
        self.startPatcher(
            patch.object(
                type(self.env["account.dunning.notice"]), "_render_letters", render
            )
        )

    def _issue(self, *names):
        for name in names or ("Debtor",):
            partner = self.debtor
            if names:
                partner = self._create_debtor(name, **self.ADDRESS)
            self._create_item(100, 30, partner=partner)
        return self._run(issue=True).notice_ids

    def _print_by_menu(self, notices, user=None):
        """Print as the menu's controller does."""
        report = self.env["ir.actions.report"].with_user(user or self.collector)
        return report._render_qweb_pdf(
            "account_dunning_advanced.report_notice", notices.ids, data={}
        )

    def _letters_of(self, notice):
        return notice.contact_ids.filtered(
            lambda contact: (contact.channel, contact.direction) == ("letter", "out")
        )

    def _stop(self):
        self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "Court",
                "stop": "insolvency",
            }
        )

    def test_menu_does_not_print_against_a_stop(self):
        notice = self._issue()
        self._stop()

        with self.assertRaisesRegex(UserError, "Court"):
            self._print_by_menu(notice)

        self.assertFalse(self._letters_of(notice))

    def test_report_of_somebody_else_on_notices_passes_the_gate_as_well(self):
        notice = self._issue()
        report = self.env.ref("account_dunning_advanced.account_dunning_notice_report")
        other = report.copy({"name": "Our own letter"})
        self._stop()

        with self.assertRaisesRegex(UserError, "Court"):
            self.env["ir.actions.report"]._render_qweb_pdf(other.id, notice.ids)

    def test_proposal_is_looked_at_without_contact(self):
        self._create_item(100, 30)
        notice = self._run().notice_ids
        self._stop()

        self._print_by_menu(notice)

        self.assertFalse(self._letters_of(notice))

    def test_print_is_one_contact_however_often(self):
        notice = self._issue()
        self.assertTrue(notice.needs_print)

        self._print_by_menu(notice)
        self._print_by_menu(notice)
        notice.action_send()

        letter = self._letters_of(notice)
        self.assertEqual(len(letter), 1)
        self.assertEqual(letter.user_id, self.collector)
        self.assertIn(notice.attachment_id.name, letter.attachment_hashes)
        self.assertFalse(notice.needs_print)
        self.assertEqual(notice.delivery_state, "done")

    def test_letter_of_a_notice_that_went_by_email_is_a_contact_of_its_own(self):
        self.first.write({"channel_email": True, "channel_letter": False})
        notice = self._issue()
        notice.action_send()
        self.assertFalse(self._letters_of(notice))

        self._print_by_menu(notice)

        self.assertEqual(len(self._letters_of(notice)), 1)

    def test_paid_meanwhile_is_not_printed(self):
        notice = self._issue()
        self._pay(notice.line_ids.move_line_id, 100)

        with self.assertRaisesRegex(UserError, "asks for nothing"):
            self._print_by_menu(notice)
        with self.assertRaisesRegex(UserError, "waits for the printer"):
            notice.run_id.action_print()

    def test_run_that_waits_for_a_check_is_not_printed(self):
        self.policy.canary_count = 1
        notice = self._issue()

        with self.assertRaisesRegex(UserError, "Look at the first"):
            self._print_by_menu(notice)
        notice.run_id.action_release_delivery()
        self._print_by_menu(notice)

        self.assertEqual(len(self._letters_of(notice)), 1)

    def test_attachment_of_an_email_is_no_letter(self):
        self.first.write({"channel_email": True, "channel_letter": False})
        self.first.mail_template_id.report_template_ids = self.env.ref(
            "account_dunning_advanced.account_dunning_notice_report"
        )
        notice = self._issue()

        notice.action_send()

        self.assertEqual(notice.contact_ids.mapped("channel"), ["email"])

    # === MANY LETTERS === #

    def test_letters_of_a_run_come_in_numbered_order_and_files(self):
        notices = self._issue("Zoe", "Adam", "Mia", "Ben", "Ida")
        run = notices.run_id

        with patch.object(account_dunning_run_print, "LETTERS_A_FILE", 2):
            action = run.with_user(self.collector).action_print()

        files = self.env["ir.attachment"].search(action["domain"], order="id")
        self.assertEqual(len(files), 3)
        texts = [text for file in files for text in read_texts(file.raw)]
        self.assertEqual(texts, sorted(notices.mapped("name")))
        self.assertFalse(any(notices.mapped("needs_print")))
        with self.assertRaisesRegex(UserError, "waits for the printer"):
            run.action_print()

    def test_few_letters_are_downloaded_at_once(self):
        run = self._issue("Zoe", "Adam").run_id

        self.assertEqual(run.action_print()["type"], "ir.actions.act_url")

    def test_memory_does_not_grow_with_the_letters(self):
        letter = make_pdf("X", noise=15)

        def peak(count, size):
            tracemalloc.start()
            letters = (bytes(bytearray(letter)) for _number in range(count))
            total = 0
            for first, last, content in pdf_merge.merge_parts(letters, size):
                self.assertGreater(len(content), len(letter))
                total += last - first + 1
            self.assertEqual(total, count)
            result = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return result

        peak(10, 5)  # what is loaded once
        small = peak(40, 20)
        self.assertLess(peak(240, 20), 1.3 * small)
        # the twin: in one file it does grow
        self.assertGreater(peak(240, 240), 3 * small)
