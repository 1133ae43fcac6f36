from datetime import date, timedelta
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine import interest as engine
from ..engine.interest_correction import Settled, correct_base
from .charges_common import ChargesCommon
from .common import DAY


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
        self.notice.sudo().charge_ids.write({"checked_partial_id": 2**31 - 1})
        self._pay(self.item, 400, date(2024, 5, 31))
        self._correct()
        self.assertEqual(self._owed(), (10.34, 10.34))

    # --- booked again

    def test_payment_that_was_booked_again_counts_once(self):
        """The bank's file was read twice: one payment is cancelled, the other stays."""
        payment = self._pay(self.item, 400, date(2024, 5, 31))
        self._correct()
        self.assertEqual(self._owed(), (8.28, 8.28))

        payment.action_draft()
        payment.action_cancel()
        self._pay(self.item, 400, date(2024, 5, 31))
        self._correct()

        self.assertEqual(self.item.amount_residual, 600)
        self.assertEqual(self._owed(), (8.28, 8.28))

    def test_payment_known_at_the_issue_and_matched_again_changes_nothing(self):
        for netting in ("debtor", "none"):
            with self.subTest(netting=netting):
                self.policy.netting = netting
                item = self._create_item(1000, 30, self._create_debtor(netting))
                self._pay(item, 400, date(2024, 5, 31))
                self.notice = self._issue_first(item)
                self.assertEqual(self._owed(), (8.28, 8.28))

                paid = item.matched_credit_ids.credit_move_id
                item.remove_move_reconcile()
                (item | paid).reconcile()
                self._correct()

                self.assertEqual(self._owed(), (8.28, 8.28))

    def test_what_was_looked_at_is_not_looked_at_again(self):
        paid = self._pay(self.item, 400, date(2024, 5, 31))
        self._correct()
        item = self.item.matched_credit_ids.credit_move_id
        self.item.remove_move_reconcile()
        (self.item | item).reconcile()
        self.assertTrue(paid)
        Notice = self.env["account.dunning.notice"]
        self.assertTrue(Notice._get_late_payments(self.company))

        self._correct()

        self.assertFalse(Notice._get_late_payments(self.company))

    def test_waived_interest_that_comes_back_is_corrected_then(self):
        self.notice.charge_ids._waive("goodwill")
        self._pay(self.item, 400, date(2024, 5, 31))
        self._correct()
        self.assertEqual(self._owed(), (0, 0))

        self.notice.charge_ids.action_reinstate()
        self._correct()

        self.assertEqual(self._owed(), (8.28, 8.28))

    # --- interest on interest

    def test_compounded_interest_is_charged_anew_by_its_rule(self):
        """800 days late in the Netherlands: each year's interest bears interest."""
        rule = self.env.ref("account_dunning_advanced.interest_nl_legal")
        self.policy.interest_id = rule
        late = date(2024, 6, 14)
        for paid, days_late in [(1000, 0), (1000, 500), (400, 100)]:
            with self.subTest(paid=paid, days_late=days_late):
                partner = self._create_debtor(f"NL {paid} {days_late}")
                item = self._create_item(1000, 800, partner, day=late)
                control = self._create_item(
                    1000, 800, self._create_debtor(f"{partner.name} known"), day=late
                )
                day = item.date_maturity + timedelta(days=days_late)
                self._pay(control, paid, day)
                self.notice = self._issue_first(item, late)
                before = self._owed()[0]

                self._pay(item, paid, day)
                self._correct()

                # as if the payment had been booked in time
                expected = 0.0
                if paid < 1000:
                    expected = self._issue_first(control, late).amount_interest
                    self.assertAlmostEqual(self._owed()[0], expected, delta=0.03)
                else:
                    terms, values = rule._get_terms(self.company)
                    expected = sum(
                        segment.amount
                        for segment in engine.accrue(
                            terms,
                            values,
                            [
                                engine.Balance(date(2020, 1, 1), Decimal(1000)),
                                engine.Balance(day, Decimal(0)),
                            ],
                            item.date_maturity + timedelta(days=1),
                            item.date_maturity + timedelta(days=1),
                            late,
                        )
                    )
                    self.assertAlmostEqual(self._owed()[0], float(expected), delta=0.03)
                self.assertLess(self._owed()[0], before)
                self.assertEqual(*self._owed())

    # --- carried to the next notice

    def test_what_the_next_notice_repeats_is_corrected_there(self):
        self.second.charge_interest = True
        for posting in ("show", "when_paid"):
            sums = []
            for corrected_between in (False, True):
                name = f"{posting} {corrected_between}"
                with self.subTest(name):
                    self.policy.charge_posting = posting
                    item = self._create_item(1000, 30, self._create_debtor(name))
                    first = self._issue_first(item)
                    self._pay(item, 400, date(2024, 5, 31))
                    if corrected_between:
                        self._correct()

                    self.notice = second = self._issue_first(
                        item, DAY + timedelta(days=20)
                    )
                    self._correct()

                    sums.append(self._owed())
                    self.assertFalse(
                        first.charge_ids.filtered(lambda c: c.state == "shown")
                    )
                    # 8.28 of the first, and 20 days on 600
                    self.assertAlmostEqual(self._owed()[0], 8.28 + 4.12, delta=0.011)
                    second.action_reverse()
                    self._correct()
                    self.notice = first
                    self.assertAlmostEqual(self._owed()[0], 8.28)
            self.assertEqual(*sums)

    def test_a_late_payment_counts_beside_what_was_netted(self):
        """300 netted from 4 June, and 200 of 25 May booked late: 500 from 4 June on."""
        debtor = self._create_debtor("Netted and late")
        item = self._create_item(1000, 30, debtor)
        self._create_credit(300, debtor, invoice_date=date(2024, 6, 4))
        self.notice = self._issue_first(item)
        before = {c.date_from: c.base for c in self.notice.charge_ids}
        self.assertIn(700, before.values())

        self._pay(item, 200, date(2024, 5, 25))
        self._correct()

        owed = self.notice.charge_ids.filtered(lambda c: c.state == "posted")
        bases = {charge.date_from: charge.base for charge in owed}
        self.assertEqual(min(bases.values()), 500)
        last = owed.sorted("date_to")[-1:]
        self.assertEqual((last.date_to, last.base), (DAY, 500))

    def test_lowered_base_never_goes_below_zero(self):
        entries = [Settled(date(2024, 1, 5), Decimal(250))]
        course = correct_base(
            Decimal(80),
            Decimal(20),
            Decimal(100),
            entries,
            date(2024, 1, 1),
            date(2024, 1, 31),
        )
        self.assertEqual([balance.amount for balance in course], [80, 0])


