"""The first run, clicked: from the menu to the letter, and what the customer sees."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from books import PASSWORD, BooksCase
from playwright.sync_api import expect

from odoo.tests import tagged


def read_pdf(path):
    """Return the text of a PDF as it is laid out."""
    program = shutil.which("pdftotext")
    assert program, "pdftotext of poppler-utils is needed to read the letter"
    result = subprocess.run(
        [program, "-layout", str(path), "-"], capture_output=True, check=True
    )
    return result.stdout.decode()


@tagged("standard", "post_install", "-at_install")
class TestJourneyFirstRun(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.overdue = cls._create_invoice(1234.50, days_overdue=12)
        cls.not_due = cls._create_invoice(99.90, days_overdue=-12)
        # Kept as texts: while a browser is open the test may not ask the database.
        cls.numbers = (cls.overdue.name, cls.not_due.name)
        cls.accountant = cls._create_accountant()
        # the statement is of the whole company, whoever of it looks
        cls._create_contact("journey_customer")

    def test_accountant_duns_and_customer_sees_it(self):
        with self.browse("accountant", "customer") as (accountant, customer):
            accountant.log_in("journey_accountant", PASSWORD)
            self.issue_run(accountant)
            self._open_notice(accountant)
            letter = self._print_letter(accountant)

            customer.log_in("journey_customer", PASSWORD)
            self._see_statement(customer)

        self._check_letter(letter)
        self._check_books()

    # === WHAT THE ACCOUNTANT DOES === #

    def _open_notice(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Customers", "Notices")
        row = page.get_by_role("row", name="Late & Sons")
        expect(row).to_have_count(1)
        visitor.take_picture("notices")
        row.get_by_role("cell", name="Late & Sons").click()
        expect(page.locator(".o_form_view [name=amount_total]")).to_contain_text(
            "1,234.50"
        )
        visitor.take_picture("notice")

    def _print_letter(self, visitor):
        """Print the notice that is open; return the file that the browser got."""
        with visitor.page.expect_download() as waiting:
            visitor.page.get_by_role("button", name="Print", exact=True).click()
        folder = os.environ.get("DUNNING_SCREENSHOTS")
        folder = folder or self.enterContext(tempfile.TemporaryDirectory())
        letter = Path(folder, waiting.value.suggested_filename)
        waiting.value.save_as(letter)
        return letter

    # === WHAT THE CUSTOMER DOES === #

    def _see_statement(self, visitor):
        page = visitor.page
        visitor.go("/my")
        page.get_by_role("link", name="Account Statement").click()
        expect(page).to_have_url(f"{visitor.base_url}/my/dunning")
        expect(page.locator("[name=overdue]")).to_contain_text("1,234.50")
        for number in self.numbers:
            expect(page.get_by_text(number).first).to_be_visible()
        visitor.take_picture("statement")

    # === WHAT IS LEFT BEHIND === #

    def _check_letter(self, path):
        self.assertTrue(path.read_bytes().startswith(b"%PDF"))
        text = read_pdf(path)
        for expected in (
            "Late & Sons",
            "7 Overdue Road",
            "Payment Reminder",
            self.overdue.name,
            "1,234.50",
            "Journey Books",
        ):
            self.assertIn(expected, text)
        self.assertNotIn(self.not_due.name, text, "what is not due is not asked for")
        self.assertNotIn("Draft", text)

    def _check_books(self):
        run = self.env["account.dunning.run"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(run.state, "issued")
        self.assertEqual(run.create_uid, self.accountant)
        self.assertEqual(run.notice_ids.partner_id, self.customer)
        self.assertEqual(run.notice_ids.line_ids.move_line_id.move_id, self.overdue)
        self.assertEqual(self.overdue.dunning_level_id.sequence, 10)
        self.assertFalse(self.not_due.dunning_level_id)
