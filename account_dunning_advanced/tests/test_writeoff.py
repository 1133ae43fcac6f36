from datetime import date, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import (
    AccessError,
    LockError,
    RedirectWarning,
    UserError,
    ValidationError,
)
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DAY, DunningCommon


class WriteoffCommon(DunningCommon):
    """A company that is set up for write-offs, on DAY."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(f"{DAY} 10:00:00"))
        cls.bad_debts = cls.company_data["default_account_expense"].copy(
            {"name": "Bad Debts"}
        )
        cls.company.write(
            {
                "dunning_writeoff_journal_id": cls.company_data[
                    "default_journal_misc"
                ].id,
                "dunning_writeoff_account_id": cls.bad_debts.id,
                "dunning_writeoff_limit": 500,
            }
        )
        cls.uneconomic = cls.env.ref(
            "account_dunning_advanced.account_dunning_writeoff_reason_uneconomic"
        )
        cls.other_manager = cls._create_user("other_manager", "group_dunning_manager")

    # === HELPERS === #

    @classmethod
    def _create_reason(cls, **values):
        return cls.env["account.dunning.writeoff.reason"].create(
            {"name": "Reason", "code": f"test_{len(values)}", **values}
        )

    def _request(self, items, amount=None, reason=None, user=None, **values):
        """Make a draft that writes items off, by the collector."""
        Request = self.env["account.dunning.writeoff"].with_user(user or self.collector)
        return Request.create(
            {
                "company_id": self.company.id,
                "date": DAY,
                "reason_id": (reason or self.uneconomic).id,
                "line_ids": [
                    Command.create(
                        {"move_line_id": item.id}
                        | ({"amount": amount} if amount else {})
                    )
                    for item in items
                ],
                **values,
            }
        )

    def _write_off(self, items, **values):
        """Write items off, by a collector and a manager."""
        request = self._request(items, **values)
        request.action_submit()
        if request.state == "to_approve":
            request.with_user(self.manager).action_approve()
        request.with_user(self.manager).action_post()
        return request

    def _evidence(self):
        return (
            self.env["ir.attachment"]
            .with_user(self.collector)
            .create({"name": "register.txt", "raw": b"dissolved"})
        )

    def _trial_balance(self):
        """Return {account id: (balance, balance in currencies)} of what is posted."""
        return {
            account.id: (round(balance, 2), round(in_currency, 2))
            for account, balance, in_currency in self.env[
                "account.move.line"
            ]._read_group(
                [
                    ("parent_state", "=", "posted"),
                    ("company_id", "=", self.company.id),
                ],
                ["account_id"],
                ["balance:sum", "amount_currency:sum"],
            )
            if round(balance, 2) or round(in_currency, 2)
        }


@tagged("post_install", "-at_install")
class TestWriteoff(WriteoffCommon):
    """An item is given up by one and approved by another, and stands in the ledger."""

    def test_a_small_item_is_written_off_by_the_collector_alone(self):
        item = self._create_item(100, 200)
        request = self._request(item)

        request.action_submit()
        request.action_post()

        self.assertEqual(request.state, "posted")
        self.assertFalse(request.approved_by_id)
        self.assertTrue(item.reconciled)
        self.assertEqual(item.move_id.payment_state, "paid")
        entry = request.line_ids.entry_id
        self.assertRecordValues(
            entry.line_ids.sorted("balance"),
            [
                {"account_id": item.account_id.id, "balance": -100},
                {"account_id": self.bad_debts.id, "balance": 100},
            ],
        )
        self.assertEqual(entry.date, DAY)
        self.assertEqual(entry.line_ids.partner_id, self.debtor)
        self.assertEqual(request.line_ids.amount_loss, 100)

    def test_part_of_an_item_is_written_off(self):
        item = self._create_item(100, 200)

        self._write_off(item, amount=40)

        self.assertEqual(item.amount_residual, 60)
        self.assertReason(item, "dun")

    def test_what_is_written_off_is_not_dunned(self):
        item = self._create_item(100, 30)
        self.assertReason(item, "dun")

        request = self._write_off(item)

        self.assertFalse(self._judge(item))
        self.assertEqual(item._dunning_reasons(DAY), {item.id: "not_open"})
        request.with_user(self.manager).action_reverse()
        self.assertReason(item, "dun")

    def test_late_payment_of_what_was_written_off(self):
        item, other = self._create_item(100, 200), self._create_item(50, 200)
        before = self._trial_balance()
        request = self._write_off(item | other)
        line = request.line_ids.filtered(lambda line: line.move_line_id == item)

        line.with_user(self.manager).action_reverse()
        self.assertEqual(item.amount_residual, 100)
        self.assertRecordValues(
            request.line_ids, [{"state": "reversed"}, {"state": "posted"}]
        )
        self.assertEqual(request.state, "posted")
        self._pay(item, 100)

        self.assertTrue(item.reconciled)
        request.with_user(self.manager).action_reverse()
        self.assertEqual(request.state, "reversed")
        self.assertEqual(other.amount_residual, 50)
        after = self._trial_balance()
        self.assertEqual(
            after[item.account_id.id][0], before[item.account_id.id][0] - 100
        )
        self.assertNotIn(self.bad_debts.id, after)

    def test_reversing_restores_the_trial_balance(self):
        items = self._create_item(100, 200) | self._create_item(70, 100)
        before = self._trial_balance()
        request = self._write_off(items)
        self.assertNotEqual(self._trial_balance(), before)

        request.with_user(self.manager).action_reverse()

        self.assertEqual(self._trial_balance(), before)
        self.assertEqual(items.mapped("amount_residual"), [100, 70])
        self.assertEqual(request.amount_total, 0)

    def test_odoos_own_reversal_is_noted(self):
        item = self._create_item(100, 200)
        request = self._write_off(item)

        entry = request.line_ids.entry_id
        entry._reverse_moves([{"date": DAY}], cancel=True)

        self.assertEqual(request.state, "reversed")
        self.assertEqual(request.line_ids.reversal_id.reversed_entry_id, entry)
        self.assertEqual(item.amount_residual, 100)

    def test_debtor_knows_the_story_and_the_new_figures(self):
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        item = self._create_item(100, 200)

        request = self._write_off(item)
        self.assertIn("Uneconomic", debtor.message_ids[0].body)
        self.assertIn(item.move_id.name, debtor.message_ids[0].body)
        self.assertEqual(debtor.amount_overdue, 0)

        request.with_user(self.manager).action_reverse()
        self.assertIn("reversed", debtor.message_ids[0].body)
        self.assertEqual(debtor.amount_overdue, 100)

    def test_typed_into_the_form(self):
        item, other = self._create_item(100, 200), self._create_item(50, 200)
        form = Form(self.env["account.dunning.writeoff"].with_user(self.collector))
        form.reason_id = self.uneconomic
        with form.line_ids.new() as line:
            line.move_line_id = item
            self.assertEqual(line.amount, 100)
            line.amount = 40
        with form.line_ids.new() as line:
            line.move_line_id = other
        request = form.save()

        self.assertEqual(request.line_ids.mapped("amount"), [40, 50])
        self.assertEqual(request.amount_total, 90)

    def test_entries_are_reversed_not_edited(self):
        request = self._write_off(self._create_item(100, 200))

        with self.assertRaisesRegex(UserError, "reverse that instead"):
            request.line_ids.entry_id.button_draft()

    def test_item_that_is_deleted_leaves_the_request(self):
        item = self._create_item(100, 200)
        request = self._request(item)

        item.move_id.button_draft()
        item.move_id.with_context(force_delete=True).unlink()

        self.assertFalse(request.line_ids)


@tagged("post_install", "-at_install")
class TestWriteoffCurrency(WriteoffCommon):
    def setUp(self):
        super().setUp()
        self.gold = self.setup_other_currency(
            "XAF",
            rounding=0.01,
            rates=[("2023-01-01", 2.0), ("2024-06-01", 4.0)],
        )

    def test_foreign_item_at_the_rate_of_the_day(self):
        # booked 120 at 2 for 1 = 60; on the day worth 30: 30 are lost in exchange
        before_all = self._trial_balance()
        item = self._create_item(120, 200, currency=self.gold)
        self.assertEqual(item.balance, 60)
        before = self._trial_balance()

        request = self._write_off(item)

        self.assertTrue(item.reconciled)
        self.assertFalse(item.amount_residual)
        after = self._trial_balance()
        self.assertEqual(after[self.bad_debts.id], (30.0, 120.0))
        self.assertEqual(
            after.get(item.account_id.id), before_all.get(item.account_id.id)
        )
        self.assertEqual(request.line_ids.amount_loss, 30)
        request.with_user(self.manager).action_reverse()
        self.assertEqual(item.amount_residual_currency, 120)
        self.assertEqual(item.amount_residual, 60)
        self.assertEqual(self._trial_balance(), before)

    def test_part_of_a_foreign_item(self):
        item = self._create_item(120, 200, currency=self.gold)

        self._write_off(item, amount=40)

        self.assertEqual(item.amount_residual_currency, 80)
        self.assertEqual(item.amount_residual, 40)

    def test_approval_limit_counts_company_currency(self):
        item = self._create_item(1200, 200, currency=self.gold)  # booked at 600
        request = self._request(item)

        request.action_submit()

        self.assertEqual(request.amount_total, 600)
        self.assertEqual(request.state, "to_approve")

    def test_approval_limit_counts_the_rate_of_the_day(self):
        # booked 400 at 2 for 1; at a half for 1, 1600 are lost
        self.gold.rate_ids.filtered(lambda rate: rate.rate == 4).rate = 0.5
        request = self._request(self._create_item(800, 200, currency=self.gold))

        request.action_submit()

        self.assertEqual(request.amount_total, 400)
        self.assertEqual(request.state, "to_approve")

    def test_a_new_rate_leads_to_the_approver_on_posting(self):
        rate = self.gold.rate_ids.filtered(lambda rate: rate.rate == 4)
        request = self._request(self._create_item(800, 200, currency=self.gold))
        request.action_submit()
        self.assertEqual(request.state, "approved")
        rate.rate = 0.5

        request.action_post()

        self.assertEqual(request.state, "to_approve")
        self.assertFalse(request.line_ids.entry_id)
        request.with_user(self.manager).action_approve()
        request.with_user(self.manager).action_post()
        self.assertEqual(request.amount_total, 1600)


@tagged("post_install", "-at_install")
class TestWriteoffApproval(WriteoffCommon):
    def test_a_large_item_does_not_go_in_slices(self):
        item = self._create_item(2000, 200)
        for state in ("approved", "to_approve"):
            request = self._request(item, amount=300)
            request.action_submit()
            self.assertEqual(request.state, state)
            if state == "approved":
                request.action_post()

        # what somebody else approved does not stand in the way of the next small one
        request.with_user(self.manager).action_approve()
        request.with_user(self.manager).action_post()
        last = self._request(item, amount=200)
        last.action_submit()
        self.assertEqual(last.state, "approved")

    def test_other_items_of_the_customer_count_for_a_year(self):
        table = {
            # (day of the first, other customer): state of the second
            (DAY - timedelta(days=20), False): "to_approve",
            (DAY - timedelta(days=20), True): "approved",
            (date(2023, 6, 15), False): "to_approve",
            (date(2023, 6, 14), False): "approved",
        }
        other = self._create_debtor("Other")
        for (day, is_other), state in table.items():
            with (
                self.subTest(day=day, is_other=is_other),
                self.env.cr.savepoint() as savepoint,
            ):
                first = self._request(self._create_item(300, 500), date=day)
                first.action_submit()
                first.action_post()
                partner = other if is_other else self.debtor
                second = self._request(self._create_item(300, 90, partner=partner))
                second.action_submit()
                self.assertEqual(second.state, state)
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_slices_of_one_item_count_however_long_ago(self):
        item = self._create_item(1000, 1000)
        first = self._request(item, amount=300, date=DAY - timedelta(days=800))
        first.action_submit()
        first.action_post()

        second = self._request(item, amount=300)
        second.action_submit()

        self.assertEqual(second.state, "to_approve")

    def test_what_waits_to_be_posted_counts_and_what_was_reversed_does_not(self):
        first = self._request(self._create_item(300, 200))
        first.action_submit()
        second = self._request(self._create_item(300, 100))
        second.action_submit()
        self.assertEqual(second.state, "to_approve")

        second.action_reset()
        first.action_post()
        first.with_user(self.manager).action_reverse()
        second.action_submit()

        self.assertEqual(second.state, "approved")

    def test_limit_decides_who_approves(self):
        table = {499.99: "approved", 500: "approved", 500.01: "to_approve"}
        for amount, state in table.items():
            with self.subTest(amount=amount):
                request = self._request(self._create_item(amount, 200))
                request.action_submit()
                self.assertEqual(request.state, state)
                request.action_cancel()

    def test_collector_does_not_approve(self):
        request = self._request(self._create_item(1000, 200))
        request.action_submit()

        with self.assertRaisesRegex(UserError, "above the limit"):
            request.action_approve()
        with self.assertRaisesRegex(UserError, "cannot be posted"):
            request.action_post()
        request.with_user(self.manager).action_approve()
        with self.assertRaisesRegex(UserError, "above the limit"):
            request.action_post()

        request.with_user(self.manager).action_post()
        self.assertEqual(request.approved_by_id, self.manager)

    def test_nobody_approves_an_own_request(self):
        item = self._create_item(1000, 200)
        made = self._request(item, user=self.manager)
        # neither by having made it, nor by having submitted it
        made.with_user(self.collector).action_submit()
        with self.assertRaisesRegex(UserError, "somebody else"):
            made.action_approve()
        made.action_reset()
        made.with_user(self.other_manager).action_submit()
        with self.assertRaisesRegex(UserError, "somebody else"):
            made.with_user(self.other_manager).action_approve()
        made.action_cancel()

        sent = self._request(item)
        sent.action_submit()
        sent.with_user(self.manager).action_approve()
        self.assertEqual(sent.state, "approved")

    def test_what_was_submitted_does_not_change(self):
        request = self._request(self._create_item(1000, 200))
        line = request.line_ids
        item = self._create_item(5, 200)
        request.action_submit()

        for user in (self.collector, self.manager):
            for record, vals in (
                (request, {"date": DAY - timedelta(days=1)}),
                (request, {"reason_id": self._create_reason(code=user.login).id}),
                (request, {"line_ids": [Command.create({"move_line_id": item.id})]}),
                (line, {"amount": 1}),
            ):
                with (
                    self.subTest(user=user.login, vals=list(vals)),
                    self.assertRaisesRegex(UserError, "cannot be changed"),
                ):
                    record.with_user(user).write(vals)
            with self.assertRaisesRegex(UserError, "cannot be changed"):
                line.with_user(user).unlink()
            with self.assertRaisesRegex(UserError, "draft or cancelled"):
                request.with_user(user).unlink()

        request.action_reset()
        line.amount = 1
        request.action_submit()
        self.assertEqual(request.state, "approved")

    def test_responsible_is_asked(self):
        self.company.dunning_user_id = self.manager
        request = self._request(self._create_item(1000, 200))

        request.action_submit()

        self.assertEqual(request.activity_ids.user_id, self.manager)
        request.with_user(self.manager).action_approve()
        self.assertFalse(request.activity_ids)

    def test_collector_does_not_reverse(self):
        request = self._write_off(self._create_item(10, 200))

        for record in (request, request.line_ids):
            with self.assertRaisesRegex(UserError, "administrator"):
                record.with_user(self.collector).action_reverse()

    def test_states_and_amounts_cannot_be_forged(self):
        request = self._request(self._create_item(1000, 200))
        for user in (self.collector, self.manager):
            for record, vals in (
                (request, {"state": "approved"}),
                (request, {"approved_by_id": user.id}),
                (request, {"user_id": self.other_manager.id}),
                (request.line_ids, {"state": "posted"}),
                (request.line_ids, {"tax_relief": 5}),
                (request.line_ids, {"amount_company": 5}),
            ):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    record.with_user(user).write(vals)


@tagged("post_install", "-at_install")
class TestWriteoffPosting(WriteoffCommon):
    """Posted once, for what is still open, on an open day, or not at all."""

    def _approved(self, items, **values):
        request = self._request(items, **values)
        request.action_submit()
        return request

    def test_what_was_paid_meanwhile_is_dropped(self):
        paid, part, left = (self._create_item(100, 200) for _number in range(3))
        request = self._approved(paid | part | left)
        self._pay(paid, 100)
        self._pay(part, 30)

        request.action_post()

        self.assertRecordValues(
            request.line_ids,
            [{"state": "dropped"}, {"state": "dropped"}, {"state": "posted"}],
        )
        self.assertIn("70.00", request.line_ids[1].outcome)
        self.assertEqual(part.amount_residual, 70)
        self.assertEqual(request.amount_total, 100)
        self.assertIn("was dropped", str(request.message_ids.mapped("body")))

    def test_nothing_left_cancels(self):
        item = self._create_item(100, 200)
        request = self._approved(item)
        self._pay(item, 100)

        request.action_post()

        self.assertEqual(request.state, "cancelled")

    def test_posted_once(self):
        request = self._approved(self._create_item(100, 200))
        request.action_post()

        with self.assertRaisesRegex(UserError, "cannot be posted"):
            request.action_post()

        self.assertEqual(len(request.line_ids.entry_id), 1)

    def test_second_user_is_refused_while_the_first_posts(self):
        request = self._approved(self._create_item(100, 200))
        posts_now = self.registry["account.dunning.writeoff"]
        self.patch(
            posts_now,
            "try_lock_for_update",
            lambda records, **_options: records.browse(),
        )

        def refuse(records, **_options):
            # what Odoo raises when another transaction holds the row
            raise LockError("Cannot grab a lock on records")

        self.patch(posts_now, "lock_for_update", refuse)
        with self.assertRaises(LockError):
            request.action_post()
        self.assertFalse(request.line_ids.entry_id)

    def test_item_is_only_in_one_open_request(self):
        item = self._create_item(100, 200)
        first = self._request(item, amount=10)

        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._request(item, amount=20).flush_recordset()

        first.action_submit()
        first.action_post()
        second = self._request(item, amount=20)
        second.action_cancel()
        self.assertTrue(self._request(item))

    def test_more_than_open_is_refused(self):
        item = self._create_item(100, 200)
        for amount in (100.01, 1000):
            with self.subTest(amount), self.assertRaises(ValidationError):
                self._request(item, amount=amount)
        with self.assertRaisesRegex(ValidationError, "not an open receivable"):
            self._request(self._create_credit(10), amount=5)

    def test_loss_is_not_booked_twice_after_unmatching(self):
        item = self._create_item(100, 200)
        first = self._write_off(item)
        other = self._request(self._create_item(10, 200))

        item.remove_move_reconcile()

        self.assertEqual(item.amount_residual, 100)
        self.assertTrue(first.line_ids.is_unmatched)
        self.assertTrue(first.has_unmatched)
        self.assertIn("Match them again", first.message_ids[0].body)
        self.assertEqual(first.activity_ids.user_id, self.collector)
        second = self._request(item)
        with self.assertRaisesRegex(UserError, "is booked already"):
            second.action_submit()
        second.action_cancel()
        # other items are not concerned
        other.action_submit()
        self.assertEqual(other.state, "approved")

        first.with_user(self.manager).action_reverse()
        self.assertFalse(first.line_ids.is_unmatched)
        self.assertFalse(first.activity_ids)
        second = self._write_off(item)
        self.assertEqual(second.state, "posted")
        self.assertEqual(self._trial_balance()[self.bad_debts.id][0], 100)

    def test_unmatched_loss_is_matched_again(self):
        item = self._create_item(100, 200)
        request = self._write_off(item, amount=40)
        counterpart = request.line_ids._get_counterpart(request.line_ids.entry_id)
        item.remove_move_reconcile()

        (item | counterpart).reconcile()

        self.assertFalse(request.line_ids.is_unmatched)
        self.assertEqual(item.amount_residual, 60)
        self.assertEqual(self._write_off(item).state, "posted")

    def test_matched_with_another_item_it_is_unmatched_still(self):
        item, other = self._create_item(100, 200), self._create_item(100, 100)
        request = self._write_off(item)
        counterpart = request.line_ids._get_counterpart(request.line_ids.entry_id)
        item.remove_move_reconcile()

        (other | counterpart).reconcile()

        self.assertTrue(request.line_ids.is_unmatched)

    def test_unmatching_before_posting_is_seen(self):
        item = self._create_item(100, 200)
        first = self._write_off(item, amount=40)
        second = self._approved(item)
        item.remove_move_reconcile()

        with self.assertRaisesRegex(UserError, "is booked already"):
            second.action_post()
        self.assertTrue(first.line_ids.is_unmatched)

    def test_reversing_is_no_news_of_unmatching(self):
        request = self._write_off(self._create_item(100, 200))

        request.with_user(self.manager).action_reverse()

        self.assertNotIn("unmatched", str(request.message_ids.mapped("body")))
        self.assertFalse(request.activity_ids)

    def test_the_context_does_not_hide_unmatching(self):
        item = self._create_item(100, 200)
        request = self._write_off(item)
        forged = request.line_ids.entry_id.ids

        item.with_context(dunning_reversed_entries=forged).remove_move_reconcile()

        self.assertTrue(request.line_ids.is_unmatched)

    def test_locked_day_is_refused_before_anything_is_written(self):
        item = self._create_item(100, 200)
        table = {
            "fiscalyear_lock_date": True,
            "hard_lock_date": True,
            # no tax is claimed back here
            "tax_lock_date": False,
        }
        for field, refused in table.items():
            with self.subTest(field), self.env.cr.savepoint() as savepoint:
                request = self._approved(item)
                self.company[field] = DAY
                if refused:
                    with self.assertRaisesRegex(UserError, "is locked"):
                        request.action_post()
                    self.assertEqual(request.state, "approved")
                    self.assertFalse(request.line_ids.entry_id)
                else:
                    request.action_post()
                    self.assertEqual(request.line_ids.entry_id.date, DAY)
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_reversal_on_a_locked_day_is_refused(self):
        request = self._write_off(self._create_item(100, 200))
        self.company.fiscalyear_lock_date = DAY

        with self.assertRaisesRegex(UserError, "is locked"):
            request.with_user(self.manager).action_reverse()

        self.assertEqual(request.state, "posted")

    def test_future_day_is_refused(self):
        request = self._request(
            self._create_item(100, 200), date=DAY + timedelta(days=1)
        )
        with self.assertRaisesRegex(UserError, "future"):
            request.action_submit()

    def test_missing_settings_lead_to_the_settings(self):
        item = self._create_item(100, 200)
        for field in ("dunning_writeoff_journal_id", "dunning_writeoff_account_id"):
            with self.subTest(field):
                value = self.company[field]
                self.company[field] = False
                request = self._request(item)
                with self.assertRaises(RedirectWarning) as caught:
                    request.action_submit()
                self.assertEqual(
                    caught.exception.args[1],
                    self.env.ref("account.action_account_config").id,
                )
                self.company[field] = value
                request.action_cancel()

    def test_error_half_way_leaves_nothing(self):
        items = self._create_item(100, 200) | self._create_item(50, 200)
        request = self._approved(items)
        before = self._trial_balance()
        self.bad_debts.active = False

        with self.assertRaises(UserError), self.env.cr.savepoint():
            request.action_post()

        self.env.invalidate_all()
        self.assertEqual(request.state, "approved")
        self.assertEqual(self._trial_balance(), before)

    def test_nothing_to_write_off(self):
        with self.assertRaisesRegex(UserError, "nothing to write off"):
            self._request(self.env["account.move.line"]).action_submit()


@tagged("post_install", "-at_install")
class TestWriteoffTax(WriteoffCommon):
    """The tax of what is lost comes back to the cent, where that is allowed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["account.account.tag"].create(
            {
                "name": "bad debt",
                "applicability": "taxes",
                "country_id": cls.company.account_fiscal_country_id.id,
            }
        )
        cls.tax_account = cls.company_data["default_account_tax_sale"]
        cls.tax = cls._create_tax(10)
        cls.reason = cls._create_reason(code="relief", tax_relief=True)
        cls.company.dunning_writeoff_tax_relief = True

    @classmethod
    def _create_tax(cls, percent, **values):
        return cls.env["account.tax"].create(
            {
                "name": f"{percent}%",
                "amount": percent,
                "company_id": cls.company.id,
                "invoice_repartition_line_ids": [
                    Command.create({"repartition_type": "base"}),
                    Command.create(
                        {"repartition_type": "tax", "account_id": cls.tax_account.id}
                    ),
                ],
                "refund_repartition_line_ids": [
                    Command.create({"repartition_type": "base"}),
                    Command.create(
                        {
                            "repartition_type": "tax",
                            "account_id": cls.tax_account.id,
                            "tag_ids": [Command.set(cls.tag.ids)],
                        }
                    ),
                ],
                **values,
            }
        )

    def _taxed(self, amount, tax=None, **values):
        """Post an invoice of ``amount`` without tax and return its item."""
        item = self._create_item(
            amount,
            200,
            invoice_line_ids=[
                Command.create(
                    {
                        "name": "Goods",
                        "price_unit": amount,
                        "tax_ids": [Command.set((tax or self.tax).ids)],
                    }
                )
            ],
            **values,
        )
        return item

    def test_tax_comes_back_with_the_tags_of_a_refund(self):
        item = self._taxed(100)

        request = self._write_off(item, reason=self.reason)

        tax_line = request.line_ids.entry_id.line_ids.filtered("tax_tag_ids")
        self.assertRecordValues(
            tax_line,
            [
                {
                    "account_id": self.tax_account.id,
                    "balance": 10,
                    "tax_line_id": self.tax.id,
                    "tax_tag_ids": self.tag.ids,
                }
            ],
        )
        self.assertRecordValues(
            request.line_ids,
            [{"amount_company": 110, "tax_relief": 10, "amount_loss": 100}],
        )
        self.assertEqual(self._trial_balance()[self.bad_debts.id][0], 100)
        self.assertNotIn(self.tax_account.id, self._trial_balance())

    # --- The taxable amount ---

    def _tag_report(self, tax):
        """Give a tax the same tags on invoices and refunds; return (base, tax) tag."""
        tags = self.env["account.account.tag"].create(
            [
                {
                    "name": f"{tax.name} {kind}",
                    "applicability": "taxes",
                    "country_id": tax.country_id.id,
                }
                for kind in ("base", "tax")
            ]
        )
        for line in tax.repartition_line_ids:
            line.tag_ids = tags[0] if line.repartition_type == "base" else tags[1]
        return tags

    def _report(self, tags):
        """Return what a tax report says of each tag."""
        return [
            round(
                sum(
                    self.env["account.move.line"]
                    .search(
                        [
                            ("tax_tag_ids", "in", tag.ids),
                            ("parent_state", "=", "posted"),
                        ]
                    )
                    .mapped("balance")
                ),
                2,
            )
            for tag in tags
        ]

    def test_taxable_amount_is_reduced_with_the_tax(self):
        tags = self._tag_report(self.tax)
        item = self._taxed(100)
        self.assertEqual(self._report(tags), [-100, -10])

        request = self._write_off(item, amount=55, reason=self.reason)

        self.assertEqual(self._report(tags), [-50, -5])
        [base] = request.line_ids.entry_id.line_ids.filtered("tax_ids")
        self.assertRecordValues(
            base,
            [
                {
                    "account_id": self.bad_debts.id,
                    "balance": 50,
                    "tax_ids": self.tax.ids,
                    "tax_tag_ids": tags[0].ids,
                    "is_refund": True,
                }
            ],
        )
        request.with_user(self.manager).action_reverse()
        self.assertEqual(self._report(tags), [-100, -10])

    def test_taxable_amount_stays_where_the_law_deducts_the_tax_alone(self):
        tags = self._tag_report(self.tax)
        self.reason.relief_base = False

        self._write_off(self._taxed(100), reason=self.reason)

        self.assertEqual(self._report(tags), [-100, 0])

    def test_no_relief_leaves_the_taxable_amount(self):
        tags = self._tag_report(self.tax)

        self._write_off(self._taxed(100), reason=self.uneconomic)

        self.assertEqual(self._report(tags), [-100, -10])

    def test_taxable_amounts_of_several_rates_in_another_currency(self):
        gold = self.setup_other_currency(
            "XAF", rounding=0.01, rates=[("2023-01-01", 2.0), ("2024-06-01", 4.0)]
        )
        low, free = self._create_tax(5), self.env["account.tax"]
        tags = self._tag_report(self.tax), self._tag_report(low)
        item = self._create_item(
            0,
            200,
            currency=gold,
            invoice_line_ids=[
                Command.create(
                    {"name": "x", "price_unit": 200, "tax_ids": [Command.set(tax.ids)]}
                )
                for tax in (self.tax, low, free)
            ],
        )
        before = self._trial_balance()
        self.assertEqual(
            [self._report(pair) for pair in tags], [[-100, -10], [-100, -5]]
        )

        request = self._write_off(item, reason=self.reason)

        self.assertEqual([self._report(pair) for pair in tags], [[0, 0], [0, 0]])
        # 630 are worth 157.50 on the day, and 15 come back
        self.assertEqual(request.line_ids.amount_loss, 142.5)
        self.assertEqual(self._trial_balance()[self.bad_debts.id], (142.5, 600))
        request.with_user(self.manager).action_reverse()
        self.assertEqual(self._trial_balance(), before)

    def test_tax_on_a_tax(self):
        first = self._create_tax(20, include_base_amount=True, sequence=1)
        second = self._create_tax(5, sequence=2, is_base_affected=True)
        tags = self._tag_report(first), self._tag_report(second)

        self._write_off(self._taxed(100, tax=first | second), reason=self.reason)

        self.assertEqual([self._report(pair) for pair in tags], [[0, 0], [0, 0]])

    def test_taxable_amount_of_a_tax_that_is_due_on_payment(self):
        self.company.tax_exigibility = True
        waiting = self.tax_account.copy({"reconcile": True})
        tax = self._create_tax(
            20,
            tax_exigibility="on_payment",
            cash_basis_transition_account_id=waiting.id,
        )
        tags = self._tag_report(tax)
        item = self._taxed(100, tax=tax)

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(self._report(tags), [0, 0])
        request.with_user(self.manager).action_reverse()
        self.assertEqual(self._report(tags), [0, 0])

    # --- Credit notes ---

    def _credit(self, item):
        """Draft a credit note of the item's invoice with Odoo's own reversal."""
        return item.move_id._reverse_moves([{"date": DAY, "invoice_date": DAY}])

    def test_tax_that_a_credit_note_gave_back_is_not_claimed(self):
        item = self._taxed(100)
        self._credit(item).action_post()
        item.remove_move_reconcile()
        request = self._request(item, reason=self.reason)

        with self.assertRaisesRegex(UserError, "was given back"):
            request.action_submit()

        # without relief it is nothing to the tax office
        request.reason_id = self.uneconomic
        request.action_submit()
        self.assertEqual(request.state, "approved")

    def test_rest_after_a_matched_credit_note_has_its_relief(self):
        item = self._taxed(100)
        credit = self._credit(item)
        credit.invoice_line_ids.price_unit = 40
        credit.action_post()
        item.remove_move_reconcile()
        request = self._request(item, reason=self.reason)
        with self.assertRaisesRegex(UserError, "was given back"):
            request.action_submit()
        request.action_cancel()

        (item | self._get_items(credit)).reconcile()

        self.assertEqual(item.amount_residual, 66)
        request = self._write_off(item, reason=self.reason)
        self.assertEqual(request.tax_relief, 6)

    def test_credit_note_after_the_loss_is_told(self):
        plain = self._write_off(self._taxed(50), reason=self.uneconomic)
        item = self._taxed(100)
        request = self._write_off(item, reason=self.reason)

        credit = self._credit(item)
        self.assertFalse(request.activity_ids)
        credit.action_post()
        self._credit(plain.line_ids.move_line_id).action_post()

        self.assertEqual(request.activity_ids.summary, "Tax given back twice?")
        self.assertIn(credit.name, str(request.activity_ids.note))
        self.assertFalse(plain.activity_ids)
        request.with_user(self.manager).action_reverse()
        self.assertFalse(request.activity_ids)

    def test_parts_add_up_to_the_tax(self):
        # 33.33 + 10 % = 36.66 with 3.33 tax, written off in three uneven parts
        item = self._taxed(33.33)
        parts = []
        for amount in (12.22, 12.22, 12.22):
            request = self._write_off(item, amount=amount, reason=self.reason)
            parts.append(request.tax_relief)

        self.assertEqual(parts, [1.11, 1.11, 1.11])
        self.assertEqual(sum(parts), 3.33)
        self.assertTrue(item.reconciled)

    def test_instalments_of_one_request_add_up(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "thirds",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 33.33, "nb_days": 0}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 66.67, "nb_days": 30}
                    ),
                ],
            }
        )
        items = self._taxed(
            33.33, invoice_payment_term_id=terms.id, invoice_date_due=False
        )
        self.assertEqual(len(items), 2)

        request = self._write_off(items, reason=self.reason)

        self.assertEqual(round(request.tax_relief, 2), 3.33)
        self.assertEqual(self._trial_balance().get(self.bad_debts.id), (33.33, 33.33))

    def test_after_a_part_payment_only_the_rest_counts(self):
        item = self._taxed(100)
        self._pay(item, 55)

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(request.tax_relief, 5)

    def test_several_taxes(self):
        item = self._taxed(100, tax=self.tax | self._create_tax(5))

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(request.tax_relief, 15)
        entry = request.line_ids.entry_id
        self.assertEqual(
            sorted(entry.line_ids.filtered("tax_line_id").mapped("balance")), [5, 10]
        )

    def test_no_relief_unless_company_and_reason_say_so(self):
        for setting, reason in ((False, self.reason), (True, self.uneconomic)):
            with self.subTest(setting=setting):
                self.company.dunning_writeoff_tax_relief = setting
                request = self._write_off(self._taxed(100), reason=reason)
                self.assertEqual(request.tax_relief, 0)
                self.assertFalse(request.line_ids.entry_id.line_ids.tax_line_id)

    def test_relief_ends_with_the_age_of_the_invoice(self):
        # invoiced ten days before it was due
        item = self._taxed(100)
        months = {8: 10, 6: 0}
        for number, relief in months.items():
            with self.subTest(months=number):
                reason = self._create_reason(
                    code=str(number), tax_relief=True, relief_max_months=number
                )
                request = self._request(item, reason=reason)
                self.assertEqual(request.tax_relief, relief)
                request.action_cancel()

    def test_account_of_its_own(self):
        account = self.tax_account.copy()
        self.company.dunning_writeoff_tax_account_id = account

        self._write_off(self._taxed(100), reason=self.reason)

        self.assertEqual(self._trial_balance()[account.id][0], 10)

    def test_foreign_tax_at_the_rate_of_the_invoice(self):
        gold = self.setup_other_currency(
            "XAF", rounding=0.01, rates=[("2023-01-01", 2.0), ("2024-06-01", 4.0)]
        )
        item = self._taxed(200, currency=gold)
        before = self._trial_balance()

        request = self._write_off(item, reason=self.reason)

        # 20 of tax were declared as 10; 220 are worth 55 today
        self.assertEqual(request.tax_relief, 10)
        self.assertEqual(request.line_ids.amount_loss, 45)
        self.assertTrue(item.reconciled)
        request.with_user(self.manager).action_reverse()
        self.assertEqual(self._trial_balance(), before)

    def test_tax_of_another_country(self):
        belgium = self.env.ref("base.be")
        position = self.env["account.fiscal.position"].create(
            {"name": "Belgium", "country_id": belgium.id, "foreign_vat": "BE0477472701"}
        )
        group = self.env["account.tax.group"].create(
            {"name": "Belgium", "country_id": belgium.id}
        )
        tax = self._create_tax(
            21, country_id=belgium.id, tax_group_id=group.id, name="21% BE"
        )
        item = self._taxed(100, tax=tax, fiscal_position_id=position.id)

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(request.tax_relief, 21)

    def test_reversal_takes_the_relief_back(self):
        item = self._taxed(100)
        before = self._trial_balance()
        request = self._write_off(item, reason=self.reason)

        request.with_user(self.manager).action_reverse()

        self.assertEqual(self._trial_balance(), before)
        reversal = request.line_ids.reversal_id
        self.assertEqual(reversal.line_ids.filtered("tax_tag_ids").balance, -10)

    def test_locked_tax_period_is_refused(self):
        request = self._request(self._taxed(100), reason=self.reason)
        request.action_submit()
        self.company.tax_lock_date = DAY

        with self.assertRaisesRegex(UserError, "is locked"):
            request.action_post()

    def test_tax_that_is_due_on_payment_nets_to_nothing(self):
        self.company.tax_exigibility = True
        waiting = self.tax_account.copy({"reconcile": True})
        tax = self._create_tax(
            20,
            tax_exigibility="on_payment",
            cash_basis_transition_account_id=waiting.id,
        )
        item = self._taxed(100, tax=tax)

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(request.tax_relief, 20)
        after = self._trial_balance()
        self.assertNotIn(self.tax_account.id, after)
        self.assertNotIn(waiting.id, after)
        self.assertEqual(after[self.bad_debts.id][0], 100)


