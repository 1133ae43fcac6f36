from collections.abc import Mapping

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class SettledAmounts(dict):
    """{(id of the debit, id of the credit): amount} in the currency of both items.

    A type of its own, for a context from outside can hold dicts, but not this.
    """


# What decides whose an item is, and when it falls due.
DEBT_FIELDS = {"account_id", "date_maturity", "partner_id"}
# Where an item stands on its ladder; set by issuing, by reversing and by takeovers.
LADDER_FIELDS = {
    "dunning_level_id",
    "dunning_date",
    "dunning_cycle",
    "dunning_interest_date",
    "dunning_raise_date",
}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    dunning_level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The last level that was given to this item.",
    )
    dunning_date = fields.Date(
        string="Last Notice",
        readonly=True,
        copy=False,
        help="Date of the last notice that asked for this item.",
    )
    dunning_interest_date = fields.Date(
        string="Interest Charged Until",
        readonly=True,
        copy=False,
        help="The last day of which notices have charged interest on this item.",
    )
    dunning_raise_date = fields.Date(
        string="Level Raised On",
        readonly=True,
        copy=False,
        help="An agreement was broken on this day: the next run gives the next level"
        " at once. A notice that is given later ends it.",
    )
    dunning_cycle = fields.Integer(
        readonly=True,
        copy=False,
        help="How often the ladder was started anew for this item.",
    )
    dunning_max_level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        string="Highest Level",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The item is not dunned above this level.",
    )
    dunning_reason = fields.Selection(
        selection=lambda self: self._selection_dunning_reason(),
        compute="_compute_dunning_reason",
        groups="base.group_user",
        help="What a dunning run today would decide.",
    )
    dunning_explanation = fields.Char(
        string="Dunning",
        compute="_compute_dunning_reason",
        groups="base.group_user",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "lang")
    def _compute_dunning_reason(self):
        self.dunning_reason = False
        self.dunning_explanation = False
        Verdict = self.env["account.dunning.verdict"]
        for company, lines in self.grouped("company_id").items():
            if not company:
                continue
            rows = lines._get_dunning_rows(company._dunning_today())
            for line in lines:
                line.dunning_reason = rows[line.id]["reason"]
                row = rows[line.id]
                line.dunning_explanation = (
                    Verdict._explain(row)[0] if "currency_id" in row else False
                )

    @api.model
    def _selection_dunning_reason(self):
        verdict = self.env["account.dunning.verdict"]
        return [
            *verdict._fields["reason"]._description_selection(self.env),
            ("not_open", "Not an open receivable"),
            ("credit", "A credit"),
        ]

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if any(LADDER_FIELDS & vals.keys() for vals in vals_list):
            self._check_ladder_rights()
        return super().create(vals_list)

    def write(self, vals):
        if LADDER_FIELDS & vals.keys():
            self._check_ladder_rights()
        if not DEBT_FIELDS & vals.keys():
            return super().write(vals)
        # both whose it was and whose it is now
        self._refresh_debtors()
        result = super().write(vals)
        self._refresh_debtors()
        return result

    def _refresh_debtors(self):
        """Let the rows of those who owe these items, if posted, follow the change."""
        self.env["account.dunning.debtor"]._refresh_later(
            self.filtered(
                lambda item: (
                    item.parent_state == "posted"
                    and item.account_type == "asset_receivable"
                )
            )
        )

    def _check_ladder_rights(self):
        """:raise AccessError: the user may not say by hand where an item stands."""
        if not self.env.su:
            # what action_dunning_restart asks for, too
            self.env["account.dunning.run"].check_access("unlink")

    @api.ondelete(at_uninstall=False)
    def _unlink_dunning_drafts(self):
        """Let go of items that a plan names but no notice has asked for."""
        lines_sudo = self.env["account.dunning.notice.line"].sudo()
        lines_sudo.search(
            [("move_line_id", "in", self.ids), ("state", "in", ("draft", "dropped"))]
        ).unlink()

    # === ACTION METHODS === #

    def action_dunning_restart(self):
        """Start the ladder anew for these items, from the first level."""
        self.env["account.dunning.run"].check_access("unlink")
        # the lines' own rules say whose ledger one may touch
        self.check_access("read")
        # Collectors' managers may not edit journal items, and these are no ledger data.
        for line_sudo in self.sudo():
            line_sudo.write(
                {
                    "dunning_level_id": False,
                    "dunning_date": False,
                    "dunning_cycle": line_sudo.dunning_cycle + 1,
                }
            )
        self.move_id._refresh_dunning_level()

    def action_dunning_allocate(self):
        """Propose which open items the oldest credit among these items settles."""
        self.check_access("read")
        return self.env["account.dunning.allocate"]._open(self)

    # === BUSINESS METHODS === #

    def _dunning_reasons(self, date):
        """Say for each line what a run on that day would decide.

        :param date: day to judge for, in the company's time zone; date or ISO string.
        :return: {line id: reason}, reasons as in ``account.dunning.verdict``, and
            ``credit`` or ``not_open`` for lines that are no claims.
        """
        rows = self._get_dunning_rows(
            self.env["account.dunning.assessment"]._to_day(date)
        )
        return {line_id: row["reason"] for line_id, row in rows.items()}

    def _get_dunning_rows(self, day):
        """Return the assessment's rows by line id; ``reason`` alone for the others."""
        rows = {}
        Assessment = self.env["account.dunning.assessment"]
        for company, lines in self.grouped("company_id").items():
            ids = set(lines.ids)
            partners = lines.partner_id
            # an item without customer is only seen without the restriction
            assessed = Assessment._assess(
                company,
                day,
                partners if all(line.partner_id for line in lines) else None,
            )
            rows.update(
                (row["line_id"], row) for row in assessed if row["line_id"] in ids
            )
        return {
            line.id: rows.get(line.id) or {"reason": line._get_closed_reason()}
            for line in self
        }

    def _get_closed_reason(self):
        """Return why the assessment does not know this line."""
        self.ensure_one()
        is_open = (
            self.account_id.account_type == "asset_receivable"
            and self.parent_state == "posted"
            and not self.reconciled
            and self.amount_residual_currency < 0
        )
        return "credit" if is_open else "not_open"

    # --- Charges ---

    @api.ondelete(at_uninstall=False)
    def _unlink_except_charged(self):
        """Let go of planned charges; what notices charged stays explained."""
        charges_sudo = (
            self.env["account.dunning.notice.charge"]
            .sudo()
            .search(
                [
                    "|",
                    ("move_line_id", "in", self.ids),
                    ("invoice_line_id", "in", self.ids),
                ]
            )
        )
        planned = charges_sudo.filtered(
            lambda charge: charge.state in ("draft", "refused", "dropped")
        )
        kept = charges_sudo - planned
        if kept:
            raise UserError(
                self.env._(
                    "%(item)s is part of what notice %(notice)s charged and cannot be"
                    " deleted.",
                    item=(kept.move_line_id & self)[:1].display_name
                    or kept.invoice_line_id[:1].display_name,
                    notice=kept[:1].notice_id.display_name,
                )
            )
        planned.unlink()

    def _is_written_off(self):
        """Return whether a loss on the item has been posted and not taken back."""
        self.ensure_one()
        losses_sudo = self.env["account.dunning.writeoff.line"].sudo()
        return bool(
            losses_sudo.search_count(
                [("move_line_id", "=", self.id), ("state", "=", "posted")], limit=1
            )
        )

    def _is_money(self):
        """Return whether a credit is money: no credit note, and no loss booked."""
        self.ensure_one()
        if self.move_id.move_type == "out_refund":
            return False
        # who registers payments need not see write-offs
        losses_sudo = self.env["account.dunning.writeoff.line"].sudo()
        return not losses_sudo.search_count(
            [("entry_id", "=", self.move_id.id)], limit=1
        )

    # --- Disputes ---

    def _get_undisputed(self, but=None):
        """Return {item: what of it is open and not disputed yet}, the oldest first.

        In the item's currency, never less than zero.

        :param account.dunning.dispute but: a dispute that is not counted.
        """
        domain = [("move_line_id", "in", self.ids), ("dispute_id.state", "=", "open")]
        if but:
            domain.append(("dispute_id", "not in", but.ids))
        disputed = dict(
            self.env["account.dunning.dispute.line"]._read_group(
                domain, ["move_line_id"], ["amount:sum"]
            )
        )
        return {
            item: max(
                item.currency_id.round(
                    item.amount_residual_currency - disputed.get(item, 0.0)
                ),
                0.0,
            )
            for item in self.sorted(
                lambda item: (item.date_maturity or item.date, item.id)
            )
        }

    def action_dunning_dispute(self):
        """Open a dispute on these items; asks for what the customer says."""
        self.check_access("read")
        return self.env["account.dunning.dispute.create"]._open(self)

    # --- Write-offs ---

    @api.ondelete(at_uninstall=False)
    def _unlink_open_writeoffs(self):
        """Let go of items that a request names but that were never written off."""
        lines_sudo = self.env["account.dunning.writeoff.line"].sudo()
        lines_sudo = lines_sudo.search(
            [
                ("move_line_id", "in", self.ids),
                ("state", "in", ("open", "dropped", "cancelled")),
            ]
        )
        for line_sudo in lines_sudo.filtered(lambda line: line.state == "open"):
            line_sudo.writeoff_id.message_post(
                body=self.env._(
                    "%(item)s was deleted.", item=line_sudo.move_line_id.display_name
                )
            )
        lines_sudo._unguarded().unlink()

    def action_dunning_write_off(self):
        """Write off these open items; asks for a reason."""
        return self.env["account.dunning.writeoff.create"]._open(self)

    # --- Agreements ---

    def action_dunning_promise(self):
        """Take a promise, a plan or a settlement of these items."""
        return self.env["account.dunning.promise.create"]._open(self)

    # === BUSINESS METHODS - SETTLING === #

    def _get_claim_kind(self):
        """Return which part of a debt the item is, in the terms of the payment order.

        The bill of a notice is interest where it bills nothing else, and a fee where it
        bills fees too. For an addon to tell costs apart, it must override this method.

        :return: ``principal``, ``interest``, ``fee`` or ``cost``.
        """
        self.ensure_one()
        notice_sudo = self.move_id.sudo().dunning_notice_id
        if self.move_id.dunning_promise_id:
            return "interest"
        if not notice_sudo:
            return "principal"
        billed = notice_sudo.charge_ids.filtered("invoice_line_id")
        return "interest" if set(billed.mapped("kind")) == {"interest"} else "fee"

    def _get_claim_debt(self):
        """Return what names the debt that the item belongs to; None for itself alone.

        A charge for one invoice belongs to the debt of that invoice.
        """
        self.ensure_one()
        notice_sudo = self.move_id.sudo().dunning_notice_id
        charged = notice_sudo.charge_ids.filtered("invoice_line_id").move_id
        # a bill that came from elsewhere is for all that its notice asked for
        charged = charged or notice_sudo.line_ids.move_line_id.move_id
        return charged.id if len(charged) == 1 else self.move_id.id

    def _settle(self, amounts):
        """Reconcile this credit with items by exact amounts, in the order given.

        Core matches two items as far as both go. To settle less, the pair is shown to
        core as if no more were open; all that follows (exchange differences, taxes on
        payment, payment states) is core's own work.

        :param dict amounts: {item: amount} in the items' currency.
        :raise UserError: an amount is more than what is open of the item, all of them
            are more than the credit, or an item cannot be matched with it.
        """
        self.ensure_one()
        self._lock_with(amounts)
        self._check_settle(amounts)
        plan = [item + self for item, amount in amounts.items() if amount]
        settled = SettledAmounts(
            {(item.id, self.id): amount for item, amount in amounts.items()}
        )
        self.with_context(dunning_settled_amounts=settled)._reconcile_plan(plan)

    def _lock_with(self, amounts):
        """Hold the items, so that whoever settles them at this moment comes second."""
        items = self.browse([self.id, *(item.id for item in amounts)])
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT FROM account_move_line WHERE id = ANY(%s)
                    ORDER BY id FOR NO KEY UPDATE""",
                items.ids,
            )
        )
        items.invalidate_recordset()

    def _check_settle(self, amounts):
        currency = self.currency_id
        for item, amount in amounts.items():
            if (
                item.currency_id != currency
                or item.account_id != self.account_id
                or item.company_id != self.company_id
            ):
                raise UserError(
                    self.env._(
                        "%(item)s is not of the account, company and currency of"
                        " %(credit)s.",
                        item=item.display_name,
                        credit=self.display_name,
                    )
                )
            if (
                currency.compare_amounts(amount, 0) < 0
                or currency.compare_amounts(amount, item.amount_residual_currency) > 0
            ):
                raise UserError(
                    self.env._(
                        "Of %(item)s only %(open)s is open. Propose the payment anew.",
                        item=item.display_name,
                        open=currency.format(max(item.amount_residual_currency, 0)),
                    )
                )
        total = sum(amounts.values())
        if currency.compare_amounts(total, -self.amount_residual_currency) > 0:
            raise UserError(
                self.env._(
                    "%(total)s is more than the %(open)s that are left of %(credit)s.",
                    total=currency.format(total),
                    open=currency.format(max(-self.amount_residual_currency, 0)),
                    credit=self.display_name,
                )
            )

    @api.model
    def _reconcile_plan(self, reconciliation_plan):
        """Judge what hangs on items once core is done with matching them."""
        result = super()._reconcile_plan(reconciliation_plan)
        self._get_plan_items(reconciliation_plan)._after_dunning_reconcile()
        return result

    def _after_dunning_reconcile(self):
        """Act on items with which something was, or is not any more, matched.

        For an addon to judge something by reconciliations, it must override this
        method. Who matches need not have rights on what is judged.
        """
        items = self.filtered(lambda item: item.account_type == "asset_receivable")
        if not items:
            return
        self.env["account.dunning.writeoff.line"]._note_matching(items)
        self.env["account.dunning.offer"]._judge_items(items)
        self.env["account.dunning.promise"]._judge_items(items)
        self.env["account.dunning.notice"]._wake_billing(items)
        self.env["account.dunning.courtesy"]._note_settled(items)
        self.env["account.dunning.debtor"]._refresh_later(items)

    @api.model
    def _get_plan_items(self, plan):
        """Return the items of a plan, which may be a list of plans."""
        if isinstance(plan, models.BaseModel):
            return plan
        return self.union(*(self._get_plan_items(part) for part in plan))

    @api.model
    def _prepare_reconciliation_single_partial(
        self, debit_values, credit_values, shadowed_aml_values=None
    ):
        """Match a pair by the amount that was chosen for it, if one was."""
        chosen = self.env.context.get("dunning_settled_amounts")
        pair = (debit_values["aml"].id, credit_values["aml"].id)
        if not isinstance(chosen, SettledAmounts) or pair not in chosen:
            return super()._prepare_reconciliation_single_partial(
                debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
            )
        kept = [
            self._keep_back(values, chosen[pair])
            for values in (debit_values, credit_values)
        ]
        results = super()._prepare_reconciliation_single_partial(
            debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
        )
        for values, back in zip((debit_values, credit_values), kept, strict=True):
            for name, amount in back.items():
                values[name] += amount
        # whatever is left of the two, this pair is done
        return {**results, "debit_values": None, "credit_values": None}

    @api.model
    def _keep_back(self, values: Mapping, amount):
        """Lower what seems open of an item to the amount chosen.

        :return: what was taken off, to be put back.
        """
        item = values["aml"]
        residual = values["amount_residual_currency"]
        sign = 1 if residual > 0 else -1
        if item.currency_id.compare_amounts(abs(residual), amount) <= 0:
            return {}
        share = item.company_currency_id.round(
            values["amount_residual"] * amount / abs(residual)
        )
        back = {
            "amount_residual": values["amount_residual"] - share,
            "amount_residual_currency": residual - sign * amount,
        }
        values["amount_residual"] = share
        values["amount_residual_currency"] = sign * amount
        return back
