"""A collector's morning, clicked: the worklist, a call, a promise, the next debtor."""

from books import PASSWORD, BooksCase
from browser import PHONE, WINDOW
from playwright.sync_api import expect

from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestJourneyMorning(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the journey is clicked at any hour; who may be called when is tested elsewhere
        cls.env["account.dunning.contact.rule"].search([]).active = False
        cls.collector = cls._create_accountant()
        cls._create_invoice(1234.50, days_overdue=12)
        big, cls.customer = cls.customer, cls.customer.copy({"name": "Small & Co"})
        cls._create_invoice(98.70, days_overdue=9)
        cls.customer = big
        cls.env["account.dunning.debtor"]._refresh(cls.company)
        cls.env["account.dunning.debtor"].search(
            [("company_id", "=", cls.company.id)]
        ).user_id = cls.collector
        cls.env["account.dunning.debtor"]._refresh(cls.company)

    def test_worklist_to_promise_to_the_next(self):
        with self.browse("morning") as collector:
            collector.log_in("journey_accountant", PASSWORD)
            self._open_first(collector)
            self._call(collector)
            self._go_on(collector)
            self._see_the_rest(collector)

        promise = self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(promise.state, "active")
        self.assertEqual(promise.user_id, self.collector)
        call = self.env["account.dunning.contact"].search(
            [("partner_id", "=", self.customer.id), ("channel", "=", "call")]
        )
        self.assertEqual(call.outcome, "promised")
        self.assertEqual(call.user_id, self.collector)

    def _open_first(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Customers", "Worklist")
        rows = page.locator(".o_data_row")
        expect(rows).to_have_count(2)
        # the big one first, with the reason why
        expect(rows.first).to_contain_text("Late & Sons")
        expect(rows.first).to_contain_text("1,234.50")
        visitor.take_picture("worklist")
        page.get_by_role("button", name="Start Calling", exact=True).click()
        expect(page.locator(".o_form_view [name=partner_id]").first).to_contain_text(
            "Late & Sons"
        )
        visitor.take_picture("debtor")

    def _call(self, visitor):
        page = visitor.page
        page.get_by_role("button", name="Call", exact=True).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Promised to pay", exact=True).check()
        dialog.locator("[name=note] textarea").fill("Pays on Friday")
        visitor.take_picture("call")
        dialog.get_by_role("button", name="Note Down", exact=True).click()
        take = page.get_by_role("button", name="Take the Promise", exact=True)
        expect(take).to_be_visible()
        visitor.take_picture("promise")
        take.click()
        # the debtor stays where it is: the promise is one click away, the next is, too
        told = page.locator(".o_notification").filter(has_text="Noted: ")
        expect(told).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        visitor.take_picture("promised")

    def _go_on(self, visitor):
        page = visitor.page
        page.get_by_role("button", name="Next Debtor", exact=True).click()
        expect(page.locator(".o_form_view [name=partner_id]").first).to_contain_text(
            "Small & Co"
        )
        visitor.take_picture("next")
        visitor.page.set_viewport_size(PHONE)
        visitor.take_picture("next-phone")
        visitor.page.set_viewport_size(WINDOW)
        # nobody else is left: who was spoken to is not met again today
        page.get_by_role("button", name="Next Debtor", exact=True).click()
        told = page.locator(".o_notification").filter(has_text="Nobody is left")
        expect(told).to_be_visible()

    def _see_the_rest(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Customers", "Worklist")
        promised = page.locator(".o_data_row").filter(has_text="Late & Sons")
        expect(promised).to_have_count(1)
        page.locator(".o_searchview_dropdown_toggler").click()
        page.get_by_role("menuitemcheckbox", name="To Do Today", exact=True).click()
        # who has promised is not to be called before the day of the promise
        expect(promised).to_have_count(0)
        visitor.take_picture("worklist-left")
        visitor.page.set_viewport_size(PHONE)
        visitor.take_picture("worklist-phone")