@tagged("post_install", "-at_install")
class TestWriteoffReason(WriteoffCommon):
    """Conditions of tax law are data, checked on submitting and on posting."""

    def _ref(self, code):
        return self.env.ref(
            f"account_dunning_advanced.account_dunning_writeoff_reason_{code}"
        )

    def _move_to(self, country, currency):
        self.company.account_fiscal_country_id = self.env.ref(f"base.{country}")
        self.env.ref(f"base.{currency}").active = True

    def assertRefused(self, request, text):
        with self.assertRaisesRegex(UserError, text):
            request.action_submit()

    def test_evidence_is_asked_for(self):
        item = self._create_item(100, 200)
        reason = self._create_reason(
            evidence_required=True, evidence="register extract"
        )
        self.assertRefused(self._request(item, reason=reason), "register extr.")

        self.env["account.dunning.writeoff"].search([]).action_cancel()
        evidence = self._evidence()
        request = self._write_off(
            item, reason=reason, evidence_ids=[Command.set(evidence.ids)]
        )

        self.assertEqual(request.state, "posted")
        # who approves reads what was uploaded, and it cannot go
        self.assertEqual(evidence.with_user(self.manager).raw, b"dissolved")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            evidence.unlink()

    def test_nothing_is_lost_before_it_is_owed(self):
        # invoiced on 5 May, due on 15 May
        item = self._create_item(100, 30)
        for reason in (self.uneconomic, self._ref("settlement")):
            with self.subTest(reason.code):
                request = self._request(item, reason=reason, date=date(2024, 5, 4))
                self.assertRefused(request, "was booked on 05/05/2024")
                request.action_cancel()
        request = self._request(
            item, reason=self._ref("settlement"), date=date(2024, 5, 5)
        )
        request.action_submit()
        self.assertEqual(request.state, "approved")

    def test_before_it_is_due_only_for_reasons_that_do_not_wait(self):
        table = {
            # (reason, days overdue): accepted
            ("uneconomic", -1): False,
            ("uneconomic", 0): True,
            ("limitation", -1): False,
            ("settlement", -1): True,
            ("difference", -1): True,
        }
        for (code, days), accepted in table.items():
            with self.subTest(code=code, days=days):
                item = self._create_item(10, days)
                request = self._request(item, reason=self._ref(code))
                if accepted:
                    request.action_submit()
                    self.assertEqual(request.state, "approved")
                else:
                    self.assertRefused(request, "is not due before 06/15/2024")

    def test_age_by_calendar_months(self):
        reason = self._create_reason(min_months_overdue=6)
        table = {
            date(2023, 12, 14): True,
            date(2023, 12, 15): False,
            date(2023, 1, 1): True,
        }
        for due, accepted in table.items():
            with self.subTest(due=due):
                item = self._create_item(10, (DAY - due).days)
                request = self._request(item, reason=reason)
                if accepted:
                    request.action_submit()
                else:
                    self.assertRefused(request, "can be written off so from")

    def test_country_of_taxation(self):
        self.company.account_fiscal_country_id = self.env.ref("base.us")
        self.assertRefused(
            self._request(
                self._create_item(10, 400),
                reason=self._ref("kr_sme"),
                evidence_ids=[Command.set(self._evidence().ids)],
            ),
            "taxed in South Korea",
        )

    def test_kr_small_amount_counts_all_the_debtor_owes(self):
        self._move_to("kr", "KRW")
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.env.ref("base.KRW").id,
                "company_id": self.company.id,
                "name": "2020-01-01",
                "rate": 1000,
            }
        )
        reason = self._ref("kr_small")
        old = self._create_item(200, 200)  # 200,000 KRW
        young = self._create_item(101, 10)
        values = {
            "reason": reason,
            "evidence_ids": [Command.set(self._evidence().ids)],
        }
        request = self._request(old, **values)
        self.assertRefused(request, "in all, more than")

        self._pay(young, 1)
        request.action_submit()
        self.assertEqual(request.state, "approved")
        self.assertRefused(self._request(young, **values), "can be written off so from")

    def test_kr_vat_relief_is_ten_hundred_tenths(self):
        self.company.dunning_writeoff_tax_relief = True
        reason = self._ref("kr_sme").copy(
            {"code": "kr_copy", "country_id": self.company.account_fiscal_country_id.id}
        )
        tax = self.company_data["default_tax_sale"].copy(
            {"name": "VAT 10%", "amount": 10}
        )
        item = self._create_item(
            1000,
            800,
            invoice_line_ids=[
                Command.create({"price_unit": 1000, "tax_ids": [Command.set(tax.ids)]})
            ],
        )
        self._pay(item, 437)

        request = self._request(
            item,
            reason=reason,
            evidence_ids=[Command.set(self._evidence().ids)],
        )

        # 663 × 10 / 110
        self.assertEqual(round(request.tax_relief, 2), 60.27)

    def test_kr_sme_waits_two_years(self):
        self._move_to("kr", "KRW")
        values = {
            "reason": self._ref("kr_sme"),
            "evidence_ids": [Command.set(self._evidence().ids)],
        }
        for days, accepted in {730: False, 731: True}.items():
            with self.subTest(days=days):
                request = self._request(self._create_item(100, days), **values)
                if accepted:
                    request.action_submit()
                else:
                    self.assertRefused(request, "can be written off so from")

    def test_jp_no_trade_for_a_year_and_a_memorandum_of_one(self):
        self._move_to("jp", "JPY")
        self.company.currency_id.rounding = 0.01
        reason = self._ref("jp_9_6_3_trade").copy(
            {"code": "jp_copy", "currency_id": self.company.currency_id.id}
        )
        values = {
            "reason": reason,
            "evidence_ids": [Command.set(self._evidence().ids)],
        }
        item = self._create_item(100, 400)
        self.assertRefused(self._request(item, **values), "remain in the books")
        self.env["account.dunning.writeoff"].search([]).action_cancel()

        request = self._request(item, amount=99, **values)
        request.action_submit()
        self.assertEqual(request.state, "approved")
        request.action_cancel()
        # a payment within the year: trade goes on
        self._pay(item, 50, DAY - timedelta(days=300))
        self.assertRefused(
            self._request(item, amount=49, **values), "less than 12 months ago"
        )

    def test_many_customers_from_their_list(self):
        """A contact stands for its company; what others owe is left alone."""
        first, second, other = (self._create_debtor(name) for name in "ABC")
        contact = self._create_debtor("D", parent_id=second.id, is_company=False)
        items = [self._create_item(10, 400, p) for p in (first, second, other)]

        action = (first | contact).with_user(self.collector).action_dunning_write_off()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.reason_id = self._ref("uneconomic")
        request = self.env["account.dunning.writeoff"].browse(
            wizard.save().action_apply()["res_id"]
        )

        self.assertEqual(request.line_ids.move_line_id, items[0] | items[1])
        self.assertEqual(request.amount_total, 20)

    def test_jp_memorandum_is_kept_by_the_wizard(self):
        self._move_to("jp", "JPY")
        reason = self._ref("jp_9_6_3_trade").copy(
            {"code": "jp_copy", "currency_id": self.company.currency_id.id}
        )
        items = self._create_item(100, 500) | self._create_item(0.5, 450)

        action = items.with_user(self.collector).action_dunning_write_off()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.reason_id = reason
        request = self.env["account.dunning.writeoff"].browse(
            wizard.save().action_apply()["res_id"]
        )

        # 1 remains: the newest item of 0.50 and 0.50 of the other
        self.assertRecordValues(
            request.line_ids, [{"move_line_id": items[0].id, "amount": 99.5}]
        )

    def test_jp_less_than_the_cost_to_collect(self):
        self._move_to("jp", "JPY")
        reason = self._ref("jp_9_6_3_cost").copy({"code": "jp_copy", "memo_amount": 0})
        self.company.dunning_writeoff_cost = 100
        values = {
            "reason": reason,
            "evidence_ids": [Command.set(self._evidence().ids)],
        }
        item = self._create_item(99, 100)
        request = self._request(item, **values)
        more = self._create_item(1, 100)
        self.assertRefused(request, "not less than the cost to collect")

        self._pay(more, 1)
        request.action_submit()
        self.assertEqual(request.state, "approved")

    def test_conditions_are_checked_again_on_posting(self):
        reason = self._create_reason(
            max_debtor_amount=100, currency_id=self.company.currency_id.id
        )
        request = self._request(self._create_item(100, 200), reason=reason)
        request.action_submit()
        self._create_item(1, 5)

        with self.assertRaisesRegex(UserError, "in all, more than"):
            request.action_post()

    def test_shipped_reasons_name_their_source(self):
        reasons = self.env["account.dunning.writeoff.reason"].search(
            [("country_id", "!=", False)]
        )
        self.assertGreaterEqual(len(reasons), 10)
        for reason in reasons:
            with self.subTest(reason.code):
                self.assertTrue(reason.source and reason.verified_on and reason.rule)
                self.assertTrue(reason.evidence and reason.evidence_required)


