from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestIssue(DunningCommon):
    """What was approved goes out, less what has changed since; every change is told."""

    def _approve(self):
        run = self._run()
        run.action_approve()
        return run

    def assertLeftOut(self, run, item, reason):
        run.action_issue()
        self.assertEqual(run.state, "issued")
        self.assertFalse(item.dunning_level_id)
        change = run.change_ids.filtered(lambda change: change.move_line_id == item)
        self.assertRecordValues(
            change, [{"stage": "issue", "kind": "dropped", "reason": reason}]
        )
        return change

    def test_paid_since_approval_is_left_out(self):
        item = self._create_item(100, 30)
        run = self._approve()
        self._pay(item, 100)

        self.assertLeftOut(run, item, "paid")

        self.assertEqual(run.notice_ids.state, "cancelled")
        self.assertFalse(run.notice_ids.name)
        self.assertIn("1", run.change_summary)

    def test_credited_since_approval_is_left_out(self):
        item = self._create_item(100, 30)
        run = self._approve()
        self._create_credit(100)

        self.assertLeftOut(run, item, "credit_covers")

    def test_cancelled_since_approval_is_left_out(self):
        item = self._create_item(100, 30)
        run = self._approve()
        item.move_id.button_draft()

        self.assertLeftOut(run, item, "cancelled")

    def test_excluded_since_approval_is_left_out(self):
        item = self._create_item(100, 30)
        run = self._approve()
        item.move_id.no_followup = True

        self.assertLeftOut(run, item, "excluded")

    def test_bank_line_since_approval_is_left_out(self):
        item = self._create_item(100, 30)
        run = self._approve()
        self._create_bank_line(100, item.move_id.name)

        self.assertLeftOut(run, item, "in_payment")

    def test_item_dunned_by_another_run_is_left_out(self):
        item = self._create_item(100, 30)
        run = self._approve()
        self._run(issue=True)
        self.assertEqual(item.dunning_level_id, self.first)

        run.action_issue()

        self.assertEqual(run.notice_ids.state, "cancelled")
        self.assertEqual(run.change_ids.reason, "interval")

    def test_part_payment_lowers_the_amount(self):
        item = self._create_item(100, 30)
        run = self._approve()
        self._pay(item, 40)

        run.action_issue()

        notice = run.notice_ids
        self.assertRecordValues(
            notice,
            [{"state": "issued", "amount_principal": 60.0, "amount_total": 60.0}],
        )
        self.assertRecordValues(
            run.change_ids,
            [{"kind": "amount", "amount_before": 100.0, "amount_after": 60.0}],
        )

    def test_what_is_left_keeps_its_notice(self):
        paid = self._create_item(100, 60)
        kept = self._create_item(40, 10)
        run = self._approve()
        self._pay(paid, 100)

        run.action_issue()

        self.assertEqual(run.notice_ids.amount_total, 40)
        self.assertEqual(kept.dunning_level_id, self.first)
        self.assertFalse(paid.dunning_level_id)

    def test_new_debt_since_approval_is_not_added(self):
        self._create_item(100, 30)
        run = self._approve()
        new = self._create_item(500, 30)

        run.action_issue()

        self.assertEqual(run.notice_ids.amount_total, 100)
        self.assertFalse(new.dunning_level_id)

    def test_more_owed_than_approved_is_not_asked(self):
        item = self._create_item(100, 30)
        payment = self._pay(item, 40)
        run = self._approve()
        payment.move_id.line_ids.remove_move_reconcile()
        payment.move_id.button_draft()
        self.assertEqual(item.amount_residual, 100)

        run.action_issue()

        self.assertEqual(run.notice_ids.amount_total, 60)

    def test_level_falls_with_the_item_that_carried_it(self):
        old = self._create_item(100, 60)
        self._run(issue=True)
        self._create_item(40, 30)
        run = self._run(DAY.replace(month=7))
        run.action_approve()
        self.assertEqual(run.notice_ids.level_id, self.second)
        self._pay(old, 100)

        run.action_issue()

        self.assertEqual(run.notice_ids.level_id, self.first)

    def test_database_keeps_an_item_from_getting_a_level_twice(self):
        item = self._create_item(100, 30)
        first, second = self._approve(), self._approve()
        first.action_issue()

        # the second look is what normally prevents it; without it the index bites
        with (
            self.assertRaisesRegex(Exception, "level_once_a_cycle|same dunning level"),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            second.notice_ids._number()
            second.notice_ids._write_issued()

        self.assertEqual(
            self.env["account.dunning.notice.line"].search_count(
                [("move_line_id", "=", item.id), ("state", "=", "issued")]
            ),
            1,
        )

    def test_level_given_before_is_left_out_not_a_crash(self):
        item = self._create_item(100, 90)
        other = self._create_item(50, 90, self._create_debtor("Other"))
        self._run(issue=True)
        # somebody turns the ladder round: the next step is one that was given
        self.policy.level_ids.write({"delay_days": 7})
        self.first.sequence, self.second.sequence = 20, 10
        self.env.flush_all()
        run = self._run(DAY.replace(month=7))
        run.action_approve()
        run.notice_ids.line_ids.filtered(
            lambda line: line.move_line_id == item
        ).sudo().level_id = self.first
        run._refresh_plan_hash()

        run.action_issue()

        self.assertEqual(run.state, "issued")
        self.assertIn("given", run.change_ids.mapped("reason"))
        self.assertNotEqual(other.dunning_date, DAY)

    def test_issuing_twice_is_refused(self):
        self._create_item(100, 30)
        run = self._run(issue=True)

        with self.assertRaises(UserError):
            run.action_issue()

    def test_large_run_goes_batch_by_batch(self):
        for number in range(7):
            self._create_item(10, 30, self._create_debtor(f"Batch {number}"))
        run = self._approve()
        run._start_issue()

        sizes = []
        while size := run._issue_batch(limit=3):
            sizes.append(size)
        run._finish_issue()

        self.assertEqual(sizes, [3, 3, 1])
        self.assertEqual(run.state, "issued")
        self.assertEqual(len(set(run.notice_ids.mapped("name"))), 7)

    def test_batch_holds_all_notices_of_its_customers(self):
        other = self._create_debtor("Other")
        euro = self.setup_other_currency("EUR")
        for partner in (self.debtor, other):
            self._create_item(10, 30, partner)
            self._create_item(10, 30, partner, currency=euro)
        run = self._approve()
        run._start_issue()

        sizes = []
        while size := run._issue_batch(limit=1):
            sizes.append(size)

        self.assertEqual(sizes, [2, 2])

    def test_number_range_is_there_before_the_first_batch(self):
        self._create_item(10, 30)
        run = self._approve()

        run._start_issue()

        ranges = self.company.sudo().dunning_sequence_id.date_range_ids
        self.assertEqual(
            [str(day) for day in ranges.mapped("date_from")], ["2024-01-01"]
        )

    def test_cancelling_stops_after_the_batch(self):
        for number in range(4):
            self._create_item(10, 30, self._create_debtor(f"Batch {number}"))
        run = self._approve()
        run._start_issue()
        run._issue_batch(limit=2)

        run.action_cancel()
        run._finish_issue()

        self.assertEqual(run.state, "issued")
        self.assertEqual(
            sorted(run.notice_ids.mapped("state")),
            ["cancelled", "cancelled", "issued", "issued"],
        )

    def test_progress_is_told(self):
        for number in range(4):
            self._create_item(10, 30, self._create_debtor(f"Batch {number}"))
        run = self._approve()
        run._start_issue()
        run.sudo().issue_started = "2024-06-14 10:00:00"
        run._issue_batch(limit=2)

        self.assertEqual(run.progress, 50)
        self.assertIn("2 of 4", run.progress_text)

    def test_customer_merged_between_approval_and_issue(self):
        item = self._create_item(100, 30)
        other = self._create_debtor("Same Customer")
        self._create_item(50, 30, other)
        run = self._approve()
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            [self.debtor.id, other.id], self.debtor
        )
        self.env.invalidate_all()

        run.action_issue()

        self.assertEqual(run.state, "issued")
        self.assertEqual(sum(run.notice_ids.mapped("amount_total")), 150)
        self.assertEqual(run.notice_ids.partner_id, self.debtor)
        self.assertEqual(item.dunning_level_id, self.first)

    def test_level_without_template_fails_that_notice_only(self):
        self._create_item(100, 30)
        run = self._approve()
        self.first.mail_template_id = False
        run.action_issue()

        with self.assertRaisesRegex(UserError, "no e-mail template"):
            run.notice_ids._queue_emails()

    def test_level_falls_where_the_sum_misses_its_minimum_now(self):
        self.policy.raise_mode = "due"
        self.second.min_amount = self.last.min_amount = 150
        old = self._create_item(100, 30)
        paid = self._create_item(100, 30)
        run = self._approve()
        self.assertEqual(run.notice_ids.level_id, self.second)
        self._pay(paid, 100)

        run.action_issue()

        self.assertEqual(old.dunning_level_id, self.first)
        self.assertEqual(run.notice_ids.level_id, self.first)
        change = run.change_ids.filtered(lambda change: change.kind == "level")
        self.assertRecordValues(
            change,
            [
                {
                    "stage": "issue",
                    "move_line_id": old.id,
                    "level_before_id": self.second.id,
                    "level_after_id": self.first.id,
                }
            ],
        )
        self.assertIn("Level lowered: 1", run.change_summary)

    def test_level_raised_by_hand_stays(self):
        item = self._create_item(100, 30)
        run = self._run()
        run.notice_ids.line_ids._adjust("level", "urgent", self.last)
        run.action_approve()

        run.action_issue()

        self.assertEqual(item.dunning_level_id, self.last)

    def test_customers_merged_since_approval_get_one_notice(self):
        other = self._create_debtor("Same One")
        items = self._create_item(100, 30) | self._create_item(50, 30, other)
        run = self._approve()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.debtor | other).ids, self.debtor
        )

        run.action_issue()

        issued = run.notice_ids.filtered(lambda notice: notice.state == "issued")
        self.assertRecordValues(issued, [{"amount_total": 150.0}])
        self.assertEqual(issued.line_ids.move_line_id, items)

    def test_reversing_each_notice_reverses_the_run(self):
        self._create_item(100, 30)
        self._create_item(50, 30, self._create_debtor("Other"))
        run = self._run(issue=True)
        first, second = run.notice_ids

        first.action_reverse()
        self.assertEqual(run.state, "issued")
        second.action_reverse()

        self.assertEqual(run.state, "reversed")


