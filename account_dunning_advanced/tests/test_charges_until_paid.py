from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .charges_common import ChargesCommon
from .common import DAY
from .test_offer import OfferCommon


def _bill(env, company):
    env["account.dunning.notice"]._bill_waiting(company)


@tagged("post_install", "-at_install")
class TestInterestUntilPaid(ChargesCommon):
    """What waits for the payment is billed with the interest up to that day.

    1,000 due on 15 May 2024, charged to 14 June: 10.34. The rate is 12.62 %, from
    1 July on 12.37 %.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.charge_posting = "when_paid"
        cls.policy.level_ids.charge_interest = True

    def setUp(self):
        super().setUp()
        self.item = self._create_item(1000, 30)
        self.notice = self._issue_first(self.item)

    def _pay_and_bill(self, *payments):
        for amount, day in payments:
            self._pay(self.item, amount, day)
        with freeze_time(payments[-1][1]):
            _bill(self.env, self.company)
        return self.notice.charge_move_id

    def test_days_until_the_payment_are_billed_with_the_rest(self):
        table = [
            # payments -> interest after the notice
            ([(1000, DAY)], 0),
            ([(1000, DAY + timedelta(days=1))], 0),  # that day's payment counts
            ([(1000, DAY + timedelta(days=2))], 0.34),
            # 16 days at 12.62 % = 5.52, and 3 at 12.37 % = 1.01
            ([(1000, date(2024, 7, 4))], 6.53),
            # 5 days on 1,000 = 1.724, and 6 on 600 = 1.241
            ([(400, date(2024, 6, 20)), (600, date(2024, 6, 26))], 2.97),
        ]
        for payments, after in table:
            with self.subTest(payments=payments):
                self.item = self._create_item(
                    1000, 30, self._create_debtor(f"Until {payments}")
                )
                self.notice = self._issue_first(self.item)

                bill = self._pay_and_bill(*payments)

                # of the notice: to the day before the payment, 29 days if on its day
                before = 10.0 if payments[0][1] == DAY else 10.34
                self.assertAlmostEqual(bill.amount_total, before + after)
                owed = self.notice.charge_ids.filtered(lambda c: c.state == "posted")
                self.assertAlmostEqual(sum(owed.mapped("amount")), bill.amount_total)
                last = max(owed.mapped("date_to"))
                self.assertEqual(last, payments[-1][1] - timedelta(days=1))
                self.assertEqual(self.item.dunning_interest_date, last)

    def test_letter_says_that_interest_runs_on(self):
        self.assertTrue(self.notice.interest_runs_on)
        letter = self.env["ir.qweb"]._render(
            "account_dunning_advanced.report_notice_document",
            {"notice": self.notice, "docs": self.notice},
        )
        self.assertIn("until the day of payment", letter)

    def test_what_no_letter_said_is_not_charged(self):
        """Twin: switched off at the issue, whatever the policy says by now."""
        self.policy.interest_until_payment = False
        self.item = self._create_item(1000, 30, self._create_debtor("Off"))
        self.notice = self._issue_first(self.item)
        self.assertEqual(self.notice._get_running_interest_text(), "")
        self.policy.interest_until_payment = True

        bill = self._pay_and_bill((1000, date(2024, 7, 4)))

        self.assertEqual(bill.amount_total, 10.34)

    def test_waived_interest_does_not_run_on(self):
        self.notice.charge_ids._waive("goodwill")

        self.assertFalse(self._pay_and_bill((1000, date(2024, 7, 4))))

    def test_reversing_the_notice_credits_all_of_it(self):
        self._pay_and_bill((1000, date(2024, 7, 4)))

        self.notice.action_reverse()

        moves = self.notice.charge_credit_ids
        self.assertAlmostEqual(sum(moves.mapped("amount_total_signed")), 0)
        self.assertFalse(self.item.dunning_interest_date)

    def test_payment_that_bounces_and_comes_again(self):
        """Billed to the first payment; the next notice goes on from there."""
        bill = self._pay_and_bill((1000, date(2024, 7, 4)))
        payment = self.item.matched_credit_ids.credit_move_id.payment_id
        payment.action_draft()
        payment.action_cancel()

        later = self._issue_first(self.item, date(2024, 7, 10))

        self.assertEqual(bill.amount_total, 16.87)
        self.assertEqual(
            min(later.charge_ids.filtered("date_from").mapped("date_from")),
            date(2024, 7, 4),
        )

    def test_who_agreed_on_a_plan_pays_what_was_agreed(self):
        plan = self.env["account.dunning.promise"].create(
            {
                "partner_id": self.debtor.id,
                "kind": "plan",
                "date": DAY,
                "move_line_ids": [Command.set(self.item.ids)],
                "line_ids": [
                    Command.create({"date": date(2024, 7, 10), "amount": 1000})
                ],
            }
        )
        with freeze_time(DAY):
            plan.action_confirm()
        self.assertEqual(plan.state, "active")

        bill = self._pay_and_bill((1000, date(2024, 7, 4)))

        self.assertEqual(bill.amount_total, 10.34)


@tagged("post_install", "-at_install")
class TestRewardOnCharges(OfferCommon):
    """A reward on charges needs charges that can be paid early."""

    def test_refused_where_charges_are_not_billed_with_the_notice(self):
        self.reward.base = "charges"
        for posting in ("when_paid", "show"):
            with self.assertRaisesRegex(ValidationError, "does not bill them"):
                self.policy.charge_posting = posting
        self.reward.base = "principal"
        self.policy.charge_posting = "when_paid"
        with self.assertRaisesRegex(ValidationError, "does not bill them"):
            self.reward.base = "charges"
        with self.assertRaisesRegex(ValidationError, "does not bill them"):
            self.second.reward_id = self._create_reward(name="Other", base="charges")
        # twin: with the bill in the notice it is a fine reward
        self.policy.charge_posting = "post"
        self.reward.base = "charges"