@tagged("post_install", "-at_install")
class TestWriteoffProposal(WriteoffCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"dunning_writeoff_below": 10, "dunning_writeoff_days": 90})

    def _propose(self, day=DAY):
        return (
            self.env["account.dunning.writeoff"]
            .with_user(self.collector)
            ._propose(self.company, day)
        )

    def test_small_and_old_enough(self):
        table = {
            (9.99, 90): True,
            (9.99, 89): False,
            (10.00, 90): False,
            (9.99, -5): False,
        }
        items = {
            key: self._create_item(*key, partner=self._create_debtor(str(key)))
            for key in table
        }
        lines = self._propose().line_ids

        for key, item in items.items():
            with self.subTest(key):
                self.assertEqual(item in lines.move_line_id, table[key])
        self.assertEqual(lines.why, "Overdue for 90 days, below $\xa010.00")

    def test_cost_above_the_expected_return(self):
        self.company.dunning_writeoff_cost = 30
        self.env["account.dunning.allowance.rate"].create(
            [
                {"company_id": self.company.id, "days_from": days, "percent": percent}
                for days, percent in ((0, 5), (180, 50))
            ]
        )
        # (amount, days): 50 × 95 % > 30, 50 × 50 % < 30, 60 × 50 % = 30
        table = {(50, 100): False, (50, 180): True, (60, 180): False}
        items = {
            key: self._create_item(*key, partner=self._create_debtor(str(key)))
            for key in table
        }
        lines = self._propose().line_ids

        self.assertEqual(lines.move_line_id, items[50, 180])
        self.assertIn(
            "collecting costs $\xa030.00, expected return $\xa025.00", lines.why
        )

    def test_debtor_with_a_credit_is_left_out(self):
        # the credit is to be matched, not the debt to be given up
        self._create_item(5, 100)
        self._create_credit(3)

        self.assertFalse(self._propose())

    def test_proposed_once(self):
        item = self._create_item(5, 100)
        first = self._propose()
        self.assertEqual(first.line_ids.move_line_id, item)

        self.assertFalse(self._propose())
        first.action_cancel()
        self.assertTrue(self._propose())

    def test_button_opens_the_draft_or_says_that_there_is_nothing(self):
        Request = self.env["account.dunning.writeoff"].with_user(self.collector)
        self.assertEqual(Request.action_propose()["tag"], "display_notification")
        self._create_item(5, 100)

        action = Request.action_propose()

        request = Request.browse(action["res_id"])
        self.assertEqual((request.state, request.line_count), ("draft", 1))

    def test_nothing_without_limits(self):
        self.company.dunning_writeoff_below = 0
        self._create_item(5, 100)

        self.assertFalse(self._propose())


