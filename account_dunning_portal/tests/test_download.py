from io import BytesIO

from openpyxl import load_workbook

from odoo.tests import HttpCase, tagged

from .common import DunningPortalCommon


@tagged("post_install", "-at_install")
class TestDownload(DunningPortalCommon, HttpCase):
    """The statement of account as a file, of one's own account only."""

    def setUp(self):
        super().setUp()
        self.invoice = self._create_overdue_invoice(1234, 40)
        self.foreign = self._create_overdue_invoice(99, 40, partner=self.stranger)

    def _get(self, kind, company=None, login="kim"):
        self.authenticate(login, f"{login}-secret")
        company = company or self.company
        return self.url_open(
            f"/my/dunning/statement/{company.id}/{kind}", allow_redirects=False
        )

    def test_spreadsheet_adds_up_to_what_is_open(self):
        response = self._get("xlsx")

        self.assertIn("attachment", response.headers["Content-Disposition"])
        book = load_workbook(BytesIO(response.content))
        cells = [
            cell.value for sheet in book for row in sheet.iter_rows() for cell in row
        ]
        self.assertIn(self.invoice.name, cells)
        self.assertIn(1234, cells)
        self.assertNotIn(self.foreign.name, cells)

    def test_pdf_is_a_download(self):
        # Odoo hands out HTML while it is tested
        response = self._get("pdf")
        self.assertEqual(response.status_code, 200)
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertIn(self.invoice.name.encode(), response.content)
        self.assertNotIn(self.foreign.name.encode(), response.content)

    def test_nothing_is_kept(self):
        self._get("xlsx")
        self.assertFalse(self.env["account.dunning.customer.statement"].search([]))

    def test_strangers_get_their_own_account_and_nobody_elses(self):
        response = self._get("pdf", login="stranger")
        self.assertIn(self.foreign.name.encode(), response.content)
        self.assertNotIn(self.invoice.name.encode(), response.content)

    def test_other_companies_and_kinds_lead_back(self):
        other = self.env["res.company"].create({"name": "Other"})
        for kind, company in (("pdf", other), ("exe", self.company)):
            with self.subTest(kind):
                response = self._get(kind, company)
                self.assertEqual(response.status_code, 303)
        self.logout()
        response = self.url_open(
            f"/my/dunning/statement/{self.company.id}/pdf", allow_redirects=False
        )
        self.assertIn("/web/login", response.headers["Location"])
