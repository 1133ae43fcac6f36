"""Letters printed lightly look as Odoo prints them, in each of its standard layouts."""

import re
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

REPORT = "account_dunning_advanced.account_dunning_notice_report"
# Grey values out of 255 by which a dot may differ before it counts.
TOLERANCE = 16
# Dots of a page that may differ all the same, of 350,000: a word that is missing or of
# another font makes hundreds.
STRAY_DOTS = 60
DOTS_PER_INCH = 60


@tagged("standard", "post_install", "-at_install")
class TestLetterPictures(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {
                "name": "Picture Books & Söhne",
                "street": "1 Main Street",
                "city": "Town",
                "email": "books@example.com",
                "report_footer": "<p>Bank of Town · Chambers of Books</p>",
                "country_id": cls.env.ref("base.us").id,
            }
        )
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids})
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=cls.company, install_demo=False
        )
        cls.env["res.lang"]._activate_lang("ko_KR")
        cls.notices = cls._issue_notices(
            [("Short", 1, "en_US"), ("긴 회사", 45, "ko_KR")]
        )

    @classmethod
    def _issue_notices(cls, debtors):
        today = cls.company._dunning_today()
        line = {"name": "x", "price_unit": 100, "tax_ids": [Command.clear()]}
        moves = cls.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "company_id": cls.company.id,
                    "partner_id": partner.id,
                    "invoice_date": today.replace(year=today.year - 1),
                    "invoice_date_due": today.replace(year=today.year - 1),
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [Command.create(line)],
                }
                for name, items, lang in debtors
                for partner in cls.env["res.partner"].create(
                    {
                        "name": name,
                        "lang": lang,
                        "is_company": True,
                        "street": "2 Side Street",
                        "email": "x@example.com",
                    }
                )
                for _item in range(items)
            ]
        )
        moves.action_post()
        run = cls.env["account.dunning.run"].create({"company_id": cls.company.id})
        run.action_propose()
        run.action_approve()
        run.action_issue()
        return run.notice_ids

    def setUp(self):
        super().setUp()
        # a link expires, so that each print has another
        self.patch(
            type(self.env["account.dunning.notice"]),
            "_get_portal_link",
            lambda _notice: "https://example.com/my/dunning/notice/1",
        )

    def _print(self, **context):
        report = self.env["ir.actions.report"].with_context(
            report_pdf_no_attachment=True, **context
        )
        streams = report._render_qweb_pdf_prepare_streams(REPORT, {}, self.notices.ids)
        return [streams[notice.id]["stream"].getvalue() for notice in self.notices]

    def _get_pictures(self, pdf):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["pdftoppm", "-gray", "-r", str(DOTS_PER_INCH), "-", f"{folder}/page"],
                input=pdf,
                check=True,
            )
            pictures = []
            for path in sorted(Path(folder).iterdir()):
                with Image.open(path) as picture:
                    pictures.append(picture.copy())
            return pictures

    def _count_different_dots(self, first, second):
        self.assertEqual(first.size, second.size)
        return sum(ImageChops.difference(first, second).histogram()[TOLERANCE:])

    def assertSamePictures(self, light, stock):
        ours, theirs = self._get_pictures(light), self._get_pictures(stock)
        self.assertEqual(len(ours), len(theirs), "number of pages")
        for number, pictures in enumerate(zip(ours, theirs, strict=True), start=1):
            self.assertLess(
                self._count_different_dots(*pictures), STRAY_DOTS, f"page {number}"
            )

    def test_light_letters_look_as_odoo_prints_them(self):
        layouts = self.env["report.layout"].search([])
        self.assertGreaterEqual(len(layouts), 7)
        for layout in layouts:
            with self.subTest(layout=layout.name):
                self.company.external_report_layout_id = layout.view_id
                with self.assertNoLogs("odoo.addons.account_dunning_advanced", "INFO"):
                    light = self._print()
                stock = self._print(dunning_stock_printing=True)

                for ours, theirs in zip(light, stock, strict=True):
                    self.assertSamePictures(ours, theirs)

    def test_a_letter_that_looks_otherwise_is_found(self):
        light = self._print()
        self.company.name = "Another Name"

        stock = self._print(dunning_stock_printing=True)

        with self.assertRaises(AssertionError):
            self.assertSamePictures(light[0], stock[0])

    def test_long_address_lies_over_nothing(self):
        """Below the window stands the title, however long the address is."""
        partner = self.notices[0].partner_id
        partner.write(
            {
                "name": "The Very Long Name of an International Trading Company & Sons",
                "street": "Building 17, Technology and Business Park East, North Wing",
                "street2": "c/o Accounts Payable Department, Third Floor, Room 3012",
                "city": "Frankfurt am Main",
                "zip": "60329",
                "country_id": self.env.ref("base.de").id,
            }
        )
        for layout in ("standard", "bubble"):
            for window in ("din_5008_b", "iso_right"):
                with self.subTest(layout=layout, window=window):
                    self.company.external_report_layout_id = self.env.ref(
                        f"web.external_layout_{layout}"
                    )
                    self.company.dunning_letter_window = window
                    words = self._get_words(self._print()[0])
                    last = max(bottom for _top, bottom, word in words["Germany"])
                    title = min(top for top, _bottom, word in words["Reminder"])
                    self.assertGreaterEqual(title, last)

    def test_the_end_of_a_page_cuts_through_no_sentence(self):
        """Interest that runs on is owed because the letter says so: it must be seen.

        Whatever stands before it, it is either on the first page or below the head of
        the second one, which has more lines than the margin has room for.
        """
        rule = self.env["account.dunning.interest"].create(
            {"name": "Agreed", "code": "a", "mode": "fixed", "margin": 12}
        )
        self.company.dunning_charge_journal_id = self.env["account.journal"].search(
            [("company_id", "=", self.company.id), ("type", "=", "sale")], limit=1
        )
        policy = self.notices.level_id.policy_id
        policy.write({"charge_posting": "when_paid", "interest_id": rule.id})
        policy.level_ids.charge_interest = True
        self.notices = self._issue_notices([("Late", 1, "en_US")])
        self.assertTrue(self.notices.interest_runs_on)
        self.company.external_report_layout_id = self.env.ref(
            "web.external_layout_standard"
        )
        self.patch(
            type(self.notices),
            "_get_level_value",
            lambda notice, name: notice.level_id[name],
        )
        begun = set()
        for rows in range(5, 22):
            policy.level_ids.letter_intro = "<br/>".join(["Row"] * rows)
            [pdf] = self._print()
            words = self._get_words(pdf, 2)
            head = max(bottom for _top, bottom, _word in words["States"])
            # the payment, the interest to come, the closing
            for word in ("Please", "runs", "disregard"):
                for top, _bottom, _word in words.get(word, ()):
                    begun.add(word)
                    self.assertGreater(top, head, f"{word}, {rows} rows")
        self.assertEqual(len(begun), 3, "the end of the page comes before each")

    def _get_words(self, pdf, page=1):
        """Return {word: [(top, bottom, word)]} of a page."""
        found = {}
        output = subprocess.run(
            ["pdftotext", "-bbox", "-f", str(page), "-l", str(page), "-", "-"],
            input=pdf,
            capture_output=True,
            check=True,
        ).stdout.decode()
        pattern = r'<word .*?yMin="([\d.]+)".*?yMax="([\d.]+)">(.*?)</word>'
        for top, bottom, word in re.findall(pattern, output):
            found.setdefault(word, []).append((float(top), float(bottom), word))
        return found