@tagged("post_install", "-at_install")
class TestWriteoffWizard(WriteoffCommon):
    def _apply(self, records):
        action = records.with_user(self.collector)._fields and (
            records.with_user(self.collector).action_write_off()
            if records._name == "account.dunning.debtor"
            else records.with_user(self.collector).action_dunning_write_off()
        )
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.reason_id = self.uneconomic
        return self.env["account.dunning.writeoff"].browse(
            wizard.save().action_apply()["res_id"]
        )

    def test_from_items_invoices_and_debtors(self):
        mine, other = self._create_item(10, 100), self._create_item(20, 50)
        self._create_item(99, 50, partner=self._create_debtor("Else"))
        self._create_credit(5)
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        for records, items in (
            (mine, mine),
            (mine.move_id, mine),
            (debtor, mine | other),
        ):
            with self.subTest(records._name):
                request = self._apply(records)
                self.assertEqual(request.line_ids.move_line_id, items)
                self.assertEqual(request.user_id, self.collector)
                request.action_cancel()

    def test_items_whose_loss_was_unmatched_are_left_out(self):
        item = self._create_item(5, 100)
        self._write_off(item)
        item.remove_move_reconcile()
        self.company.write({"dunning_writeoff_below": 10, "dunning_writeoff_days": 90})

        with self.assertRaisesRegex(UserError, "None of this is open"):
            self._apply(item)
        Request = self.env["account.dunning.writeoff"].with_user(self.collector)
        self.assertFalse(Request._propose(self.company, DAY))

    def test_items_of_other_requests_are_left_out(self):
        item = self._create_item(10, 100)
        self._request(item)

        with self.assertRaisesRegex(UserError, "None of this is open"):
            self._apply(item)


