from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_amount

from ..engine.writeoff import is_uneconomic, percent_at, tax_share
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

    def _reverse(self, date):
        """Reverse the entries on a day and open the items again."""
        company = self.company_id
        company._check_dunning_lock(
            date,
            any(self.mapped("tax_relief")),
            company.dunning_writeoff_journal_id,
        )
        self.entry_id._reverse_moves(
            [
                {
                    "date": date,
                    "ref": self.env._("Reversal of %(entry)s", entry=entry.name),
                }
                for entry in self.entry_id
            ],
            cancel=True,
        )

    def _mark_reversed(self, reversals):
        """Note that entries were reversed, by us or with Odoo's own wizard."""
        by_entry = {move.reversed_entry_id: move for move in reversals}
        for line in self:
            line._unguarded().write(
                {
                    "state": "reversed",
                    "reversal_id": by_entry[line.entry_id].id,
                    "is_unmatched": False,
                }
            )
        self.writeoff_id._mark_reversed()
        self._tell_debtors(self.env._("Write-off reversed"))

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

    @api.model
    def _note_matching(self, items):
        """Note losses that were unmatched from their items, or matched again.

        Who matches need not have rights on write-offs. What is unmatched in order to be
        reversed is no news.
        """
        reversing = self.env.context.get("dunning_reversed_entries")
        if not isinstance(reversing, ReversedEntries):
            reversing = ReversedEntries()
        lines_sudo = self.sudo().search(
            [
                ("state", "=", "posted"),
                ("entry_id", "not in", list(reversing)),
                "|",
                ("move_line_id", "in", items.ids),
                ("entry_id", "in", items.move_id.ids),
            ]
        )
        for line_sudo in lines_sudo:
            is_unmatched = not line_sudo._is_matched()
            if line_sudo.is_unmatched != is_unmatched:
                line_sudo._unguarded().is_unmatched = is_unmatched
                line_sudo._tell_matching()

    def _is_matched(self):
        """Whether the whole of the posted loss is matched with its item."""
        self.ensure_one()
        item = self.move_line_id
        partials = self._get_counterpart(self.entry_id).matched_debit_ids.filtered(
            lambda partial: partial.debit_move_id == item
        )
        matched = sum(partials.mapped("debit_amount_currency"))
        return self.currency_id.compare_amounts(matched, self.amount) >= 0

    def _tell_matching(self):
        """Tell whoever asked for the write-off what became of its matching."""
        self.ensure_one()
        names = {"entry": self.entry_id.name, "item": self.move_line_id.display_name}
        if not self.is_unmatched:
            text = self.env._("%(entry)s is matched with %(item)s again.", **names)
            self.writeoff_id.message_post(body=text)
            return
        self.writeoff_id._alert(
            self.env._("Unmatched loss"),
            self.env._(
                "%(entry)s was unmatched from %(item)s: the loss is still booked, and"
                " the item is open. Match them again, or reverse the write-off.",
                **names,
            ),
        )

    def _check_no_loose_loss(self):
        """:raise UserError: an earlier loss on one of the items is not matched."""
        loose = self.search(
            [
                ("move_line_id", "in", self.move_line_id.ids),
                ("state", "=", "posted"),
                ("is_unmatched", "=", True),
            ],
            limit=1,
        )
        if loose:
            raise UserError(
                self.env._(
                    "The loss on %(item)s is booked already, with %(entry)s, but the"
                    " two are not matched any more. Match them again, or reverse that"
                    " write-off, first.",
                    item=loose.move_line_id.display_name,
                    entry=loose.entry_id.name,
                )
            )

    def _drop_settled(self):
        """Drop items that are not open for their amount any more, and say so."""
        for line in self:
            residual = max(line.residual, 0.0)
            if line.currency_id.compare_amounts(line.amount, residual) <= 0:
                continue
            text = self.env._(
                "%(item)s was dropped: only %(residual)s is still open.",
                item=line.move_line_id.display_name,
                residual=format_amount(self.env, residual, line.currency_id),
            )
            line._unguarded().write({"state": "dropped", "outcome": text})
            line.writeoff_id.message_post(body=text)

    def _create_entries(self):
        """Post one entry for each item and match it with the item."""
        # before the first is posted: each share counts what comes before it
        reliefs = [
            sum(part["balance"] for part in line._get_relief_parts()) for line in self
        ]
        entries = (
            self.env["account.move"]
            # the tax lines are given: nothing is to be computed from base lines
            .with_context(skip_invoice_sync=True)
            .create([line._prepare_entry_vals() for line in self])
            .with_context(skip_invoice_sync=False)
        )
        entries._post(soft=False)
        matches = []
        for line, entry, relief in zip(self, entries, reliefs, strict=True):
            counterpart = line._get_counterpart(entry)
            line._unguarded().write(
                {
                    "state": "posted",
                    "entry_id": entry.id,
                    "amount_company": -counterpart.balance,
                    "tax_relief": relief,
                }
            )
            matches.append(line.move_line_id | counterpart)
        self.env["account.move.line"]._reconcile_plan(matches)

    def _get_counterpart(self, entry):
        """Return the line of the entry that credits the item's receivable."""
        account = self.move_line_id.account_id
        return entry.line_ids.filtered(
            lambda line: line.account_id == account and line.balance < 0
        )

    def _prepare_entry_vals(self):
        """Return the entry: bad debt and tax relief to the receivable.

        The receivable is credited at the rate of the day; what it was booked higher or
        lower is an exchange difference that Odoo posts on matching, as for a payment.
        """
        self.ensure_one()
        item = self.move_line_id
        relief = self._get_relief_parts()
        balance = self.currency_id._convert(
            self.amount, self.company_currency_id, self.company_id, self.date
        )
        label = self.env._(
            "%(reason)s: %(item)s", reason=self.reason_id.name, item=item.display_name
        )
        common = {
            "name": label,
            "partner_id": item.partner_id.id,
            "currency_id": self.currency_id.id,
        }
        rows = [
            *self._prepare_loss_rows(balance, relief),
            *relief,
            {
                "account_id": item.account_id.id,
                "amount_currency": -self.amount,
                "balance": -balance,
            },
        ]
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": self.company_id.dunning_writeoff_journal_id.id,
            "date": self.date,
            "currency_id": self.currency_id.id,
            "partner_id": item.partner_id.id,
            # taxes of another country are only at home in their fiscal position
            "fiscal_position_id": item.move_id.fiscal_position_id.id,
            "ref": label,
            "line_ids": [fields.Command.create({**common, **row}) for row in rows],
        }

    def _prepare_loss_rows(self, balance, relief):
        """Return values of the journal items that book the loss.

        What reduces the taxable amount carries the taxes; the rest is what was not
        taxed and, of a foreign item, what the rate of the day makes of the loss.

        :param float balance: what the receivable is credited, in company currency.
        :param relief: see :meth:`_get_relief_parts`.
        """
        account = self.company_id.dunning_writeoff_account_id
        base = self._get_base_parts() if relief else []
        given = base + relief
        rest_currency = self.currency_id.round(
            self.amount - sum(part["amount_currency"] for part in given)
        )
        rest = self.company_currency_id.round(
            balance - sum(part["balance"] for part in given)
        )
        rows = [{"amount_currency": rest_currency, "balance": rest}]
        if rest_currency * rest < 0:
            # the two of one journal item have the same sign
            rows = [
                {"amount_currency": rest_currency, "balance": 0.0},
                {"amount_currency": 0.0, "balance": rest},
            ]
        if base:
            rows = [row for row in rows if row["amount_currency"] or row["balance"]]
        return [{**row, "account_id": account.id} for row in base + rows]

    # --- Tax relief ---

    def _is_tax_relief_due(self):
        """Whether the tax of the loss is claimed back: setting, reason and age."""
        self.ensure_one()
        reason, move = self.reason_id, self.move_line_id.move_id
        if not (self.company_id.dunning_writeoff_tax_relief and reason.tax_relief):
            return False
        end = reason._get_relief_end(move.invoice_date or move.date)
        return not end or not self.date or self.date <= end

    def _get_relief_parts(self):
        """Return values of journal items that claim the tax of the amount back.

        Each tax of the invoice gives its share: amounts at the invoice's rate, on its
        account, with the tags of the tax's refund.
        """
        self.ensure_one()
        move = self.move_line_id.move_id
        if not move.is_sale_document(include_receipts=True):
            return []
        if not self._is_tax_relief_due():
            return []
        before = self._get_written_off_before()
        parts = [
            self._prepare_relief_vals(tax_line, before)
            for tax_line in move.line_ids.filtered("tax_repartition_line_id")
        ]
        return [part for part in parts if part["balance"] or part["amount_currency"]]

    def _get_base_parts(self):
        """Return values of journal items that reduce the taxable amount.

        As in a credit note: each set of taxes of the invoice with its share of what was
        taxed, at the invoice's rate, with the tags of the taxes' refund.
        """
        self.ensure_one()
        if not self.reason_id.relief_base:
            return []
        move = self.move_line_id.move_id
        total = abs(move.amount_total)
        before = self._get_written_off_before()
        taxed = move.line_ids.filtered(
            lambda line: line.tax_ids and not line.tax_repartition_line_id
        )
        parts = [
            {
                **self._prepare_base_tax_vals(taxes),
                "amount_currency": tax_share(
                    -sum(lines.mapped("amount_currency")),
                    total,
                    before,
                    self.amount,
                    self.currency_id.round,
                ),
                "balance": tax_share(
                    -sum(lines.mapped("balance")),
                    total,
                    before,
                    self.amount,
                    self.company_currency_id.round,
                ),
            }
            for taxes, lines in taxed.grouped("tax_ids").items()
        ]
        return [part for part in parts if part["balance"] or part["amount_currency"]]

    @api.model
    def _prepare_base_tax_vals(self, taxes, tags=None):
        """Return the taxes of a journal item that reduces what they are of.

        :param tags: what else the item is tagged with.
        """
        taxes = taxes.flatten_taxes_hierarchy()
        base_tags = taxes.get_tax_tags(True, "base")
        tags = tags | base_tags if tags else base_tags
        # named here, a tax that is due on payment would wait for that once more
        named = taxes.filtered(lambda tax: tax.tax_exigibility != "on_payment")
        return {
            "tax_ids": [fields.Command.set(named.ids)],
            "tax_tag_ids": [fields.Command.set(tags.ids)],
        }

    def _prepare_relief_vals(self, tax_line, before):
        refund = self._get_refund_repartition(tax_line)
        account = self.company_id.dunning_writeoff_tax_account_id or refund.account_id
        total = abs(self.move_line_id.move_id.amount_total)
        due_later = tax_line.tax_line_id.tax_exigibility == "on_payment"
        values = {
            "account_id": (account or tax_line.account_id).id,
            **self._prepare_base_tax_vals(
                # taxes that are computed on this one, too
                tax_line.tax_ids
                if self.reason_id.relief_base
                else tax_line.tax_ids[:0],
                refund.tag_ids,
            ),
            "amount_currency": tax_share(
                -tax_line.amount_currency,
                total,
                before,
                self.amount,
                self.currency_id.round,
            ),
            "balance": tax_share(
                -tax_line.balance,
                total,
                before,
                self.amount,
                self.company_currency_id.round,
            ),
        }
        if not due_later:
            # A tax that is due on payment falls due with the matching, by Odoo's own
            # entry; named as a tax here, it would wait for that once more.
            values["tax_repartition_line_id"] = refund.id
        return values

    @api.model
    def _get_refund_repartition(self, tax_line):
        """Return the line of the tax's refund that mirrors an invoice's tax line."""
        repartition = tax_line.tax_repartition_line_id
        tax = repartition.tax_id
        position = tax.invoice_repartition_line_ids.ids.index(repartition.id)
        return tax.refund_repartition_line_ids[position]

    def _check_relief_not_credited(self):
        """:raise UserError: a credit note has given the tax back already."""
        with_relief = self.filtered("tax_relief")
        for move, lines in with_relief.grouped("move_id").items():
            credited = lines._get_loose_credits(move)
            left = move.amount_residual - sum(credited.values())
            if move.currency_id.compare_amounts(sum(lines.mapped("amount")), left) > 0:
                raise UserError(
                    self.env._(
                        "The tax of %(invoice)s was given back with %(credits)s"
                        " already: match that with the invoice first, or choose a"
                        " reason without tax relief.",
                        invoice=move.display_name,
                        credits=", ".join(
                            credit.display_name
                            for credit, amount in credited.items()
                            if amount
                        ),
                    )
                )

    @api.model
    def _get_loose_credits(self, move):
        """Return what of an invoice's credit notes is not matched with it.

        :return: {credit note: amount in the invoice's currency}.
        """
        items = move.line_ids
        credited = {}
        for credit in move.reversal_move_ids:
            if credit.state != "posted" or credit.move_type != "out_refund":
                continue
            amount = credit.currency_id._convert(
                credit.amount_total, move.currency_id, move.company_id, credit.date
            )
            partials = credit.line_ids.matched_debit_ids.filtered(
                lambda partial: partial.debit_move_id in items
            )
            amount -= sum(partials.mapped("debit_amount_currency"))
            credited[credit] = max(move.currency_id.round(amount), 0.0)
        return credited

    @api.model
    def _note_credit_notes(self, credits_):
        """Tell that invoices were credited whose loss claimed the tax back.

        Accountants who are no collectors make credit notes as well.
        """
        lines_sudo = self.sudo().search(
            [
                ("state", "=", "posted"),
                ("tax_relief", "!=", 0),
                ("move_line_id.move_id", "in", credits_.reversed_entry_id.ids),
            ]
        )
        for line_sudo in lines_sudo:
            for credit in credits_.filtered(
                lambda credit, line=line_sudo: credit.reversed_entry_id == line.move_id
            ):
                line_sudo.writeoff_id._alert(
                    self.env._("Tax given back twice?"),
                    self.env._(
                        "%(credit)s credits %(invoice)s, of which a loss has claimed"
                        " the tax back: reverse the write-off if this is the same"
                        " supply.",
                        credit=credit.display_name,
                        invoice=line_sudo.move_id.display_name,
                    ),
                )

    def _get_written_off_before(self):
        """Return what of the invoice was or will be written off before this line."""
        move = self.move_line_id.move_id
        posted = self.search(
            [
                ("move_line_id", "in", move.line_ids.ids),
                ("state", "=", "posted"),
                ("id", "not in", self._origin.ids),
            ]
        )
        ahead = self.writeoff_id.line_ids.filtered(
            lambda line: (
                line.state == "open"
                and line.move_line_id.move_id == move
                and line._origin.id
                and line._origin.id < (self._origin.id or 0)
            )
        )
        return sum((posted | ahead._origin).mapped("amount"))

    # --- Figures for reasons and proposals ---

    def _get_debtor_figures(self):
        """Return {debtor: amount_open, date_last} for the lines' debtors.

        amount_open is net of credits, in company currency; date_last the newest
        invoice, credit note or payment, or False.
        """
        figures = {
            partner: {"amount_open": 0.0, "date_last": False}
            for partner in self.partner_id
        }
        domain = [
            ("partner_id.commercial_partner_id", "in", self.partner_id.ids),
            ("company_id", "=", self.company_id.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
        ]
        Item = self.env["account.move.line"]
        for partner, amount in Item._read_group(
            [*domain, ("reconciled", "=", False)],
            ["partner_id"],
            ["amount_residual:sum"],
        ):
            figures[partner.commercial_partner_id]["amount_open"] += amount
        traded = [("journal_id.type", "in", ("sale", "bank", "cash", "credit"))]
        for partner, date in Item._read_group(
            domain + traded, ["partner_id"], ["date:max"]
        ):
            figure = figures[partner.commercial_partner_id]
            figure["date_last"] = max(figure["date_last"] or date, date)
        # without a customer there is no debtor to look at
        empty = self.env["res.partner"]
        figures.setdefault(empty, {"amount_open": 0.0, "date_last": False})
        return figures

    @api.model
    def _find_uneconomic(self, company, date):
        """Return {item id: why} of what is not worth collecting any further.

        Items of debtors with an open credit in the same currency are left out: those
        are to be matched, not given up. So are items of other open requests, and such
        as a loss was unmatched from.
        """
        below, cost = company.dunning_writeoff_below, company.dunning_writeoff_cost
        if not below and not cost:
            return {}
        rates = company._get_dunning_expected_loss(company)
        lost_at_most = max((percent for _days, percent in rates), default=0.0)
        least_return = 1.0 - lost_at_most / 100.0
        found = {}
        for item_id, amount, days in self._select_small_items(
            company, date, below, cost, least_return
        ):
            percent = percent_at(days, rates)
            kind = is_uneconomic(float(amount), below, cost, percent)
            if kind:
                found[item_id] = self._explain_uneconomic(
                    company, kind, days, amount, percent
                )
        return found

    @api.model
    def _select_small_items(self, company, date, below, cost, least_return):
        """Return (item id, residual in company currency, days overdue) rows."""
        self.env.flush_all()
        accounts = self.env["account.dunning.assessment"]._get_receivable_accounts(
            company
        )
        return self.env.execute_query(
            SQL(
                """
                WITH item AS (
                    SELECT line.id, line.amount_residual, line.currency_id,
                           line.amount_residual_currency,
                           %(date)s - COALESCE(line.date_maturity, line.date) AS days,
                           partner.commercial_partner_id AS partner_id
                      FROM account_move_line line
                      LEFT JOIN res_partner partner ON partner.id = line.partner_id
                     WHERE line.reconciled IS NOT TRUE
                       AND line.account_id = ANY(%(accounts)s)
                       AND line.company_id = %(company)s
                       AND line.parent_state = 'posted'
                )
                SELECT item.id, item.amount_residual, item.days
                  FROM item
                 WHERE item.amount_residual > 0
                   AND item.amount_residual_currency > 0
                   AND item.days > 0 AND item.days >= %(days)s
                   AND (item.amount_residual < %(below)s
                        OR item.amount_residual * %(least_return)s < %(cost)s)
                   AND NOT EXISTS (
                       SELECT 1 FROM account_dunning_writeoff_line taken
                        WHERE taken.move_line_id = item.id
                          AND (taken.state = 'open' OR taken.is_unmatched))
                   AND NOT EXISTS (
                       SELECT 1 FROM item credit
                        WHERE credit.partner_id = item.partner_id
                          AND credit.currency_id = item.currency_id
                          AND credit.amount_residual_currency < 0)
                 ORDER BY item.partner_id, item.id
                """,
                date=date,
                accounts=accounts.ids,
                company=company.id,
                days=company.dunning_writeoff_days,
                below=below,
                cost=cost,
                least_return=least_return,
            )
        )

    @api.model
    def _explain_uneconomic(self, company, kind, days, amount, percent):
        currency = company.currency_id
        if kind == "small":
            return self.env._(
                "Overdue for %(days)s days, below %(limit)s",
                days=days,
                limit=format_amount(self.env, company.dunning_writeoff_below, currency),
            )
        expected = float(amount) * (100.0 - percent) / 100.0
        return self.env._(
            "Overdue for %(days)s days: collecting costs %(cost)s, expected return"
            " %(expected)s",
            days=days,
            cost=format_amount(self.env, company.dunning_writeoff_cost, currency),
            expected=format_amount(self.env, expected, currency),
        )
