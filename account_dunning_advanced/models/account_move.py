from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..engine.assessment import STANDING
from ..engine.reference import index_definition

# Where the invoice stands, as its items do: for the process and for managers.
LADDER_MARKS = {"dunning_level_id", "dunning_date"}


class AccountMove(models.Model):
    _inherit = "account.move"

    dunning_policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        copy=False,
        check_company=True,
        index="btree_not_null",
        help="Takes the place of the customer's and the company's policy.",
    )
    dunning_level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The highest level that was given to an item of this invoice.",
    )
    dunning_date = fields.Date(
        string="Last Notice",
        readonly=True,
        copy=False,
        help="Date of the last notice that asked for this invoice.",
    )
    dunning_notice_count = fields.Integer(compute="_compute_dunning_notice_count")
    dunning_explanation = fields.Text(
        string="Dunning Today",
        compute="_compute_dunning_explanation",
        groups="base.group_user",
        help="What a run today would decide for each open item, and why.",
    )

    dunning_dispute_count = fields.Integer(compute="_compute_dunning_dispute_count")
    dunning_delay_reason_id = fields.Many2one(
        groups="base.group_user",
        comodel_name="account.dunning.delay.reason",
        string="Reason of Delay",
        inverse="_inverse_dunning_delay_reason_id",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Why the invoice is not paid; the debtor takes it over as the last heard.",
    )

    # what bank lines name
    _dunning_name_idx = models.Index(
        index_definition("name", "state = 'posted' AND amount_residual > 0")
    )
    _dunning_reference_idx = models.Index(
        index_definition(
            "payment_reference", "state = 'posted' AND amount_residual > 0"
        )
    )

    # === COMPUTE METHODS === #

    def _compute_dunning_notice_count(self):
        counts = dict(self._get_notice_counts())
        for move in self:
            move.dunning_notice_count = counts.get(move.id, 0)

    def _get_notice_counts(self):
        """Return (move id, number of issued notices) pairs."""
        lines = self.env["account.dunning.notice.line"].search(
            [
                ("move_line_id.move_id", "in", self.ids),
                ("notice_id.state", "=", "issued"),
            ]
        )
        return [
            (move.id, len(of_move.notice_id))
            for move, of_move in lines.grouped("move_id").items()
        ]

    def _compute_dunning_dispute_count(self):
        lines = self.env["account.dunning.dispute.line"].search(
            [("move_line_id.move_id", "in", self.ids)]
        )
        counts = {
            move: len(of_move.dispute_id)
            for move, of_move in lines.grouped("move_id").items()
        }
        for move in self:
            move.dunning_dispute_count = counts.get(move, 0)

    @api.depends_context("uid", "lang")
    def _compute_dunning_explanation(self):
        for move in self:
            items = move._get_dunning_items()
            texts = [
                (item.date_maturity, item.dunning_explanation)
                for item in items
                if item.dunning_explanation
            ]
            if len(texts) > 1:
                move.dunning_explanation = "\n".join(
                    self.env._(
                        "Due %(date)s: %(text)s",
                        date=format_date(self.env, date) if date else "–",
                        text=text,
                    )
                    for date, text in texts
                )
            else:
                move.dunning_explanation = texts[0][1] if texts else False

    def _inverse_dunning_delay_reason_id(self):
        Debtor = self.env["account.dunning.debtor"]
        for move in self.filtered("dunning_delay_reason_id"):
            debtor = Debtor._get_or_create(move.partner_id, move.company_id)
            debtor.delay_reason_id = move.dunning_delay_reason_id

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if any(LADDER_MARKS & vals.keys() for vals in vals_list):
            self.env["account.move.line"]._check_ladder_rights()
        return super().create(vals_list)

    def write(self, vals):
        if LADDER_MARKS & vals.keys():
            self.env["account.move.line"]._check_ladder_rights()
        return super().write(vals)

    # === ACTION METHODS === #

    def action_view_dunning_notices(self):
        """Open the notices that asked for these invoices."""
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_notice_action"
        )
        action["domain"] = [("line_ids.move_line_id.move_id", "in", self.ids)]
        return action

    def action_dunning_hold(self):
        """Put these invoices on hold; asks for a reason and an end."""
        self.check_access("read")
        return self.env["account.dunning.hold.create"]._open(self)

    def action_dunning_promise(self):
        """Take a promise, a plan or a settlement of these invoices' open items."""
        return self.env["account.dunning.promise.create"]._open(self)

    def action_dunning_exclude(self):
        """Take these invoices out of dunning, with core's own flag."""
        self.no_followup = True

    def action_dunning_include(self):
        """Take these invoices into dunning again."""
        self.no_followup = False

    def action_dunning_dispute(self):
        """Open a dispute on these invoices; asks for what the customer says."""
        self.check_access("read")
        return self.env["account.dunning.dispute.create"]._open(self)

    def action_view_dunning_disputes(self):
        """Open the disputes on these invoices."""
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_dispute_action"
        )
        action["domain"] = [("move_line_ids.move_id", "in", self.ids)]
        action["context"] = {}
        return action

    def action_dunning_write_off(self):
        """Write off the open items of these invoices; asks for a reason."""
        return self.env["account.dunning.writeoff.create"]._open(self)

    # === BUSINESS METHODS === #

    def _get_dunning_items(self):
        """Return the open receivable items."""
        return self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
            and not line.reconciled
            and line.parent_state == "posted"
        )

    def _refresh_dunning_level(self):
        """Set level and last notice from the items, in one statement."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move move
                   SET dunning_level_id = item.level_id, dunning_date = item.date
                  FROM (
                      SELECT line.move_id, MAX(line.dunning_date) AS date,
                             (ARRAY_AGG(reached.level_id
                                  ORDER BY reached.rank DESC, reached.level_id)
                                  FILTER (WHERE reached.rank IS NOT NULL))[1]
                                 AS level_id
                        FROM account_move_line line
                        LEFT JOIN (%s) reached
                               ON reached.level_id = line.dunning_level_id
                       WHERE line.move_id = ANY(%s)
                       GROUP BY 1
                  ) item
                 WHERE item.move_id = move.id""",
                STANDING,
                list(self.ids),
            )
        )
        self.invalidate_recordset(["dunning_level_id", "dunning_date"])
