from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestAttempt(LegalCommon):
    """Enforcement: tried, what came of it, what it cost, what is next."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.account_fiscal_country_id = cls.env.ref("base.de")
        cls.title = cls.env["account.legal.procedure.outcome"].create(
            {
                "step_id": cls.procedure.step_ids[0].id,
                "next_step_id": cls.procedure.step_ids[2].id,
                "name": "Granted",
                "kind": "granted",
                "gives_title": True,
            }
        )

    def _get_titled_case(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.current_step_id.outcome_id = self.title
        case.current_step_id.action_done()
        return case

    def _attempt(self, case, means="goods", **values):
        return (
            self.env["account.legal.attempt"]
            .with_user(self.clerk)
            .create({"case_id": case.id, "date": TODAY, "means": means, **values})
        )

    def test_nothing_is_enforced_without_a_title(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        with self.assertRaisesRegex(ValidationError, "had no title"):
            self._attempt(case)

        titled = self._get_titled_case()
        with self.assertRaisesRegex(ValidationError, "had no title"):
            self._attempt(titled, date=date(2024, 6, 13))
        self.assertTrue(self._attempt(titled))

    def test_costs_are_advanced(self):
        case = self._get_titled_case()
        attempt = self._attempt(case, amount_cost=35.5)

        attempt.action_advance_cost()

        self.assertBalance(case, TODAY, principal=1000, cost=35.5)
        case.action_close()
        other = self._attempt(case, amount_cost=1)
        with self.assertRaisesRegex(UserError, "closed and cannot be charged"):
            other.action_advance_cost()

    def test_costs_are_on_the_account_once_whatever_is_written(self):
        attempt = self._attempt(self._get_titled_case(), amount_cost=35.5)
        attempt.action_advance_cost()

        with self.assertRaises(AccessError):
            attempt.cost_claim_id = False
        with self.assertRaisesRegex(UserError, "on the account already"):
            attempt.action_advance_cost()

    def test_next_is_an_activity(self):
        attempt = self._attempt(
            self._get_titled_case(),
            result="nothing",
            next_action="Ask for disclosure",
            date_next="2024-07-01",
        )
        self.assertRecordValues(
            attempt.activity_ids,
            [
                {
                    "summary": "Ask for disclosure",
                    "date_deadline": date(2024, 7, 1),
                    "user_id": self.clerk.id,
                }
            ],
        )

        attempt.date_next = "2024-08-01"
        self.assertEqual(attempt.activity_ids.date_deadline, date(2024, 8, 1))

        attempt.write({"next_action": False, "date_next": False})
        self.assertFalse(attempt.activity_ids)

        with self.assertRaisesRegex(ValidationError, "what is to be done next"):
            attempt.date_next = "2024-08-01"

    def test_title_has_its_own_period_and_seizure_restarts_it(self):
        # German law: 30 years from the title (§ 197 BGB), anew by enforcement (§ 212)
        case = self._get_titled_case()
        clock = case.move_line_ids.legal_clock_ids
        self.assertEqual(clock.date_limit, date(2054, 6, 14))

        disclosure = self._attempt(case, "disclosure", date=date(2024, 9, 2))
        self.assertFalse(disclosure.event_ids)
        self.assertEqual(clock.date_limit, date(2054, 6, 14))

        seizure = self._attempt(case, "deposit", date=date(2024, 10, 1))
        self.assertEqual(seizure.event_ids.kind, "enforcement")
        self.assertEqual(clock.date_limit, date(2054, 10, 1))

        seizure.date = date(2024, 11, 4)
        self.assertEqual(clock.date_limit, date(2054, 11, 4))

        seizure.means = "register"
        self.assertEqual(clock.date_limit, date(2054, 6, 14))

        seizure.means = "goods"
        seizure.unlink()
        self.assertEqual(clock.date_limit, date(2054, 6, 14))