@tagged("post_install", "-at_install")
class TestFeesCorrected(ChargesCommon):
    """A fee for what had been paid, though nobody knew, is given back.

    1,000 due on 15 May 2024, dunned on 14 June.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.per_item = cls._create_charge("Per item", amount=3, basis="item")
        cls.lump_sum = cls._create_charge(
            "Lump sum", kind="lump_sum", amount=40, basis="item"
        )
        cls.first.charge_ids = cls.fee | cls.per_item | cls.lump_sum

    def _correct(self):
        self.env["account.dunning.notice"]._bill_waiting(self.company)

    def _get_owed(self, notice):
        owed = notice.charge_ids.filtered(
            lambda charge: charge.state in ("shown", "waiting", "posted")
        )
        moves = notice.charge_credit_ids
        self.assertAlmostEqual(
            sum(moves.mapped("amount_total_signed")), sum(owed.mapped("amount"))
        )
        return sorted(owed.mapped("amount"))

    def test_what_had_been_paid_costs_nothing(self):
        cases = [
            # paid, on, what stays charged
            (1000, date(2024, 5, 15), []),  # in time
            (1000, date(2024, 5, 16), [40]),  # late by a day: in default
            (1000, date(2024, 6, 13), [40]),  # before the notice
            (1000, DAY, [3, 5, 40]),  # on its day
            (999, date(2024, 5, 15), [3, 5, 40]),  # in part
        ]
        for paid, day, left in cases:
            with self.subTest(paid=paid, day=day):
                item = self._create_item(1000, 30, self._create_debtor(f"{paid} {day}"))
                notice = self._issue_first(item)
                self.assertEqual(self._get_owed(notice), [3, 5, 40])

                self._pay(item, paid, day)
                self._correct()

                self.assertEqual(self._get_owed(notice), left)
                self.assertEqual(notice.amount_fee, sum(left))
                back = notice.charge_ids.filtered(lambda c: c.state == "reversed")
                self.assertLessEqual(
                    set(back.mapped("reason")), {"A payment was booked late"}
                )

    def test_fee_of_a_notice_stands_while_one_item_was_open(self):
        self.first.charge_ids = self.fee | self.per_item
        one, two = self._create_item(1000, 30), self._create_item(500, 20)
        notice = self._issue_first(one)
        self.assertEqual(self._get_owed(notice), [3, 3, 5])

        self._pay(one, 1000, date(2024, 6, 1))
        self._correct()
        self.assertEqual(self._get_owed(notice), [3, 5])

        self._pay(two, 500, date(2024, 6, 2))
        self._correct()
        self.assertEqual(self._get_owed(notice), [])

    def test_fee_that_was_carried_is_that_of_its_first_notice(self):
        """Paid between the two notices: the first one was sent rightly."""
        self.policy.charge_posting = "show"
        self.first.charge_ids = self.second.charge_ids = self.fee
        rightly = self._create_item(1000, 30, self._create_debtor("Rightly"))
        wrongly = self._create_item(1000, 30, self._create_debtor("Wrongly"))
        for item in (rightly, wrongly):
            self._issue_first(item)
        later = DAY + timedelta(days=20)
        second = {item: self._issue_first(item, later) for item in (rightly, wrongly)}
        self.assertEqual([notice.amount_fee for notice in second.values()], [10, 10])

        self._pay(rightly, 1000, DAY + timedelta(days=9))
        self._pay(wrongly, 1000, date(2024, 6, 13))
        self._correct()

        self.assertEqual(second[rightly].amount_fee, 5)
        self.assertEqual(second[wrongly].amount_fee, 0)

    def test_share_is_taken_of_what_was_rightly_asked(self):
        """5 % of two items of 1,000; one was paid before, a day nobody knew of."""
        share = self._create_charge(
            "Share", method="percent", rate=5, basis="notice", amount=0
        )
        self.first.charge_ids = share
        debtor = self._create_debtor("Share")
        one, two = (self._create_item(1000, 30, debtor) for _item in range(2))
        notice = self._issue_first(one)
        self.assertEqual(self._get_owed(notice), [100])

        self._pay(one, 1000, date(2024, 6, 1))
        self._correct()
        self.assertEqual(self._get_owed(notice), [50])
        self._pay(two, 500, date(2024, 6, 1))
        self._correct()
        self.assertEqual(self._get_owed(notice), [25])
