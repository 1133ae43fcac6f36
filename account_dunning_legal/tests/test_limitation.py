import doctest
from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from odoo.addons.account_dunning_legal.engine import limitation, text
from odoo.addons.account_dunning_legal.engine.limitation import Event, Period, wind

from .common import TODAY, LegalCommon

THREE = Period(years=3)


def day(iso):
    return date.fromisoformat(iso)


@tagged("post_install", "-at_install")
class TestLimitationEngine(BaseCase):
    def test_doctests(self):
        for module in (limitation, text):
            result = doctest.testmod(module)
            self.assertEqual(result.failed, 0)
            self.assertTrue(result.attempted)

    def test_table_of_periods(self):
        table = [
            (Period(years=3), "2024-02-29", "2027-02-28"),
            (Period(years=4), "2024-02-29", "2028-02-29"),
            (Period(years=5), "2023-03-01", "2028-03-01"),
            (Period(months=6), "2023-08-31", "2024-02-29"),
            (Period(months=6), "2024-08-31", "2025-02-28"),
            (Period(years=3, start="year_end"), "2024-01-01", "2027-12-31"),
            (Period(years=3, start="year_end"), "2024-12-31", "2027-12-31"),
        ]
        for period, due, end in table:
            with self.subTest(due=due, period=period):
                self.assertEqual(wind(day(due), period), day(end))

    def test_pending_claim_cannot_expire(self):
        for effect in ("restart", "suspend", "stay"):
            with self.subTest(effect=effect):
                pending = Event(day("2026-01-01"), effect, lasts=True)
                self.assertIsNone(wind(day("2024-01-10"), THREE, [pending]))

    def test_restart_of_a_suit_runs_from_its_end(self):
        suit = Event(day("2026-01-01"), "restart", day("2026-09-30"), lasts=True)
        self.assertEqual(wind(day("2024-01-10"), THREE, [suit]), day("2029-09-30"))

    def test_suspension_over_a_leap_day_adds_its_days(self):
        # 1 February to 1 March 2024: thirty days
        event = Event(day("2024-02-01"), "suspend", day("2024-03-01"))
        self.assertEqual(
            wind(day("2022-05-10"), THREE, [event]), day("2025-05-10") + 30 * day_long()
        )

    def test_negotiations_leave_three_months(self):
        talks = Event(day("2026-12-01"), "suspend", day("2026-12-20"), least_months=3)
        due = day("2023-06-01")
        period = Period(years=3, start="year_end")
        self.assertEqual(wind(due, period, [talks]), day("2027-03-20"))

    def test_order_of_entry_does_not_matter(self):
        events = [
            Event(day("2025-05-01"), "restart"),
            Event(day("2026-01-01"), "suspend", day("2026-03-01")),
        ]
        due = day("2024-01-10")
        self.assertEqual(
            wind(due, THREE, events), wind(due, THREE, list(reversed(events)))
        )

    def test_what_is_barred_stays_barred(self):
        for effect in ("restart", "suspend", "stay", "demand"):
            late = Event(day("2027-01-11"), effect, day("2027-02-01"), months=6)
            with self.subTest(effect=effect):
                self.assertEqual(
                    wind(day("2024-01-10"), THREE, [late]), day("2027-01-10")
                )

    def test_suit_within_the_months_of_a_demand_saves_the_claim(self):
        demand = Event(day("2027-01-05"), "demand", months=6)
        suit = Event(day("2027-07-05"), "restart", lasts=True)
        late = Event(day("2027-07-06"), "restart", lasts=True)
        due = day("2024-01-10")
        self.assertIsNone(wind(due, THREE, [demand, suit]))
        self.assertEqual(wind(due, THREE, [demand, late]), day("2027-07-05"))

    def test_second_demand_counts_only_where_it_may(self):
        demands = [("2026-09-01", True), ("2026-12-20", True)]
        for repeats, end in ((True, "2027-06-20"), (False, "2027-03-01")):
            events = [
                Event(day(on), "demand", months=6, repeats=repeats)
                for on, _counts in demands
            ]
            with self.subTest(repeats=repeats):
                self.assertEqual(wind(day("2024-01-10"), THREE, events), day(end))


def day_long():
    return timedelta(days=1)


