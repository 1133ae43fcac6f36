from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestBranch(LegalCommon):
    """What comes of a step decides where the case goes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demand, cls.suit, cls.enforcement = cls.procedure.step_ids
        cls.none = cls._create_outcome(
            cls.demand, cls.enforcement, kind="none", gives_title=True
        )
        cls.objection = cls._create_outcome(cls.demand, cls.suit, kind="objection")
        cls.settled = cls._create_outcome(cls.suit, kind="settled")
        cls.judgment = cls._create_outcome(cls.suit, cls.enforcement, kind="granted")

    @classmethod
    def _create_outcome(cls, step, following=None, kind="other", **values):
        return cls.env["account.legal.procedure.outcome"].create(
            {
                "step_id": step.id,
                "next_step_id": following.id if following else False,
                "name": kind.title(),
                "kind": kind,
                **values,
            }
        )

    def _finish(self, case, outcome):
        case.current_step_id.outcome_id = outcome
        case.current_step_id.action_done()

    def test_no_objection_leads_past_the_suit_to_enforcement(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)

        self._finish(case, self.none)

        self.assertEqual(case.step_ids.mapped("state"), ["done", "skipped", "todo"])
        self.assertIn("Not on the way", case.step_ids[1].result)
        self.assertEqual(case.step_ids[0].result, case.step_ids[0].outcome_id.name)
        self.assertEqual(case.stage_id, self.enforcement)
        self.assertEqual(case.date_title, TODAY)

    def test_objection_leads_to_the_suit(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)

        self._finish(case, self.objection)

        self.assertEqual(case.stage_id, self.suit)
        self.assertFalse(case.date_title)

    def test_way_that_ends_leaves_nothing_to_do(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        self._finish(case, self.objection)

        self._finish(case, self.settled)

        self.assertFalse(case.current_step_id)
        self.assertFalse(case.activity_ids)

    def test_outcome_has_to_be_said(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        with self.assertRaisesRegex(UserError, "Say what came of step"):
            case.current_step_id.action_done()

    def test_outcome_of_another_step_is_refused(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        with self.assertRaisesRegex(ValidationError, "no outcome of step"):
            case.current_step_id.outcome_id = self.settled

    def test_fees_ahead_are_those_of_the_usual_way(self):
        fee = self.env["account.legal.fee"].create(
            {
                "name": "Court",
                "code": "court",
                "version_ids": [(0, 0, {"valid_from": "2020-01-01", "amount": 70})],
            }
        )
        self.suit.fee_ids = fee
        case = self._create_case(self._create_top_item(1000), self.clerk)
        self.assertEqual(case.amount_fees_ahead, 0)

        self.objection.sequence = 1
        self.env.flush_all()
        self.env.invalidate_all()

        self.assertEqual(case.amount_fees_ahead, 70)

    def test_fee_that_was_advanced_is_not_ahead_any_more(self):
        fee = self.env["account.legal.fee"].create(
            {
                "name": "Court",
                "code": "court",
                "version_ids": [(0, 0, {"valid_from": "2020-01-01", "amount": 70})],
            }
        )
        self.demand.fee_ids = fee
        case = self._open_case(self._create_top_item(1000), self.clerk)
        self.assertEqual(case.amount_fees_ahead, 70)

        case.current_step_id.action_advance_fee()

        self.assertEqual(case.amount_fees_ahead, 0)
        self.assertEqual(case.amount_claimed, 1070)
        case.current_step_id.fee_claim_id.action_reverse()
        self.assertEqual(case.amount_fees_ahead, 70)

    # === WHAT A PROCEDURE MAY NOT BE === #

    def test_way_in_a_circle_is_refused(self):
        with self.assertRaisesRegex(
            ValidationError, "lead in a circle: .*Demand → Suit → .*Demand"
        ):
            self._create_outcome(self.suit, self.demand)

    def test_way_to_oneself_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "in a circle"):
            self._create_outcome(self.suit, self.suit)

    def test_step_before_its_predecessor_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "cannot come before it"):
            self.enforcement.sequence = 5

    def test_step_of_another_procedure_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "another procedure"):
            self._create_outcome(self.demand, self.procedure.copy().step_ids[1])

    def test_step_is_not_taken_before_its_predecessor_was(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        self._finish(case, self.objection)
        with self.assertRaisesRegex(ValidationError, "cannot be taken before"):
            case.current_step_id.date_start = TODAY - timedelta(days=1)
        with self.assertRaisesRegex(ValidationError, "served before it was taken"):
            case.current_step_id.write(
                {"date_start": TODAY, "date_served": TODAY - timedelta(days=1)}
            )

    def test_copy_leads_within_the_copy(self):
        copy = self.procedure.copy()

        demand, suit, enforcement = copy.step_ids
        self.assertEqual(demand.outcome_ids.next_step_id, suit | enforcement)
        self.assertEqual(suit.outcome_ids.mapped("next_step_id"), enforcement)

    # === WHAT SHIPS === #

    def test_every_country_of_the_packs_has_its_ways(self):
        procedures = self.env["account.legal.procedure"].search(
            [("company_id", "=", False), ("is_insolvency", "=", False)]
        )
        codes = set(procedures.mapped("code"))
        self.assertGreaterEqual(
            codes,
            {
                "kr", "jp", "de", "fr", "gb", "us", "at", "ch", "es", "it", "nl", "be",
                "eu_payment_order", "eu_small_claims", "generic",
            },
        )  # fmt: skip
        for procedure in procedures.filtered(lambda way: way.code != "generic"):
            with self.subTest(procedure=procedure.code):
                procedure._check_ways()
                outcomes = procedure.step_ids.outcome_ids
                self.assertTrue(outcomes.filtered("gives_title"))
                self.assertTrue(all(procedure.step_ids.mapped("source")))
                expected = procedure.step_ids[0]._get_expected_way()
                self.assertIn(
                    "enforcement", expected.mapped("code"), "the usual way gets there"
                )
