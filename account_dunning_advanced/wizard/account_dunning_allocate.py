from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..engine import allocation


class AccountDunningAllocate(models.TransientModel):
    """Propose what a payment or credit settles, in the payment order, and settle it."""

    _name = "account.dunning.allocate"
    _description = "Set a Credit against Open Items"

    credit_id = fields.Many2one(
        comodel_name="account.move.line",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The payment or credit note that is not matched yet.",
    )
    company_id = fields.Many2one(related="credit_id.company_id")
    currency_id = fields.Many2one(related="credit_id.currency_id")
    partner_id = fields.Many2one(
        related="credit_id.partner_id.commercial_partner_id", string="Customer"
    )
    date = fields.Date(related="credit_id.date")
    amount = fields.Monetary(
        string="To Be Set Off", compute="_compute_amount", help="What is left of it."
    )
    payment_order_id = fields.Many2one(
        comodel_name="account.dunning.payment.order",
        compute="_compute_payment_order_id",
        store=True,
        readonly=False,
        domain="[('company_id', 'in', (company_id, False))]",
    )
    source = fields.Char(related="payment_order_id.source")
    designation = fields.Selection(related="payment_order_id.designation")
    line_ids = fields.One2many(
        comodel_name="account.dunning.allocate.line", inverse_name="wizard_id"
    )
    amount_rest = fields.Monetary(
        string="Stays Open",
        compute="_compute_amount_rest",
        help="What of the credit settles nothing and stays open for the customer.",
    )

    # === COMPUTE METHODS === #

    @api.depends("credit_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = max(-wizard.credit_id.amount_residual_currency, 0)

    @api.depends("company_id")
    def _compute_payment_order_id(self):
        for wizard in self:
            wizard.payment_order_id = (
                wizard.company_id or self.env.company
            )._get_dunning_payment_order()

    @api.depends("amount", "line_ids.amount")
    def _compute_amount_rest(self):
        for wizard in self:
            wizard.amount_rest = wizard.amount - sum(wizard.line_ids.mapped("amount"))

    # === ACTION METHODS === #

    def action_apply(self):
        """Reconcile the credit with the items by the amounts shown.

        :raise UserError: nothing is to be settled, or what was shown is not open any
            more.
        """
        self.ensure_one()
        self.check_access("write")
        lines = self.line_ids.filtered("amount").sorted("sequence")
        if not lines:
            raise UserError(self.env._("Say what the credit settles."))
        self.credit_id._settle({line.item_id: line.amount for line in lines})
        return {"type": "ir.actions.act_window_close"}

    def action_propose(self):
        """Propose anew, by another order or by what the debtor said."""
        self.ensure_one()
        self.check_access("write")
        self._propose()
        return self._get_window()

    # === BUSINESS METHODS === #

    @api.model
    def _open(self, credits_):
        """Return the action that proposes what the oldest of these credits settles.

        :param account.move.line credits_: journal items of receivable accounts.
        :raise UserError: none of them is an open credit.
        """
        credit = credits_.filtered(self._is_open_credit).sorted(
            lambda item: (item.date, item.id)
        )[:1]
        if not credit:
            raise UserError(
                self.env._("There is no open payment or credit of the customer here.")
            )
        wizard = self.create(
            {
                "credit_id": credit.id,
                "line_ids": [
                    Command.create({"item_id": item.id, "sequence": number})
                    for number, item in enumerate(self._get_items(credit))
                ],
            }
        )
        wizard._propose()
        return wizard._get_window()

    def _get_window(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Off %(credit)s", credit=self.credit_id.move_name),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _is_open_credit(self, item):
        return (
            item.account_id.account_type == "asset_receivable"
            and item.parent_state == "posted"
            and not item.reconciled
            and item.partner_id
            and item.currency_id.compare_amounts(item.amount_residual_currency, 0) < 0
        )

    @api.model
    def _get_items(self, credit):
        """Return the open items that the credit can settle, the oldest first."""
        return self.env["account.move.line"].search(
            [
                *self._get_items_domain(credit),
                ("amount_residual_currency", ">", 0),
            ],
            order="date_maturity, id",
        )

    @api.model
    def _get_items_domain(self, credit):
        """Return the domain of the debtor's items that core can match with a credit."""
        return [
            (
                "partner_id.commercial_partner_id",
                "=",
                credit.partner_id.commercial_partner_id.id,
            ),
            ("company_id", "=", credit.company_id.id),
            ("account_id", "=", credit.account_id.id),
            ("currency_id", "=", credit.currency_id.id),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
        ]

    def _propose(self):
        """Number the lines in the order of settlement and fill in the amounts."""
        for wizard in self:
            shares = dict(wizard._get_shares())
            places = {line_id: place for place, line_id in enumerate(shares)}
            for line in wizard.line_ids:
                line.amount = float(shares.get(line.id, 0))
                line.sequence = places.get(line.id, len(places))

    def _get_shares(self):
        """Return (line id, amount) pairs in the order of settlement."""
        self.ensure_one()
        unit = self.currency_id.rounding
        return allocation.allocate(
            self.payment_order_id._get_strategy(),
            [line._get_claim() for line in self.line_ids],
            allocation.Receipt(
                allocation.exact(self.amount, unit),
                self.date,
                tuple(self.line_ids.filtered("designated").ids),
            ),
            allocation.exact(unit, unit),
        )[0]
