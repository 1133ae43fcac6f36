"""A first set-up, clicked: what is to do is read from the books."""

from books import PASSWORD, BooksCase
from browser import PHONE
from playwright.sync_api import expect

from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestJourneySetUp(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_invoice(1234.50, days_overdue=12)
        cls._create_user(
            "journey_starter",
            "account.group_account_manager,base.group_system",
            name="Stella Starter",
        )

    def test_first_steps_to_a_first_proposal(self):
        with self.browse("set-up") as starter:
            starter.log_in("journey_starter", PASSWORD)
            self._look(starter)
            self._assign(starter)
            self._propose(starter)
            self._look_again(starter)

        runs = self.env["account.dunning.run"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(runs.state, "proposed")
        self.assertEqual(runs.notice_ids.partner_id, self.customer)

    def _get_step(self, page, name):
        return page.locator(".o_data_row").filter(has_text=name)

    def _look(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Configuration", "Set-Up")
        self._expect_done(page, "Choose the policy", True)
        self._expect_done(page, "Give the company an e-mail address", True)
        self._expect_done(page, "Say who collects", False)
        self._expect_done(page, "Propose a first run", False)
        visitor.take_picture("steps")
        page.set_viewport_size(PHONE)
        visitor.take_picture("steps-phone")
        page.set_viewport_size({"width": 1366, "height": 900})

    def _expect_done(self, page, name, done):
        box = self._get_step(page, name).locator("[name=is_done] input")
        expect(box).to_be_checked(checked=done)

    def _assign(self, visitor):
        page = visitor.page
        row = self._get_step(page, "Say who collects")
        row.locator("button[name=action_open]").click()
        expect(page.locator(".o_breadcrumb")).to_contain_text("Assignment Rules")
        page.get_by_role("button", name="New", exact=True).click()
        page.locator("[name=name] input").first.fill("All to me")
        users = page.locator("[name=user_ids] input")
        users.fill("Stella")
        page.locator(".o-autocomplete--dropdown-item").get_by_text(
            "Stella Starter"
        ).first.click()
        visitor.take_picture("rule")
        page.get_by_role("button", name="Save manually").click()
        visitor.open_menu("Invoicing", "Configuration", "Set-Up")
        self._expect_done(page, "Say who collects", True)

    def _propose(self, visitor):
        page = visitor.page
        row = self._get_step(page, "Propose a first run")
        row.locator("button[name=action_open]").click()
        page.get_by_role("button", name="Propose", exact=True).click()
        expect(
            page.locator(".o_statusbar_status .o_arrow_button_current")
        ).to_have_text("Proposed")
        visitor.take_picture("first-run")

    def _look_again(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Configuration", "Set-Up")
        self._expect_done(page, "Propose a first run", True)
        visitor.take_picture("steps-later")