@tagged("post_install", "-at_install")
class TestWriteoffAccess(WriteoffCommon):
    MODELS = {
        # model: operations allowed to (collector, manager)
        "account.dunning.writeoff.reason": ("r", "rwcu"),
        "account.dunning.writeoff": ("rwcu", "rwcu"),
        "account.dunning.writeoff.line": ("rwcu", "rwcu"),
        "account.dunning.allowance": ("r", "rwcu"),
        "account.dunning.allowance.line": ("r", "r"),
        "account.dunning.allowance.rate": ("r", "rwcu"),
    }
    OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}

    def test_each_group_may_do_what_its_work_needs(self):
        employee = new_test_user(self.env, "employee", "base.group_user")
        portal = new_test_user(self.env, "portal_user", "base.group_portal")
        for model, allowed in self.MODELS.items():
            for user, letters in zip(
                (self.collector, self.manager, employee, portal),
                (*allowed, "", ""),
                strict=True,
            ):
                for letter, operation in self.OPERATIONS.items():
                    with self.subTest(model=model, user=user.login, op=operation):
                        access = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(access, letter in letters)

    def test_public_methods_refuse_who_may_not(self):
        request = self._request(self._create_item(10, 200))
        employee = new_test_user(
            self.env,
            "employee",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for method in (
            "action_submit",
            "action_approve",
            "action_reset",
            "action_cancel",
            "action_post",
            "action_reverse",
            "action_propose",
        ):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(request.with_user(employee), method)()
        with self.assertRaises(AccessError):
            request.line_ids.with_user(employee).action_reverse()

    def test_requests_are_the_companys_own(self):
        other = self.setup_other_company()["company"]
        request = self._request(self._create_item(10, 200))
        stranger = new_test_user(
            self.env,
            "stranger",
            "account_dunning_advanced.group_dunning_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )

        found = request.with_user(stranger).search([])

        self.assertFalse(found)
        with self.assertRaises(AccessError):
            request.with_user(stranger).action_submit()
