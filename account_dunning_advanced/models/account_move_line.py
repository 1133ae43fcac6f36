from odoo import api, fields, models
from odoo.exceptions import UserError

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
