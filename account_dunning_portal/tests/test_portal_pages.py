from datetime import timedelta

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from ..controllers.account_dunning_portal import AccountDunningPortal
from .common import DunningPortalCommon

#: Queries of a page, those of Odoo's own layout included.
BUDGET = {"statement": 45, "notice": 55, "choice": 40, "checkout": 50}


@tagged("post_install", "-at_install")
class TestPortalPages(DunningPortalCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("kim", "kim-secret")

    def _open(self, url):
        response = self.url_open(url)
        response.raise_for_status()
        return response.text

    def test_statement_lists_open_items_and_issued_notices(self):
        invoice = self._create_overdue_invoice(1234, 40)
        notice = self._issue_notice()

        page = self._open("/my/dunning")

        self.assertIn(invoice.name, page)
        self.assertIn("1,234.00", page)
        self.assertIn(notice.name, page)
        self.assertIn("40 days late", " ".join(page.split()))

    def test_statement_without_items_says_so(self):
        self.assertIn("Nothing is open", self._open("/my/dunning"))

    def test_filter_and_search_narrow_the_items(self):
        due = self._create_overdue_invoice(100, 40)
        later = self._create_overdue_invoice(100, -40)
        named = self._create_overdue_invoice(100, 40, ref="PO-4711")

        overdue = self._open("/my/dunning?filterby=overdue")
        not_due = self._open("/my/dunning?filterby=not_due")
        found = self._open("/my/dunning?search=4711")

        self.assertTrue(due.name in overdue and later.name not in overdue)
        self.assertTrue(later.name in not_due and due.name not in not_due)
        self.assertTrue(named.name in found and due.name not in found)

    def test_every_sorting_and_filter_works(self):
        self._create_overdue_invoice(100, 40)
        for sortby in ("due", "name", "amount", "no-such", "id; DROP"):
            for filterby in ("all", "overdue", "not_due", "credit", "no-such"):
                with self.subTest(sortby=sortby, filterby=filterby):
                    self._open(f"/my/dunning?sortby={sortby}&filterby={filterby}")

    def test_page_beyond_the_last_is_the_last(self):
        invoice = self._create_overdue_invoice(100, 40)

        self.assertIn(invoice.name, self._open("/my/dunning/page/99"))

    def test_many_items_come_in_pages(self):
        self.patch(AccountDunningPortal, "_dunning_items_per_page", 2)
        invoices = [self._create_overdue_invoice(10, 40 + day) for day in range(3)]

        first, second = self._open("/my/dunning"), self._open("/my/dunning/page/2")

        self.assertIn(invoices[-1].name, first)
        self.assertNotIn(invoices[0].name, first)
        self.assertIn(invoices[0].name, second)

    def test_tile_counts_the_open_items(self):
        self._create_overdue_invoice(100, 40)
        self._create_overdue_invoice(100, -40)

        self.assertIn("dunning_item_count", self._open("/my"))
        self.assertEqual(self._get_counter(), 2)

    def test_tile_is_there_while_there_are_notices(self):
        invoice = self._create_overdue_invoice(100, 40)
        self._issue_notice()
        self._register_payment(invoice)

        self.assertEqual(self._get_counter(), "0")

    def test_tile_is_hidden_from_who_has_nothing(self):
        self.assertEqual(self._get_counter(), 0)

    def _get_counter(self):
        result = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["dunning_item_count"]}
        )
        return result["dunning_item_count"]

    def test_notice_shows_its_items_and_links_to_the_invoice(self):
        invoice = self._create_overdue_invoice(1234, 40)
        notice = self._issue_notice()

        page = self._open(f"/my/dunning/notice/{notice.id}")

        self.assertIn(notice.name, page)
        self.assertIn(invoice.name, page)
        self.assertIn("1,234.00", page)
        self.assertIn(f'href="/my/invoices/{invoice.id}"', page)

    def test_notices_page_lists_all_of_them(self):
        self._create_overdue_invoice(100, 40)
        notice = self._issue_notice()

        self.assertIn(notice.name, self._open("/my/dunning/notices"))

    def test_letter_is_a_download(self):
        self._create_overdue_invoice(100, 40)
        notice = self._issue_notice()
        notice.sudo().attachment_id = self.env["ir.attachment"].create(
            {"name": "letter.pdf", "raw": b"%PDF-1.4 letter", "res_id": notice.id}
        )

        response = self.url_open(f"/my/dunning/notice/{notice.id}?report_type=pdf")

        self.assertEqual(response.content, b"%PDF-1.4 letter")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertTrue(
            response.headers["Content-Disposition"].startswith("attachment;")
        )

    def test_letter_that_is_not_there_yet_is_written(self):
        self._create_overdue_invoice(100, 40)
        notice = self._issue_notice()
        self.assertFalse(notice.attachment_id)

        with self.allow_pdf_render():
            response = self.url_open(f"/my/dunning/notice/{notice.id}?report_type=pdf")

        self.assertTrue(response.content.startswith(b"%PDF"))
        self.assertEqual(notice.attachment_id.raw, response.content)

    def test_preview_opens_the_customers_page(self):
        self._create_overdue_invoice(100, 40)
        notice = self._issue_notice()
        self.authenticate(None, None)

        self.assertIn(notice.name, self._open(notice.action_preview()["url"]))

    def test_statement_says_how_old_the_items_are(self):
        for days in (-5, 10, 40, 70, 100):
            self._create_overdue_invoice(100, days)

        page = self._open("/my/dunning").split('name="aging"')[1]

        for label in ("Not due yet", "1 to 30", "31 to 60", "61 to 90", "More than 90"):
            self.assertIn(label, page)
        self.assertEqual(page.count("width: 20.00%"), 5)

    def test_timeline_tells_what_happened(self):
        self._create_overdue_invoice(100, 40)
        notice = self._issue_notice()
        self._create_posted("out_refund", 30, 1)
        self.env["account.dunning.promise"].create(
            {
                "partner_id": self.customer.id,
                "move_line_ids": notice.line_ids.move_line_id.ids,
                "line_ids": [(0, 0, {"date": self.today, "amount": 70})],
            }
        ).action_confirm()

        page = self._open("/my/dunning/timeline")

        for text in (notice.name, "We credited", "We agreed"):
            self.assertIn(text, page)

    def test_pages_name_their_language(self):
        self.assertIn('lang="en-US"', self._open("/my/dunning").split("<head")[0])

    def test_long_notice_comes_in_pages(self):
        self.patch(AccountDunningPortal, "_dunning_items_per_page", 2)
        invoices = [self._create_overdue_invoice(10, 40 + day) for day in range(3)]
        notice = self._issue_notice()

        first, second = (
            self._open(f"/my/dunning/notice/{notice.id}{page}")
            for page in ("", "/page/2")
        )

        self.assertNotIn(invoices[0].name, first)
        self.assertIn(invoices[0].name, second)
        for page in (first, second):
            self.assertIn(">30.00<", page, "the sum is of all")

    def test_pages_ask_the_database_no_more_for_many_items(self):
        small = self._create_customer("Small", is_company=True)
        reader = self._create_customer("Reader", parent_id=small.id)
        self._create_portal_user("reader", reader)
        self._create_opening_balances(small, 20)
        self._create_opening_balances(self.customer, 500)
        run = self._propose_notices().run_id
        run.action_approve()
        run.action_issue()

        few, many = (
            self._count_queries(
                login, run.notice_ids.filtered(lambda n, p=partner: n.partner_id == p)
            )
            for login, partner in (("reader", small), ("kim", self.customer))
        )

        # whoever has more than one page is counted
        few["statement"] += 1
        for page, count in few.items():
            with self.subTest(page=page):
                self.assertLessEqual(many[page], count)

    def test_pages_keep_within_their_budget_of_queries(self):
        """So many queries each page may take; without a clock, on any machine."""
        counts = self._count_for_a_budget()

        for page, most in BUDGET.items():
            with self.subTest(page=page):
                self.assertLessEqual(counts[page], most)

    def test_budget_is_not_kept_by_asking_for_each_item(self):
        Statement = type(self.env["account.dunning.statement"])
        prepare = Statement._get_instalment

        def ask_each(statement, line, terms):
            line.invalidate_recordset(["move_name"])
            return line.move_name and prepare(statement, line, terms)

        self.patch(Statement, "_get_instalment", ask_each)
        counts = self._count_for_a_budget()

        for page, most in BUDGET.items():
            with self.subTest(page=page):
                self.assertGreater(counts[page], most)

    def _count_for_a_budget(self):
        self._create_opening_balances(self.customer, 40)
        self._create_overdue_invoice(100, 40)
        return self._count_queries("kim", self._issue_notice())

    def _create_opening_balances(self, partner, count):
        day = self.today - timedelta(days=40)
        line = {
            "account_id": self.company_data["default_account_receivable"].id,
            "partner_id": partner.id,
            "debit": 10,
            "date_maturity": day,
        }
        counterpart = {
            "account_id": self.company_data["default_account_revenue"].id,
            "credit": 10 * count,
        }
        entry = self.env["account.move"].create(
            {
                "date": day,
                "line_ids": [
                    *(Command.create(line) for _number in range(count)),
                    Command.create(counterpart),
                ],
            }
        )
        entry.action_post()
        # core leaves entries out of reminders, unless somebody wants them in
        entry.line_ids.no_followup = False

    def _count_queries(self, login, notice):
        """Return {page: queries it takes}, once what is made once has been made."""
        self.authenticate(login, f"{login}-secret")
        query = f"company={self.company.id}&currency={self.company.currency_id.id}"
        urls = {
            "statement": "/my/dunning",
            "notice": f"/my/dunning/notice/{notice.id}",
            "choice": "/my/dunning/pay",
            "checkout": f"/my/dunning/pay?{query}&choice=all",
        }
        counts = {}
        for page, url in urls.items():
            for _visit in range(3):
                before = self.env.cr.sql_log_count
                self._open(url)
                counts[page] = self.env.cr.sql_log_count - before
        return counts

    def test_people_are_told_where_help_is_and_companies_are_not(self):
        country = self.env.ref("base.de")
        self.customer.country_id = country
        self._create_overdue_invoice(100, 40)
        notice = self._issue_notice()
        url = f"/my/dunning/notice/{notice.id}"
        self.assertNotIn('name="debt_help"', self._open(url))

        self.customer.is_company = False

        self.assertIn("https://www.meine-schulden.de/", self._open(url))

    def test_notice_says_what_is_left_and_by_when_in_whole_sentences(self):
        """A translator gets the sentence whole, with the amount and the day in it."""
        move = self._create_overdue_invoice(100, 40)
        notice = self._issue_notice()
        notice.sudo()._unguarded().date_deadline = "2030-03-01"
        url = f"/my/dunning/notice/{notice.id}"
        self.assertNotIn('class="d-md-none small text-muted mt-1"', self._open(url))

        self._create_posted("out_refund", 30, 0)

        page = self._open(url)
        self.assertIn(
            "Still to be paid of these items today: "
            '<strong class="text-nowrap">$\xa070.00</strong>.',
            page,
        )
        self.assertIn(
            'Please pay by <strong class="text-nowrap">03/01/2030</strong>.', page
        )
        # beside what was asked for, on a phone too
        self.assertIn('class="d-md-none small text-muted mt-1"', page)
        self.assertIn(move.name, page)

    def test_charge_shows_its_arithmetic(self):
        move = self._create_overdue_invoice(100, 40)
        notice = self._issue_notice()
        bill = self._create_overdue_invoice(15, 1)
        self.env["account.dunning.notice.charge"].sudo().create(
            {
                "notice_id": notice.id,
                "notice_line_id": notice.line_ids.id,
                "company_id": self.company.id,
                "currency_id": move.currency_id.id,
                "move_line_id": notice.line_ids.move_line_id.id,
                "move_id": move.id,
                "kind": "interest",
                "state": "posted",
                "amount": 15,
                "base": 100,
                "rate": 9,
                "date_from": "2026-01-01",
                "date_to": "2026-01-31",
                "days": 31,
                "source": "Clause 7",
                "invoice_line_id": bill.invoice_line_ids.id,
            }
        )

        page = self._open("/my/dunning")

        self.assertIn("How it is computed", page)
        self.assertIn("9 % a year", page)
        self.assertIn("Clause 7", page)
