from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestDeposit(LegalCommon):
    """The security for a provisional attachment is not forgotten."""

    @classmethod
    def _create_deposit(cls, case, amount=300, **values):
        return (
            cls.env["account.legal.deposit"]
            .with_user(cls.clerk)
            .create(
                {
                    "case_id": case.id,
                    "kind": "cash",
                    "amount": amount,
                    "date_ordered": TODAY,
                    **values,
                }
            )
        )

    def _get_case(self):
        return self._open_case(self._create_top_item(1000), self.clerk)

    def test_way_of_a_deposit(self):
        deposit = self._create_deposit(self._get_case())
        self.assertRecordValues(deposit, [{"state": "ordered", "amount_open": 0}])

        deposit.write({"date_deposited": TODAY, "place": "Deposit office"})
        self.assertRecordValues(deposit, [{"state": "deposited", "amount_open": 300}])

        deposit.amount_forfeited = 100
        self.assertRecordValues(deposit, [{"state": "deposited", "amount_open": 200}])

        deposit.action_return()
        self.assertRecordValues(
            deposit,
            [{"state": "returned", "amount_open": 0, "date_returned": TODAY}],
        )

    def test_what_is_forfeited_whole_is_out_no_more(self):
        deposit = self._create_deposit(self._get_case(), date_deposited=TODAY)

        deposit.amount_forfeited = 300

        self.assertRecordValues(deposit, [{"state": "forfeited", "amount_open": 0}])

    def test_premium_is_advanced_once_and_the_security_is_no_cost(self):
        case = self._get_case()
        deposit = self._create_deposit(
            case, kind="insurance", amount_cost=12, date_deposited=TODAY
        )
        self.assertBalance(case, TODAY, principal=1000)

        deposit.action_advance_cost()

        self.assertBalance(case, TODAY, principal=1000, cost=12)
        with self.assertRaisesRegex(UserError, "on the account already"):
            deposit.action_advance_cost()
        deposit.cost_claim_id.action_reverse()
        deposit.action_advance_cost()
        self.assertBalance(case, TODAY, principal=1000, cost=12)

    def test_security_without_costs_enters_none(self):
        deposit = self._create_deposit(self._get_case())
        with self.assertRaisesRegex(UserError, "Enter what Security of .* costs"):
            deposit.action_advance_cost()

    def test_closing_reminds_of_what_is_out(self):
        for end in ("action_close", "action_cancel"):
            with self.subTest(end=end):
                case = self._get_case()
                out = self._create_deposit(case, date_deposited=TODAY, place="Bank A")
                back = self._create_deposit(case, date_deposited=TODAY)
                back.action_return()
                ordered = self._create_deposit(case)
                self.assertFalse((out | back | ordered).activity_ids)

                getattr(case, end)()

                self.assertIn("at Bank A", out.activity_ids.summary)
                self.assertEqual(out.activity_ids.user_id, self.clerk)
                self.assertFalse((back | ordered).activity_ids)

                out.action_return()
                self.assertFalse(out.activity_ids)

    def test_security_given_after_the_end_is_reminded_of_as_well(self):
        case = self._get_case()
        case.action_close()

        deposit = self._create_deposit(case, date_deposited=TODAY)

        self.assertEqual(len(deposit.activity_ids), 1)

    def test_days_in_order(self):
        case = self._get_case()
        with self.assertRaisesRegex(ValidationError, "before it was given"):
            self._create_deposit(case, date_returned=TODAY)
        with self.assertRaisesRegex(ValidationError, "ordered first"):
            self._create_deposit(case, date_deposited=date(2024, 6, 1))

    def test_amounts_make_sense(self):
        case = self._get_case()
        for values in ({"amount": 0}, {"amount_forfeited": 301}, {"amount_cost": -1}):
            with (
                self.subTest(**values),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.cr.savepoint(),
            ):
                self._create_deposit(case, **values)

    def test_deposit_that_was_given_is_kept(self):
        deposit = self._create_deposit(self._get_case(), date_deposited=TODAY)
        with self.assertRaisesRegex(ValidationError, "is kept"):
            deposit.unlink()
        mistake = self._create_deposit(deposit.case_id)
        mistake.unlink()
        self.assertFalse(mistake.exists())

    def test_list_begins_with_what_is_out(self):
        case = self._get_case()
        out = self._create_deposit(case, date_deposited=TODAY)
        self._create_deposit(case)
        action = self.env.ref("account_dunning_legal.account_legal_deposit_action")
        self.assertIn("search_default_open", action.context)

        found = self.env["account.legal.deposit"].search([("state", "=", "deposited")])

        self.assertEqual(found, out)

    def test_return_reads_the_companys_clock(self):
        deposit = self._create_deposit(self._get_case(), date_deposited=TODAY)
        with freeze_time("2024-12-31"):
            deposit.action_return()
        self.assertEqual(deposit.date_returned, date(2024, 12, 31))