@tagged("post_install", "-at_install")
class TestLimitation(LegalCommon):
    def _create_clock(self, code, due):
        item = self._create_top_item(1000, (TODAY - day(due)).days)
        clock = self.env["account.legal.clock"].create({"move_line_id": item.id})
        clock.limitation_id = self.env.ref(
            f"account_dunning_legal.account_legal_limitation_{code}"
        )
        return clock

    def _add_event(self, clock, kind, date_from, date_to=False):
        return self.env["account.legal.limitation.event"].create(
            {
                "kind": kind,
                "date_from": date_from,
                "date_to": date_to,
                "company_id": self.company.id,
                "clock_ids": [(6, 0, clock.ids)],
            }
        )

    def test_golden_dates_by_country_and_event(self):
        table = [
            # kind of claim, due, events, last day (None: does not expire)
            ("kr_goods", "2024-02-29", [], "2027-02-28"),
            (
                "kr_goods",
                "2023-06-01",
                [("acknowledgment", "2024-02-29")],
                "2027-02-28",
            ),
            ("kr_goods", "2023-06-01", [("part_payment", "2024-03-15")], "2027-03-15"),
            ("kr_goods", "2023-06-01", [("demand", "2026-05-20")], "2026-11-20"),
            (
                "kr_goods",
                "2023-06-01",
                [("demand", "2026-05-20"), ("filing", "2026-11-20")],
                None,
            ),
            (
                "kr_goods",
                "2023-06-01",
                [("filing", "2026-01-10", "2026-08-31"), ("judgment", "2026-08-31")],
                "2036-08-31",
            ),
            ("kr_short", "2023-06-01", [], "2024-06-01"),
            ("jp_general", "2020-05-01", [], "2025-05-01"),
            ("jp_general", "2020-05-01", [("demand", "2025-04-01")], "2025-10-01"),
            (
                "jp_general",
                "2020-05-01",
                [("demand", "2025-04-01"), ("demand", "2025-04-30")],
                "2025-10-01",
            ),
            ("jp_general", "2020-05-01", [("negotiation", "2025-03-01")], "2026-03-01"),
            (
                "jp_general",
                "2020-05-01",
                [("filing", "2025-04-01", "2025-06-15")],
                "2025-12-15",
            ),
            ("de_regular", "2021-03-10", [], "2024-12-31"),
            ("de_regular", "2021-03-10", [("demand", "2024-12-01")], "2024-12-31"),
            (
                "de_regular",
                "2021-03-10",
                [("part_payment", "2022-04-04")],
                "2025-04-04",
            ),
            (
                "de_regular",
                "2021-03-10",
                [("negotiation", "2024-02-01", "2024-03-01")],
                "2025-01-30",
            ),
            (
                # half a year after the end of the order for payment does not count
                "de_regular",
                "2021-03-10",
                [("filing", "2024-12-30", "2025-01-31")],
                "2025-08-02",
            ),
            ("de_regular", "2021-03-10", [("judgment", "2024-05-05")], "2054-05-05"),
            (
                # a title that is paid on begins its own thirty years anew
                "de_regular",
                "2021-03-10",
                [("judgment", "2024-02-29"), ("part_payment", "2028-02-29")],
                "2058-02-28",
            ),
            (
                "kr_goods",
                "2023-06-01",
                [("judgment", "2024-05-05"), ("enforcement", "2026-01-07")],
                "2036-01-07",
            ),
            ("fr_commercial", "2020-02-29", [], "2025-02-28"),
            ("fr_consumer", "2022-07-01", [("demand", "2024-05-01")], "2024-07-01"),
            (
                "fr_commercial",
                "2019-07-01",
                [("acknowledgment", "2023-07-02")],
                "2028-07-02",
            ),
            ("gb_contract", "2018-08-01", [("demand", "2024-05-01")], "2024-08-01"),
            ("gb_contract", "2018-08-01", [("filing", "2024-07-30")], None),
            ("es_personal", "2019-08-01", [("demand", "2024-05-01")], "2029-05-01"),
            ("nl_general", "2019-08-01", [("demand", "2024-02-29")], "2029-02-28"),
        ]
        for code, due, events, end in table:
            with self.subTest(code=code, events=events):
                clock = self._create_clock(code, due)
                for event in events:
                    self._add_event(clock, *event)
                self.assertEqual(clock.date_limit, day(end) if end else False)

    def test_period_follows_the_sellers_law(self):
        self.company.country_id = self.env.ref("base.de")
        self.company.account_fiscal_country_id = self.env.ref("base.de")
        item = self._create_top_item(1000)

        clock = self.env["account.legal.clock"]._get_for(item)

        self.assertEqual(clock.limitation_id.code, "de_regular")
        self.assertEqual(clock.date_limit, date(2027, 12, 31))

    def test_part_payment_moves_the_clock_and_undoing_it_moves_it_back(self):
        clock = self._create_clock("kr_goods", "2023-06-01")
        item = clock.move_line_id
        self._pay(item, 100, date(2024, 5, 1))
        self.assertEqual(clock.date_limit, date(2027, 5, 1))

        item.remove_move_reconcile()

        self.assertEqual(clock.date_limit, date(2026, 6, 1))

    def test_credit_note_is_no_part_payment(self):
        clock = self._create_clock("kr_goods", "2024-01-01")
        credit = self._create_credit(100, day=TODAY)
        (clock.move_line_id | credit).reconcile()
        self.assertEqual(clock.date_limit, date(2027, 1, 1))

    def test_steps_of_a_case_move_the_clocks_of_its_items(self):
        clock = self._create_clock("kr_goods", "2021-07-01")
        demand, suit, _enforcement = self.procedure.step_ids
        demand.limitation_event, suit.limitation_event = "demand", "filing"
        title = self.env["account.legal.procedure.outcome"].create(
            {"step_id": suit.id, "name": "Judgment", "gives_title": True}
        )
        case = self._open_case(clock.move_line_id, self.clerk)
        self.assertEqual(case.limitation_date, date(2024, 7, 1))

        case.current_step_id.action_start()
        self.assertEqual(clock.date_limit, date(2024, 12, 14))
        self.assertEqual(case.limitation_date, date(2024, 12, 14))

        case.current_step_id.action_done()
        case.current_step_id.action_start()
        self.assertFalse(clock.date_limit)
        self.assertFalse(case.limitation_date)

        case.current_step_id.outcome_id = title
        case.current_step_id.action_done()
        self.assertEqual(clock.date_limit, date(2034, 6, 14))
        suit_step = case.step_ids[1]
        suit_step.date_start = TODAY
        judgments = clock.event_ids.filtered(lambda event: event.kind == "judgment")
        self.assertEqual(len(judgments), 1, "a corrected date adds no second title")

    def test_closed_case_lets_the_clock_run_again(self):
        clock = self._create_clock("gb_contract", "2020-01-01")
        self.procedure.step_ids[0].limitation_event = "filing"
        case = self._open_case(clock.move_line_id, self.clerk)
        case.current_step_id.action_start()
        self.assertFalse(clock.date_limit)

        case.action_close()

        self.assertEqual(clock.date_limit, date(2026, 1, 1))

    def test_cheapest_step_that_saves(self):
        table = [
            ("kr_goods", "2021-07-01", "demand", date(2024, 12, 14)),
            ("de_regular", "2021-07-01", "acknowledgment", date(2027, 6, 14)),
            ("es_personal", "2019-07-01", "demand", date(2029, 6, 14)),
            ("gb_contract", "2018-07-01", "acknowledgment", date(2030, 6, 14)),
        ]
        for code, due, event, saved in table:
            with self.subTest(code=code):
                clock = self._create_clock(code, due)
                self.assertEqual(clock.saving_rule_id.event, event)
                self.assertEqual(clock.date_saved, saved)
        barred = self._create_clock("kr_goods", "2020-01-01")
        self.assertFalse(barred.saving_rule_id)

    def test_cron_keeps_clocks_and_warns_once(self):
        self.company.account_fiscal_country_id = self.env.ref("base.kr")
        old = self._create_top_item(1000, (TODAY - day("2021-08-01")).days)
        young = self._create_top_item(1000, 30)
        Clock = self.env["account.legal.clock"]

        Clock._start(self.company)
        Clock._warn(self.company)
        Clock._start(self.company)
        Clock._warn(self.company)

        clock = old.legal_clock_ids
        self.assertEqual(clock.date_limit, date(2024, 8, 1))
        self.assertEqual(len(clock.activity_ids), 1)
        self.assertIn("Demand", clock.activity_ids.note)
        self.assertFalse(young.legal_clock_ids)

    def test_event_of_a_step_is_kept(self):
        self.procedure.step_ids[0].limitation_event = "demand"
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.current_step_id.action_start()
        event = case.move_line_ids.legal_clock_ids.event_ids
        with self.assertRaisesRegex(UserError, "comes from step"):
            event.with_user(self.clerk).unlink()
