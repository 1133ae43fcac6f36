from odoo import api, fields, models

# Where an item stands on its ladder; set by issuing, by reversing and by takeovers.
LADDER_FIELDS = {
    "dunning_level_id",
    "dunning_date",
    "dunning_cycle",
    "dunning_interest_date",
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
        help="What a dunning run today would decide.",
    )
    dunning_explanation = fields.Char(
        string="Dunning", compute="_compute_dunning_reason"
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

    def write(self, vals):
        if LADDER_FIELDS & vals.keys():
            self._check_ladder_rights()
        return super().write(vals)

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
