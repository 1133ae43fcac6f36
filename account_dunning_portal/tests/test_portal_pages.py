from odoo.tests import HttpCase, tagged

from odoo.addons.portal.controllers.portal import CustomerPortal

from .common import DunningPortalCommon


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
        self.patch(CustomerPortal, "_items_per_page", 2)
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
