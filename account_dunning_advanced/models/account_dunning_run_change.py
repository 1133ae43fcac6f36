from odoo import api, fields, models


class AccountDunningRunChange(models.Model):
    """One difference between what was proposed, what was approved and what went out."""

    _name = "account.dunning.run.change"
    _description = "Dunning Run Change"
    _order = "id desc"

    run_id = fields.Many2one(
        comodel_name="account.dunning.run",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    stage = fields.Selection(
        selection=[("review", "Review"), ("issue", "Issue"), ("send", "Sending")],
        required=True,
    )
    kind = fields.Selection(
        selection=[
            ("dropped", "Left out"),
            ("level", "Level changed"),
            ("amount", "Amount lowered"),
            ("charge", "Charge changed"),
            ("note", "Note"),
            ("error", "Not issued"),
        ],
        required=True,
    )
    notice_id = fields.Many2one(
        comodel_name="account.dunning.notice", index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer")
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        index="btree_not_null",
        ondelete="cascade",
    )
    currency_id = fields.Many2one(comodel_name="res.currency")
    reason = fields.Char(
        help="Reason of the assessment at issuing, or paid and cancelled for items that"
        " are not open any more."
    )
    reason_label = fields.Char(compute="_compute_reason_label", string="Why")
    amount_before = fields.Monetary()
    amount_after = fields.Monetary()
    level_before_id = fields.Many2one(
        comodel_name="account.dunning.level", ondelete="set null"
    )
    level_after_id = fields.Many2one(
        comodel_name="account.dunning.level", ondelete="set null"
    )
    note = fields.Char()
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Changed By",
        default=lambda self: self.env.user,
        help="Who made the change; for issuing, in whose name it ran.",
    )

    @api.depends_context("lang")
    @api.depends("reason", "note")
    def _compute_reason_label(self):
        labels = self._get_reason_labels()
        for change in self:
            change.reason_label = change.note or labels.get(
                change.reason, change.reason
            )

    @api.model
    def _get_reason_labels(self):
        """Return the labels of the verdicts' reasons and of what ends an item."""
        verdict = self.env["account.dunning.verdict"]
        return {
            **dict(verdict._fields["reason"]._description_selection(self.env)),
            "lower": self.env._("Level lowered"),
            "given": self.env._("Level given already"),
            "paid": self.env._("Paid"),
            "cancelled": self.env._("Cancelled or reset to draft"),
        }

    @api.model
    def _keep(self, vals_list):
        """Write changes down; nobody has the right to do so by hand."""
        return self.sudo().create(vals_list)

    @api.model
    def _summarize(self, run):
        """Say in one line what has changed since approval, e.g. “Paid 3”."""
        labels = self._get_reason_labels()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        parts = []
        for kind, reason, count in self._read_group(
            [("run_id", "in", run.ids), ("stage", "=", "issue")],
            ["kind", "reason"],
            ["__count"],
            order="kind, reason",
        ):
            label = kinds[kind] if kind in ("amount", "error") else labels.get(reason)
            parts.append(f"{label or kinds[kind]}: {count}")
        return ", ".join(parts) or False
