from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine import interest as engine
from .common import DAY
from .test_charges import ChargesCommon


@tagged("post_install", "-at_install")
class TestChargesCorrected(ChargesCommon):
    """A payment that reaches the books late lowers what its days were charged.

    1,000 due on 15 May 2024, charged 12.62 % for 30 days to 14 June: 10.34.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first.charge_interest = True

    def setUp(self):
        super().setUp()
        self.item = self._create_item(1000, 30)
        self.notice = self._issue_first(self.item)
        self.bill = self.notice.charge_move_id

    def _correct(self):
        self.env["account.dunning.notice"]._bill_waiting(self.company)

    def _owed(self):
        """Return the sum of interest that is owed, and of its bills less credits."""
        owed = self.notice.charge_ids.filtered(
            lambda charge: charge.state in ("shown", "waiting", "posted")
        )
        moves = self.notice.charge_credit_ids.filtered(lambda m: m.state == "posted")
        return (
            round(sum(owed.mapped("amount")), 2),
            round(sum(moves.mapped("amount_total_signed")), 2),
        )

    def test_days_after_the_payment_bear_interest_on_the_rest(self):
        cases = [
            # paid, on -> interest of 30 days of 366 at 12.62 %
            (1000, date(2024, 5, 20), 1.38),  # 4 days on 1,000
            (400, date(2024, 5, 31), 8.28),  # 15 days on 1,000 and 15 on 600
            (1000, date(2024, 6, 14), 10.0),  # 29 days on 1,000
            (1000, date(2024, 5, 10), 0.0),  # before it was due
        ]
        for paid, day, owed in cases:
            with self.subTest(paid=paid, day=day):
                item = self._create_item(1000, 30, self._create_debtor(f"D {day}"))
                self.notice = self._issue_first(item)
                self.assertEqual(self._owed(), (10.34, 10.34))

                self._pay(item, paid, day)
                self._correct()

                self.assertEqual(self._owed(), (owed, owed))
                self.assertEqual(self.notice.amount_interest, owed)

    def test_paid_after_the_last_day_changes_nothing(self):
        self._pay(self.item, 1000, DAY + timedelta(days=1))
        self._correct()
        self.assertEqual(self._owed(), (10.34, 10.34))
        self.assertEqual(self.notice.charge_credit_ids, self.bill)

    def test_corrected_once_however_often_it_is_looked_at(self):
        self._pay(self.item, 400, date(2024, 5, 31))
        self._correct()
        moves = self.notice.charge_credit_ids
        for _again in range(2):
            self._correct()
        self.assertEqual(self.notice.charge_credit_ids, moves)
        # and a second late payment is corrected on top of the first
        self._pay(self.item, 600, date(2024, 5, 31))
        self._correct()
        self.assertEqual(self._owed(), (5.17, 5.17))

    def test_the_next_notice_charges_only_later_days(self):
        self._pay(self.item, 400, date(2024, 5, 31))
        self._correct()
        self.second.charge_interest = True

        later = self._issue_first(self.item, DAY + timedelta(days=20))

        self.assertEqual(
            min(later.charge_ids.mapped("date_from")), DAY + timedelta(days=1)
        )
        self.assertEqual(set(later.charge_ids.mapped("base")), {600})

    def test_a_credit_that_was_netted_is_not_counted_twice(self):
        """Open in the books at the issue, it lowered the interest already."""
        debtor = self._create_debtor("Netted")
        item = self._create_item(1000, 30, debtor)
        credit = self._create_credit(400, debtor, invoice_date=date(2024, 5, 31))
        self.notice = self._issue_first(item)
        charged = self._owed()
        self.assertLess(charged[0], 10.34)

        (item | credit).reconcile()
        self._correct()

        self.assertEqual(self._owed(), charged)

    def test_where_credits_are_not_netted_matching_counts(self):
        self.policy.netting = "none"
        debtor = self._create_debtor("Not Netted")
        item = self._create_item(1000, 30, debtor)
        credit = self._create_credit(600, debtor, invoice_date=date(2024, 5, 20))
        self.notice = self._issue_first(item)
        self.assertEqual(self._owed(), (10.34, 10.34))

        (item | credit).reconcile()
        self._correct()

        # 4 days on 1,000 and 26 on 400
        self.assertEqual(self._owed(), (4.97, 4.97))

    def test_interest_that_was_not_billed_is_corrected_without_documents(self):
        for posting, state in [("show", "shown"), ("when_paid", "waiting")]:
            with self.subTest(posting=posting):
                self.policy.charge_posting = posting
                item = self._create_item(1000, 30, self._create_debtor(posting))
                self.notice = self._issue_first(item)

                self._pay(item, 400, date(2024, 5, 31))
                self._correct()

                self.assertEqual(self._owed(), (8.28, 0))
                self.assertIn(state, self.notice.charge_ids.mapped("state"))

    def test_matching_wakes_the_correction(self):
        cron = self.env.ref("account_dunning_advanced.ir_cron_bill_charges")
        waking = [("cron_id", "=", cron.id)]
        self.env["ir.cron.trigger"].search(waking).unlink()

        self._pay(self.item, 400, date(2024, 5, 31))

        self.assertTrue(self.env["ir.cron.trigger"].search_count(waking))

    def test_closed_books_leave_a_task_and_the_charge(self):
        self._pay(self.item, 400, date(2024, 5, 31))
        self.patch(
            type(self.company),
            "_check_dunning_lock",
            lambda *args: self._raise_locked(),
        )

        self._correct()

        self.assertEqual(self._owed(), (10.34, 10.34))
        self.assertIn("closed", self.notice.activity_ids.note)

    def _raise_locked(self):
        raise UserError(self.env._("The books are closed."))

    def test_without_the_mark_of_what_was_known_it_is_not_corrected(self):
        """Twin: the mark is what tells late payments from known ones."""
        self.notice.sudo().charge_ids.write({"known_partial_id": 2**31 - 1})
        self._pay(self.item, 400, date(2024, 5, 31))
        self._correct()
        self.assertEqual(self._owed(), (10.34, 10.34))

    def test_lowering_balances_never_goes_below_zero(self):
        course = engine.lower_balances(
            [engine.Balance(date(2024, 1, 1), 100)], [(date(2024, 1, 5), 250)]
        )
        self.assertEqual([balance.amount for balance in course], [100, 0])
