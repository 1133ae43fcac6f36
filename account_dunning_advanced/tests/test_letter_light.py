from io import BytesIO
from unittest.mock import MagicMock, patch

from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from ..engine import light_page, pdf_batch, stylesheet
from .common import DunningCommon

PAGE = (
    '<html><head><link type="text/css" rel="stylesheet" href="/web/assets/1/a.css"/>'
    '</head><body><div id="minimal_layout_report_headers">%s</div>\n</body></html>'
)


@tagged("post_install", "-at_install")
class TestStylesheet(BaseCase):
    def _prune(self, css, *names):
        return stylesheet.prune(stylesheet.parse(css), {"*", *names})

    def test_rules_of_the_page_stay_and_others_go(self):
        table = [
            ("a{x:y}", {"a"}, "a{x:y}"),
            ("a{x:y}", {"b"}, ""),
            ("A{x:y}", {"a"}, "A{x:y}"),
            (".a .b{x:y}", {".a"}, ""),
            (".a,.b{x:y}", {".a"}, ".a,.b{x:y}"),
            ("#i>*{x:y}", {"#i"}, "#i>*{x:y}"),
            ("a:not(.b){x:y}", {"a"}, "a:not(.b){x:y}"),
            ("a::before{content:'}'}", {"a"}, "a::before{content:'}'}"),
            ("tr:nth-child(2n+1)>td{x:y}", {"tr", "td"}, "tr:nth-child(2n+1)>td{x:y}"),
            ("[class*='b-1'] .c{x:y}", {".c"}, "[class*='b-1'] .c{x:y}"),
            (":root{--x:y}", {"html"}, ":root{--x:y}"),
            (r".a\:b{x:y}", set(), r".a\:b{x:y}"),
            (":is(.a,.b){x:y}", set(), ":is(.a,.b){x:y}"),
            ("@media print{.a{x:y}.b{x:y}}", {".b"}, "@media print{.b{x:y}}"),
            ("@media print{.a{x:y}}", {".b"}, ""),
            ("@font-face{src:url(x)}", set(), "@font-face{src:url(x)}"),
            ("@font-face{font-family:'A B'}a{x:y}", {"a"}, "a{x:y}"),
            (
                "@font-face{font-family:'A B'}a{font-family:A B-C,'A B'}",
                {"a"},
                "@font-face{font-family:'A B'}a{font-family:A B-C,'A B'}",
            ),
            ("@charset 'x';a{x:y}", {"a"}, "@charset 'x';a{x:y}"),
            ("/* a{ */b{x:y}", {"b"}, "b{x:y}"),
            ("b{x:url(data:a;b,{c})}", {"b"}, "b{x:url(data:a;b,{c})}"),
        ]
        for css, names, expected in table:
            with self.subTest(css=css, names=names):
                self.assertEqual(self._prune(css, *names), expected)

    def test_stylesheet_that_cannot_be_read_is_refused(self):
        for css in ("a{x:y", "a{x:y}}", "a{x:y} b"):
            with self.subTest(css=css), self.assertRaises(ValueError):
                stylesheet.parse(css)


@tagged("post_install", "-at_install")
class TestLightPage(BaseCase):
    def _make_light(self, page):
        lightener = light_page.Lightener(
            [page],
            lambda _href: stylesheet.parse("p{src:url(/web/static/f.ttf?x#y)}b{x:y}"),
            lambda path: f"/files/{path}",
        )
        return lightener(page, is_plain=True), lightener.folders

    def test_styles_and_files_are_at_hand(self):
        page, folders = self._make_light(
            PAGE % '<p><img src="/base/static/a.png"/></p>'
        )

        self.assertIn("url(file:///files/web/static/f.ttf?x#y)", page)
        self.assertIn('src="file:///files/base/static/a.png"', page)
        self.assertNotIn("<link", page)
        self.assertNotIn("b{x:y}", page)
        self.assertEqual(folders, {"/files/web/static", "/files/base/static"})

    def test_page_that_fetches_or_runs_something_is_refused(self):
        for content in (
            '<img src="/web/image/1"/>',
            '<img src="https://example.com/a.png"/>',
            '<p style="background-image: url(/web/content/1);"/>',
            '<img src="/web/static/../../secret.png"/>',
            "<script>run()</script>",
        ):
            with self.subTest(content), self.assertRaises(light_page.NotLightError):
                self._make_light(PAGE % content)

    def test_each_letter_gets_its_own_header(self):
        page = PAGE % "<div>one</div><div>two</div>"

        parts = list(light_page.split_parts(page, "minimal_layout_report_headers", 2))

        self.assertIn("one", parts[0])
        self.assertNotIn("two", parts[0])
        self.assertIn("two", parts[1])
        self.assertTrue(all(part.endswith("</div></body></html>") for part in parts))

    def test_headers_that_are_not_one_a_letter_are_refused(self):
        page = PAGE % "<div>one</div>"

        for container, count in (("minimal_layout_report_headers", 2), ("other", 1)):
            with self.subTest(container), self.assertRaises(light_page.NotLightError):
                list(light_page.split_parts(page, container, count))


