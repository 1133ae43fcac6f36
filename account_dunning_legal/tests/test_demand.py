from datetime import date, timedelta

from odoo.tests import tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestDemand(LegalCommon):
    def _get_html(self, case, lang="en_US"):
        self.debtor.lang = lang
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "account_dunning_legal.report_demand", case.ids
        )
        return " ".join(html.decode().replace("\xa0", " ").split())

    def test_demand_names_claim_items_and_deadline(self):
        item = self._create_top_item(1000)
        self._pay(item, 300, TODAY - timedelta(days=3))
        case = self._open_case(item, self.clerk)

        html = self._get_html(case)

        for text in ("Aufforderung", item.move_name, "1,000.00", "300.00", "700.00"):
            self.assertIn(text, html)
        self.assertIn("06/28/2024", html)
        self.assertIn("Suit", html)
        self.assertNotIn("Draft", html)

    def test_totals_add_up_to_the_balance(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self.env["account.legal.claim"].create(
            [
                {"case_id": case.id, "date": TODAY, "kind": kind, "amount": amount}
                for kind, amount in (("interest", 12.34), ("cost", 38), ("payment", 60))
            ]
        )

        pairs, total = case._get_demand_totals()

        self.assertEqual(
            pairs,
            [
                ("Principal", 1000),
                ("Less payments received", -60),
                ("Interest", 12.34),
                ("Costs", 38),
            ],
        )
        self.assertEqual(total, case.claim_balance(TODAY)["total"])

    def test_draft_shows_what_opening_would_claim(self):
        item = self._create_top_item(1000)
        self._pay(item, 300, TODAY)
        case = self._create_case(item, self.clerk)

        html = self._get_html(case)

        self.assertIn("Draft", html)
        self.assertIn("700.00", html)
        self.assertFalse(case.claim_ids)

    def test_deadline_counts_from_the_day_the_demand_was_sent(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.current_step_id.date_start = "2024-06-10"

        self.assertEqual(case._get_demand_date(), date(2024, 6, 10))
        self.assertEqual(case._get_demand_deadline(), date(2024, 6, 24))

    def test_step_that_works_by_surprise_is_not_announced(self):
        self.procedure.step_ids[1].is_announced = False
        case = self._open_case(self._create_top_item(1000), self.clerk)

        self.assertEqual(case._get_announced_step(), "Enforcement")
        self.assertIn("Next step: Enforcement.", self._get_html(case))

    def test_procedure_without_a_demand_still_prints(self):
        self.procedure.step_ids.document = False
        case = self._open_case(self._create_top_item(1000), self.clerk)

        self.assertIn("Formal Demand", self._get_html(case))

    def test_demand_speaks_the_debtors_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms(
            ["account_dunning_legal"], ["de_DE"]
        )
        case = self._open_case(self._create_top_item(1000), self.clerk)

        html = self._get_html(case, "de_DE")

        self.assertIn("Gläubiger", html)
        self.assertIn("28.06.2024", html)
        self.assertIn("Hauptforderung", html)

    def test_demand_prints_as_pdf(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)

        with self.allow_pdf_render():
            pdf, _type = (
                self.env["ir.actions.report"]
                .with_context(force_report_rendering=True)
                ._render_qweb_pdf("account_dunning_legal.report_demand", case.ids)
            )

        self.assertTrue(pdf.startswith(b"%PDF"))
