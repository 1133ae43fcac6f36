from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .account_dunning_guard import GUARD_KEY, GUARD_SENTINEL

# What the plan was made for; changing it afterwards would make another plan of it.
PLAN_FIELDS = {
    "company_id",
    "date",
    "policy_ids",
    "partner_ids",
    "salesperson_ids",
    "approval_scope",
}


class AccountDunningRun(models.Model):
    """A plan over a company's ledger on a date.

    Proposing (``account_dunning_run_proposal``) judges every open item and drafts the
    notices; a person reviews and approves; issuing (``account_dunning_run_issue``)
    writes what was approved, less what has changed since.
    """

    _name = "account.dunning.run"
    _description = "Dunning Run"
    _inherit = ["account.dunning.guard", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        help="The day the ledger is judged for. Any day can be proposed as a what-if;"
        " a run is issued for today or for a past day, but not before the last one.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("issued", "Issued"),
            ("cancelled", "Cancelled"),
            ("reversed", "Reversed"),
        ],
        required=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    # --- limits
    policy_ids = fields.Many2many(
        comodel_name="account.dunning.policy",
        string="Only Policies",
        check_company=True,
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Only Customers",
        help="With all contacts of their companies.",
    )
    salesperson_ids = fields.Many2many(
        comodel_name="res.users",
        string="Only Salespeople",
        help="Only invoices of these salespeople.",
    )
    approval_scope = fields.Selection(
        selection=[
            ("all", "All levels"),
            ("automatic", "Levels issued by themselves"),
            ("manual", "Levels that need approval"),
        ],
        required=True,
        default="all",
        help="The daily job splits its work: what the policies let it issue by itself,"
        " and what waits for a person.",
    )
    is_automatic = fields.Boolean(
        readonly=True, copy=False, help="Made by the daily job."
    )
    # --- the plan
    verdict_ids = fields.One2many(
        comodel_name="account.dunning.verdict", inverse_name="run_id", copy=False
    )
    notice_ids = fields.One2many(
        comodel_name="account.dunning.notice", inverse_name="run_id", copy=False
    )
    change_ids = fields.One2many(
        comodel_name="account.dunning.run.change",
        inverse_name="run_id",
        copy=False,
        help="What a person changed in the plan, and what issuing left out and why.",
    )
    plan_hash = fields.Char(
        readonly=True,
        copy=False,
        help="SHA-256 over the plan's lines: notice, item, level and amount. Issuing"
        " is refused when the plan is not the one that was approved.",
    )
    approved_by_id = fields.Many2one(
        comodel_name="res.users", readonly=True, copy=False
    )
    date_approved = fields.Datetime(readonly=True, copy=False)
    issue_started = fields.Datetime(readonly=True, copy=False)
    issue_finished = fields.Datetime(readonly=True, copy=False)
    cancel_requested = fields.Boolean(readonly=True, copy=False)
    # --- figures
    item_count = fields.Integer(string="Open Items", readonly=True, copy=False)
    dun_count = fields.Integer(string="Dunned Items", readonly=True, copy=False)
    notice_count = fields.Integer(compute="_compute_notices")
    issued_count = fields.Integer(compute="_compute_notices")
    failed_count = fields.Integer(
        compute="_compute_notices", help="Notices that could not be issued."
    )
    progress = fields.Float(
        compute="_compute_notices", help="Share of the notices that are dealt with."
    )
    progress_text = fields.Char(compute="_compute_notices")
    reason_table = fields.Html(
        compute="_compute_reason_table", sanitize=False, string="Open Items by Reason"
    )
    change_summary = fields.Char(compute="_compute_change_summary")
    warning = fields.Text(
        readonly=True, copy=False, help="What a person should know or mend."
    )

    # === COMPUTE METHODS === #

    @api.depends("date", "company_id", "is_automatic")
    def _compute_display_name(self):
        for run in self:
            run.display_name = self.env._(
                "Dunning %(date)s · %(company)s",
                date=format_date(self.env, run.date),
                company=run.company_id.name or "",
            )

    @api.depends("notice_ids.state", "notice_ids.error")
    def _compute_notices(self):
        counts = {}
        for run, state, count in self.env["account.dunning.notice"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        ):
            counts.setdefault(run.id, {})[state] = count
        failed = dict(
            self.env["account.dunning.notice"]._read_group(
                [
                    ("run_id", "in", self.ids),
                    ("state", "=", "draft"),
                    ("error", "!=", False),
                ],
                ["run_id"],
                ["__count"],
            )
        )
        for run in self:
            by_state = counts.get(run.id, {})
            run.failed_count = failed.get(run, 0)
            total = sum(by_state.values())
            waiting = by_state.get("draft", 0) - run.failed_count
            run.notice_count = total
            run.issued_count = by_state.get("issued", 0)
            run.progress = 100 * (total - waiting) / total if total else 0
            run.progress_text = run._get_progress_text(total - waiting, total)

    @api.depends_context("lang")
    @api.depends("state", "item_count")
    def _compute_reason_table(self):
        for run in self:
            summary = run._get_reason_summary()
            run.reason_table = summary and self.env["ir.qweb"]._render(
                "account_dunning_advanced.run_reason_table", {"rows": summary}
            )

    def _get_reason_summary(self):
        """Return the run's open items by reason, in the order reasons are checked.

        :return: list of {reason, label, items, amounts}; amounts are formatted texts,
            one a currency.
        """
        self.ensure_one()
        Verdict = self.env["account.dunning.verdict"]
        labels = dict(Verdict._fields["reason"]._description_selection(self.env))
        rows = {}
        for reason, currency, count, amount in Verdict._read_group(
            [("run_id", "=", self._origin.id)],
            ["reason", "currency_id"],
            ["__count", "amount_residual:sum"],
        ):
            row = rows.setdefault(
                reason,
                {"reason": reason, "label": labels[reason], "items": 0, "amounts": []},
            )
            row["items"] += count
            row["amounts"].append(currency.format(amount))
        return [rows[reason] for reason in labels if reason in rows]

    @api.depends("change_ids")
    def _compute_change_summary(self):
        Change = self.env["account.dunning.run.change"]
        for run in self:
            run.change_summary = Change._summarize(run)

    def _get_progress_text(self, done, total):
        """Say how far issuing is, how fast, and how long it will take."""
        self.ensure_one()
        if not self.issue_started or self.issue_finished or not total:
            return False
        seconds = (fields.Datetime.now() - self.issue_started).total_seconds()
        rate = done / seconds if seconds else 0
        if not rate:
            return self.env._("%(done)s of %(total)s", done=done, total=total)
        return self.env._(
            "%(done)s of %(total)s, %(rate)s a second, about %(left)s min left",
            done=done,
            total=total,
            rate=round(rate, 1),
            left=round((total - done) / rate / 60) or "<1",
        )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "state",
            "plan_hash",
            "approved_by_id",
            "date_approved",
            "issue_started",
            "issue_finished",
            "cancel_requested",
            "item_count",
            "dun_count",
            "is_automatic",
        }

    def write(self, vals):
        if PLAN_FIELDS & vals.keys() and (
            self.env.context.get(GUARD_KEY) is not GUARD_SENTINEL
        ):
            for run in self:
                run._check_state(["draft"], self.env._("changed in what it is about"))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_plan(self):
        for run in self:
            if run.state in ("draft", "proposed", "cancelled") and (
                not run.issue_started
            ):
                run._clear_plan()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_issued(self):
        for run in self:
            if run.state in ("issued", "reversed") or run.issue_started:
                raise UserError(
                    self.env._(
                        "%(run)s has been issued and cannot be deleted. Reverse it"
                        " instead.",
                        run=run.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_propose(self):
        """Judge the ledger and draft the notices; replaces an earlier proposal."""
        for run in self:
            run._propose()
        return True

    def action_draft(self):
        """Throw the proposal away, so that day and limits can be changed."""
        for run in self:
            run._check_state(["proposed"], self.env._("taken back to draft"))
            run._clear_plan()
            run._unguarded().write(
                {"state": "draft", "plan_hash": False, "item_count": 0, "dun_count": 0}
            )
        return True

    def action_approve(self):
        """Approve the plan as it stands.

        :raise UserError: the run is not proposed.
        """
        for run in self:
            run._check_state(["proposed"], self.env._("approved"))
            run._refresh_plan_hash()
            run._unguarded().write(
                {
                    "state": "approved",
                    "approved_by_id": self.env.uid,
                    "date_approved": fields.Datetime.now(),
                }
            )
        return True

    def action_reset(self):
        """Take an approval back, as long as nothing has been issued."""
        for run in self:
            run._check_state(["approved"], self.env._("changed again"))
            if run.issue_started:
                raise UserError(
                    self.env._("%(run)s is being issued.", run=run.display_name)
                )
            run._unguarded().state = "proposed"
        return True

    def action_cancel(self):
        """Cancel the run; one that is being issued stops after the current batch.

        Notices that are issued already stay issued; they can be reversed.
        """
        for run in self:
            run._check_state(["draft", "proposed", "approved"], self.env._("cancelled"))
            if run.issue_started:
                run._unguarded().cancel_requested = True
                run._trigger_issue()
            else:
                run._cancel_drafts()
                run._unguarded().state = "cancelled"
        return True

    def action_reverse(self):
        """Take back all notices of an issued run; levels are what they were before.

        :raise UserError: the run is not issued.
        """
        for run in self:
            run._check_state(["issued"], self.env._("reversed"))
            issued = run.notice_ids.filtered(lambda notice: notice.state == "issued")
            issued._check_may_give_up()
            issued._reverse()
            run._unguarded().state = "reversed"
        return True

    def action_view_notices(self):
        """Open the notices of the run."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_notice_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_verdicts(self):
        """Open the verdicts: each open item and why it is dunned or not."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_verdict_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        return action

    def action_view_changes(self):
        """Open what was changed by hand and what issuing left out."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_run_change_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        return action

    # === BUSINESS METHODS === #

    def _check_state(self, states, what):
        # planning and issuing ask for the state first, and write much later
        self.check_access("write")
        return super()._check_state(states, what)

    def _cancel_drafts(self):
        """Cancel the notices that are not issued."""
        self.notice_ids.filtered(lambda notice: notice.state == "draft")._cancel()

    def _close_reversed(self):
        """Mark runs as reversed whose last issued notice has been taken back."""
        counts = dict(
            self.env["account.dunning.notice"]._read_group(
                [("run_id", "in", self.ids), ("state", "=", "issued")],
                ["run_id"],
                ["__count"],
            )
        )
        self.filtered(
            lambda run: run.state == "issued" and not counts.get(run)
        )._unguarded().write({"state": "reversed"})