@tagged("post_install", "-at_install")
class TestIssueFailure(DunningCommon):
    """What cannot be issued says why, and keeps nobody else from a notice."""

    def setUp(self):
        super().setUp()
        self.bad = self._create_debtor("Bad")
        self.items = self._create_item(100, 30) | self._create_item(50, 30, self.bad)
        self.plan = self._run()
        self.plan.action_approve()
        self.broken = True
        issue = type(self.plan)._issue_notices

        def fail(run, notices):
            issue(run, notices)
            if self.broken and self.bad in notices.partner_id:
                raise UserError(self.env._("The journal is closed."))

        self.patch(type(self.plan), "_issue_notices", fail)

    def test_one_customers_trouble_is_its_own(self):
        self.plan.action_issue()

        self.assertEqual(self.plan.state, "issued")
        good, bad = self.items
        self.assertEqual(good.dunning_level_id, self.first)
        self.assertFalse(bad.dunning_level_id)
        failed = self.plan.notice_ids.filtered("error")
        self.assertRecordValues(
            failed,
            [
                {
                    "partner_id": self.bad.id,
                    "state": "draft",
                    "error": "The journal is closed.",
                    "name": False,
                }
            ],
        )
        self.assertEqual(self.plan.failed_count, 1)
        self.assertIn("Not issued: 1", self.plan.change_summary)
        self.assertIn("1", self.plan.activity_ids.summary)

    def test_unexpected_error_is_kept_too(self):
        self.patch(
            type(self.plan.notice_ids),
            "_after_issue",
            lambda notices: 1 / (self.bad not in notices.partner_id),
        )

        with mute_logger(
            "odoo.addons.account_dunning_advanced.models.account_dunning_run_issue"
        ):
            self.plan.action_issue()

        self.assertEqual(self.plan.state, "issued")
        self.assertIn("ZeroDivisionError", self.plan.notice_ids.filtered("error").error)

    def test_failed_notices_can_be_issued_again(self):
        self.plan.action_issue()
        self.broken = False

        self.plan.with_user(self.collector).action_retry()

        self.assertEqual(self.plan.state, "issued")
        self.assertEqual(set(self.plan.notice_ids.mapped("state")), {"issued"})
        self.assertEqual(self.items.dunning_level_id, self.first)
        with self.assertRaises(UserError):
            self.plan.action_retry()

    def test_what_was_paid_meanwhile_is_not_issued_again(self):
        self.plan.action_issue()
        self.broken = False
        self._pay(self.items[1], 50)

        self.plan.action_retry()

        self.assertFalse(self.items[1].dunning_level_id)
        self.assertEqual(
            sorted(self.plan.notice_ids.mapped("state")), ["cancelled", "issued"]
        )

    def test_retry_is_refused_after_a_later_run(self):
        self.plan.action_issue()
        self.broken = False
        self._create_item(70, 30, self._create_debtor("Third"))
        self._run("2024-06-20", issue=True)

        with self.assertRaises(UserError):
            self.plan.action_retry()
