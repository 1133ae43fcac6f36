import doctest
from datetime import date

from odoo.tests import BaseCase, tagged

from odoo.addons.account_dunning_legal.engine import branch, deadline, fee

from .common import LegalCommon


@tagged("post_install", "-at_install")
class TestDeadlineEngine(BaseCase):
    def test_doctests(self):
        for module in (branch, deadline, fee):
            with self.subTest(module=module.__name__):
                result = doctest.testmod(module)
                self.assertEqual(result.failed, 0)
                self.assertTrue(result.attempted)

    def test_deadline_ends_by_days_weeks_months_or_workdays(self):
        table = [
            (date(2026, 12, 20), 14, "days", date(2027, 1, 3)),
            (date(2026, 12, 18), 2, "weeks", date(2027, 1, 1)),
            (date(2027, 12, 31), 2, "months", date(2028, 2, 29)),
            (date(2026, 12, 31), 2, "months", date(2027, 2, 28)),
            (date(2028, 2, 29), 12, "months", date(2029, 2, 28)),
            (date(2026, 12, 30), 3, "workdays", date(2027, 1, 4)),
        ]
        for start, number, unit, end in table:
            with self.subTest(start=start, unit=unit):
                self.assertEqual(deadline.add(start, number, unit), end)

    def test_way_that_meets_again_is_no_cycle(self):
        self.assertFalse(branch.find_cycle({1: [2, 3], 2: [4], 3: [4], 4: []}))


@tagged("post_install", "-at_install")
class TestDeadline(LegalCommon):
    def _deadline(self, procedure, step, day):
        step = self.env.ref(
            f"account_dunning_legal.account_legal_procedure_{procedure}_{step}"
        )
        return step._get_deadline(date.fromisoformat(day))

    def test_deadlines_of_the_packs_over_year_ends_and_holidays(self):
        table = [
            # two weeks end on New Year's Day, a Friday: Monday
            ("kr", "payment_order", "2026-12-18", "2027-01-04"),
            # the courts of Japan are closed until 3 January, a Sunday
            ("jp", "payment_demand", "2026-12-16", "2027-01-04"),
            # 26 December is a Saturday and a holiday
            ("de", "order_for_payment", "2026-12-12", "2026-12-28"),
            # Good Friday, Easter Monday
            ("de", "order_for_payment", "2026-03-20", "2026-04-07"),
            # one month from 31 January; 28 February is a Sunday
            ("fr", "order_to_pay", "2027-01-31", "2027-03-01"),
            ("fr", "order_to_pay", "2026-06-14", "2026-07-15"),
            ("at", "payment_order", "2026-11-28", "2026-12-28"),
            ("ch", "payment_summons", "2026-12-22", "2027-01-04"),
            # August does not count in Italy and Spain
            ("it", "payment_order", "2026-07-20", "2026-09-29"),
            ("es", "payment_order", "2026-07-15", "2026-09-10"),
            ("gb", "claim", "2026-12-14", "2026-12-28"),
            # Chuseok 24 to 26 September
            ("kr", "payment_order", "2026-09-10", "2026-09-28"),
            # Silver Week: 21 to 23 September
            ("jp", "payment_demand", "2026-09-07", "2026-09-24"),
        ]
        for procedure, step, served, end in table:
            with self.subTest(procedure=procedure, served=served):
                self.assertEqual(
                    self._deadline(procedure, step, served), date.fromisoformat(end)
                )

    def test_company_adds_the_holiday_of_its_land(self):
        self.env["account.dunning.holiday"].with_user(self.manager).create(
            {
                "name": "Epiphany",
                "country_id": self.env.ref("base.de").id,
                "month": "1",
                "day": 6,
            }
        )
        self.assertEqual(
            self._deadline("de", "order_for_payment", "2026-12-23"), date(2027, 1, 7)
        )

    def test_deadline_counts_from_service_once_that_is_known(self):
        self.procedure.step_ids[0].wait_from = "served"
        case = self._open_case(self._create_top_item(1000), self.clerk)
        step = case.current_step_id
        step.date_start = "2024-06-03"
        self.assertEqual(step.date_deadline, date(2024, 6, 17))

        step.date_served = "2024-06-07"

        self.assertEqual(step.date_deadline, date(2024, 6, 21))
        self.assertEqual(case.activity_ids.date_deadline, date(2024, 6, 21))
