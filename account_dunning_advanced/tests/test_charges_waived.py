from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .charges_common import ChargesCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestChargesUndone(ChargesCommon):
    """What was charged can be waived, charged again and reversed, in the ledger too."""

    def setUp(self):
        super().setUp()
        self.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": self.fee.ids}
        )
        self.item = self._create_item(1000, 30)
        self.before = self._get_balances()
        self.notice = self._issue_first(self.item)
        self.fee_charge = self.notice.charge_ids.filtered(lambda c: c.kind == "fee")

    def _waive(self, charges, user, reason="goodwill"):
        action = charges.with_user(user).action_waive()
        wizard = (
            self.env[action["res_model"]]
            .with_user(user)
            .with_context(**action["context"])
            .create({"reason": reason})
        )
        wizard.action_apply()

    def test_waiving_credits_what_was_billed(self):
        self._waive(self.fee_charge, self.manager)

        self.assertRecordValues(
            self.fee_charge,
            [
                {
                    "state": "waived",
                    "reason": "goodwill",
                    "decided_by_id": self.manager.id,
                }
            ],
        )
        credit = self.fee_charge.credit_move_id
        self.assertRecordValues(
            credit, [{"state": "posted", "amount_total": 5.0, "payment_state": "paid"}]
        )
        self.assertEqual(credit.reversed_entry_id, self.notice.charge_move_id)
        self.assertEqual(self.notice.charge_move_id.amount_residual, 10.34)
        self.assertEqual(self.notice.amount_fee, 0)
        self.assertEqual(self.notice.amount_total, 1010.34)

    def test_collector_waives_up_to_the_limit(self):
        with self.assertRaisesRegex(UserError, "waive up to"):
            self._waive(self.fee_charge, self.collector)
        self.company.dunning_waive_limit = 5

        self._waive(self.fee_charge, self.collector)

        self.assertEqual(self.fee_charge.state, "waived")
        with self.assertRaisesRegex(UserError, "waive up to"):
            self._waive(self.notice.charge_ids - self.fee_charge, self.collector)

    def test_stranger_waives_nothing(self):
        self.company.dunning_waive_limit = 1000
        reader = self._create_user("reader", "group_dunning_user")
        reader.group_ids = [
            Command.set([self.env.ref("account.group_account_readonly").id])
        ]

        with self.assertRaises(AccessError):
            self.fee_charge.with_user(reader)._waive("x")
        with self.assertRaises(AccessError):
            self.fee_charge.with_user(self.collector).write({"amount": 0})
        with self.assertRaises(AccessError):
            self.fee_charge.with_user(self.collector).unlink()

    def test_reason_is_required(self):
        with self.assertRaises(UserError):
            self._waive(self.fee_charge, self.manager, reason=" ")

    def test_waiving_twice_is_refused(self):
        self._waive(self.fee_charge, self.manager)

        with self.assertRaisesRegex(UserError, "not owed"):
            self._waive(self.fee_charge, self.manager)

    def test_reinstating_charges_again(self):
        ledger = self._get_balances()
        self._waive(self.fee_charge, self.manager)

        self.fee_charge.with_user(self.manager).action_reinstate()

        self.assertEqual(self.fee_charge.state, "posted")
        self.assertEqual(self._get_balances(), ledger)
        self.assertEqual(self.notice.charge_move_id.amount_residual, 15.34)
        self.assertEqual(self.notice.amount_fee, 5)
        # and it can be waived once more
        self._waive(self.fee_charge, self.manager)
        self.assertEqual(self.notice.charge_move_id.amount_residual, 10.34)

    def test_reversing_the_notice_restores_the_books(self):
        self.notice.action_reverse()

        self.assertEqual(self._get_balances(), self.before)
        self.assertEqual(self.notice.charge_move_id.payment_state, "reversed")
        self.assertEqual(set(self.notice.charge_ids.mapped("state")), {"reversed"})
        self.assertFalse(self.item.dunning_interest_date)
        # the next notice charges it anew
        again = self._issue_first(self.item, DAY + timedelta(days=1))
        self.assertEqual(
            min(
                again.charge_ids.filtered(lambda c: c.kind == "interest").mapped(
                    "date_from"
                )
            ),
            date(2024, 5, 16),
        )

    def test_reversing_after_waiving_credits_the_rest_only(self):
        self._waive(self.fee_charge, self.manager)

        self.notice.action_reverse()

        self.assertEqual(self._get_balances(), self.before)
        credits = self.notice.charge_credit_ids - self.notice.charge_move_id
        self.assertEqual(sorted(credits.mapped("amount_total")), [5, 10.34])

    def test_reversing_the_second_keeps_what_the_first_charged(self):
        second = self._issue_first(self.item, DAY + timedelta(days=20))

        second.action_reverse()

        self.assertEqual(self.item.dunning_interest_date, DAY)
        self.assertEqual(self.notice.charge_move_id.amount_residual, 15.34)

    def test_reversing_when_the_bill_was_paid_leaves_a_credit(self):
        bill = self._get_items(self.notice.charge_move_id)
        self._pay(bill, 15.34)

        self.notice.action_reverse()

        credit = self.notice.charge_credit_ids - self.notice.charge_move_id
        self.assertEqual(credit.amount_residual, 15.34)

    def test_bill_is_not_edited_behind_the_notice(self):
        bill = self.notice.charge_move_id

        for act in (bill.button_draft, bill.button_cancel):
            with self.assertRaisesRegex(UserError, "waive them"):
                act()

    def test_bill_credited_by_an_accountant_counts_as_waived(self):
        bill = self.notice.charge_move_id
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": bill.journal_id.id, "date": DAY})
        )

        wizard.refund_moves()
        credit = bill.reversal_move_ids
        credit.action_post()

        self.assertEqual(set(self.notice.charge_ids.mapped("state")), {"waived"})
        self.assertEqual(self.notice.charge_ids.credit_move_id, credit)
        self.assertEqual(self.notice.amount_total, 1000)
        # reversing the notice does not credit it once more
        self.notice.action_reverse()
        self.assertEqual(self._get_balances(), self.before)

    def test_paid_before_it_went_out_costs_nothing(self):
        self._pay(self.item, 1000)

        self.notice.action_send()

        self.assertEqual(self.notice.delivery_state, "skipped")
        self.assertEqual(self.notice.charge_move_id.payment_state, "reversed")

    def test_collectors_limit_holds_before_the_issue_too(self):
        other = self._create_item(700, 30, self._create_debtor("Other"))
        fee = self._run(partner_ids=other.partner_id.ids).notice_ids.charge_ids
        fee = fee.filtered(lambda c: c.kind == "fee")

        with self.assertRaisesRegex(UserError, "waive up to"):
            self._waive(fee, self.collector)
        self.assertEqual(fee.state, "draft")

        self.company.dunning_waive_limit = 5
        self._waive(fee, self.collector)
        self.assertEqual(fee.state, "dropped")
        # and what was left out counts with what is waived later
        rest = fee.notice_id.charge_ids.filtered(lambda c: c.state == "draft")
        with self.assertRaisesRegex(UserError, "waive up to"):
            self._waive(rest, self.collector)

    def test_planned_charge_is_left_out_and_stays_out(self):
        self.company.dunning_waive_limit = 5
        other = self._create_item(700, 30, self._create_debtor("Other"))
        run = self._run(partner_ids=other.partner_id.ids)
        fee = run.notice_ids.charge_ids.filtered(lambda c: c.kind == "fee")
        before = run.plan_hash

        self._waive(fee, self.collector, "promised on the phone")

        self.assertEqual(fee.state, "dropped")
        self.assertEqual(run.notice_ids.amount_fee, 0)
        self.assertNotEqual(run.plan_hash, before)
        self.assertEqual(run.change_ids.note, "promised on the phone")
        run.action_approve()
        self._pay(other, 100)  # planned anew at issue, for less is owed
        run.action_issue()
        self.assertEqual(run.notice_ids.amount_fee, 0)
        self.assertEqual(
            run.notice_ids.charge_move_id.invoice_line_ids.mapped("name"),
            [
                line
                for line in run.notice_ids.charge_move_id.invoice_line_ids.mapped(
                    "name"
                )
                if "Interest" in line
            ],
        )
