from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .charges_common import ChargesCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestChargesLater(ChargesCommon):
    """Charges that are billed when the items are paid, or only shown."""

    def setUp(self):
        super().setUp()
        self.policy.charge_posting = "when_paid"
        self.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": self.fee.ids}
        )
        self.item = self._create_item(1000, 30)
        self.first_notice = self._issue_first(self.item)

    def test_nothing_is_booked_with_the_notice(self):
        self.assertFalse(self.first_notice.charge_move_id)
        self.assertEqual(self.first_notice.amount_total, 1015.34)
        self.assertEqual(set(self.first_notice.charge_ids.mapped("state")), {"waiting"})

    def test_next_notice_asks_for_all_of_it(self):
        second = self._issue_first(self.item, DAY + timedelta(days=20))

        # 10.34 and 6.87 of interest, two fees
        self.assertAlmostEqual(second.amount_interest, 17.21)
        self.assertEqual(second.amount_fee, 10)
        self.assertEqual(set(self.first_notice.charge_ids.mapped("state")), {"carried"})
        # the first one keeps what it told
        self.assertEqual(self.first_notice.amount_total, 1015.34)

    def test_reversing_the_next_notice_brings_the_first_ones_back(self):
        second = self._issue_first(self.item, DAY + timedelta(days=20))

        second.action_reverse()

        self.assertEqual(set(self.first_notice.charge_ids.mapped("state")), {"waiting"})
        self.assertEqual(self.item.dunning_interest_date, DAY)

    def test_paid_items_let_the_charges_be_billed(self):
        self._pay(self.item, 1000, day=DAY + timedelta(days=3))

        self.env["account.dunning.notice"]._bill_waiting(self.company)

        bill = self.first_notice.charge_move_id
        # and 0.69 for the two days until the payment
        self.assertEqual(bill.amount_total, 16.03)
        self.assertEqual(set(self.first_notice.charge_ids.mapped("state")), {"posted"})
        # once
        self.env["account.dunning.notice"]._bill_waiting(self.company)
        self.assertEqual(len(self.first_notice.charge_credit_ids), 1)

    def test_open_items_keep_them_waiting(self):
        self._pay(self.item, 999)

        self.env["account.dunning.notice"]._bill_waiting(self.company)

        self.assertFalse(self.first_notice.charge_move_id)

    def test_waiting_charges_are_waived_without_a_credit_note(self):
        self.first_notice.charge_ids.with_user(self.manager)._waive("goodwill")

        self.assertEqual(self.first_notice.amount_total, 1000)
        self.assertFalse(self.first_notice.charge_ids.credit_move_id)

    def test_bill_of_today_for_a_notice_of_the_past(self):
        self._pay(self.item, 1000)
        with freeze_time("2024-08-01"):
            self.env["account.dunning.notice"]._bill_waiting(self.company)

        bill = self.first_notice.charge_move_id
        self.assertEqual(bill.invoice_date, date(2024, 8, 1))
