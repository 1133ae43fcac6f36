from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestCase(LegalCommon):
    def _get_activities(self, case):
        return [
            (activity.summary, activity.date_deadline, activity.user_id)
            for activity in case.activity_ids
        ]

    # === THE BOARD === #

    def test_board_without_cases_shows_the_steps_of_the_own_country(self):
        # as the board asks for its columns
        Case = self.env["account.legal.case"].with_context(read_group_expand=True)
        partner = self.company.partner_id
        partner.country_id = self.env.ref("base.de")
        Procedure = self.env["account.legal.procedure"]
        steps = Procedure._find_for(partner, self.company, TODAY).step_ids

        def read_columns(case_ids):
            domain = [("id", "in", case_ids)]
            groups = Case.web_read_group(domain, ["stage_id"], ["__count"])["groups"]
            return [group["stage_id"][0] for group in groups]

        self.assertTrue(steps)
        self.assertEqual(read_columns([]), steps.ids)

        case = self._create_case(self._create_top_item(1000))
        self.assertEqual(read_columns(case.ids), case.stage_id.ids)

    # === MAKING === #

    def test_case_is_made_of_the_items_at_the_top_level(self):
        top = self._create_top_item(1000)
        self._create_item(300, 10, day=TODAY)
        other = self._create_top_item(700, partner=self._create_debtor("Other"))

        action = self.debtor.with_user(self.clerk).action_create_legal_case()
        case = self.env["account.legal.case"].browse(action["res_id"])

        self.assertEqual(case.move_line_ids, top)
        self.assertNotIn(other, case.move_line_ids)
        self.assertRecordValues(
            case,
            [
                {
                    "state": "draft",
                    "partner_id": self.debtor.id,
                    "amount_items": 1000,
                    "user_id": self.clerk.id,
                }
            ],
        )

    def test_second_click_opens_the_same_draft(self):
        self._create_top_item(1000)
        Case = self.env["account.legal.case"]

        first = Case._create_for(self.debtor, self.company)

        self.assertEqual(Case._create_for(self.debtor, self.company), first)

    def test_one_case_a_currency(self):
        currency = self.setup_other_currency("EUR")
        self._create_top_item(1000)
        self._create_top_item(500, currency=currency)

        cases = self.env["account.legal.case"]._create_for(self.debtor, self.company)

        self.assertEqual(
            {case.currency_id: case.amount_items for case in cases},
            {self.company.currency_id: 1000, currency: 500},
        )

    def test_contact_of_a_company_gives_the_companys_case(self):
        contact = self._create_debtor(
            "Contact", is_company=False, parent_id=self.debtor.id
        )
        item = self._create_top_item(1000, partner=contact)

        case = self.env["account.legal.case"]._create_for(contact, self.company)

        self.assertEqual((case.partner_id, case.move_line_ids), (self.debtor, item))

    def test_debtor_record_prepares_the_case_too(self):
        item = self._create_top_item(1000)
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )

        action = debtor.with_user(self.clerk).action_create_legal_case()

        case = self.env["account.legal.case"].browse(action["res_id"])
        self.assertEqual(case.move_line_ids, item)
        self.assertEqual(debtor.legal_case_count, 1)
        self.assertEqual(self.debtor.legal_case_count, 1)

    def test_fill_items_takes_what_has_come_to_the_top_since(self):
        case = self._create_case(self.env["account.move.line"], self.clerk)
        item = self._create_top_item(1000)

        case.action_fill_items()

        self.assertEqual(case.move_line_ids, item)

    def test_numbers_rise(self):
        first, second = (
            self._create_case(self.env["account.move.line"]) for _number in range(2)
        )
        self.assertRegex(first.name, r"^LC/2024/\d{5}$")
        self.assertGreater(second.name, first.name)

    def test_oldest_item_sets_the_limitation_date(self):
        items = self._create_top_item(1000, 60) | self._create_top_item(1000, 400)

        case = self._create_case(items)

        self.assertEqual(min(items.mapped("date_maturity")), date(2023, 5, 11))
        self.assertEqual(case.limitation_date, date(2026, 5, 11))

    def test_limitation_from_the_end_of_the_year(self):
        self.procedure.limitation_start = "year_end"

        case = self._create_case(self._create_top_item(1000, 400))

        self.assertEqual(case.limitation_date, date(2026, 12, 31))

    # === STEPS === #

    def test_draft_shows_what_the_customer_means(self):
        self._create_item(200, 700, day=TODAY)
        item = self._create_top_item(1000, 60)
        self._create_credit(150, day=TODAY)

        case = self._create_case(item, self.clerk)

        first = min(self.debtor.invoice_ids.mapped("invoice_date"))
        self.assertIn(str(first.year), case.relation_text)
        self.assertIn("850.00", case.relation_text)
        stranger = self._create_debtor("New")
        self.assertFalse(
            self._create_case(
                item.browse(), self.clerk, partner_id=stranger.id
            ).relation_text
        )

    def test_steps_come_from_the_procedure(self):
        case = self._create_case(self._create_top_item(1000))

        self.assertEqual(
            case.step_ids.mapped("name"),
            ["Aufforderung – Demand", "Suit", "Enforcement"],
        )
        other = self.procedure.copy({"step_ids": [(0, 0, {"name": "Only"})]})
        case.procedure_id = other
        self.assertEqual(case.step_ids.mapped("name"), ["Only"])

    def test_deadline_follows_the_day_the_step_was_taken(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        demand = case.current_step_id

        demand.action_start()

        self.assertRecordValues(
            demand, [{"date_start": TODAY, "date_deadline": date(2024, 6, 28)}]
        )
        demand.date_start = "2023-12-20"
        self.assertEqual(demand.date_deadline, date(2024, 1, 3))
        self.assertEqual(case.date_deadline, date(2024, 1, 3))

    def test_one_activity_follows_the_current_step(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        self.assertEqual(
            self._get_activities(case),
            [("Take the step: Aufforderung – Demand", TODAY, self.clerk)],
        )

        case.current_step_id.action_start()
        self.assertEqual(
            self._get_activities(case),
            [("Deadline: Aufforderung – Demand", date(2024, 6, 28), self.clerk)],
        )

        case.current_step_id.action_done()
        self.assertEqual(
            self._get_activities(case), [("Take the step: Suit", TODAY, self.clerk)]
        )

        case.action_close()
        self.assertFalse(case.activity_ids)

    def test_court_moves_a_deadline_and_the_activity_follows(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.current_step_id.action_start()

        case.current_step_id.date_deadline = "2024-07-10"

        self.assertEqual(case.activity_ids.date_deadline, date(2024, 7, 10))

    def test_step_waits_for_its_predecessor(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        suit = case.step_ids[1]
        for act in (suit.action_start, suit.action_done, suit.action_skip):
            with self.assertRaisesRegex(UserError, "comes before"):
                act()

    def test_skipping_needs_a_reason(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        demand = case.current_step_id
        with self.assertRaisesRegex(UserError, "State in the note why"):
            demand.action_skip()

        demand.note = "Was sent by the lawyer"
        demand.action_skip()

        self.assertEqual(demand.state, "skipped")
        self.assertEqual(case.current_step_id.name, "Suit")

    def test_finished_step_is_finished(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        demand = case.current_step_id
        demand.action_done()
        with self.assertRaisesRegex(UserError, "finished already"):
            demand.action_done()

    def test_state_of_a_step_is_not_forged(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        step = case.current_step_id
        for values in ({"state": "done"}, {"date_done": TODAY}):
            with self.assertRaisesRegex(AccessError, "set by the dunning process"):
                step.with_user(self.clerk).write(values)
        with self.assertRaisesRegex(AccessError, "set by the dunning process"):
            case.with_user(self.clerk).step_ids = [
                Command.create({"name": "Invented", "state": "done"})
            ]

    def test_steps_of_a_draft_are_not_taken(self):
        case = self._create_case(self._create_top_item(1000), self.clerk)
        with self.assertRaisesRegex(UserError, "is draft"):
            case.current_step_id.action_start()

    # === END === #

    def test_opened_case_is_kept(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        with self.assertRaisesRegex(UserError, "is kept"):
            case.unlink()
        with self.assertRaisesRegex(UserError, "is kept"):
            case.step_ids[-1].unlink()
        case.action_cancel()
        with self.assertRaisesRegex(UserError, "is kept"):
            case.unlink()

    def test_draft_can_be_deleted(self):
        case = self._create_case(self._create_top_item(1000), self.clerk)
        case.unlink()
        self.assertFalse(case.exists())

    def test_number_of_a_case_is_not_chosen(self):
        case = self._create_case(self._create_top_item(1000), self.clerk)
        with self.assertRaises(AccessError):
            case.name = "Mine"
        with self.assertRaises(AccessError):
            case.copy({"name": "Mine"})
        self.assertNotEqual(case.copy().name, case.name)

    def test_states_go_one_way(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.action_close()
        self.assertEqual(case.date_closed, TODAY)
        for act in (case.action_open, case.action_close, case.action_cancel):
            with self.assertRaisesRegex(UserError, "is closed"):
                act()
