from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount

from .account_dunning_guard import is_dunning_manager

FROZEN_FIELDS = {"writeoff_id", "move_line_id", "amount", "why"}


class ReversedEntries(frozenset):
    """Ids of entries that are being reversed, for the context.

    A type of its own, for a context from outside can hold lists, but not this.
    """


class AccountDunningWriteoffLine(models.Model):
    """One open item of a write-off, or a part of it."""

    _name = "account.dunning.writeoff.line"
    _description = "Write-off Item"
    _inherit = ["account.dunning.guard"]
    _order = "writeoff_id desc, id"
    _check_company_auto = True
    _rec_name = "move_line_id"

    writeoff_id = fields.Many2one(
        comodel_name="account.dunning.writeoff",
        string="Write-off",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="writeoff_id.company_id", store=True, precompute=True, index=True
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    date = fields.Date(related="writeoff_id.date", store=True)
    reason_id = fields.Many2one(related="writeoff_id.reason_id", store=True)
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        index="btree_not_null",
        help="The commercial partner who owes the item.",
    )
    date_due = fields.Date(string="Due Date", compute="_compute_date_due")
    currency_id = fields.Many2one(related="move_line_id.currency_id", store=True)
    residual = fields.Monetary(
        string="Open",
        compute="_compute_residual",
        help="What is open now, in the currency of the item.",
    )
    residual_company = fields.Monetary(
        string="Open (Company Currency)",
        related="move_line_id.amount_residual",
        currency_field="company_currency_id",
    )
    amount = fields.Monetary(
        string="Write Off",
        compute="_compute_amount",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="With tax, in the currency of the item.",
    )
    amount_company = fields.Monetary(
        string="Written Off",
        compute="_compute_amount_company",
        store=True,
        currency_field="company_currency_id",
        help="With tax, in company currency: as the item is booked until it is posted,"
        " then as it was posted.",
    )
    tax_relief = fields.Monetary(
        compute="_compute_tax_relief",
        store=True,
        currency_field="company_currency_id",
        help="Tax that is claimed back, in company currency.",
    )
    amount_loss = fields.Monetary(
        string="Loss",
        compute="_compute_amount_loss",
        store=True,
        currency_field="company_currency_id",
        help="What remains as an expense, in company currency.",
    )
    why = fields.Char(help="Why the item is on the list.")
    state = fields.Selection(
        selection=[
            ("open", "Pending"),
            ("posted", "Written off"),
            ("dropped", "Dropped"),
            ("reversed", "Reversed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="open",
        copy=False,
    )
    outcome = fields.Char(
        readonly=True, copy=False, help="Why the item was dropped from the request."
    )
    entry_id = fields.Many2one(
        comodel_name="account.move",
        string="Entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    reversal_id = fields.Many2one(
        comodel_name="account.move",
        string="Reversal",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    is_unmatched = fields.Boolean(
        string="Unmatched",
        readonly=True,
        copy=False,
        help="The loss is posted, but not matched with its item any more: the item is"
        " open as if nothing had been written off.",
    )

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "The amount to write off must be above zero."
    )
    _open_item_uniq = models.UniqueIndex(
        "(move_line_id) WHERE state = 'open'",
        "An open item is already in another write-off that is not posted yet.",
    )

    # === COMPUTE METHODS === #

    @api.depends("move_line_id.partner_id.commercial_partner_id")
    def _compute_partner_id(self):
        for line in self:
            line.partner_id = line.move_line_id.partner_id.commercial_partner_id

    @api.depends("move_line_id")
    def _compute_date_due(self):
        for line in self:
            item = line.move_line_id
            line.date_due = item.date_maturity or item.date

    @api.depends("move_line_id.amount_residual_currency")
    def _compute_residual(self):
        for line in self:
            line.residual = line.move_line_id.amount_residual_currency

    @api.depends("move_line_id")
    def _compute_amount(self):
        for line in self:
            line.amount = line.move_line_id.amount_residual_currency

    @api.depends("move_line_id", "amount")
    def _compute_amount_company(self):
        for line in self:
            item = line.move_line_id
            if line.state == "posted" or not item.amount_residual_currency:
                line.amount_company = line.amount_company
                continue
            share = line.amount / item.amount_residual_currency
            line.amount_company = line.company_currency_id.round(
                item.amount_residual * share
            )

    @api.depends("move_line_id", "amount", "reason_id", "date")
    def _compute_tax_relief(self):
        for line in self:
            if line.state != "open":
                line.tax_relief = line.tax_relief
                continue
            line.tax_relief = sum(part["balance"] for part in line._get_relief_parts())

    @api.depends("amount_company", "tax_relief")
    def _compute_amount_loss(self):
        for line in self:
            line.amount_loss = line.amount_company - line.tax_relief

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("move_line_id", "amount")
    def _check_amount(self):
        for line in self:
            item = line.move_line_id
            if (
                item.account_type != "asset_receivable"
                or item.parent_state != "posted"
                or item.amount_residual_currency <= 0
            ):
                raise ValidationError(
                    self.env._(
                        "%(item)s is not an open receivable.", item=item.display_name
                    )
                )
            if line.currency_id.compare_amounts(line.amount, line.residual) > 0:
                raise ValidationError(
                    self.env._(
                        "Only %(residual)s of %(item)s is open.",
                        residual=format_amount(
                            self.env, line.residual, line.currency_id
                        ),
                        item=item.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "state",
            "outcome",
            "entry_id",
            "reversal_id",
            "amount_company",
            "tax_relief",
            "amount_loss",
            "is_unmatched",
        }

    @api.model_create_multi
    def create(self, vals_list):
        # an item that was let go of a moment ago is free for a new request
        self.flush_model(["state"])
        lines = super().create(vals_list)
        lines.writeoff_id._check_editable()
        return lines

    def write(self, vals):
        if FROZEN_FIELDS & vals.keys():
            self.writeoff_id._check_editable()
        result = super().write(vals)
        if "writeoff_id" in vals:
            self.writeoff_id._check_editable()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        self.writeoff_id._check_editable()

    # === ACTION METHODS === #

    def action_reverse(self):
        """Reverse the entries of posted items today; the items are open again.

        :raise UserError: today is locked, or without the right.
        """
        self.check_access("write")
        lines = self.filtered(lambda line: line.state == "posted")
        if not is_dunning_manager(self.env):
            raise UserError(
                self.env._("An administrator of dunning has to reverse write-offs.")
            )
        lines.lock_for_update()
        for company, of_company in lines.grouped("company_id").items():
            of_company._reverse(company._dunning_today())

    # === BUSINESS METHODS === #

    def _tell_debtors(self, what):
        """Log on each debtor what happened, and bring the debtor's figures up to date.

        :param str what: a few words; the items and their amounts are added.
        """
        Debtor = self.env["account.dunning.debtor"]
        with_debtor = self.filtered("partner_id")
        for (partner, company), lines in with_debtor.grouped(
            lambda line: (line.partner_id, line.company_id)
        ).items():
            items = ", ".join(
                self.env._(
                    "%(amount)s of %(item)s",
                    amount=format_amount(self.env, line.amount, line.currency_id),
                    item=line.move_line_id.display_name,
                )
                for line in lines
            )
            debtor = Debtor._get_or_create(partner, company)
            debtor.message_post(
                body=self.env._("%(what)s: %(items)s", what=what, items=items)
            )
        for company, lines in with_debtor.grouped("company_id").items():
            Debtor._refresh(company, lines.partner_id.ids)

    def _get_amount_at_stake(self):
        """Return what is given up, in company currency, as approval limits count it.

        Of an item in another currency the greater of what it is booked at and what
        would be booked as a loss at the rate of the day.
        """
        self.ensure_one()
        if self.state == "posted":
            return self.amount_company
        loss = self.currency_id._convert(
            self.amount, self.company_currency_id, self.company_id, self.date
        )
        return max(self.amount_company, loss)
