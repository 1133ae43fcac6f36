from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestCaseFacts(LegalCommon):
    """What was done in a case is not undone, forged or overtaken by typing over it."""

    def _refuse(self, act, message, error=UserError):
        with self.assertRaisesRegex(error, message), self.cr.savepoint():
            act()
            self.env.flush_all()

    # === THE ORDER OF THE STEPS === #

    def test_date_alone_does_not_take_a_step_before_its_predecessor(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        demand, suit, _enforcement = case.step_ids.sorted("sequence")

        self._refuse(
            lambda: suit.write({"date_start": TODAY}), "“Demand”|Demand.* comes before"
        )
        self.assertFalse(suit.date_start)

        demand.date_start = TODAY
        # the demand has been sent: the suit may be prepared while it waits
        suit.date_start = TODAY
        self.assertEqual(suit.date_start, TODAY)

    def test_enforcement_is_not_dragged_before_the_suit(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        enforcement = case.step_ids.sorted("sequence")[-1]

        self._refuse(
            lambda: enforcement.write({"sequence": 1}), "that of the procedure"
        )

        own = self.env["account.legal.case.step"].create(
            {"case_id": case.id, "name": "Ask the lawyer", "sequence": 15}
        )
        own.sequence = 1
        self.assertEqual(case.current_step_id, own, "one's own step has its place")
        draft = self._create_case(self._create_top_item(10), self.clerk)
        draft.step_ids[-1].sequence = 1
        self.assertEqual(draft.step_ids.sorted("sequence")[0].name, "Enforcement")

    def test_what_came_of_a_finished_step_is_final(self):
        first, second = self.procedure.step_ids[:2]
        paid, nothing = self.env["account.legal.procedure.outcome"].create(
            [
                {"step_id": first.id, "name": "Title", "gives_title": True},
                {"step_id": first.id, "name": "No", "next_step_id": second.id},
            ]
        )
        case = self._open_case(self._create_top_item(1000), self.clerk)
        step = case.current_step_id
        step.action_start()
        step.outcome_id = nothing
        step.action_done()

        self._refuse(lambda: step.write({"outcome_id": paid.id}), "finished already")
        self._refuse(lambda: step.write({"date_start": False}), "finished already")

        self.assertFalse(case.date_title, "no title without a judgment")
        # a slip of the pen is corrected
        step.date_start = TODAY - timedelta(days=1)
        self.assertEqual(step.date_start, TODAY - timedelta(days=1))

    def test_steps_of_a_case_that_is_over_stay(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        step = case.current_step_id
        step.action_start()
        case.action_close()

        for vals in (
            {"date_start": TODAY - timedelta(days=9)},
            {"date_served": TODAY},
            {"date_deadline": TODAY},
        ):
            with self.subTest(vals=vals):
                self._refuse(lambda vals=vals: step.write(vals), "closed")
        self._refuse(
            lambda: step.create({"case_id": case.id, "name": "One more"}), "closed"
        )
        step.note = "Filed under B 12"

    # === FORGERY === #

    def test_what_the_process_sets_is_not_typed(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        letter = self.env["account.legal.letter"].with_user(self.clerk)
        document = self.env.ref(
            "account_dunning_legal.account_legal_document_demand_generic"
        )
        values = {"case_id": case.id, "document_id": document.id}
        reviewed = {"reviewed_by_id": self.manager.id}
        written = letter.create(values)
        for act in (
            lambda: case.write({"date_open": "2001-01-01"}),
            lambda: case.current_step_id.write({"fee_claim_id": case.claim_ids[0].id}),
            lambda: written.write(reviewed),
            lambda: letter.create({**values, **reviewed}),
        ):
            self._refuse(act, "not by hand", AccessError)

        written.action_review()
        self.assertEqual(written.reviewed_by_id, self.clerk)

    def test_letter_that_moves_to_another_case_is_looked_at_again(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        other = self._create_case(self._create_top_item(20), self.clerk)
        letter = self.env["account.legal.letter"].create(
            {
                "case_id": case.id,
                "document_id": self.env.ref(
                    "account_dunning_legal.account_legal_document_demand_generic"
                ).id,
            }
        )
        letter.action_review()

        letter.case_id = other

        self.assertFalse(letter.reviewed_by_id)

    def test_administrator_cannot_take_over_an_item_that_is_pursued(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)

        self._refuse(
            lambda: self._create_case(item, self.manager, state="open"),
            f"is claimed in case {case.name}",
            ValidationError,
        )

        case.action_close()
        taken = self._create_case(item, self.manager, state="open")
        self.assertEqual(taken.state, "open")

    # === LIMITATION AND INSOLVENCY === #

    def test_event_of_a_step_is_corrected_at_the_step(self):
        self.procedure.step_ids[0].limitation_event = "filing"
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        case.current_step_id.date_start = TODAY - timedelta(days=5)
        event = item.legal_clock_ids.event_ids.with_user(self.clerk)

        self._refuse(
            lambda: event.write({"date_from": "2020-01-01"}), "Correct it there"
        )
        self._refuse(lambda: event.write({"kind": "negotiation"}), "Correct it there")

        case.current_step_id.date_start = TODAY - timedelta(days=3)
        self.assertEqual(event.date_from, TODAY - timedelta(days=3))
        # when a suit ends is what the clerk is told, not what the step knows
        event.date_to = TODAY

    def test_filing_stays_in_its_insolvency(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        ways = self.env["account.legal.procedure"].search(
            [("is_insolvency", "=", True)], limit=2
        )
        filing = (
            self.env["account.legal.insolvency"]
            .with_user(self.clerk)
            .create({"case_id": case.id, "procedure_id": ways[0].id})
        )
        self._refuse(lambda: filing.write({"procedure_id": ways[1].id}), "has begun")
        filing.write({"procedure_id": ways[0].id, "court": "Seoul"})
        self.assertEqual(filing.court, "Seoul")

    def test_manager_corrects_what_is_known_of_insolvency_law(self):
        """What ships is common knowledge, says so, and can be overridden."""
        ways = self.env["account.legal.procedure"].search(
            [("is_insolvency", "=", True), ("company_id", "=", False)]
        )
        self.assertLessEqual(
            set(ways.mapped("confidence") + ways.step_ids.mapped("confidence")),
            {"common", "doubtful"},
        )
        self.assertTrue(all(step.source for step in ways.step_ids))
        way = ways[0].with_user(self.manager)

        way.step_ids[0].write({"wait_days": 21, "confidence": "text"})
        own = way.copy({"company_id": self.company.id, "name": "Our lawyer's"})

        self.assertEqual(own.step_ids[0].wait_days, 21)
        with self.assertRaises(AccessError):
            way.with_user(self.clerk).step_ids[0].wait_days = 1
