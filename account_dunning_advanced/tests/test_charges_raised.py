import random
from collections import defaultdict
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .charges_common import ChargesCommon
from .common import DAY
from .writeoff_common import WriteoffCommon

ONE_DAY = timedelta(days=1)
LATER = DAY + timedelta(days=20)
#: Owed: announced, to be billed or billed.
OWED = ("shown", "waiting", "posted")


class RaisedCommon(ChargesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.level_ids.charge_interest = True

    def _correct(self):
        self.env["account.dunning.notice"]._bill_waiting(self.company)

    def _get_charges(self, item, *states):
        return self.env["account.dunning.notice.charge"].search(
            [
                ("move_line_id", "=", item.id),
                ("state", "in", states or OWED),
                ("kind", "=", "interest"),
            ]
        )

    def _get_bases(self, item, last):
        """Return {day: what bears interest}, by the charges that are owed."""
        bases = defaultdict(float)
        for charge in self._get_charges(item):
            day = charge.date_from
            while day <= min(charge.date_to, last):
                bases[day] += charge.base
                day += ONE_DAY
        return {day: round(base, 2) for day, base in bases.items() if base}

    def _get_open(self, item, last):
        """Return {day: what was open}, of the days that bear interest, by the ledger.

        Credits that are not matched lower it too, where the policy nets them.
        """
        lowered = [
            (part.credit_move_id.date, part.debit_amount_currency)
            for part in item.matched_credit_ids
        ]
        if self.policy.netting == "debtor":
            credits = self.env["account.move.line"].search(
                [
                    ("partner_id", "=", item.partner_id.id),
                    ("account_id", "=", item.account_id.id),
                    ("parent_state", "=", "posted"),
                    ("amount_residual_currency", "<", 0),
                ]
            )
            lowered += [(c.date, -c.amount_residual_currency) for c in credits]
        course, day = {}, item.date_maturity + ONE_DAY
        while day <= last:
            paid = sum(amount for since, amount in lowered if since <= day)
            course[day] = round(max(item.amount_currency - paid, 0), 2)
            day += ONE_DAY
        return {day: amount for day, amount in course.items() if amount}


@tagged("post_install", "-at_install")
class TestChargesRaised(RaisedCommon):
    """Interest that was lowered comes back with the next notice, if it was owed.

    1,000 due on 15 May 2024, charged 12.62 % for 30 days to 14 June: 10.34. The second
    notice is of 4 July; from 1 July on the rate is 12.37 %.
    """

    def setUp(self):
        super().setUp()
        self.item = self._create_item(1000, 30)
        self.notice = self._issue_first(self.item)

    def _lower(self):
        """Book 400 of 31 May late; return the payment's item."""
        self._pay(self.item, 400, date(2024, 5, 31))
        self._correct()
        self.assertAlmostEqual(sum(self._get_charges(self.item).mapped("amount")), 8.28)
        return self.item.matched_credit_ids.credit_move_id

    def _undo_payment(self, paid):
        """The payment was somebody else's."""
        paid.payment_id.action_draft()
        paid.payment_id.action_cancel()

    def _dispute(self, item, amount, **values):
        return self.env["account.dunning.dispute"].create(
            {
                "partner_id": item.partner_id.id,
                "move_line_ids": [Command.set(item.ids)],
                "amount": amount,
                "date": DAY,
                "reason_id": self.env.ref(
                    "account_dunning_advanced.account_dunning_dispute_reason_price"
                ).id,
                **values,
            }
        )

    # === WHAT COMES BACK === #

    def test_undone_payment_brings_its_interest_back_with_the_next_notice(self):
        paid = self._lower()
        [lowered] = self._get_charges(self.item, "reversed")
        self._undo_payment(paid)
        self._correct()
        self.assertAlmostEqual(
            sum(self._get_charges(self.item).mapped("amount")), 8.28, msg="no bill yet"
        )

        second = self._issue_first(self.item, LATER)

        self.assertRecordValues(
            second.charge_ids.sorted("date_from"),
            [
                # 400 x 12.62 % x 15 / 366, above the 600 that were charged
                {
                    "date_from": date(2024, 5, 31),
                    "date_to": DAY,
                    "base": 400,
                    "base_floor": 600,
                    "amount": 2.07,
                    "restored_id": lowered.id,
                },
                {
                    "date_from": date(2024, 6, 15),
                    "date_to": date(2024, 6, 30),
                    "base": 1000,
                    "base_floor": 0,
                    "amount": 5.52,
                    "restored_id": False,
                },
                {
                    "date_from": date(2024, 7, 1),
                    "date_to": LATER,
                    "base": 1000,
                    "base_floor": 0,
                    "amount": 1.35,
                    "restored_id": False,
                },
            ],
        )
        self.assertIn("charged again", second.charge_ids[:1].explanation)
        self.assertEqual(
            second.charge_move_id.amount_total, sum(second.charge_ids.mapped("amount"))
        )
        # and once: the third one charges its own days
        third = self._issue_first(self.item, LATER + timedelta(days=20))
        self.assertEqual(set(third.charge_ids.mapped("date_from")), {LATER + ONE_DAY})

    def test_days_taken_back_as_a_whole_come_back(self):
        self._pay(self.item, 1000, date(2024, 5, 20))
        self._correct()
        self._undo_payment(self.item.matched_credit_ids.credit_move_id)

        second = self._issue_first(self.item, LATER)

        self.assertEqual(min(second.charge_ids.mapped("date_from")), date(2024, 5, 20))
        self.assertEqual(
            self._get_bases(self.item, LATER), self._get_open(self.item, LATER)
        )

    def test_what_comes_back_falls_where_the_payment_does_count(self):
        paid = self._lower()
        self.policy.netting = "none"
        self.item.remove_move_reconcile()
        second = self._issue_first(self.item, LATER)
        self.assertIn(400, second.charge_ids.mapped("base"))

        (self.item | paid).reconcile()
        self._correct()

        bases = self._get_bases(self.item, LATER)
        self.assertEqual(bases, self._get_open(self.item, LATER))
        # and again, to and fro
        self.item.remove_move_reconcile()
        self._correct()
        self._issue_first(self.item, LATER + timedelta(days=20))
        bases = self._get_bases(self.item, LATER)
        self.assertEqual(bases, self._get_open(self.item, LATER))

    def test_rejected_dispute_leaves_no_gap(self):
        item = self._create_item(1000, 30, self._create_debtor("Disputes"))
        dispute = self.env["account.dunning.dispute"].create(
            {
                "partner_id": item.partner_id.id,
                "move_line_ids": [Command.set(item.ids)],
                "amount": 300,
                "date": DAY - timedelta(days=5),
                "reason_id": self.env["account.dunning.dispute.reason"]
                .search([], limit=1)
                .id,
            }
        )
        self._issue_first(item)
        self.assertEqual(set(self._get_charges(item).mapped("base")), {700})
        with freeze_time(DAY + ONE_DAY):
            dispute.action_reject()

        self._issue_first(item, LATER)

        self.assertEqual(self._get_bases(item, LATER), self._get_open(item, LATER))

    def test_credit_of_a_dispute_that_is_taken_back(self):
        """Upheld for 300 by mistake; the accountant reverses the credit note."""
        dispute = self.env["account.dunning.dispute"].create(
            {
                "partner_id": self.debtor.id,
                "move_line_ids": [Command.set(self.item.ids)],
                "amount": 1000,
                "date": DAY,
                "date_ground": date(2024, 5, 10),
                "reason_id": self.env["account.dunning.dispute.reason"]
                .search([], limit=1)
                .id,
            }
        )
        with freeze_time(DAY + ONE_DAY):
            dispute._uphold_part(300)
            self.assertEqual(set(self._get_charges(self.item).mapped("base")), {700})
            credit = self.env["account.move"].search(
                [
                    ("dunning_dispute_id", "=", dispute.id),
                    ("reversed_entry_id", "=", self.item.move_id.id),
                ]
            )
            credit._reverse_moves(cancel=True)
        self.assertEqual(self.item.amount_residual, 1000)

        self._issue_first(self.item, LATER)

        self.assertEqual(
            self._get_bases(self.item, LATER), self._get_open(self.item, LATER)
        )

    # === WHAT DOES NOT === #

    def test_what_a_person_waived_does_not_come_back(self):
        paid = self._lower()
        self._get_charges(self.item)[-1]._waive("goodwill")
        self._undo_payment(paid)

        second = self._issue_first(self.item, LATER)

        self.assertEqual(min(second.charge_ids.mapped("date_from")), DAY + ONE_DAY)

    def test_what_is_left_out_in_the_review_does_not_come_back(self):
        paid = self._lower()
        self._undo_payment(paid)
        with freeze_time(LATER):
            run = self._run(LATER)
            back = run.notice_ids.charge_ids.filtered("restored_id")
            self.assertTrue(back)
            back._waive("our mistake")
            run.action_approve()
            run.action_issue()

        third = self._issue_first(self.item, LATER + timedelta(days=20))

        self.assertEqual(min(third.charge_ids.mapped("date_from")), LATER + ONE_DAY)

    def test_upheld_interest_is_not_charged_anew(self):
        """The debtor disputes the bill of the interest, and is right."""
        bill = self._get_items(self.notice.charge_move_id)
        dispute = self.env["account.dunning.dispute"].create(
            {
                "partner_id": self.debtor.id,
                "move_line_ids": [Command.set(bill.ids)],
                "amount": bill.amount_residual,
                "date": DAY,
                "reason_id": self.env["account.dunning.dispute.reason"]
                .search([], limit=1)
                .id,
            }
        )
        with freeze_time(DAY + ONE_DAY):
            dispute.action_uphold()

        second = self._issue_first(self.item, LATER)

        self.assertEqual(min(second.charge_ids.mapped("date_from")), DAY + ONE_DAY)


@tagged("post_install", "-at_install")
class TestChargesLost(WriteoffCommon, RaisedCommon):
    """What waits on an item is given up with it, and comes back with it."""

    def test_charges_wait_again_when_the_write_off_is_reversed(self):
        self.policy.charge_posting = "when_paid"
        item = self._create_item(1000, 30)
        notice = self._issue_first(item)
        waived = self._create_item(1000, 30, self._create_debtor("Waived"))
        by_hand = self._issue_first(waived).charge_ids
        by_hand._waive("goodwill")
        with freeze_time(DAY + ONE_DAY):
            request = self._write_off(item | waived, date=DAY + ONE_DAY)
            self._correct()
        self.assertEqual(notice.charge_ids.state, "waived")

        with freeze_time(LATER):
            request.with_user(self.manager).action_reverse()
            self._correct()

        self.assertEqual(notice.charge_ids.state, "waiting")
        self.assertEqual(notice.amount_interest, 10.34)
        self.assertEqual(by_hand.state, "waived", "not what a person gave up")


@tagged("post_install", "-at_install")
class TestChargesToAndFro(RaisedCommon):
    """Whatever is matched and undone: owed is what the ledger says, never more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.setup_other_currency(
            "EUR", rates=[("2020-01-01", 2.0), ("2024-07-01", 3.7)]
        )

    def _step(self, rng, item, payments):
        """Let one random thing happen to the books."""
        what = rng.choice(["pay", "pay", "unmatch", "match", "cancel"])
        open_ = item.amount_residual_currency
        if what == "pay" and open_ > 0:
            amount = item.currency_id.round(min(open_, rng.choice([70, 123.45, 400])))
            day = item.date_maturity + timedelta(days=rng.randint(-3, 70))
            payments |= self._pay(item, amount, day)
        elif what == "unmatch":
            item.remove_move_reconcile()
        elif what == "match" and not item.reconciled:
            credits = payments.move_id.line_ids.filtered(
                lambda line: line.account_id == item.account_id and not line.reconciled
            )
            if credits:
                (item | rng.choice(credits)).reconcile()
        elif what == "cancel" and payments:
            payment = rng.choice(payments)
            payments -= payment
            payment.action_draft()
            payment.action_cancel()
        return payments

    def _live(self, seed, netting):
        """Dun one item three times, with random bookings in between."""
        rng = random.Random(seed)
        self.policy.netting = netting
        self.policy.charge_posting = rng.choice(["post", "show"])
        item = self._create_item(
            1000, 30, currency=rng.choice([self.company.currency_id, self.foreign])
        )
        payments = self.env["account.payment"]
        for number in range(3):
            last = DAY + timedelta(days=20 * number)
            for _step in range(3 * bool(number)):
                payments = self._step(rng, item, payments)
                self._correct()
                self.assertNotAbove(item, last)
            with freeze_time(last):
                run = self._run(last, issue=True)
            self.assertNotAbove(item, last)
            if item in run.notice_ids.line_ids.move_line_id:
                bases = self._get_bases(item, last)
                self.assertEqual(bases, self._get_open(item, last))
        self.assertBilled(item)

    def test_owed_is_what_the_ledger_says(self):
        for seed in range(8):
            netting = ("debtor", "none")[seed % 2]
            with self.subTest(seed=seed, netting=netting):
                with self.env.cr.savepoint() as savepoint:
                    try:
                        self._live(seed, netting)
                    finally:
                        self.env.flush_all()
                        savepoint.rollback()
                        self.env.invalidate_all(flush=False)

    def assertNotAbove(self, item, last):
        """What the debtor is charged on is no more than what was open in the books."""
        lowered = [
            (part.credit_move_id.date, part.debit_amount_currency)
            for part in item.matched_credit_ids
        ]
        for day, base in self._get_bases(item, last).items():
            paid = sum(amount for since, amount in lowered if since <= day)
            self.assertLessEqual(base, round(item.amount_currency - paid, 2), day)

    def assertBilled(self, item):
        """What is owed and billed is what bills less credit notes come to."""
        charges = self._get_charges(item, "posted")
        moves = (
            self.env["account.dunning.notice"]
            .search([("partner_id", "=", item.partner_id.id)])
            .charge_credit_ids.filtered(lambda move: move.state == "posted")
        )
        self.assertAlmostEqual(
            sum(charges.mapped("amount")),
            sum(moves.mapped("amount_total_in_currency_signed")),
        )
