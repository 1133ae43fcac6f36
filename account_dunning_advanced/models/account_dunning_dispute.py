from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from .account_dunning_dispute_reason import CAUSES

# What the dispute is about; settled with the decision.
FROZEN_FIELDS = {
    "partner_id",
    "company_id",
    "move_line_ids",
    "amount",
    "date_ground",
    "reason_id",
}


class AccountDunningDispute(models.Model):
    """ "I do not owe this": what a customer objects to, and what became of it.

    While it is open, the disputed part of its items is not dunned; the rest is. How
    much of which item is disputed stands in ``line_ids``: the amount is taken from the
    oldest item first. What a decision does to charges and ladder stands in
    ``account_dunning_dispute_decision``, and to the ledger in ``_credit``.
    """

    _name = "account.dunning.dispute"
    _description = "Dispute"
    _inherit = [
        "account.dunning.evidence",
        "account.dunning.addressed",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "deadline, id"
    _check_company_auto = True

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        compute="_compute_from_items",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="cascade",
        tracking=True,
        help="The commercial partner of whom the items are claimed.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        compute="_compute_from_items",
        store=True,
        readonly=False,
        precompute=True,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        compute="_compute_from_items",
        store=True,
        precompute=True,
    )
    move_line_ids = fields.Many2many(
        comodel_name="account.move.line",
        relation="account_dunning_dispute_item_rel",
        string="Items",
        required=True,
        check_company=True,
        help="What is disputed: open receivable items of one customer and currency.",
    )
    line_ids = fields.One2many(
        comodel_name="account.dunning.dispute.line",
        inverse_name="dispute_id",
        string="Disputed Items",
        readonly=True,
    )
    amount = fields.Monetary(
        string="Disputed",
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="In the currency of the items; everything that is open unless a part is"
        " given.",
    )
    reason_id = fields.Many2one(
        comodel_name="account.dunning.dispute.reason",
        string="Reason Code",
        required=True,
        index=True,
        default=lambda self: self._default_reason_id(),
        ondelete="restrict",
        tracking=True,
    )
    reason = fields.Char(
        string="What the Customer Says",
        compute="_compute_reason",
        store=True,
        readonly=False,
        precompute=True,
    )
    description = fields.Text(help="The objection at length, e.g. the customer's mail.")
    cause = fields.Selection(
        string="Root Cause",
        selection=CAUSES,
        compute="_compute_cause",
        store=True,
        readonly=False,
        precompute=True,
        help="Where the ground of the dispute lies, for the analysis.",
    )
    root_cause = fields.Text(
        string="Finding", help="What was found out, and what is to be done about it."
    )
    evidence_ids = fields.Many2many(
        comodel_name="ir.attachment",
        relation="account_dunning_dispute_evidence_rel",
        string="Evidence",
        copy=False,
    )
    date = fields.Date(
        string="Raised On",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        help="The day on which the customer objected.",
    )
    date_ground = fields.Date(
        string="Justified Since",
        compute="_compute_date_ground",
        store=True,
        readonly=False,
        precompute=True,
        help="From this day on the amount was not owed, if the customer is right: what"
        " notices since then caused is undone.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Owner",
        default=lambda self: self._default_user_id(),
        domain="[('share', '=', False)]",
        index="btree_not_null",
        tracking=True,
        help="Who clears up the dispute and decides it.",
    )
    deadline = fields.Date(
        compute="_compute_deadline",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Until when it is to be decided.",
    )
    state = fields.Selection(
        selection=[
            ("open", "Pending"),
            ("upheld", "Upheld"),
            ("partly", "Partly upheld"),
            ("rejected", "Rejected"),
        ],
        required=True,
        readonly=True,
        default="open",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    # --- the decision
    amount_upheld = fields.Monetary(
        string="Upheld",
        readonly=True,
        copy=False,
        tracking=True,
        help="What was decided not to be owed.",
    )
    decided_by_id = fields.Many2one(
        comodel_name="res.users", string="Decided By", readonly=True, copy=False
    )
    date_decided = fields.Date(string="Decided On", readonly=True, copy=False)
    date_tolerance = fields.Date(
        string="Tolerance Until",
        readonly=True,
        copy=False,
        help="What was not upheld is not dunned until this day.",
    )
    date_escalated = fields.Date(string="Escalated On", readonly=True, copy=False)
    answer = fields.Text(
        string="Answer to the Customer",
        help="Told to the customer with the decision, in the customer's language.",
    )
    tell_customer = fields.Boolean(
        string="Tell the Customer",
        default=True,
        help="The decision is told by e-mail.",
    )
    credit_ids = fields.One2many(
        comodel_name="account.move",
        inverse_name="dunning_dispute_id",
        string="Credit Notes",
        readonly=True,
    )
    credit_count = fields.Integer(compute="_compute_credit_count")
    is_late = fields.Boolean(compute="_compute_is_late")

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)",
        "A dispute is about an amount above zero that is open and not disputed yet. A"
        " complaint about what is paid is answered with a credit note on the invoice.",
    )
    _company_state_idx = models.Index("(company_id, state)")

    # === DEFAULTS === #

    def _default_reason_id(self):
        return self.env["account.dunning.dispute.reason"].search(
            [("code", "=", "other")], limit=1
        )

    def _default_user_id(self):
        user = self.env.user
        return user if user._is_internal() else self.env["res.users"]

    # === COMPUTE METHODS === #

    @api.depends("reason_id", "partner_id")
    def _compute_display_name(self):
        for dispute in self:
            dispute.display_name = self.env._(
                "Dispute %(number)s (%(reason)s)",
                number=dispute.id or "",
                reason=dispute.reason_id.name or "",
            )

    @api.depends("move_line_ids")
    def _compute_from_items(self):
        for dispute in self:
            items = dispute.move_line_ids
            dispute.partner_id = (
                dispute.partner_id or items[:1].partner_id
            ).commercial_partner_id
            dispute.company_id = (
                items[:1].company_id or dispute.company_id or self.env.company
            )
            dispute.currency_id = (
                items[:1].currency_id or dispute.company_id.currency_id
            )

    @api.depends("move_line_ids")
    def _compute_amount(self):
        for dispute in self:
            free = dispute.move_line_ids._origin._get_undisputed(dispute._origin)
            dispute.amount = sum(free.values())

    @api.depends("reason_id")
    def _compute_reason(self):
        for dispute in self:
            dispute.reason = dispute.reason or dispute.reason_id.name

    @api.depends("reason_id")
    def _compute_cause(self):
        for dispute in self:
            dispute.cause = dispute.reason_id.cause

    @api.depends("move_line_ids")
    def _compute_date_ground(self):
        for dispute in self:
            dispute.date_ground = min(
                (
                    item.move_id.invoice_date or item.date
                    for item in dispute.move_line_ids
                ),
                default=False,
            )

    @api.depends("company_id")
    def _compute_deadline(self):
        for dispute in self:
            dispute.deadline = dispute.deadline or dispute._get_deadline()

    @api.depends("credit_ids")
    def _compute_credit_count(self):
        for dispute in self:
            dispute.credit_count = len(dispute.credit_ids)

    @api.depends("state", "deadline")
    def _compute_is_late(self):
        for dispute in self:
            dispute.is_late = (
                dispute.state == "open"
                and dispute.deadline
                and dispute.deadline < dispute.company_id._dunning_today()
            )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("move_line_ids", "partner_id", "company_id")
    def _check_items(self):
        for dispute in self:
            items = dispute.move_line_ids
            if not items:
                raise ValidationError(self.env._("Choose what is disputed."))
            for item in items:
                if (
                    item.account_type != "asset_receivable"
                    or item.parent_state != "posted"
                ):
                    raise ValidationError(
                        self.env._(
                            "%(item)s is not an open receivable item.",
                            item=item.display_name,
                        )
                    )
            same = (
                len(items.currency_id) == 1
                and items.company_id == dispute.company_id
                and items.partner_id.commercial_partner_id == dispute.partner_id
            )
            if not same:
                raise ValidationError(
                    self.env._(
                        "A dispute is about items of one customer, company and"
                        " currency. Open one for each."
                    )
                )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "state",
            "amount_upheld",
            "decided_by_id",
            "date_decided",
            "date_tolerance",
            "date_escalated",
            "line_ids",
            "credit_ids",
        }

    @api.model_create_multi
    def create(self, vals_list):
        disputes = super().create([self._complete(vals) for vals in vals_list])
        disputes._distribute()
        disputes._touch_debtors()
        self.env["account.dunning.debtor"]._refresh_later(disputes)
        disputes._adopt_evidence()
        disputes._schedule_decision()
        disputes._tell_debtor(lambda dispute: dispute._get_begin_text())
        return disputes

    def write(self, vals):
        if FROZEN_FIELDS & vals.keys():
            self._check_editable()
        if "deadline" in vals:
            # a new deadline may be missed anew
            self._unguarded().filtered("date_escalated").date_escalated = False
        result = super().write(vals)
        if {"move_line_ids", "amount"} & vals.keys():
            self._distribute()
            self._touch_debtors()
        if {"state", "deadline", "move_line_ids", "amount"} & vals.keys():
            self.env["account.dunning.debtor"]._refresh_later(self)
        if "evidence_ids" in vals:
            self._adopt_evidence()
        if {"user_id", "deadline"} & vals.keys():
            self._reschedule_decision()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if any(dispute.state != "open" for dispute in self):
            raise UserError(
                self.env._("A dispute that was decided is kept: it explains a credit.")
            )

    @api.model
    def _complete(self, vals):
        """Return the values with the commercial partner, and the code of the reason.

        Integrations may name the reason by its code or its name alone.
        """
        vals = dict(vals)
        if vals.get("partner_id"):
            partner = self.env["res.partner"].browse(vals["partner_id"])
            vals["partner_id"] = partner.commercial_partner_id.id
        if not vals.get("amount"):
            vals.pop("amount", None)
        if vals.get("reason") and not vals.get("reason_id"):
            reason = self.env["account.dunning.dispute.reason"].search(
                [
                    "|",
                    ("code", "=", vals["reason"]),
                    ("name", "=ilike", vals["reason"]),
                ],
                limit=1,
            )
            if reason:
                vals["reason_id"] = reason.id
        return vals

    def _get_editable_states(self):
        return ["open"]

    def _touch_debtors(self):
        """Let notices that are being issued see what is disputed."""
        for company, disputes in self.grouped("company_id").items():
            # disputes come from people without rights on debtors as well
            self.env["account.dunning.debtor"].sudo()._touch(
                disputes.partner_id, company
            )

    def _distribute(self):
        """Set how much of which item is disputed, the oldest item first.

        :raise ValidationError: more is disputed than is open and not disputed yet.
        """
        for dispute in self:
            left = dispute.amount
            vals_list = []
            for item, free in dispute.move_line_ids._get_undisputed(dispute).items():
                part = min(left, free)
                left = dispute.currency_id.round(left - part)
                if dispute.currency_id.compare_amounts(part, 0) > 0:
                    vals_list.append(dispute._prepare_line(item, part))
            if dispute.currency_id.compare_amounts(left, 0) > 0:
                raise ValidationError(
                    self.env._(
                        "%(amount)s is more than is open and not disputed yet; %(left)s"
                        " of it is too much.",
                        amount=dispute.currency_id.format(dispute.amount),
                        left=dispute.currency_id.format(left),
                    )
                )
            # the split is the process's own; nobody has a right to write it
            dispute.sudo().line_ids.unlink()
            dispute.line_ids.sudo().create(vals_list)
        self.invalidate_recordset(["line_ids"])

    def _prepare_line(self, item, amount):
        self.ensure_one()
        return {
            "dispute_id": self.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "move_line_id": item.id,
            "date_due": item.date_maturity or item.date,
            "amount": amount,
        }

    # === ACTION METHODS === #

    def action_view_credits(self):
        """Open the credit notes that were made for the disputes."""
        return self.credit_ids._get_records_action(name=self.env._("Credit Notes"))

    def action_view_invoices(self):
        """Open the invoices that are disputed."""
        return self.move_line_ids.move_id._get_records_action(
            name=self.env._("Invoices")
        )

    # === BUSINESS METHODS === #

    def _get_begin_text(self):
        self.ensure_one()
        return self.env._(
            "%(dispute)s on %(amount)s, to be decided by %(user)s until %(date)s:"
            " %(reason)s",
            dispute=self.display_name,
            amount=self.currency_id.format(self.amount),
            user=self.user_id.name or "–",
            date=format_date(self.env, self.deadline) if self.deadline else "–",
            reason=self.reason or "–",
        )

    def _tell_debtor(self, get_text):
        """Log a line on the debtor, where the whole story is read."""
        Debtor = self.env["account.dunning.debtor"]
        for dispute in self:
            debtor = Debtor._get_or_create(dispute.partner_id, dispute.company_id)
            debtor.message_post(body=get_text(dispute))
