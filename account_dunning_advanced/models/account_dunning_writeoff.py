from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

# What has been submitted is what is approved and posted.
FROZEN_FIELDS = {"date", "reason_id", "company_id", "evidence_ids", "line_ids"}
# What the company must have set up before a request leaves the draft.
SETUP_FIELDS = ["dunning_writeoff_journal_id", "dunning_writeoff_account_id"]


class AccountDunningWriteoff(models.Model):
    """A request to give up open items, for one reason.

    Each item is posted as an entry of its own, so that the loss, its tax relief and a
    late recovery stand together and one item can be taken back without the others.
    """

    _name = "account.dunning.writeoff"
    _description = "Write-off"
    _inherit = ["account.dunning.evidence", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="Accounting Date",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        copy=False,
        tracking=True,
        help="The day on which the loss is booked.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("to_approve", "To approve"),
            ("approved", "Approved"),
            ("posted", "Posted"),
            ("reversed", "Reversed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    reason_id = fields.Many2one(
        comodel_name="account.dunning.writeoff.reason",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('country_id', 'in', (country_id, False))]",
        tracking=True,
    )
    country_id = fields.Many2one(related="company_id.account_fiscal_country_id")
    reason_rule = fields.Text(string="Rule", related="reason_id.rule")
    reason_evidence = fields.Text(
        string="Evidence to Keep", related="reason_id.evidence"
    )
    note = fields.Text(help="Why these items are given up.")
    evidence_ids = fields.Many2many(
        comodel_name="ir.attachment",
        relation="account_dunning_writeoff_evidence_rel",
        string="Evidence",
        # proof of a loss is not deleted behind the request's back
        ondelete="restrict",
        copy=False,
        help="What proves the loss to the tax office.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Requested By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        copy=False,
    )
    needs_approval = fields.Boolean(
        readonly=True,
        copy=False,
        help="Above the company's limit when it was submitted.",
    )
    approved_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Approved By",
        readonly=True,
        copy=False,
        tracking=True,
    )
    line_ids = fields.One2many(
        comodel_name="account.dunning.writeoff.line",
        inverse_name="writeoff_id",
        string="Items",
        copy=False,
    )
    line_count = fields.Integer(compute="_compute_line_count")
    entry_count = fields.Integer(compute="_compute_entry_count")
    has_unmatched = fields.Boolean(compute="_compute_has_unmatched")
    amount_total = fields.Monetary(
        string="Written Off",
        compute="_compute_amounts",
        store=True,
        currency_field="company_currency_id",
        help="With tax, in company currency; what was dropped or reversed is not in.",
    )
    tax_relief = fields.Monetary(
        compute="_compute_amounts",
        store=True,
        currency_field="company_currency_id",
        help="Tax that is claimed back, in company currency.",
    )

    # === COMPUTE METHODS === #

    @api.depends("date", "reason_id")
    def _compute_display_name(self):
        for request in self:
            request.display_name = self.env._(
                "Write-off of %(date)s: %(reason)s",
                date=format_date(self.env, request.date),
                reason=request.reason_id.name or "",
            )

    @api.depends("line_ids")
    def _compute_line_count(self):
        for request in self:
            request.line_count = len(request.line_ids)

    @api.depends("line_ids.is_unmatched")
    def _compute_has_unmatched(self):
        for request in self:
            request.has_unmatched = any(request.line_ids.mapped("is_unmatched"))

    @api.depends("line_ids.entry_id", "line_ids.reversal_id")
    def _compute_entry_count(self):
        for request in self:
            request.entry_count = len(request._get_entries())

    @api.depends("line_ids.amount_company", "line_ids.tax_relief", "line_ids.state")
    def _compute_amounts(self):
        for request in self:
            lines = request.line_ids.filtered(
                lambda line: line.state in ("open", "posted")
            )
            request.amount_total = sum(lines.mapped("amount_company"))
            request.tax_relief = sum(lines.mapped("tax_relief"))

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "state",
            "user_id",
            "needs_approval",
            "approved_by_id",
            "amount_total",
            "tax_relief",
        }

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        requests._adopt_evidence()
        return requests

    def write(self, vals):
        if FROZEN_FIELDS & vals.keys():
            self._check_editable()
        result = super().write(vals)
        if "evidence_ids" in vals:
            self._adopt_evidence()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(request.state not in ("draft", "cancelled") for request in self):
            raise UserError(
                self.env._("Only requests in draft or cancelled can be deleted.")
            )
        if self.line_ids.entry_id:
            raise UserError(self.env._("A request with entries cannot be deleted."))

    # === ACTION METHODS === #

    def action_reset(self):
        """Take requests that are not posted yet back to draft, for changes."""
        for request in self:
            request._start(["to_approve", "approved"], self.env._("reset"))
            request._unguarded().write(
                {"state": "draft", "approved_by_id": False, "needs_approval": False}
            )
            request.activity_unlink(["mail.mail_activity_data_todo"])

    def action_cancel(self):
        """Give up requests that are not posted; their items are free again."""
        for request in self:
            request._start(["draft", "to_approve", "approved"], self.env._("cancelled"))
            request._get_open_lines()._unguarded().write({"state": "cancelled"})
            request._unguarded().write({"state": "cancelled"})
            request.activity_unlink(["mail.mail_activity_data_todo"])

    def action_post(self):
        """Book the loss of each item that is still open for its amount.

        What was paid since the request is dropped and told in the chatter. A request
        that nobody approved goes to an approver instead when, by now, it is above the
        limit: with a new rate, or with what was written off of the customer since.

        :raise RedirectWarning: journal or account are not set up.
        :raise UserError: the request is not approved, the day is locked or lies in
            the future, or the reason's conditions are not met any more.
        """
        for request in self:
            request._start(["approved"], self.env._("posted"))
            request._check_poster()
            if not request.needs_approval and request._is_above_limit():
                request._ask_approval()
            else:
                request._post()

    def action_reverse(self):
        """Reverse the entries of posted requests today; the items are open again."""
        for request in self:
            request._start(["posted"], self.env._("reversed"))
            request._get_posted_lines().action_reverse()

    def action_view_entries(self):
        """Open the journal entries, reversals included."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Entries"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", self._get_entries().ids)],
            "context": {"create": False},
        }

    @api.model
    def action_propose(self):
        """Make one draft of everything that is not worth collecting any further.

        :return: the action that opens the draft, or a message that there is nothing.
        """
        self.check_access("create")
        request = self._propose(self.env.company, self.env.company._dunning_today())
        if not request:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "message": self.env._(
                        "No overdue item is below the limits that the settings name."
                    ),
                    "type": "info",
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        return request._get_open_action()

    # === BUSINESS METHODS === #

    def _alert(self, summary, text):
        """Tell the responsible, or who asked for the write-off, what needs a look."""
        self.ensure_one()
        self.message_post(body=text)
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=(self.company_id.dunning_user_id or self.user_id).id,
            summary=summary,
            note=text,
        )

    def _check_content(self):
        """Check what a request consists of, on submitting and on posting."""
        self.ensure_one()
        company = self.company_id
        company._check_dunning_setup(SETUP_FIELDS)
        lines = self._get_open_lines()
        if not lines:
            raise UserError(self.env._("There is nothing to write off."))
        if self.date > company._dunning_today():
            raise UserError(
                self.env._("A loss cannot be booked for a day in the future.")
            )
        company._check_dunning_lock(
            self.date,
            any(lines.mapped("tax_relief")),
            company.dunning_writeoff_journal_id,
        )
        lines._check_amount()
        lines._check_no_loose_loss()
        lines._check_relief_not_credited()
        violations = self.reason_id._get_violations(self)
        if violations:
            raise UserError("\n".join(violations))

    def _post(self):
        """Post under lock: all that still holds, or nothing."""
        lines = self._get_open_lines()
        # a payment of these items is either seen below or cannot begin now
        lines.move_line_id.lock_for_update(allow_referencing=True)
        lines._drop_settled()
        if not self._get_open_lines():
            self._unguarded().write({"state": "cancelled"})
            return
        self._check_content()
        lines = self._get_open_lines()
        lines._create_entries()
        self._unguarded().write({"state": "posted"})
        lines._tell_debtors(
            self.env._("Written off (%(reason)s)", reason=self.reason_id.name)
        )

    def _mark_reversed(self):
        """Close requests of which nothing is left in the ledger."""
        for request in self:
            if request.state == "posted" and not request._get_posted_lines():
                request._unguarded().write({"state": "reversed"})
                request.activity_unlink(["mail.mail_activity_data_todo"])

    def _get_open_lines(self):
        """Return the items that wait to be written off, in the order of posting."""
        return self.line_ids.filtered(lambda line: line.state == "open").sorted("id")

    def _get_posted_lines(self):
        return self.line_ids.filtered(lambda line: line.state == "posted")

    def _get_entries(self):
        return self.line_ids.entry_id | self.line_ids.reversal_id

    def _get_open_action(self):
        """Return the action that shows these requests."""
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Write-offs"),
            "res_model": self._name,
            "domain": [("id", "in", self.ids)],
            "view_mode": "list,form",
        }
        if len(self) == 1:
            action |= {"view_mode": "form", "res_id": self.id}
        return action

    @api.model
    def _propose(self, company, date):
        """Make one draft of the open items that are not worth collecting.

        :param res.company company: whose ledger.
        :param date date: the day on which ages are counted; the request's date.
        :return: the request, empty when there is nothing to propose.
        """
        reasons = self.env["account.dunning.writeoff.line"]._find_uneconomic(
            company, date
        )
        if not reasons:
            return self.browse()
        return self.create(
            {
                "company_id": company.id,
                "date": date,
                "reason_id": self._get_proposal_reason(company).id,
                "line_ids": [
                    Command.create({"move_line_id": item_id, "why": why})
                    for item_id, why in reasons.items()
                ],
            }
        )

    @api.model
    def _get_proposal_reason(self, company):
        """Return the reason of proposals; an override point."""
        reason = self.env.ref(
            "account_dunning_advanced.account_dunning_writeoff_reason_uneconomic",
            raise_if_not_found=False,
        )
        return reason or self.env["account.dunning.writeoff.reason"].search(
            [("company_id", "in", [False, *company.parent_ids.ids])], limit=1
        )
