"""A manager's month end, clicked: aging as of a past day, its spreadsheet, figures."""

import tempfile
from datetime import timedelta
from pathlib import Path

from books import PASSWORD, BooksCase
from browser import PHONE
from openpyxl import load_workbook
from playwright.sync_api import expect

from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestJourneyMonthEnd(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.month_end = cls.today - timedelta(days=10)
        cls.paid_since = cls._create_invoice(1234.50, days_overdue=60)
        cls.open_still = cls._create_invoice(98.70, days_overdue=20)
        # posted after the day that is asked for, and no part of it
        cls.later = cls._create_invoice(55.55, days_overdue=-25)
        cls._pay(cls.paid_since, cls.today - timedelta(days=3))
        cls._create_user(
            "journey_manager",
            "account.group_account_invoice,"
            "account_dunning_advanced.group_dunning_manager",
            name="Mona Manager",
        )

    @classmethod
    def _pay(cls, invoice, date):
        cls.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"payment_date": date})._create_payments()

    def test_aging_of_the_month_end_and_what_the_sheet_says(self):
        with self.browse("month-end") as manager:
            manager.log_in("journey_manager", PASSWORD)
            self._open_aging(manager)
            sheet = self._download(manager)
            self._compute_figures(manager)

        self._check_sheet(sheet)
        figures = self.env["account.dunning.kpi"].search(
            [("company_id", "=", self.company.id)], order="id desc", limit=1
        )
        self.assertTrue(figures)

    # === WHAT THE MANAGER DOES === #

    def _open_aging(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Reporting", "Aging as of a Day")
        dialog = page.get_by_role("dialog")
        dialog.locator("[name=date] input").fill(self.month_end.strftime("%m/%d/%Y"))
        dialog.locator("[name=date] input").press("Enter")
        dialog.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator("div.o_pivot")).to_contain_text("1,333.20")
        visitor.take_picture("aging")

    def _download(self, visitor):
        page = visitor.page
        page.locator(".o_switch_view.o_list").click()
        expect(page.locator(".o_list_view")).to_be_visible()
        visitor.take_picture("aging-list")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="XLSX", exact=True).click()
        path = Path(self.enterContext(tempfile.TemporaryDirectory()), "aging.xlsx")
        waiting.value.save_as(path)
        return path

    def _compute_figures(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Reporting", "Collection Figures")
        expect(page.locator(".o_breadcrumb")).to_contain_text("Collection Figures")
        page.get_by_role("button", name="Compute Anew", exact=True).click()
        expect(page.locator(".o_data_row").first).to_be_visible()
        visitor.take_picture("figures")
        page.locator(".o_data_row").first.locator("td.o_data_cell").first.click()
        expect(page.locator(".o_form_view")).to_be_visible()
        visitor.take_picture("figures-of-a-month")
        page.set_viewport_size(PHONE)
        visitor.take_picture("figures-phone")

    # === WHAT THE SHEET SAYS === #

    def _check_sheet(self, path):
        """The items add up to the ledger as it was, and so does the summary."""
        summary, items = load_workbook(path, data_only=True).worksheets[:2]
        ledger = self._get_ledger(self.month_end)
        self.assertAlmostEqual(self._add_up(items, "Open"), ledger, 2)
        self.assertAlmostEqual(self._add_up(summary, "Total"), ledger, 2)
        self.assertAlmostEqual(ledger, 1333.20, 2)

    def _get_ledger(self, day):
        """Add up what the accounts say, journal item by journal item."""
        lines = self.env["account.move.line"].search(
            [
                ("company_id", "=", self.company.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("date", "<=", day),
            ]
        )
        return sum(lines.mapped("balance"))

    def _add_up(self, page, label):
        """Add up the rows of a column, the total at the foot left out."""
        rows = list(page.iter_rows(values_only=True))
        head = next(number for number, row in enumerate(rows) if label in row)
        place = rows[head].index(label)
        return sum(row[place] for row in rows[head + 1 :] if row[0] != "Total")
