from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import TODAY, LegalCommon

OPENED = date(2024, 6, 10)


@tagged("post_install", "-at_install")
class TestInsolvency(LegalCommon):
    """The debtor goes bankrupt: the claim is filed, in time, as of the opening."""

    def _get_case(self, **values):
        return self._open_case(self._create_top_item(1000), self.clerk, **values)

    def _file(self, case, code="de_insolvency", **values):
        way = self.env.ref(f"account_dunning_legal.account_legal_insolvency_{code}")
        return (
            self.env["account.legal.insolvency"]
            .with_user(self.clerk)
            .create(
                {
                    "case_id": case.id,
                    "procedure_id": way.id,
                    "date_opened": OPENED,
                    **values,
                }
            )
        )

    def test_steps_of_the_insolvency_follow(self):
        case = self._get_case()

        filing = self._file(case, date_deadline="2024-07-31")

        left = case.step_ids.filtered(lambda step: step.state == "todo")
        self.assertEqual(
            left.procedure_step_id.mapped("native_name"),
            ["Forderungsanmeldung", "Prüfungstermin", "Verteilung"],
        )
        self.assertEqual(case.current_step_id, filing.step_id)
        self.assertEqual(case.date_deadline, date(2024, 7, 31))
        self.assertEqual(case.activity_ids.date_deadline, date(2024, 7, 31))
        self.assertIn("Stayed by", case.step_ids[0].note)

    def test_deadline_that_the_court_moves_moves_the_step(self):
        case = self._get_case()
        filing = self._file(case, date_deadline="2024-07-31")

        filing.date_deadline = "2024-08-30"

        self.assertEqual(case.current_step_id.date_deadline, date(2024, 8, 30))
        self.assertEqual(case.activity_ids.date_deadline, date(2024, 8, 30))

    def test_time_by_law_runs_from_the_publication(self):
        # two months in France (R622-24); the tenth of August 2024 is a Saturday
        filing = self._file(self._get_case(), "fr_insolvency")
        self.assertEqual(filing.date_deadline, date(2024, 8, 12))

        with self.assertRaisesRegex(ValidationError, "before the opening"):
            filing.date_deadline = OPENED - timedelta(days=1)

    def test_filing_is_the_step(self):
        case = self._get_case()
        filing = self._file(case, date_deadline="2024-07-31")
        self.assertFalse(filing.date_filed)

        case.current_step_id.action_start()

        self.assertEqual(filing.date_filed, TODAY)
        self.assertEqual(case.current_step_id.date_deadline, date(2024, 7, 31))
        with self.assertRaisesRegex(UserError, "was filed on"):
            filing.action_take_amounts()
        case.current_step_id.action_done()
        self.assertEqual(case.current_step_id.procedure_step_id.code, "examination")

    def test_amounts_are_those_before_the_opening(self):
        case = self._get_case()
        self.env["account.legal.claim"].with_user(self.clerk).create(
            [
                {"case_id": case.id, "date": day, "kind": kind, "amount": amount}
                for day, kind, amount in (
                    (OPENED - timedelta(days=1), "interest", 30),
                    (OPENED - timedelta(days=1), "cost", 12),
                    (OPENED - timedelta(days=9), "fee", 5),
                    (OPENED, "interest", 99),
                    (TODAY, "cost", 77),
                )
            ]
        )

        filing = self._file(case)

        self.assertRecordValues(
            filing,
            [
                {
                    "amount_principal": 1000,
                    "amount_interest": 30,
                    "amount_costs": 17,
                    "amount_claimed": 1047,
                }
            ],
        )

    def test_amounts_that_are_given_are_kept(self):
        filing = self._file(self._get_case(), amount_principal=900)
        self.assertEqual(filing.amount_claimed, 900)
        filing.action_take_amounts()
        self.assertEqual(filing.amount_claimed, 1000)

    def test_dividends_come_through_the_ledger(self):
        case = self._get_case()
        self._pay(case.move_line_ids, 100, OPENED - timedelta(days=3))
        filing = self._file(case)
        self.assertEqual(filing.amount_claimed, 900)
        filing.amount_admitted = 800
        self.assertEqual(filing.amount_dividends, 0)

        with freeze_time("2025-02-03"):
            self._pay(case.move_line_ids, 40, date(2025, 2, 3))
            filing.invalidate_recordset()
            self.assertEqual(filing.amount_dividends, 40)
            self.assertEqual(filing.dividend_rate, 0.05)

            payment = case.claim_ids.filtered(lambda event: event.amount == 40)
            payment.partial_id.sudo().unlink()
            filing.invalidate_recordset()
            self.assertEqual(filing.amount_dividends, 0)

    def test_no_more_is_admitted_and_contested_than_was_claimed(self):
        filing = self._file(self._get_case())
        filing.write({"amount_admitted": 600, "amount_contested": 400})
        with self.assertRaisesRegex(ValidationError, "more than the"):
            filing.amount_contested = 401

    def test_debtor_is_put_on_hold(self):
        case = self._get_case()
        other = self._create_item(50, 40, day=TODAY)

        filing = self._file(case)

        self.assertReason(other, "hold_debtor", TODAY)
        self.assertEqual(filing.hold_id.stop, "insolvency")

    def test_filing_stops_the_clock_until_the_case_ends(self):
        self.company.account_fiscal_country_id = self.env.ref("base.de")
        case = self._get_case()
        clock = case.move_line_ids.legal_clock_ids
        self.assertEqual(clock.date_limit, date(2027, 12, 31))
        self._file(case)
        self.assertTrue(clock.date_limit, "nothing has been filed yet")

        case.current_step_id.action_start()
        self.assertFalse(clock.date_limit)

        with freeze_time("2027-06-30"):
            case.action_close()
        # § 204 II BGB: six months after the end, and the days that were left
        self.assertGreater(clock.date_limit, date(2030, 12, 30))

    def test_one_debtor_may_fall_from_rehabilitation_into_bankruptcy(self):
        case = self._get_case()
        self._file(case, "kr_rehabilitation")
        self._file(case, "kr_bankruptcy")

        left = case.step_ids.filtered(lambda step: step.state == "todo")
        self.assertEqual(left[0].procedure_step_id.native_name, "파산채권 신고")
        self.assertEqual(len(left), 3)

    def test_closed_case_files_nothing(self):
        case = self._get_case()
        case.action_close()
        with self.assertRaisesRegex(UserError, "closed and cannot be filed"):
            case.action_file_insolvency()
        with self.assertRaisesRegex(UserError, "closed and cannot be filed"):
            self._file(case)

    def test_way_to_sue_is_no_insolvency(self):
        with self.assertRaisesRegex(ValidationError, "no insolvency procedure"):
            self._file(self._get_case(), procedure_id=self.procedure.id)

    def test_register_leads_to_the_filing(self):
        case = self._get_case()
        finding = (
            self.env["account.legal.finding"]
            .with_user(self.clerk)
            .create(
                {
                    "partner_id": self.debtor.id,
                    "kind": "insolvency",
                    "name": "Opened",
                    "source": "insolvenzbekanntmachungen.de",
                    "date": OPENED,
                }
            )
        )

        action = finding.action_file_claim()
        form = Form(
            self.env["account.legal.insolvency"]
            .with_user(self.clerk)
            .with_context(**action["context"])
        )
        filing = form.save()

        self.assertRecordValues(
            filing,
            [
                {
                    "case_id": case.id,
                    "finding_id": finding.id,
                    "date_opened": OPENED,
                    "amount_claimed": 1000,
                }
            ],
        )
        self.assertTrue(filing.procedure_id.is_insolvency)
        finding.result = "nothing"
        with self.assertRaisesRegex(UserError, "tells of no insolvency"):
            finding.action_file_claim()

    def test_register_without_a_case_says_so(self):
        finding = self.env["account.legal.finding"].create(
            {
                "partner_id": self.debtor.id,
                "kind": "insolvency",
                "name": "Opened",
                "source": "Register",
            }
        )
        with self.assertRaisesRegex(UserError, "has no open case"):
            finding.with_user(self.clerk).action_file_claim()

    def test_document_tells_what_is_filed(self):
        case = self._get_case()
        filing = self._file(case, court="AG Mitte", file_number="36 IN 12/24")
        document = self.env.ref("account_dunning_legal.account_legal_document_proof_de")

        letter = (
            self.env["account.legal.letter"]
            .with_user(self.clerk)
            .create({"case_id": case.id, "document_id": document.id})
        )

        for word in ("AG Mitte", "36 IN 12/24", "10. Juni 2024", "1.000,00"):
            self.assertIn(word, letter.body)
        self.assertIn("Forderungsaufstellung, Titel", letter.body)
        self.assertEqual(filing.amount_claimed, 1000)

    def test_ways_to_sue_are_not_mixed_with_insolvency(self):
        Procedure = self.env["account.legal.procedure"]
        partner = self._create_debtor("Neuer", country_id=self.env.ref("base.de").id)
        way = Procedure._find_for(partner, self.company, TODAY)
        self.assertEqual(way.code, "de")
        way = Procedure._find_for(partner, self.company, TODAY, True)
        self.assertEqual(way.code, "de_insolvency")
        partner.country_id = self.env.ref("base.ie")
        way = Procedure._find_for(partner, self.company, TODAY, True)
        self.assertEqual(way.code, "generic_insolvency")

    def test_insolvency_that_ships_has_deadline_and_papers(self):
        ways = self.env["account.legal.procedure"].search(
            [("is_insolvency", "=", True), ("company_id", "=", False)]
        )
        self.assertGreaterEqual(
            set(ways.mapped("code")),
            {
                "kr_bankruptcy",
                "kr_rehabilitation",
                "jp_bankruptcy",
                "jp_civil_rehabilitation",
                "de_insolvency",
                "fr_insolvency",
                "generic_insolvency",
            },
        )
        for way in ways:
            with self.subTest(way=way.code):
                filing = way.step_ids[0]
                self.assertEqual(filing.limitation_event, "insolvency")
                self.assertTrue(filing.deadline_note)
                self.assertTrue(filing.enclosures)
                self.assertTrue(filing.must_state)
                self.assertTrue(all(way.step_ids.mapped("source")))
                way._check_ways()
