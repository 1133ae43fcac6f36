import logging
import random
import time

from odoo import api, fields, models, modules
from odoo.exceptions import RedirectWarning, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..engine.assessment import STILL_OWED

_logger = logging.getLogger(__name__)

# Customers whose notices are issued in one transaction. Larger batches save no queries
# worth the longer locks on the items.
BATCH_SIZE = 500
# From how many notices on the Issue button hands the run to the background.
BACKGROUND_FROM = 2000
# How often a batch is tried that meets other transactions.
MAX_TRIES = 8


class AccountDunningRunIssue(models.Model):
    """Issuing: writes the approved plan, less what has changed since.

    Batches are claimed with SKIP LOCKED, so any number of workers share a run. Each
    batch is one transaction: claim the notices, lock their items, judge their debtors
    again, write what still holds, list what does not. A worker that dies leaves its
    batch unissued and unlocked; whoever comes next takes it.
    """

    _inherit = "account.dunning.run"

    # === ACTION METHODS === #

    def action_issue(self):
        """Issue the approved runs.

        Small runs are issued in the caller's transaction, larger ones batch by batch
        with a commit after each.

        :raise UserError: a run is not approved, lies in the future or before the last
            issued run of its company, or is not the plan that was approved.
        """
        for run in self:
            run._check_can_issue()
            run._start_issue()
            if run._is_one_batch():
                run._issue_at_once()
            else:
                run._issue_all()
        return True

    def action_retry(self):
        """Issue the notices again that could not be issued, in the same run.

        What has changed in the meantime is left out, as in any issuing.

        :raise UserError: a run is neither issued nor being issued, has no failed
            notices, or a later run has been issued since.
        """
        for run in self:
            run._check_state(["approved", "issued"], self.env._("issued again"))
            run._check_last_issued()
            failed = run._get_failed_notices()
            if not failed:
                raise UserError(
                    self.env._(
                        "All notices of %(run)s have been dealt with.",
                        run=run.display_name,
                    )
                )
            failed._unguarded().error = False
            run._unguarded().write({"state": "approved", "issue_finished": False})
            run.action_issue()
        return True

    def action_view_failed(self):
        """Open the notices that could not be issued, each with its reason."""
        self.ensure_one()
        action = self.action_view_notices()
        action["domain"] = [("id", "in", self._get_failed_notices().ids)]
        return action

    def action_issue_button(self):
        """Issue now, or in the background where it would keep the user waiting."""
        self.ensure_one()
        if self.notice_count < BACKGROUND_FROM:
            return self.action_issue()
        self._check_can_issue()
        self._start_issue()
        if "queue.job" in self.env:
            self._enqueue_batches()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "%(count)s notices are being issued in the background.",
                    count=self.notice_count,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS METHODS === #

    def _check_can_issue(self):
        self._check_state(["approved"], self.env._("issued"))
        if self.date > self.company_id._dunning_today():
            raise UserError(
                self.env._(
                    "%(run)s lies in the future. It shows what would be dunned then,"
                    " but it can only be issued on that day.",
                    run=self.display_name,
                )
            )
        self._check_last_issued()
        if not self.issue_started and self._get_plan_hash() != self.plan_hash:
            raise UserError(
                self.env._(
                    "The plan of %(run)s is not the one that was approved. Propose and"
                    " approve it again.",
                    run=self.display_name,
                )
            )

    def _check_last_issued(self):
        """:raise UserError: a run of a later day has been issued."""
        self.ensure_one()
        last = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "issued"),
                ("date", ">", self.date),
            ],
            limit=1,
        )
        if last:
            raise UserError(
                self.env._(
                    "%(run)s is older than %(last)s, which has been issued. Propose it"
                    " for a later day.",
                    run=self.display_name,
                    last=last.display_name,
                )
            )

    def _start_issue(self):
        """Mark the run as being issued, so that any worker may take batches of it.

        The numbers' sequence is made here, before there are workers: two that made it
        at once would each begin with the first number.
        """
        self.ensure_one()
        if not self.issue_started:
            self._unguarded().issue_started = fields.Datetime.now()
        self.company_id._get_dunning_numbering(self.date)
        self._trigger_issue()

    def _trigger_issue(self):
        self.env.ref("account_dunning_advanced.ir_cron_issue")._trigger()

    def _issue_at_once(self):
        """Issue one batch in the caller's transaction, which repeats on a conflict."""
        self._issue_batch_safely()
        self._finish_issue()

    def _issue_all(self):
        """Issue batch by batch until nothing is left that this worker can claim.

        :return: False where the time is up and something is left.
        """
        self.ensure_one()
        self._commit_batch(0)
        while issued := self._retry(self._issue_batch_safely):
            if not self._commit_batch(issued):
                return False
            if self.cancel_requested:
                break
        self._retry(self._finish_issue)
        self._commit_batch(0)
        return True

    def _enqueue_batches(self):
        """Hand the batches to OCA queue_job, one job each."""
        self.ensure_one()
        for _batch in range(-(-self.notice_count // BATCH_SIZE)):
            self.with_delay(
                description=self.env._("Issue %(run)s", run=self.display_name)
            )._issue_job()

    def _issue_job(self):
        """Issue one batch as a job; queue_job repeats it on a conflict.

        The run is closed by the cron that the job wakes, in a transaction of its own:
        two jobs that end together do not see each other's notices as issued.
        """
        self.ensure_one()
        if self.state == "approved" and not self.cancel_requested:
            self._issue_batch_safely()
        self._trigger_issue()

    def _is_one_batch(self):
        return (
            self.env["account.dunning.notice"].search_count(
                self._get_waiting_domain(), limit=BATCH_SIZE + 1
            )
            <= BATCH_SIZE
        )

    def _commit_batch(self, count):
        """Commit what the batch wrote; tests keep it in their own transaction.

        :return: seconds left for this worker.
        """
        self.env.flush_all()
        if modules.module.current_test and not self.env.context.get(
            "ir_cron_progress_id"
        ):
            return float("inf")
        # The explicit commit between batches is what makes a run resumable.
        left = self.env["ir.cron"]._commit_progress(count)
        self.env.invalidate_all()
        return left

    def _retry(self, work):
        """Do ``work`` again where another transaction was in the way.

        Must only wrap work that begins a transaction, for it is rolled back.
        """
        for attempt in range(1, MAX_TRIES + 1):
            try:
                result = work()
                self.env.flush_all()
                return result
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
                if attempt == MAX_TRIES or modules.module.current_test:
                    raise
                self.env.cr.rollback()
                self.env.transaction.reset()
                _logger.info(
                    "dunning runs %s: batch met %s, try %s",
                    self.ids,
                    type(error).__name__,
                    attempt,
                )
                time.sleep(random.uniform(0, 0.05 * 2**attempt))

    def _finish_issue(self):
        """Close the run once no notice waits; the last worker to look does it.

        Each worker waits for its turn to look: of two that skipped each other, one
        may not see the other's notices yet, and none would close the run.
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT FROM %s WHERE id = %s FOR NO KEY UPDATE",
                self._table_sql,
                self.id,
            )
        )
        self.invalidate_recordset()
        if self.state != "approved":
            return
        if self.cancel_requested:
            self._cancel_drafts()
        Notice = self.env["account.dunning.notice"]
        if Notice.search_count(self._get_waiting_domain(), limit=1):
            return
        some_issued = Notice.search_count(
            [("run_id", "=", self.id), ("state", "=", "issued")], limit=1
        )
        cancelled = self.cancel_requested and not some_issued
        self._unguarded().write(
            {
                "state": "cancelled" if cancelled else "issued",
                "issue_finished": fields.Datetime.now(),
            }
        )
        self._notify_failed_notices()
        self._trigger_deliver()

    def _get_waiting_domain(self):
        """Return the notices that are still to be issued; failed ones are not."""
        self.ensure_one()
        return [
            ("run_id", "=", self.id),
            ("state", "=", "draft"),
            ("error", "=", False),
        ]

    def _get_failed_notices(self):
        """Return the notices that could not be issued."""
        return self.env["account.dunning.notice"].search(
            [
                ("run_id", "in", self.ids),
                ("state", "=", "draft"),
                ("error", "!=", False),
            ]
        )

    def _trigger_deliver(self):
        self.env.ref("account_dunning_advanced.ir_cron_deliver")._trigger()

    # === BUSINESS METHODS - ONE BATCH === #

    def _issue_batch(self, limit=None):
        """Issue the notices of up to ``limit`` customers; return how many those are."""
        self.ensure_one()
        notices = self._claim_batch(limit or BATCH_SIZE)
        self._issue_notices(notices)
        return len(notices)

    def _issue_batch_safely(self, limit=None):
        """Issue a batch; where it fails, customer by customer.

        One customer's trouble must not keep the others from their notices: what
        cannot be issued keeps its reason, and the run goes on.
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                return self._issue_batch(limit)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            _logger.info(
                "dunning run %s: batch failed (%s), going on customer by customer",
                self.id,
                error,
            )
        notices = self._claim_batch(limit or BATCH_SIZE)
        for of_customer in notices.grouped("partner_id").values():
            self._issue_customer(of_customer)
        return len(notices)

    def _issue_customer(self, notices):
        """Issue one customer's notices, or write down why that is not possible."""
        try:
            with self.env.cr.savepoint():
                self._issue_notices(notices)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except (UserError, RedirectWarning) as error:
            notices._keep_error(error.args[0])
        except Exception as error:
            _logger.exception("dunning notices %s could not be issued", notices.ids)
            notices._keep_error(f"{type(error).__name__}: {error}")

    def _issue_notices(self, notices):
        """Issue notices that this worker holds, as far as they still apply.

        The number of queries does not depend on the number of notices.
        """
        self.ensure_one()
        if not notices:
            return
        notices = notices._merge_twins()
        lines = notices.line_ids.filtered(lambda line: line.state == "draft")
        self._lock_items(lines)
        differences = lines._recheck(self._assess_again(notices), "issue")
        self.env["account.dunning.run.change"]._keep(differences)
        kept = notices._apply_recheck()
        # all of them: terms, kind of debtor and limits may have changed as well
        self.env["account.dunning.charging"]._charge(kept, approved=True)
        with kept._watch_issue():
            kept._write_issued()
            self.env["account.dunning.debtor"]._refresh(
                self.company_id, notices.partner_id.ids
            )
            # Late, for a conflict above would lose the numbers of the whole batch.
            kept._number()
            kept._settle_charges()
            kept._after_issue()

    def _claim_batch(self, limit):
        """Lock the notices of the next customers that no other worker holds.

        A customer's first notice stands for all of them: one customer's notices in
        several currencies are issued together, for two batches that share a customer
        both write its row, and one of them would have worked in vain.
        """
        self.env.flush_all()
        waiting = SQL("run_id = %s AND state = 'draft' AND error IS NULL", self.id)
        # Two statements, each of which is linear however wrong the statistics of the
        # rows just inserted are; as an anti-join this took most of a batch's time.
        customers = self.env.execute_query(
            SQL(
                """SELECT partner_id FROM account_dunning_notice
                    WHERE id IN (SELECT MIN(id) FROM account_dunning_notice
                                  WHERE %s GROUP BY partner_id)
                    ORDER BY partner_id LIMIT %s FOR UPDATE SKIP LOCKED""",
                waiting,
                limit,
            )
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM account_dunning_notice
                    WHERE %s AND partner_id = ANY(%s)
                    ORDER BY partner_id, id FOR UPDATE""",
                waiting,
                [partner_id for (partner_id,) in customers],
            )
        )
        return self.env["account.dunning.notice"].browse(id_ for (id_,) in rows)

    def _lock_items(self, lines):
        """Hold the items, so that a payment waits until the batch is written.

        In the order of ids, as everybody who locks several should; NO KEY, since
        others may go on referring to the items.
        """
        self.env.cr.execute(
            SQL(
                """SELECT FROM account_move_line WHERE id = ANY(%s)
                    ORDER BY id FOR NO KEY UPDATE""",
                lines.move_line_id.ids,
            )
        )
        lines.move_line_id.invalidate_recordset()

    def _assess_again(self, notices):
        """Judge the debtors again, as of the run's day and as of today.

        The ladder counts for the run's day; what stops an item counts today too, for
        a hold that begins after a run of last week must still hold.

        :return: {id of the open item: row of the assessment}.
        """
        Assessment = self.env["account.dunning.assessment"]
        partners = notices.partner_id
        rows = {
            row["line_id"]: row
            for row in Assessment._assess(self.company_id, self.date, partners)
        }
        today = self.company_id._dunning_today()
        if today > self.date:
            for row in Assessment._assess(self.company_id, today, partners):
                planned = rows.get(row["line_id"])
                if planned and row["reason"] not in STILL_OWED:
                    rows[row["line_id"]] = row
                elif planned:
                    planned["covered"] = max(planned["covered"], row["covered"])
        return rows

    # === CRON METHODS === #

    @api.model
    def _cron_issue(self):
        """Go on with the runs that are being issued, until the time is up."""
        runs = self.search(
            [("state", "=", "approved"), ("issue_started", "!=", False)], order="id"
        )
        self.env["ir.cron"]._commit_progress(
            remaining=sum(runs.mapped("notice_count"))
            - sum(runs.mapped("issued_count"))
        )
        for run in runs:
            try:
                if not run._issue_all():
                    break
                self.env["ir.cron"]._commit_progress(0)
            except Exception as error:
                self.env.cr.rollback()
                self.env.transaction.reset()
                _logger.exception("issuing of dunning run %s failed", run.id)
                run._notify_issue_failure(error)
                self.env["ir.cron"]._commit_progress(0)

    def _notify_failed_notices(self):
        """Leave the responsible a to-do where notices could not be issued."""
        self.ensure_one()
        failed = self._get_failed_notices()
        if failed and not self.activity_ids:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=self.user_id.id or self.env.uid,
                summary=self.env._(
                    "%(count)s notices could not be issued", count=len(failed)
                ),
                note=failed[0].error,
            )

    def _notify_issue_failure(self, error):
        self.ensure_one()
        if not self.activity_ids:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=self.user_id.id or self.env.uid,
                summary=self.env._("Issuing stopped: %(error)s", error=error),
            )