@tagged("post_install", "-at_install")
class TestPrintLightly(DunningCommon):
    """What fails is printed Odoo's own way; no letter is lost, none is mixed up."""

    def setUp(self):
        super().setUp()
        for number in range(3):
            self._create_item(100, 30, self._create_debtor(f"Debtor {number}"))
        self.notices = self._run(issue=True).notice_ids
        self.stock_calls = []
        reports = type(self.env["ir.actions.report"])
        self.startPatcher(
            patch.object(reports, "_dunning_print_stock", self._print_stock)
        )

    def _print_stock(self, report_ref, data, res_ids):
        self.stock_calls.append(res_ids)
        return {i: {"stream": BytesIO(b"stock"), "attachment": None} for i in res_ids}

    def _print(self, crashed=()):
        def print_letters(_printers, _arguments, folders):
            for number, folder in enumerate(folders):
                if number not in crashed:
                    page = (folder / pdf_batch.PAGE).read_bytes()
                    (folder / "letter.pdf").write_bytes(page + b"%%EOF")

        with (
            patch.object(pdf_batch, "_start", lambda _program: MagicMock()),
            patch.object(pdf_batch.Printers, "print", print_letters),
        ):
            return self.env["ir.actions.report"]._render_qweb_pdf_prepare_streams(
                "account_dunning_advanced.account_dunning_notice_report",
                {},
                self.notices.ids,
            )

    def test_each_notice_gets_its_own_letter(self):
        streams = self._print()

        self.assertEqual(list(streams), self.notices.ids)
        for notice in self.notices:
            letter = streams[notice.id]["stream"].getvalue().decode()
            self.assertIn(notice.name, letter)
            self.assertIn("<style>", letter)
            self.assertNotIn("<link", letter)
        self.assertFalse(self.stock_calls)

    def test_letter_at_which_the_program_crashed_is_printed_odoos_way(self):
        streams = self._print(crashed=[1])

        self.assertEqual(self.stock_calls, [[self.notices.ids[1]]])
        self.assertEqual(streams[self.notices.ids[1]]["stream"].getvalue(), b"stock")

    def test_layout_that_is_not_understood_is_printed_odoos_way(self):
        layout = self.env.ref("web.minimal_layout")
        layout.arch_db = layout.arch_db.replace("<base ", '<script src="/x.js"/><base ')

        self._print()

        self.assertEqual(self.stock_calls, [self.notices.ids])

    def test_letter_that_is_kept_is_not_printed_again(self):
        kept = self.notices[0]
        self.env["ir.attachment"].create(
            {
                "name": kept._get_letter_name(),
                "raw": b"kept",
                "res_model": kept._name,
                "res_id": kept.id,
            }
        )

        self._print()

        self.assertEqual(self.stock_calls, [kept.ids])


@tagged("post_install", "-at_install")
class TestPrintInHalves(DunningCommon):
    def test_crash_is_narrowed_down_to_the_letter_at_fault(self):
        reports = self.env["ir.actions.report"]
        calls = []

        def crash(_reports, _ref, _data, res_ids=None):
            calls.append(list(res_ids))
            if len(res_ids) > 1 and 3 in res_ids:
                raise UserError(reports.env._("Wkhtmltopdf failed"))
            return {i: {"stream": BytesIO(), "attachment": None} for i in res_ids}

        with patch.object(type(reports), "_render_qweb_pdf_prepare_streams", crash):
            streams = reports._dunning_print_stock("report", {}, [1, 2, 3, 4])

        self.assertEqual(set(streams), {1, 2, 3, 4})
        self.assertEqual(calls, [[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]])
