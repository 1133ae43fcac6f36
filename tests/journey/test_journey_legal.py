"""From the last level to a paid settlement, clicked: gate, order, objection, suit."""

import re

from books import PASSWORD, BooksCase
from playwright.sync_api import expect

from odoo.fields import Command
from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestJourneyLegal(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.currency_id = cls.env.ref("base.EUR")
        cls.customer.write(
            {
                "name": "Saumselig GmbH",
                "street": "Lange Straße 12",
                "zip": "10115",
                "city": "Berlin",
                "country_id": cls.env.ref("base.de").id,
            }
        )
        cls.company.dunning_policy_id = cls.env["account.dunning.policy"].create(
            {
                "name": "One Step",
                "company_id": cls.company.id,
                "level_ids": [Command.create({"name": "Last", "delay_days": 7})],
            }
        )
        # what is registered as paid has reached the books, as it would by a statement
        journal = cls.env["account.journal"].search(
            [("company_id", "=", cls.company.id), ("type", "=", "bank")], limit=1
        )
        journal.inbound_payment_method_line_ids.payment_account_id = (
            journal.default_account_id
        )
        cls.invoice = cls._create_invoice(1900, days_overdue=60)
        cls._create_user(
            "journey_clerk",
            "account.group_account_invoice,account_dunning_legal.group_legal_clerk",
            name="Carla Clerk",
        )
        cls.env["account.dunning.debtor"]._refresh(cls.company, cls.customer.ids)

    def test_clerk_takes_a_case_to_its_end(self):
        invoice_id = self.invoice.id
        with self.browse("clerk") as clerk:
            clerk.log_in("journey_clerk", PASSWORD)
            self.issue_run(clerk)
            self._pass_gate(clerk)
            address = clerk.page.url
            self._take_steps(clerk)
            self._pay(clerk, invoice_id)
            self._settle(clerk, address)

        self._check_books()

    # === WHAT THE CLERK DOES === #

    def _pass_gate(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Customers", "Debtors")
        # the list that the app opens with names the customer too
        expect(page.locator(".o_breadcrumb")).to_contain_text("Debtors")
        page.get_by_role("cell", name="Saumselig GmbH").first.click()
        page.get_by_role("button", name="Prepare Legal Case").click()
        # the usual way is an order for payment without objection: half a fee of 103
        expect(page.locator("[name=amount_fees_ahead]")).to_contain_text("51.50")
        visitor.take_picture("gate")
        page.get_by_role("button", name="Open the Case").click()
        self._expect_state(page, "Open")

    def _take_steps(self, visitor):
        page = visitor.page
        self._click_step(page, "Take")
        self._click_step(page, "Done")
        order = self._get_row(page, "Mahnbescheid")
        expect(order).to_contain_text("51.50")
        self._click_step(page, "Take")
        order.locator("button[name=action_advance_fee]").click()
        expect(page.locator("[name=amount_claimed]")).to_contain_text("1,951.50")
        # what was advanced is not ahead any more
        expect(page.locator("[name=amount_fees_ahead]")).to_contain_text("0.00")
        self._end_step(page, "Objection")
        expect(order).to_contain_text("Objection")
        expect(self._get_row(page, "Vollstreckungsbescheid")).to_contain_text(
            "Not on the way"
        )
        visitor.take_picture("objection")
        self._click_step(page, "Take")
        expect(self._get_step_button(page, "Done…")).to_be_visible()

    def _pay(self, visitor, invoice_id):
        page = visitor.page
        visitor.go(f"/odoo/account.move/{invoice_id}")
        page.get_by_role("button", name=re.compile("^Pay$|Register Payment")).click()
        page.get_by_role("button", name="Create Payment").click()
        expect(page.locator(".modal")).to_have_count(0)
        expect(page.locator("[name=amount_residual]").first).to_be_visible()

    def _settle(self, visitor, address):
        """The parties meet: the price was paid, the creditor bears the order's fee."""
        page = visitor.page
        page.goto(address)
        page.get_by_role("tab", name="Claim Account").click()
        # what was paid went to the costs first
        expect(page.locator("[name=amount_total]")).to_contain_text("51.50")
        self._waive(page, "51.50")
        expect(page.locator("[name=amount_total]")).to_contain_text("0.00")
        visitor.take_picture("account")
        page.get_by_role("tab", name="Steps").click()
        self._end_step(page, "Settled")
        expect(self._get_row(page, "Streitiges Verfahren")).to_contain_text("Settled")
        page.get_by_role("button", name="Close", exact=True).first.click()
        page.locator(".modal").get_by_role("button", name="Ok").click()
        self._expect_state(page, "Closed")
        visitor.take_picture("closed")

    def _waive(self, page, amount):
        account = page.locator("[name=claim_ids]")
        account.get_by_role("button", name="Add a line").click()
        dialog = page.get_by_role("dialog")
        dialog.locator("[name=amount] input").fill(amount)
        dialog.get_by_label("Waiver or credit note", exact=True).check()
        dialog.locator("[name=note] input").fill("Settlement")
        dialog.get_by_role("button", name="Save & Close").click()
        expect(dialog).to_have_count(0)
        page.locator(".o_form_button_save").click()
        expect(page.locator(".o_form_button_save")).to_be_hidden()

    # === THE SCREEN === #

    def _expect_state(self, page, state):
        current = page.locator(".o_statusbar_status .o_arrow_button_current")
        expect(current).to_have_text(state)

    def _get_step_button(self, page, name):
        steps = page.locator("[name=step_ids]")
        return steps.get_by_role("button", name=name, exact=True)

    def _click_step(self, page, name):
        self._get_step_button(page, name).click()

    def _get_row(self, page, step):
        steps = page.locator("[name=step_ids]")
        return steps.get_by_role("row").filter(has_text=step).first

    def _end_step(self, page, outcome):
        """Say what came of the current step."""
        self._click_step(page, "Done…")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label(outcome, exact=True).check()
        dialog.get_by_role("button", name="Done", exact=True).click()
        expect(dialog).to_have_count(0)

    # === WHAT IS LEFT BEHIND === #

    def _check_books(self):
        item = self.invoice.line_ids.filtered("date_maturity")
        case = self.env["account.legal.case"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(case.state, "closed")
        self.assertEqual(case.create_uid.login, "journey_clerk")
        self.assertTrue(item.reconciled)
        self.assertEqual(item.amount_residual_currency, 0)
        self.assertEqual(set(case.claim_balance(self.today).values()), {0.0})
        self.assertEqual(
            case.step_ids.filtered("outcome_id").outcome_id.mapped("kind"),
            ["objection", "settled"],
        )
        self.assertEqual(
            case.claim_ids.mapped("kind"), ["principal", "cost", "payment", "waiver"]
        )
