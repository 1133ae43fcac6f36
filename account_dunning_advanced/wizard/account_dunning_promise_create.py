from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount, format_date

from ..engine import promise as engine

# What the wizard may be opened for, and how to get from it to journal items.
TARGETS = {
    "account.dunning.debtor": "partner_id.commercial_partner_id",
    "res.partner": "partner_id.commercial_partner_id",
    "account.move": "move_id",
    "account.move.line": "id",
}
# More instalments than this are a slip of the finger.
MOST_INSTALMENTS = 120
# For so long, from the first instalment on, days off are looked up.
YEARS_LOOKED_UP = MOST_INSTALMENTS // 12 + 1


class AccountDunningPromiseCreate(models.TransientModel):
    """Take a promise, a plan or a settlement, and lay out its instalments."""

    _name = "account.dunning.promise.create"
    _description = "Take a Promise"

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", required=True, readonly=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True
    )
    move_line_ids = fields.Many2many(
        comodel_name="account.move.line",
        relation="account_dunning_promise_create_line_rel",
        string="Items Covered",
        domain="[('partner_id', 'child_of', partner_id),"
        " ('company_id', '=', company_id),"
        " ('account_type', '=', 'asset_receivable'), ('reconciled', '=', False),"
        " ('parent_state', '=', 'posted'), ('balance', '>', 0)]",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_amount_open"
    )
    amount_open = fields.Monetary(string="Open", compute="_compute_amount_open")
    kind = fields.Selection(
        selection=lambda self: self.env["account.dunning.promise"]
        ._fields["kind"]
        ._description_selection(self.env),
        required=True,
        default="promise",
    )
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        required=True,
        help="What the customer will pay in all.",
    )
    date_first = fields.Date(
        string="By",
        required=True,
        default=lambda self: fields.Date.add(self.env.company._dunning_today(), days=7),
        help="The day by which the money, or the first instalment, is to be paid.",
    )
    layout = fields.Selection(
        selection=[("number", "A number of instalments"), ("size", "Of an amount")],
        required=True,
        default="number",
    )
    number = fields.Integer(string="Instalments", default=1)
    size = fields.Monetary(string="Instalment", help="The last one takes the rest.")
    period = fields.Selection(
        selection=[("week", "Every week"), ("month", "Every month")],
        required=True,
        default="month",
    )
    shift = fields.Boolean(
        string="Business Days Only",
        default=True,
        help="An instalment that falls on a day off is due on the next business day.",
    )
    interest_rate = fields.Float(
        string="Interest (% a year)",
        digits=(5, 2),
        default=lambda self: self._default_interest_rate(),
        help="For the time that the plan gives; is added to the instalments.",
    )
    tolerance_days = fields.Integer(
        string="Tolerance (days)",
        default=lambda self: self._default_tolerance_days(),
    )
    channel = fields.Selection(
        selection=lambda self: self.env["account.dunning.promise"]
        ._fields["channel"]
        ._description_selection(self.env),
        string="Made By",
        required=True,
        default="call",
    )
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Promised By",
        domain="[('id', 'child_of', partner_id)]",
    )
    note = fields.Text()
    send_confirmation = fields.Boolean(
        help="Sends the customer an e-mail with the schedule as PDF."
    )
    preview = fields.Text(string="Schedule", compute="_compute_preview")

    @api.model
    def _default_tolerance_days(self):
        policy_sudo = self.env.company.dunning_policy_id.sudo()
        return policy_sudo.promise_tolerance_days

    @api.model
    def _default_interest_rate(self):
        policy_sudo = self.env.company.dunning_policy_id.sudo()
        return policy_sudo.promise_interest_rate

    # === COMPUTE METHODS === #

    @api.depends("move_line_ids")
    def _compute_amount_open(self):
        for wizard in self:
            items = wizard.move_line_ids
            wizard.currency_id = items[:1].currency_id or wizard.company_id.currency_id
            wizard.amount_open = sum(items.mapped("amount_residual_currency"))

    @api.depends("move_line_ids")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.amount_open

    @api.depends(
        "amount",
        "date_first",
        "layout",
        "number",
        "size",
        "period",
        "shift",
        "kind",
        "interest_rate",
        "move_line_ids",
    )
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = "\n".join(
                wizard._describe_instalment(instalment, interest)
                for instalment, interest in wizard._get_schedule()
            )

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind == "promise":
            self.number = 1
            self.layout = "number"
        elif self.kind == "plan" and self.number == 1:
            self.number = 3

    # === ACTION METHODS === #

    @api.model
    def _open(self, records):
        """Return the action that opens the wizard for these records' open items."""
        if records._name not in TARGETS or not records:
            raise UserError(self.env._("There is nothing that could be promised."))
        items = self._get_items(records)
        partner = items.partner_id.commercial_partner_id
        if not items:
            raise UserError(
                self.env._("None of this is open and free of other agreements.")
            )
        if len(partner) > 1 or len(items.company_id) > 1:
            raise UserError(
                self.env._(
                    "An agreement is made with one customer of one company. Choose"
                    " items of one."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Take a Promise"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_partner_id": partner.id,
                "default_company_id": items.company_id.id,
                "default_move_line_ids": items.ids,
            },
        }

    @api.model
    def _get_items(self, records):
        """Return the open items of records that are in no other agreement."""
        records.check_access("read")
        keys = records.partner_id if "debtor" in records._name else records
        if records._name == "res.partner":
            keys = records.commercial_partner_id
        companies = (
            records.company_id
            if "debtor" in records._name
            else self.env.companies
            if records._name != "res.partner"
            else self.env.company
        )
        items = self.env["account.move.line"].search(
            [
                (TARGETS[records._name], "in", keys.ids),
                ("company_id", "in", companies.ids),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", ">", 0),
            ],
            order="date_maturity, id",
        )
        taken = self.env["account.dunning.promise.item"].search(
            [("move_line_id", "in", items.ids), ("is_open", "=", True)]
        )
        items -= taken.move_line_id
        if records._name in ("account.dunning.debtor", "res.partner"):
            # an agreement has one currency; the oldest item's is proposed
            items = items.filtered(
                lambda item: item.currency_id == items[:1].currency_id
                and not item.no_followup
            )
        return items

    def action_apply(self):
        """Make the agreement, confirm it and show it.

        Above the policy's limits it waits in draft for a manager.
        """
        promise = self._create_promise()
        promise.action_confirm()
        if self.send_confirmation and promise.state == "active":
            promise.action_send()
        return self.env["account.dunning.call"]._show(promise)

    def action_draft(self):
        """Make a draft, to change its instalments by hand."""
        return self._create_promise()._get_records_action()

    # === BUSINESS METHODS === #

    def _describe_instalment(self, instalment, interest):
        """Return one line of the preview."""
        values = {
            "date": format_date(self.env, instalment.day),
            "amount": format_amount(
                self.env, float(instalment.amount + interest), self.currency_id
            ),
        }
        if not interest:
            return self.env._("%(date)s: %(amount)s", **values)
        return self.env._(
            "%(date)s: %(amount)s, of it %(interest)s interest",
            interest=format_amount(self.env, float(interest), self.currency_id),
            **values,
        )

    def _get_schedule(self):
        """Return [(instalment of the principal, its interest)]."""
        instalments = self._get_instalments()
        if self.kind != "plan" or not self.interest_rate:
            return [(instalment, 0) for instalment in instalments]
        parts = engine.bear_interest(
            instalments,
            Decimal(str(self.interest_rate)),
            self.company_id._dunning_today(),
            rounding=Decimal(str(self.currency_id.rounding)),
            bearing=self.env["account.dunning.promise"]._get_bearing_course(
                self.move_line_ids
            ),
        )
        return [
            (instalment, part.amount)
            for instalment, part in zip(instalments, parts, strict=True)
        ]

    def _create_promise(self):
        self.ensure_one()
        return self.env["account.dunning.promise"].create(
            {
                "partner_id": self.partner_id.id,
                "contact_id": self.contact_id.id,
                "company_id": self.company_id.id,
                "kind": self.kind,
                "channel": self.channel,
                "tolerance_days": self.tolerance_days,
                "note": self.note,
                "interest_rate": self.interest_rate if self.kind == "plan" else 0,
                "move_line_ids": [Command.set(self.move_line_ids.ids)],
                "line_ids": [
                    Command.create(
                        {
                            "date": part.day,
                            "amount": float(part.amount + interest),
                            "amount_interest": float(interest),
                        }
                    )
                    for part, interest in self._get_schedule()
                ],
            }
        )

    def _get_instalments(self):
        """Return the instalments as laid out; none while something is missing."""
        self.ensure_one()
        by_number = self.layout == "number" or self.kind == "promise"
        number = max(self.number, 1) if self.kind != "promise" else 1
        size = self.size if not by_number else 0
        if not self.amount or self.amount < 0 or not self.date_first:
            return []
        if not by_number and (size <= 0 or self.amount / size > MOST_INSTALMENTS):
            return []
        return engine.lay_out(
            self._exact(self.amount),
            self.date_first,
            rounding=Decimal(str(self.currency_id.rounding)),
            number=min(number, MOST_INSTALMENTS) if by_number else 0,
            size=self._exact(size),
            period=self.period,
            holidays=self._get_holidays() if self.shift else None,
        )

    def _exact(self, amount):
        return Decimal(str(self.currency_id.round(amount)))

    def _get_holidays(self):
        """Return the company's holidays in the plan; an override point."""
        last = self.date_first.year + YEARS_LOOKED_UP
        return self.env["account.dunning.holiday"]._get_of_company(
            self.company_id, range(self.date_first.year, last)
        )
