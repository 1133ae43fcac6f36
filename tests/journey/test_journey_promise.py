"""A promise, clicked: taken on the phone, broken, and what comes of it."""

from datetime import timedelta

from books import PASSWORD, BooksCase
from playwright.sync_api import expect

from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestJourneyPromise(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.overdue = cls._create_invoice(1234.50, days_overdue=12)
        cls._create_accountant()
        cls.env["account.dunning.debtor"]._refresh(cls.company, cls.customer.ids)

    def test_promise_is_taken_broken_and_dunned(self):
        with self.browse("collector") as collector:
            collector.log_in("journey_accountant", PASSWORD)
            self._take_promise(collector)
            self._see_debtor(collector)

        promise = self._get_promise()
        self.assertEqual(promise.state, "active")
        self.assertEqual(promise.move_line_ids.move_id, self.overdue)
        self.assertFalse(self._propose().notice_ids, "an agreement is not dunned")

        self._let_days_pass(promise)

        with self.browse("collector-later") as collector:
            collector.log_in("journey_accountant", PASSWORD)
            self._see_broken(collector)
            self.issue_run(collector)
            self._see_notice(collector)

        self.assertEqual(self.overdue.dunning_level_id.sequence, 10)

    # === WHAT THE COLLECTOR DOES === #

    def _open_debtor(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Customers", "Debtors")
        page.get_by_role("row", name="Late & Sons").get_by_role(
            "cell", name="Late & Sons"
        ).click()
        expect(page.locator(".o_form_view")).to_be_visible()

    def _take_promise(self, visitor):
        page = visitor.page
        self._open_debtor(visitor)
        visitor.take_picture("debtor")
        page.get_by_role("button", name="Take a Promise…", exact=True).click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("1,234.50").first).to_be_visible()
        visitor.take_picture("promise-dialog")
        dialog.get_by_role("button", name="Take the Promise", exact=True).click()
        expect(dialog).to_have_count(0)

    def _see_debtor(self, visitor):
        page = visitor.page
        self._open_debtor(visitor)
        # why nothing is asked stands beside the item
        expect(
            page.locator("[name=open_item_ids] [name=dunning_explanation]").first
        ).to_contain_text("Promised")
        visitor.take_picture("promised")

    def _see_broken(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Customers", "Agreements")
        row = page.get_by_role("row", name="Late & Sons")
        expect(row).to_contain_text("Broken")
        row.get_by_role("cell", name="Late & Sons").click()
        expect(page.locator(".o_form_view .o-mail-Activity")).to_contain_text("broken")
        visitor.take_picture("broken")

    def _see_notice(self, visitor):
        page = visitor.page
        visitor.open_menu("Invoicing", "Customers", "Notices")
        page.get_by_role("row", name="Late & Sons").get_by_role(
            "cell", name="Late & Sons"
        ).click()
        expect(page.locator(".o_form_view [name=amount_total]")).to_contain_text(
            "1,234.50"
        )
        visitor.take_picture("notice")

    # === WHAT HAPPENS MEANWHILE === #

    def _get_promise(self):
        return self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )

    def _propose(self):
        run = self.env["account.dunning.run"].create({"company_id": self.company.id})
        run.action_propose()
        return run

    def _let_days_pass(self, promise):
        """As if the promise had been taken weeks ago; then the night's job comes."""
        for line in promise.line_ids.sudo():
            line.date -= timedelta(weeks=3)
        promise.sudo()._unguarded().date = self.today - timedelta(weeks=4)
        with self.enter_registry_test_mode():
            cron = self.env.ref("account_dunning_advanced.ir_cron_judge_promises")
            cron.method_direct_trigger()
        self.assertEqual(promise.state, "broken")
        self.env["account.dunning.run"].search(
            [("company_id", "=", self.company.id), ("state", "=", "proposed")]
        ).action_cancel()
        self.env.flush_all()
