from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestLetter(LegalCommon):
    def _create_letter(self, code, case=None):
        document = self.env.ref(f"account_dunning_legal.account_legal_document_{code}")
        if not case:
            case = self._open_case(self._create_top_item(12_345), self.clerk)
        self.procedure.country_id = document.country_id
        return (
            self.env["account.legal.letter"]
            .with_user(self.clerk)
            .create({"case_id": case.id, "document_id": document.id, "date": TODAY})
        )

    def _get_html(self, letter):
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "account_dunning_legal.report_letter", letter.ids
        )
        return html.decode().replace("\xa0", " ")

    def test_every_document_that_ships_fills_in(self):
        documents = self.env["account.legal.document"].search(
            [("kind", "!=", "account")]
        )
        case = self._open_case(self._create_top_item(12_345), self.clerk)
        self.assertGreaterEqual(len(documents), 15)
        for document in documents:
            with self.subTest(document=document.code):
                letter = self._create_letter(document.code, case)
                self.assertNotRegex(letter.body, r"\{\w+\}")
                self.assertIn(self.debtor.name, letter.body)
                self.assertTrue(document.source)

    def test_amounts_and_dates_are_written_as_the_court_does(self):
        table = [
            ("demand_de", ("12.345,00 $", "28. Juni 2024", "Letzte Mahnung")),
            ("demand_fr", ("12 345,00 $US", "28 juin 2024", "Mise en demeure")),
            ("demand_gb", ("US$12,345.00", "28 June 2024", "Letter Before Claim")),
            ("demand_kr", ("US$12,345.00", "2024년 6월 28일", "최고서")),
        ]
        for code, words in table:
            with self.subTest(code=code):
                html = self._get_html(self._create_letter(code))
                for word in words:
                    self.assertIn(word, html.replace("\u202f", " "))

    def test_pages_of_japan_keep_the_rule_of_the_post(self):
        items = self._create_top_item(1000)
        for _number in range(20):
            items |= self._create_top_item(1000)
        letter = self._create_letter("demand_jp", self._open_case(items, self.clerk))

        pages = letter._get_pages()

        self.assertGreater(len(pages), 1)
        self.assertEqual(letter.page_count, len(pages))
        for page in pages:
            self.assertLessEqual(len(page), 20)
            for line in page:
                self.assertLessEqual(len(line), 26)
                self.assertFalse(line.startswith(("、", "。")))
        text = "".join(line for page in pages for line in page)
        for item in items:
            self.assertIn(item.move_name, text)

    def test_draft_until_somebody_has_looked_at_it(self):
        letter = self._create_letter("demand_kr")
        self.assertIn("변호사", self._get_html(letter))
        self.assertEqual(len(letter._get_copies()), 1)

        letter.action_review()

        html = self._get_html(letter)
        self.assertNotIn("변호사", html)
        self.assertEqual(html.count("<h2"), 3, "the original and two copies")
        with self.assertRaisesRegex(UserError, "is kept with the case"):
            letter.unlink()

    def test_changed_text_is_a_draft_again(self):
        letter = self._create_letter("demand_de")
        letter.action_review()
        letter.body += "!"
        self.assertFalse(letter.reviewed_by_id)

    def test_text_of_users_is_shown_and_not_run(self):
        self.debtor.name = "<script>alert(1)</script> {total}"
        html = self._get_html(self._create_letter("demand_de"))
        self.assertNotIn("<script>alert(1)", html)
        self.assertIn("{total}", html)

    def test_name_that_is_not_known_is_refused(self):
        document = self.env.ref(
            "account_dunning_legal.account_legal_document_demand_de"
        )
        copy = document.with_user(self.manager).copy()
        with self.assertRaisesRegex(ValidationError, "{env}, which is not known"):
            copy.body = "{env}"

    def test_instalments_come_from_the_agreed_plan(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self.env["account.dunning.promise"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "kind": "plan",
                "move_line_ids": [(6, 0, item.ids)],
                "line_ids": [
                    (0, 0, {"date": TODAY + timedelta(days=30 * n), "amount": 500})
                    for n in (1, 2)
                ],
            }
        )
        letter = self._create_letter("instalment_de", case)
        self.assertIn("14. Juli 2024 | 500,00 $", letter.body)
