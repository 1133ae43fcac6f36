from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.assessment import STILL_OWED


class AccountDunningNoticeLine(models.Model):
    """One item on a notice, as it stood when the notice was issued.

    Amounts are in the currency of the notice; each item has a level of its own.
    """

    _name = "account.dunning.notice.line"
    _inherit = ["account.dunning.guard"]
    _description = "Dunning Notice Line"
    _order = "date_due, id"

    notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        required=True,
        index=True,
        ondelete="cascade",
    )
    run_id = fields.Many2one(comodel_name="account.dunning.run", index=True)
    company_id = fields.Many2one(comodel_name="res.company")
    partner_id = fields.Many2one(related="notice_id.partner_id")
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
        required=True,
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        required=True,
        index=True,  # deleting a journal item looks for its lines
        ondelete="restrict",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    level_id = fields.Many2one(
        comodel_name="account.dunning.level", required=True, ondelete="restrict"
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("issued", "Issued"),
            ("dropped", "Left out"),
            ("reversed", "Reversed"),
        ],
        required=True,
        default="draft",
    )
    cycle = fields.Integer(
        help="How often the item's ladder had been restarted when the line was made."
    )
    previous_level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        ondelete="set null",
        help="The level the item stood at before; reversing goes back to it.",
    )
    previous_date = fields.Date()
    previous_interest_date = fields.Date(
        help="Until which day interest had been charged before."
    )
    is_charge = fields.Boolean(
        string="Earlier Charge",
        help="The bill of an earlier notice's charges: asked for along with the items,"
        " but given no level and charged nothing on.",
    )
    charge_ids = fields.One2many(
        comodel_name="account.dunning.notice.charge",
        inverse_name="notice_line_id",
        readonly=True,
    )
    date_due = fields.Date(string="Due Date")
    days_overdue = fields.Integer(help="Days from the due date to the notice's date.")
    amount_residual = fields.Monetary(string="Open Amount")
    amount_dunned = fields.Monetary(
        string="Asked For",
        help="Open amount less credits, money under way and disputed parts.",
    )
    amount_interest = fields.Monetary(string="Interest")
    amount_fee = fields.Monetary(string="Fee")

    _level_once_a_cycle = models.UniqueIndex(
        "(move_line_id, level_id, cycle)"
        " WHERE state = 'issued' AND is_charge IS NOT TRUE",
        "An open item cannot be given the same dunning level twice.",
    )

    # === COMPUTE METHODS === #

    @api.depends("notice_id")
    def _compute_currency_id(self):
        for line in self:
            line.currency_id = line.notice_id.currency_id

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        stored = {name for name, field in self._fields.items() if field.store}
        return super()._get_guarded_fields() | stored - set(models.MAGIC_COLUMNS)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_issued(self):
        if any(line.state in ("issued", "reversed") for line in self):
            raise UserError(
                self.env._("Items of an issued notice are kept. Reverse the notice.")
            )

    # === BUSINESS METHODS === #

    @api.model
    def _insert_from_verdicts(self, run):
        """Draft the lines of a run's notices from its ``dun`` verdicts."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_notice_line (
                    notice_id, run_id, company_id, currency_id, move_line_id, level_id,
                    state, cycle, previous_level_id, previous_date,
                    previous_interest_date, date_due,
                    days_overdue, amount_residual, amount_dunned, amount_interest,
                    amount_fee, create_uid, create_date, write_uid, write_date)
                SELECT notice.id, notice.run_id, notice.company_id, verdict.currency_id,
                       verdict.move_line_id, verdict.level_id, 'draft',
                       COALESCE(item.dunning_cycle, 0), item.dunning_level_id,
                       item.dunning_date, item.dunning_interest_date,
                       verdict.date_due, verdict.days_overdue,
                       verdict.amount_residual, verdict.amount_dunned, 0, 0,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM account_dunning_verdict verdict
                  JOIN account_dunning_notice notice
                    ON notice.run_id = verdict.run_id
                   AND notice.partner_id = verdict.partner_id
                   AND notice.currency_id = verdict.currency_id
                  JOIN account_move_line item ON item.id = verdict.move_line_id
                 WHERE verdict.run_id = %(run)s AND verdict.reason = 'dun'""",
                run=run.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        run._analyze(self._table, self.env.cr.rowcount)

    @api.model
    def _insert_charge_items(self, run):
        """Ask for the open bills of earlier charges, where a notice is made anyway."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_notice_line (
                    notice_id, run_id, company_id, currency_id, move_line_id, level_id,
                    state, is_charge, date_due, days_overdue, amount_residual,
                    amount_dunned, amount_interest, amount_fee,
                    create_uid, create_date, write_uid, write_date)
                SELECT notice.id, notice.run_id, notice.company_id, verdict.currency_id,
                       verdict.move_line_id, notice.level_id, 'draft', TRUE,
                       verdict.date_due, verdict.days_overdue, verdict.amount_residual,
                       verdict.amount_residual - verdict.amount_covered, 0, 0,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM account_dunning_verdict verdict
                  JOIN account_dunning_notice notice
                    ON notice.run_id = verdict.run_id
                   AND notice.partner_id = verdict.partner_id
                   AND notice.currency_id = verdict.currency_id
                 WHERE verdict.run_id = %(run)s AND verdict.reason = 'charge'
             RETURNING notice_id""",
                run=run.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        notice_ids = list({notice_id for (notice_id,) in self.env.cr.fetchall()})
        if notice_ids:
            self.env["account.dunning.notice"]._refresh_totals(
                SQL("notice.id = ANY(%s)", notice_ids)
            )

    def _recheck(self, fresh, stage):
        """Hold the lines against a fresh assessment; lower or drop what changed.

        :param dict fresh: rows of the assessment by id of the open item.
        :param str stage: ``issue`` or ``send``, kept with each difference.
        :return: values of ``account.dunning.run.change``, one a difference.
        """
        differences = []
        given = self._get_given_levels() if stage == "issue" else set()
        proposed = self._get_proposed_levels() if stage == "issue" else {}
        for line in self._unguarded():
            row = fresh.get(line.move_line_id.id)
            owed, reason = line._get_owed(row, stage)
            lower = owed and line._get_lower_level(row, proposed)
            if lower:
                differences.append(
                    {
                        **line._prepare_change("level", stage, reason="lower"),
                        "amount_after": line.amount_dunned,
                        "level_after_id": lower.id,
                    }
                )
                line.level_id = lower
            key = (line.move_line_id.id, line.level_id.id, line.cycle)
            if owed and key in given and not line.is_charge:
                owed, reason = 0, "given"
            if not owed:
                differences.append(
                    line._prepare_change("dropped", stage, reason=reason)
                )
                line._drop(stage)
            elif line.currency_id.compare_amounts(owed, line.amount_dunned) < 0:
                differences.append(
                    line._prepare_change("amount", stage, reason=reason, after=owed)
                )
                line.amount_residual = min(row["residual"], line.amount_residual)
                line.amount_dunned = owed
        return differences

    def _get_given_levels(self):
        """Return {(item, level, cycle)} of what these items have been given before."""
        rows = self.env.execute_query(
            SQL(
                """SELECT move_line_id, level_id, cycle FROM account_dunning_notice_line
                    WHERE move_line_id = ANY(%s) AND state = 'issued'""",
                self.move_line_id.ids,
            )
        )
        return set(rows)

    def _get_proposed_levels(self):
        """Return {(run, item): level id} as the runs' verdicts had it."""
        rows = self.env.execute_query(
            SQL(
                """SELECT run_id, move_line_id, level_id FROM account_dunning_verdict
                    WHERE run_id = ANY(%s) AND move_line_id = ANY(%s)""",
                self.run_id.ids,
                self.move_line_id.ids,
            )
        )
        return {(run_id, item_id): level_id for run_id, item_id, level_id in rows}

    def _get_lower_level(self, row, proposed):
        """Return the level to fall back to where the one approved is out of reach.

        Only where the assessment itself has changed its mind since the proposal, for
        what a person raised or lowered in the review stays as it was approved.

        :param dict row: the fresh row of the assessment.
        :param dict proposed: as from :meth:`_get_proposed_levels`.
        """
        self.ensure_one()
        Level = self.env["account.dunning.level"]
        before = proposed.get((self.run_id.id, self.move_line_id.id))
        if not before or not row["level_id"] or row["level_id"] == before:
            return Level
        level = Level.browse(row["level_id"])
        if level.policy_id != self.level_id.policy_id:
            return Level
        return level if level._get_rank() < self.level_id._get_rank() else Level

    def _drop(self, stage):
        """Take the line off the notice; an issued one stays, for the level it gave."""
        self.ensure_one()
        if stage == "send":
            self.amount_dunned = 0
        else:
            self.state = "dropped"

    def _get_owed(self, row, stage):
        """Return what may still be asked for this line, and the reason if it changed.

        When issuing, the ladder counts too: an item that another run has dunned in
        the meantime is not dunned again. When sending, it has been raised already.

        :return: (amount in the item's currency, reason).
        """
        self.ensure_one()
        if row is None:
            return 0, "paid" if self.move_line_id.reconciled else "cancelled"
        still_owed = STILL_OWED if stage == "send" else ("dun",)
        if self.is_charge:
            still_owed = ("charge",)
        if row["reason"] not in still_owed:
            return 0, row["reason"]
        if self.is_charge:
            left = row["residual"] - row["covered"]
            return min(left, self.amount_dunned), "paid"
        if stage == "issue" and row["current_level_id"] != self.previous_level_id.id:
            # None and False both mean no level yet
            if row["current_level_id"] or self.previous_level_id:
                return 0, "interval"
        return min(row["residual"] - row["covered"], self.amount_dunned), (
            self._get_lowering_reason(row)
        )

    def _get_lowering_reason(self, row):
        """Return why less is asked for than was planned."""
        if row["cause_model"] == "account.dunning.dispute":
            return "disputed"
        return "credit_covers" if row["covered"] else "paid"

    def _prepare_change(self, kind, stage, reason=None, after=0.0):
        """Return values of the record that keeps a difference."""
        self.ensure_one()
        return {
            "run_id": self.run_id.id,
            "notice_id": self.notice_id.id,
            "partner_id": self.notice_id.partner_id.id,
            "move_line_id": self.move_line_id.id,
            "currency_id": self.currency_id.id,
            "stage": stage,
            "kind": kind,
            "reason": reason,
            "amount_before": self.amount_dunned,
            "amount_after": after,
            "level_before_id": self.level_id.id,
            "level_after_id": self.level_id.id if kind == "amount" else False,
        }

    def _restore_levels(self):
        """Set the items back to the last level that is still issued.

        Where none is left, the level that the item had before the first of these
        lines holds again: it may come from a takeover and have no notice.
        """
        names = ["dunning_level_id", "dunning_date"]
        with self.env["account.dunning.automation"]._watch(self.move_line_id, names):
            self._write_restored_levels()

    def _write_restored_levels(self):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move_line item
                   SET dunning_level_id = CASE WHEN last.id IS NULL
                           THEN undone.previous_level_id ELSE last.level_id END,
                       dunning_date = CASE WHEN last.id IS NULL
                           THEN undone.previous_date ELSE last.date END
                  FROM (
                      SELECT DISTINCT ON (first.move_line_id)
                             first.move_line_id, first.cycle,
                             first.previous_level_id, first.previous_date
                        FROM account_dunning_notice_line first
                        JOIN account_dunning_notice_line reversed
                          ON reversed.move_line_id = first.move_line_id
                         AND reversed.cycle = first.cycle
                       WHERE reversed.id = ANY(%s) AND first.state = 'reversed'
                         AND reversed.is_charge IS NOT TRUE
                       ORDER BY first.move_line_id, first.id
                  ) undone
                  LEFT JOIN LATERAL (
                      SELECT line.id, line.level_id, notice.date
                        FROM account_dunning_notice_line line
                        JOIN account_dunning_notice notice
                          ON notice.id = line.notice_id
                       WHERE line.move_line_id = undone.move_line_id
                         AND line.cycle = undone.cycle
                         AND line.state = 'issued'
                       ORDER BY notice.date DESC, line.id DESC
                       LIMIT 1
                  ) last ON TRUE
                 WHERE item.id = undone.move_line_id
                   -- a ladder that was started anew is not touched by the old one
                   AND COALESCE(item.dunning_cycle, 0) = undone.cycle""",
                list(self.ids),
            )
        )
        self.env.invalidate_all(flush=False)
        self.move_line_id.move_id._refresh_dunning_level()
