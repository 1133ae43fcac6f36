from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .charges_common import ChargesCommon
from .common import DAY
from .dispute_common import TODAY, DisputeCommon


@tagged("post_install", "-at_install")
class TestDisputeCharges(ChargesCommon, DisputeCommon):
    """What notices charged on something not owed is undone, in the ledger too."""

    def setUp(self):
        super().setUp()
        self.policy.level_ids.write({"charge_interest": True})
        self.first.charge_ids = self.fee
        self.company.dunning_waive_limit = 1000

    def _charged(self, amount=1000):
        item = self._create_item(amount, 30)
        notice = self._issue_first(item)
        self.assertTrue(notice.charge_move_id)
        return item, notice

    @freeze_time(TODAY)
    def test_upheld_whole_leaves_nothing_in_the_books(self):
        before = self._get_balances()
        item, notice = self._charged()

        self._dispute(item).action_uphold()

        self.assertEqual(self._get_balances(), before)
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})
        self.assertFalse(item.dunning_interest_date)
        self.assertEqual(notice.charge_move_id.payment_state, "reversed")

    @freeze_time(TODAY)
    def test_upheld_after_the_fee_was_paid_leaves_a_credit(self):
        item, notice = self._charged()
        bill = self._get_items(notice.charge_move_id)
        paid = bill.amount_residual
        self._pay(bill, paid)

        self._dispute(item).action_uphold()

        credit = self._get_items(notice.charge_ids.credit_move_id)
        self.assertEqual(credit.amount_residual, -paid)

    @freeze_time(TODAY)
    def test_interest_of_the_days_charged_is_worked_out_anew_on_the_rest(self):
        """1,000.00 since 15 May, 400.00 of it not owed: 30 days on 600.00."""
        item, notice = self._charged()
        wrong = notice.charge_ids.filtered(lambda charge: charge.kind == "interest")
        self._dispute(item, 400).action_uphold()

        self.assertEqual(set(wrong.mapped("state")), {"reversed"})
        right = notice.charge_ids.filtered(
            lambda charge: charge.kind == "interest" and charge.state == "posted"
        )
        self.assertEqual(set(right.mapped("base")), {600.0})
        self.assertEqual(
            (min(right.mapped("date_from")), max(right.mapped("date_to"))),
            (min(wrong.mapped("date_from")), max(wrong.mapped("date_to"))),
        )
        for was, became in zip(wrong.sorted("date_from"), right, strict=True):
            self.assertAlmostEqual(became.amount, was.amount * 0.6, delta=0.01)
        self.assertAlmostEqual(notice.amount_interest, sum(right.mapped("amount")))
        # the rest was rightly asked for
        fee = notice.charge_ids.filtered(lambda charge: charge.kind == "fee")
        self.assertEqual(fee.state, "posted")
        self.assertEqual(item.dunning_level_id, self.first)

    @freeze_time(TODAY)
    def test_next_notice_charges_the_rest_from_where_it_was_charged(self):
        item, _notice = self._charged()
        self._dispute(item, 400).action_uphold()

        later = self._issue_first(item, DAY + timedelta(days=8))

        charges = later.charge_ids.filtered(lambda c: c.kind == "interest")
        self.assertEqual(set(charges.mapped("base")), {600.0})
        self.assertEqual(min(charges.mapped("date_from")), DAY + timedelta(days=1))

    @freeze_time(TODAY)
    def test_interest_of_what_was_paid_before_the_decision_stays(self):
        """Paid in full while disputed: 400.00 come back, and their interest."""
        item, notice = self._charged()
        dispute = self._dispute(item, 400)
        self._pay(item, 1000)
        dispute.action_uphold()

        credit = self._get_items(item.move_id.reversal_move_ids)
        self.assertEqual(credit.amount_residual, -400)
        owed = notice.charge_ids.filtered(
            lambda charge: charge.kind == "interest" and charge.state == "posted"
        )
        self.assertEqual(set(owed.mapped("base")), {600.0})

    @freeze_time(TODAY)
    def test_what_was_credited_by_hand_meanwhile_bears_no_interest(self):
        item, notice = self._charged()
        dispute = self._dispute(item)
        credit = item.move_id._reverse_moves([{"date": DAY, "invoice_date": DAY}])
        credit.action_post()
        self.assertTrue(item.reconciled)
        dispute.action_uphold()

        self.assertEqual(dispute.credit_ids & credit, credit)
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})

    @freeze_time(TODAY)
    def test_fee_of_a_notice_stays_with_what_it_rightly_asked(self):
        item, other = self._create_item(1000, 40), self._create_item(500, 30)
        notice = self._issue_first(item)
        self.assertIn(other, notice.line_ids.move_line_id)

        self._dispute(item).action_uphold()

        states = {
            (charge.kind, charge.move_line_id): charge.state
            for charge in notice.charge_ids
        }
        self.assertEqual(states["interest", item], "reversed")
        self.assertEqual(states["interest", other], "posted")
        self.assertEqual(states["fee", item], "posted")

    @freeze_time(TODAY)
    def test_disputed_bill_of_charges_reverses_the_charges(self):
        _item, notice = self._charged()
        bill = self._get_items(notice.charge_move_id)
        dispute = self._dispute(bill)
        self.assertReason(bill, "disputed", DAY + timedelta(days=10))

        dispute.action_uphold()

        # given up: what fell for another reason comes back with the next notice
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"waived"})
        self.assertTrue(bill.reconciled)
        self.assertEqual(dispute.credit_ids, notice.charge_ids.credit_move_id)

    @freeze_time(TODAY)
    def test_lump_sum_and_fee_of_a_notice_fall_only_with_all_they_stand_for(self):
        """Two items; the notice's fee stands while one of them was rightly asked."""
        lump_sum = self._create_charge(
            "Lump sum", kind="lump_sum", amount=40, basis="item"
        )
        self.first.charge_ids += lump_sum
        one, two = self._create_item(1000, 40), self._create_item(500, 30)
        notice = self._issue_first(one)

        def get_states(kind):
            charges = notice.charge_ids.filtered(lambda charge: charge.kind == kind)
            return charges.mapped("state")

        self._dispute(one, 0.01).action_uphold()
        # a cent less is owed, and the debtor was late with the rest
        self.assertEqual(get_states("lump_sum"), ["posted", "posted"])
        self.assertEqual(get_states("fee"), ["posted"])
        self._dispute(one).action_uphold()
        self.assertEqual(sorted(get_states("lump_sum")), ["posted", "reversed"])
        self.assertEqual(get_states("fee"), ["posted"])
        self._dispute(two).action_uphold()
        self.assertEqual(set(get_states("lump_sum")), {"reversed"})
        self.assertEqual(get_states("fee"), ["reversed"])

    @freeze_time(TODAY)
    def test_whole_charges_of_a_bill_are_given_up(self):
        _item, notice = self._charged()
        bill = self._get_items(notice.charge_move_id)
        fee = notice.charge_ids.filtered(lambda charge: charge.kind == "fee")
        with self.assertRaisesRegex(UserError, "given up as a whole"):
            self._dispute(bill, fee.amount / 2).action_uphold()
        self.env["account.dunning.dispute"].search([("state", "=", "open")]).unlink()

        self._dispute(bill, fee.amount).action_uphold()

        self.assertEqual(fee.state, "waived")
        self.assertAlmostEqual(
            bill.amount_residual,
            sum(
                notice.charge_ids.filtered(lambda c: c.state == "posted").mapped(
                    "amount"
                )
            ),
        )
        # nothing stands in the way of taking back the rest
        notice.action_reverse()
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})

    @freeze_time(TODAY)
    def test_collector_gives_up_charges_within_the_limit_only(self):
        self.company.dunning_waive_limit = 1
        _item, notice = self._charged()
        dispute = self._dispute(self._get_items(notice.charge_move_id))
        dispute.user_id = self.collector
        with self.assertRaisesRegex(UserError, "You may waive up to"):
            dispute.with_user(self.collector).action_uphold()
        with self.assertRaisesRegex(UserError, "You may waive up to"):
            notice.run_id.with_user(self.collector).action_reverse()

    @freeze_time(TODAY)
    def test_what_was_upheld_is_known_to_charges_that_come_back(self):
        """400 of 1,000 upheld: 30 days on 600, by whatever way they are owed again."""
        right = self._get_right_interest()

        def waive_and_reinstate(notice):
            interest = notice.charge_ids.filtered(lambda c: c.kind == "interest")
            interest._waive("goodwill")
            yield
            notice.charge_ids.filtered(lambda c: c.state == "waived")._reinstate()

        def reverse_the_next_one(notice):
            item = notice.line_ids.move_line_id
            later = self._issue_first(item, DAY + timedelta(days=14))
            yield
            later.action_reverse()

        for posting, way in (
            ("post", waive_and_reinstate),
            ("when_paid", waive_and_reinstate),
            ("when_paid", reverse_the_next_one),
            ("show", reverse_the_next_one),
        ):
            with (
                self.subTest(posting=posting, way=way.__name__),
                self.env.cr.savepoint() as savepoint,
            ):
                self.policy.charge_posting = posting
                item = self._create_item(1000, 30)
                notice = self._issue_first(item)
                steps = way(notice)
                next(steps)
                self._dispute(item, 400).action_uphold()
                next(steps, None)
                owed = notice.charge_ids.filtered(
                    lambda charge: charge.kind == "interest"
                    and charge.state in ("shown", "waiting", "posted")
                )
                self.assertAlmostEqual(sum(owed.mapped("amount")), right, delta=0.02)
                savepoint.rollback()
                self.env.invalidate_all()

    def _get_right_interest(self):
        """Return the interest of an item of 600 on its first notice."""
        with self.env.cr.savepoint() as savepoint:
            notice = self._issue_first(self._create_item(600, 30))
            right = notice.amount_interest
            savepoint.rollback()
            self.env.invalidate_all()
        return right
