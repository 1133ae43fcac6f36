import io
import zipfile
from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestPlacement(LegalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agency = cls._create_debtor(
            "Agency", legal_role="agency", legal_commission_rate=15
        )
        cls.lawyer = cls._create_debtor("Lawyer", legal_role="lawyer")

    def _place(self, case, agency=None, **values):
        return (
            self.env["account.legal.placement"]
            .with_user(self.clerk)
            .create(
                {
                    "case_id": case.id,
                    "agency_id": (agency or self.agency).id,
                    "date_from": TODAY - timedelta(days=30),
                    **values,
                }
            )
        )

    def test_agency_earns_its_commission_on_what_is_paid_in_its_time(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        placement = self._place(case)

        self._pay(item, 200, TODAY - timedelta(days=40))
        self._pay(item, 300, TODAY - timedelta(days=10))

        self.assertRecordValues(
            placement,
            [
                {
                    "commission_rate": 15,
                    "amount_recovered": 300,
                    "amount_commission": 45,
                    "state": "active",
                }
            ],
        )
        self.assertEqual(case.agency_id, self.agency)

    def test_payment_that_is_undone_is_not_recovered(self):
        item = self._create_top_item(1000)
        placement = self._place(self._open_case(item, self.clerk))
        self._pay(item, 300, TODAY)

        item.remove_move_reconcile()

        self.assertEqual(placement.amount_recovered, 0)

    def test_one_at_a_time(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        first = self._place(case)
        with (
            self.assertRaisesRegex(ValidationError, "is at Agency in that time"),
            self.cr.savepoint(),
        ):
            self._place(case, self.lawyer, date_from=TODAY)

        first.action_recall()

        self.assertEqual(first.date_to, TODAY)
        with (
            self.assertRaisesRegex(ValidationError, "Recall it first"),
            self.cr.savepoint(),
        ):
            self._place(case, self.lawyer, date_from=TODAY)
        second = self._place(case, self.lawyer, date_from=TODAY + timedelta(days=1))
        self.assertEqual(second.state, "active")

    def test_ended_placement_is_not_recalled(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        placement = self._place(case, date_to=TODAY - timedelta(days=1))
        with self.assertRaisesRegex(UserError, "has ended"):
            placement.action_recall()

    def test_collector_does_not_place(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        placement = self._place(case).with_user(self.collector)
        for act in (placement.action_recall, placement.action_hand_over):
            with self.assertRaises(AccessError):
                act()

    # === REPORTS === #

    def test_report_is_matched_with_what_was_remitted(self):
        item = self._create_top_item(1000)
        placement = self._place(self._open_case(item, self.clerk))
        self._pay(item, 300, TODAY - timedelta(days=5))
        self._pay(item, 120, TODAY - timedelta(days=2))

        placement._import_report(
            b"date,amount,kind,reference\n2024-06-01,300,collected,R1\n"
            b"2024-06-10,80,collected,R2\n2024-06-10,12.50,cost,Search\n"
        )

        self.assertRecordValues(
            placement,
            [
                {
                    "amount_recovered": 420,
                    "amount_reported": 380,
                    "amount_direct": 120,
                    "amount_to_remit": 80,
                    "amount_cost": 12.5,
                }
            ],
        )

    def test_one_transfer_answers_several_reports(self):
        item = self._create_top_item(1000)
        placement = self._place(self._open_case(item, self.clerk))
        placement._import_report(
            b"date,amount,kind,reference\n2024-06-01,60,collected,R1\n"
            b"2024-06-02,40,collected,R2\n2024-06-03,25,collected,R3\n"
        )
        self.assertEqual(placement.amount_to_remit, 125)

        self._pay(item, 100, TODAY - timedelta(days=2))

        self.assertEqual(placement.amount_direct, 0, "the debtor paid nothing directly")
        self.assertEqual(placement.amount_to_remit, 25)
        self._pay(item, 50, TODAY)
        self.assertEqual(placement.amount_direct, 50)

    def test_two_equal_sums_of_one_day_are_two(self):
        placement = self._place(self._open_case(self._create_top_item(90), self.clerk))
        report = b"date,amount\n2024-06-01,50\n2024-06-01,50\n"

        self.assertEqual(len(placement._import_report(report)), 2)
        self.assertFalse(placement._import_report(report), "read again, nothing is new")
        longer = report + b"2024-06-01,50\n"
        self.assertEqual(len(placement._import_report(longer)), 1)

    def test_report_of_what_is_no_amount_is_refused(self):
        placement = self._place(self._open_case(self._create_top_item(90), self.clerk))
        for amount in (b"nan", b"inf", b"-5", b"0.001", b""):
            with (
                self.subTest(amount=amount),
                self.assertRaisesRegex(UserError, "Line 2"),
            ):
                placement._import_report(b"date,amount\n2024-06-01," + amount + b"\n")

    def test_placement_that_has_had_results_is_kept(self):
        placement = self._place(self._open_case(self._create_top_item(90), self.clerk))
        placement._import_report(b"date,amount\n2024-06-01,50\n")
        with self.assertRaisesRegex(UserError, "recall it"):
            placement.unlink()
        placement.line_ids.unlink()
        placement.unlink()
        self.assertFalse(placement.exists(), "a slip is deleted")

    def test_report_read_twice_counts_once(self):
        placement = self._place(self._open_case(self._create_top_item(9), self.clerk))
        report = b"\xef\xbb\xbfdate;amount;kind;reference\n2024-06-01;300;;R1\n"
        self.assertEqual(len(placement._import_report(report)), 1)
        self.assertFalse(placement._import_report(report))

    def test_report_that_cannot_be_read_is_refused_whole(self):
        placement = self._place(self._open_case(self._create_top_item(9), self.clerk))
        for line in (
            b"2024-13-01,300,collected,R",
            b"2024-06-01,lots,collected,R",
            b"2024-06-01,-3,collected,R",
            b"2024-06-01,3,gift,R",
            b"",
        ):
            good = b"date,amount,kind,reference\n2024-06-01,1,collected,A\n"
            with self.subTest(line=line):
                if line:
                    with self.assertRaisesRegex(UserError, "Line 3 of the report"):
                        placement._import_report(good + line + b"\n")
        with self.assertRaisesRegex(UserError, "not in UTF-8"):
            placement._import_report(b"\xff\xfe")
        self.assertFalse(placement.line_ids)

    # === SCORES === #

    def test_scorecard_counts_all_placements_of_an_agency(self):
        for amount, paid, complaints in ((1000, 500, 0), (2000, 0, 2)):
            item = self._create_top_item(amount)
            placement = self._place(self._open_case(item, self.clerk))
            placement.complaint_count = complaints
            if paid:
                self._pay(item, paid, TODAY)
        self.agency.invalidate_recordset()

        self.assertRecordValues(
            self.agency,
            [
                {
                    "legal_placement_count": 2,
                    "legal_recovery_rate": 0.25,
                    "legal_days": 30,
                    "legal_cost_rate": 0.15,
                    "legal_complaint_count": 2,
                }
            ],
        )

    def test_only_an_open_case_is_placed(self):
        case = self._create_case(self._create_top_item(1000), self.clerk)
        with (
            self.assertRaisesRegex(UserError, "draft and cannot be placed"),
            self.cr.savepoint(),
        ):
            self._place(case)
        case.action_open()
        self._place(case).action_recall()
        case.action_close()
        with self.assertRaisesRegex(UserError, "closed and cannot be placed"):
            self._place(case, date_from=TODAY + timedelta(days=1))

    # === HAND-OVER === #

    def test_hand_over_file_holds_case_account_and_papers(self):
        item = self._create_top_item(1000)
        self.debtor.name = "=HYPERLINK(1)"
        case = self._open_case(item, self.clerk)
        placement = self._place(case)

        with self.allow_pdf_render():
            action = placement.with_context(
                force_report_rendering=True
            ).action_hand_over()

        self.assertEqual(action["type"], "ir.actions.act_url")
        archive = case.message_ids.attachment_ids.filtered(
            lambda file: file.mimetype == "application/zip"
        )
        with zipfile.ZipFile(io.BytesIO(archive.raw)) as bundle:
            names = bundle.namelist()
            self.assertIn("'=HYPERLINK(1)", bundle.read("case.csv").decode())
            for name in ("case.xlsx", "items.csv", "claim/claim account.pdf"):
                self.assertIn(name, names)

    # === PEOPLE AND DAYS === #

    def test_co_debtors_are_served_too(self):
        fee = self.env["account.legal.fee"].create(
            {
                "name": "Service",
                "code": "service",
                "version_ids": [
                    (0, 0, {"valid_from": "2020-01-01", "amount": 5, "per_party": True})
                ],
            }
        )
        self.procedure.step_ids[1].fee_ids = fee
        case = self._create_case(self._create_top_item(1000), self.clerk)
        self.assertEqual(case.amount_fees_ahead, 10)

        case.party_ids = [(0, 0, {"partner_id": self.lawyer.id, "role": "guarantor"})]
        case.invalidate_recordset()

        self.assertEqual(case.amount_fees_ahead, 15)
        self.assertEqual(case._get_others_text(), "Guarantor: Lawyer")

    def test_hearing_leaves_an_activity(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.court = "District Court"
        hearing = self.env["account.legal.hearing"].create(
            {"case_id": case.id, "name": "Oral hearing", "date": "2024-07-01 09:00:00"}
        )
        self.assertEqual(hearing.place, "District Court")
        self.assertIn("Oral hearing", case.activity_ids.mapped("summary"))
        # what the calendar shows
        self.assertIn(case.name, hearing.display_name)

    def test_deadline_that_is_near_is_escalated_once(self):
        self.company.dunning_user_id = self.manager
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.current_step_id.date_start = TODAY - timedelta(days=12)
        self.assertEqual(case.date_deadline, date(2024, 6, 16))

        case._escalate(self.company)
        case._escalate(self.company)

        told = case.activity_ids.filtered(lambda one: one.user_id == self.manager)
        self.assertEqual(len(told), 1)

    def test_fee_that_was_advanced_is_claimed_once(self):
        fee = self.env["account.legal.fee"].create(
            {
                "name": "Court",
                "code": "court",
                "version_ids": [(0, 0, {"valid_from": "2020-01-01", "rate": 3})],
            }
        )
        self.procedure.step_ids[0].fee_ids = fee
        case = self._open_case(self._create_top_item(1000), self.clerk)
        step = case.current_step_id
        step.action_start()

        step.action_advance_fee()

        self.assertBalance(case, TODAY, principal=1000, cost=30)
        with self.assertRaisesRegex(UserError, "on the account already"):
            step.action_advance_fee()
        step.fee_claim_id.action_reverse()
        step.action_advance_fee()
        self.assertBalance(case, TODAY, principal=1000, cost=30)
