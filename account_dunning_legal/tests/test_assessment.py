from datetime import timedelta

from odoo.tests import tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestAssessment(LegalCommon):
    """While a case is open its items are not dunned."""

    def test_item_of_an_open_case_is_legal(self):
        item = self._create_top_item(1000)
        case = self._create_case(item, self.clerk)
        self.assertReason(item, "top_level", TODAY)

        case.action_open()

        verdict = self.assertReason(item, "legal", TODAY)
        self.assertIn(case.name, verdict.explanation)
        self.assertEqual(verdict.action_open_cause()["res_model"], case._name)

    def test_closed_and_cancelled_cases_let_go(self):
        for end in ("action_close", "action_cancel"):
            with self.subTest(end=end):
                item = self._create_top_item(1000)
                case = self._open_case(item, self.clerk)
                getattr(case, end)()
                self.assertReason(item, "top_level", TODAY)

    def test_other_items_of_the_customer_are_dunned_as_before(self):
        self._open_case(self._create_top_item(1000), self.clerk)
        other = self._create_item(300, 10, day=TODAY)

        self.assertReason(other, "dun", TODAY)

    def test_not_due_and_excluded_come_before_legal(self):
        item = self._create_top_item(1000)
        self._open_case(item, self.clerk)
        item.move_id.no_followup = True

        self.assertReason(item, "excluded", TODAY)

    def test_legal_comes_before_payment_under_way(self):
        item = self._create_top_item(1000)
        self._open_case(item, self.clerk)
        self._create_bank_line(1000, item.move_name)

        self.assertReason(item, "legal", TODAY)

    def test_case_opened_after_the_proposal_takes_the_item_out_of_the_run(self):
        item = self._create_item(1000, 60, day=TODAY)
        run = self._run(TODAY)
        self.assertTrue(run.notice_ids)
        run.action_approve()
        self._open_case(item, self.manager, early_reason="Moving away")

        run.action_issue()

        self.assertNotIn("issued", run.notice_ids.mapped("state"))
        self.assertEqual(run.change_ids.mapped("reason"), ["legal"])
        self.assertEqual(run.change_ids.reason_label, "In a legal case")

    def test_credit_is_kept_for_what_is_dunned(self):
        """A claim at court does not eat the credit that spares a reminder."""
        item = self._create_top_item(1000)
        self._open_case(item, self.clerk)
        other = self._create_item(300, 10, day=TODAY)
        self._create_credit(300, day=TODAY)

        self.assertReason(other, "credit_covers", TODAY)

    def test_case_of_another_company_does_not_count(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self.assertEqual(case.company_id, self.company)
        # what is judged for another company sees none of it
        other = self.setup_other_company()["company"]
        rows = self.env["account.dunning.assessment"]._assess(other, TODAY, self.debtor)
        self.assertFalse(rows)

    def test_simulation_agrees(self):
        item = self._create_top_item(1000)
        self._open_case(item, self.clerk)

        rows = self.policy.with_company(self.company).simulate(
            TODAY + timedelta(days=30)
        )

        self.assertEqual(
            [row["reason"] for row in rows if row["move_line_id"] == item.id],
            ["legal"],
        )

    def test_reason_stands_in_its_place(self):
        selection = self.env["account.dunning.verdict"]._fields["reason"].selection
        reasons = [reason for reason, _label in selection]
        places = [reasons.index(reason) for reason in ("not_due", "legal", "hold_item")]
        self.assertEqual(places, sorted(places))
