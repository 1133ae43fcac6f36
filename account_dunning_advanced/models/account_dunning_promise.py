from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount, format_date

from .account_dunning_guard import GUARD_KEY, GUARD_SENTINEL

# What was agreed does not change behind the debtor's back.
FROZEN_FIELDS = {
    "partner_id",
    "company_id",
    "kind",
    "date",
    "tolerance_days",
    "move_line_ids",
    "line_ids",
    "interest_rate",
}


class AccountDunningPromise(models.Model):
    """An agreement with a debtor: a promise to pay, a plan or a settlement.

    While it is on track the items that it covers are not dunned. Whether it is, the
    ledger says: see :meth:`_judge` and ``engine.promise``.
    """

    _name = "account.dunning.promise"
    _description = "Agreement"
    _inherit = [
        "account.dunning.guard",
        "account.dunning.addressed",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        help="The commercial partner who owes.",
    )
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Promised By",
        domain="[('id', 'child_of', partner_id)]",
        help="The person who gave the word; written to about it.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        help="The currency of the items: an agreement has one.",
    )
    kind = fields.Selection(
        selection=[
            ("promise", "Promise to pay"),
            ("plan", "Payment plan"),
            ("settlement", "Settlement"),
        ],
        required=True,
        default="promise",
        tracking=True,
        help="A settlement waives the rest once all of its instalments were kept.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("active", "On track"),
            ("kept", "Kept"),
            ("partial", "Partly kept"),
            ("broken", "Broken"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
    )
    date = fields.Date(
        string="Made On",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        copy=False,
        tracking=True,
        help="The day on which it was agreed.",
    )
    date_closed = fields.Date(
        string="Over Since",
        readonly=True,
        copy=False,
        help="The day from which the agreement does not stop dunning any more.",
    )
    tolerance_days = fields.Integer(
        string="Tolerance (days)",
        tracking=True,
        help="So many days after the date an instalment still counts as kept, and the"
        " items are not dunned.",
    )
    channel = fields.Selection(
        selection=[
            ("call", "Call"),
            ("email", "E-mail"),
            ("sms", "SMS"),
            ("letter", "Letter"),
            ("visit", "Visit"),
            ("portal", "Portal"),
            ("other", "Other"),
        ],
        string="Made By",
        default="call",
        required=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Taken By",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        tracking=True,
        help="Who took the promise; told when it is broken, unless the debtor has a"
        " collector.",
    )
    note = fields.Text(help="What was said; not shown to the customer.")
    line_ids = fields.One2many(
        comodel_name="account.dunning.promise.line",
        inverse_name="promise_id",
        string="Instalments",
        copy=True,
    )
    move_line_ids = fields.Many2many(
        comodel_name="account.move.line",
        relation="account_dunning_promise_move_line_rel",
        string="Items Covered",
        check_company=True,
        copy=False,
        domain="[('partner_id', 'child_of', partner_id),"
        " ('company_id', '=', company_id),"
        " ('account_type', '=', 'asset_receivable'), ('reconciled', '=', False),"
        " ('parent_state', '=', 'posted'), ('balance', '>', 0)]",
    )
    item_ids = fields.One2many(
        comodel_name="account.dunning.promise.item",
        inverse_name="promise_id",
        string="Items at Confirmation",
        readonly=True,
        copy=False,
    )
    policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Whose limits applied, and what it does when the agreement is broken.",
    )
    needs_approval = fields.Boolean(
        readonly=True, copy=False, help="Above the policy's limits; waits for approval."
    )
    approved_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Approved By",
        readonly=True,
        copy=False,
        tracking=True,
    )
    break_action = fields.Char(
        readonly=True, copy=False, help="How the policy reacted when it was broken."
    )
    writeoff_id = fields.Many2one(
        comodel_name="account.dunning.writeoff",
        string="Waiver",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Writes off the rest of a settlement that was kept.",
    )
    amount_total = fields.Monetary(
        string="Agreed", compute="_compute_amount_total", store=True
    )
    amount_open = fields.Monetary(
        string="Open",
        compute="_compute_amount_open",
        help="What the items owed when the agreement was confirmed; until then, what"
        " they owe now.",
    )
    amount_discount = fields.Monetary(
        string="Waived if Kept", compute="_compute_amount_open"
    )
    amount_paid = fields.Monetary(
        string="Paid", readonly=True, copy=False, help="Money that came for the items."
    )
    amount_settled = fields.Monetary(
        string="Settled Otherwise",
        readonly=True,
        copy=False,
        help="Instalments that a credit note or a write-off made void.",
    )
    amount_surplus = fields.Monetary(
        string="Paid Beyond", readonly=True, copy=False, help="More than was agreed."
    )
    amount_elsewhere = fields.Monetary(
        string="Paid on Other Items",
        compute="_compute_amount_elsewhere",
        help="Paid by the customer since on items that the agreement does not cover:"
        " it does not count.",
    )
    date_next = fields.Date(
        string="Next Instalment", compute="_compute_date_next", store=True
    )
    date_confirmation_sent = fields.Datetime(
        string="Confirmation Sent", readonly=True, copy=False
    )

    _tolerance_days_positive = models.Constraint(
        "CHECK (tolerance_days >= 0)", "The tolerance cannot be negative."
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "partner_id", "amount_total", "date_next")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for promise in self:
            promise.display_name = self.env._(
                "%(kind)s of %(partner)s: %(amount)s",
                kind=kinds.get(promise.kind, ""),
                partner=promise.partner_id.name or "",
                amount=promise._format(promise.amount_total),
            )

    @api.depends("move_line_ids.currency_id", "company_id")
    def _compute_currency_id(self):
        for promise in self:
            promise.currency_id = (
                promise.move_line_ids[:1].currency_id or promise.company_id.currency_id
            )

    @api.depends("line_ids.amount")
    def _compute_amount_total(self):
        for promise in self:
            promise.amount_total = sum(promise.line_ids.mapped("amount"))

    @api.depends(
        "item_ids.amount_open",
        "move_line_ids.amount_residual_currency",
        "amount_total",
        "kind",
    )
    def _compute_amount_open(self):
        for promise in self:
            promise.amount_open = sum(
                promise.item_ids.mapped("amount_open")
                if promise.item_ids
                else promise.move_line_ids.mapped("amount_residual_currency")
            )
            promise.amount_discount = (
                max(promise.amount_open - promise.amount_total, 0.0)
                if promise.kind == "settlement"
                else 0.0
            )

    @api.depends("partner_id", "move_line_ids", "date", "state")
    def _compute_amount_elsewhere(self):
        for promise in self:
            promise.amount_elsewhere = sum(
                partial.debit_amount_currency
                for partial in promise._origin._search_paid_elsewhere()
                if promise._is_payment(partial.credit_move_id)
            )

    @api.depends("line_ids.date", "line_ids.state")
    def _compute_date_next(self):
        for promise in self:
            dates = promise.line_ids.filtered(
                lambda line: line.state in ("draft", "active")
            ).mapped("date")
            promise.date_next = min(filter(None, dates), default=False)

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("move_line_ids", "partner_id", "company_id")
    def _check_move_line_ids(self):
        for promise in self:
            promise._check_currencies()
            for item in promise.move_line_ids:
                if item.account_type != "asset_receivable" or item.balance < 0:
                    raise ValidationError(
                        self.env._(
                            "%(item)s is not a receivable item.", item=item.display_name
                        )
                    )
                if item.partner_id.commercial_partner_id != promise.partner_id:
                    raise ValidationError(
                        self.env._(
                            "%(item)s is not owed by %(partner)s.",
                            item=item.display_name,
                            partner=promise.partner_id.display_name,
                        )
                    )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "state",
            "date_closed",
            "item_ids",
            "policy_id",
            "needs_approval",
            "approved_by_id",
            "break_action",
            "writeoff_id",
            "amount_paid",
            "amount_settled",
            "amount_surplus",
            "date_confirmation_sent",
        }

    @api.model_create_multi
    def create(self, vals_list):
        promises = super().create(
            [self._with_commercial_partner(vals) for vals in vals_list]
        )
        # an importer's: who may set the state by hand takes over what it stands for
        promises.filtered(lambda promise: promise.state == "active")._activate()
        return promises

    def write(self, vals):
        if FROZEN_FIELDS & vals.keys():
            self._check_editable()
        result = super().write(self._with_commercial_partner(vals))
        if "state" in vals:
            self.env["account.dunning.debtor"]._refresh_later(self)
        return result

    @api.model
    def _with_commercial_partner(self, vals):
        """Return values that name the debtor, and the person apart from it."""
        partner = self.env["res.partner"].browse(vals.get("partner_id"))
        debtor = partner.commercial_partner_id
        if not partner or partner == debtor:
            return vals
        return {"contact_id": partner.id, **vals, "partner_id": debtor.id}

    def _check_editable(self):
        """:raise UserError: what was confirmed is to be changed by hand."""
        if self.env.su or self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            return
        for promise in self:
            promise._check_state(["draft"], self.env._("changed"))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        for promise in self:
            promise._check_state(["draft", "cancelled"], self.env._("deleted"))

    # === ACTION METHODS === #

    def action_cancel(self):
        """End the agreements today: their items can be dunned again."""
        for promise in self:
            promise._start(["draft", "active"], self.env._("cancelled"))
            was_active = promise.state == "active"
            promise._close("cancelled", promise.company_id._dunning_today())
            promise.line_ids.filtered(
                lambda line: line.state in ("draft", "active")
            )._unguarded().write({"state": "cancelled"})
            promise.activity_unlink(["mail.mail_activity_data_todo"])
            if was_active:
                promise._tell(
                    self.env._(
                        "Cancelled: %(agreement)s", agreement=promise.display_name
                    )
                )
        return True

    def action_view_writeoff(self):
        """Open the write-off that waived the rest."""
        self.ensure_one()
        return self.writeoff_id._get_records_action()

    # === BUSINESS METHODS === #

    def _check_currencies(self):
        currencies = self.move_line_ids.currency_id
        if len(currencies) > 1:
            raise ValidationError(
                self.env._(
                    "An agreement is about one currency, these items are in"
                    " %(currencies)s. Make one agreement for each.",
                    currencies=", ".join(currencies.sorted("name").mapped("name")),
                )
            )

    def _close(self, state, day):
        """End an agreement, or with state ``active`` open it again."""
        is_open = state == "active"
        self._unguarded().write(
            {"state": state, "date_closed": False if is_open else day}
        )
        # who judges need not have rights on what keeps items unique
        self.item_ids.sudo().write({"is_open": is_open})
        # an item that was let go of a moment ago is free for another agreement
        self.env.flush_all()

    def _format(self, amount):
        self.ensure_one()
        if not self.currency_id:
            return str(amount)
        return format_amount(self.env, amount, self.currency_id)

    def _describe(self):
        """Return what was agreed, in a line for the debtor's history."""
        self.ensure_one()
        return self.env._(
            "%(agreement)s, %(instalments)s; taken by %(user)s",
            agreement=self.display_name,
            instalments=", ".join(
                self.env._(
                    "%(amount)s by %(date)s",
                    amount=self._format(line.amount),
                    date=format_date(self.env, line.date),
                )
                for line in self.line_ids.sorted("date")
            ),
            user=self.user_id.name or "–",
        )

    def _tell(self, text):
        """Log on the debtor, where the whole story is read."""
        for promise in self:
            debtor = self.env["account.dunning.debtor"]._get_or_create(
                promise.partner_id, promise.company_id
            )
            debtor.message_post(body=text)
