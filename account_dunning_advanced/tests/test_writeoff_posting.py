from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import LockError, RedirectWarning, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DAY
from .writeoff_common import WriteoffCommon


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
