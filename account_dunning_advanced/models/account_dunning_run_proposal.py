from odoo import api, models
from odoo.tools import SQL

# Rows written from which on the planner has to be told of them.
ANALYZE_FROM = 1000


class AccountDunningRunProposal(models.Model):
    """Proposing: judges every open item and makes the plan that is approved.

    The plan is written in a handful of set-based statements; its hash is what an
    approval stands for.
    """

    # rooms of their own: proposing and the daily job
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.run"

    # === BUSINESS METHODS - PLAN === #

    def _propose(self):
        """Replace the plan by what the ledger says now, in one transaction."""
        self.ensure_one()
        self._check_state(["draft", "proposed"], self.env._("proposed"))
        # two users proposing the same run: the second fails at once, cleanly
        self.lock_for_update()
        self._clear_plan()
        self._insert_verdicts()
        notices = self.env["account.dunning.notice"]._insert_from_verdicts(self)
        self.env["account.dunning.debtor"]._refresh_from_run(self)
        self._refresh_plan_hash()
        self._unguarded().write(
            {
                "state": "proposed",
                "warning": self._get_warning(),
                **self._get_figures(),
            }
        )
        return notices

    def _clear_plan(self):
        """Delete the drafts and verdicts of an earlier proposal."""
        self.env.flush_all()
        for table in (
            "account_dunning_run_change",
            "account_dunning_notice_charge",
            "account_dunning_notice_line",
            "account_dunning_notice",
            "account_dunning_verdict",
        ):
            of_run = (
                SQL(
                    "notice_id IN (SELECT id FROM account_dunning_notice"
                    " WHERE run_id = %s)",
                    self.id,
                )
                if table == "account_dunning_notice_charge"
                else SQL("run_id = %s", self.id)
            )
            self.env.cr.execute(
                SQL("DELETE FROM %s WHERE %s", SQL.identifier(table), of_run)
            )
        self.env.invalidate_all(flush=False)

    def _insert_verdicts(self):
        partners = self.partner_ids or None
        statement = self.env["account.dunning.assessment"]._get_statement(
            self.company_id, self.date, partners
        )
        count = self.env["account.dunning.verdict"]._insert_from(
            self, statement, self._get_limits()
        )
        self._analyze("account_dunning_verdict", count)

    @api.model
    def _analyze(self, table, rows):
        """Let the planner count a table that much was just written to.

        It knows nothing of the new run otherwise, takes its rows for a handful and
        joins them in nested loops: 100,000 items took 84 s to propose, and 25 s with
        this on the same busy machine. Few rows do well without.

        :param str table: one of ours, so that the database's owner may do it.
        :param int rows: how many were written.
        """
        if rows >= ANALYZE_FROM:
            self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))

    def _get_limits(self) -> SQL:
        """Return the condition on ``verdict`` that keeps to the run's limits.

        The limits choose among the verdicts; they do not change them: credits and
        minimums are always those of the whole debtor.
        """
        conditions = [SQL("TRUE")]
        if self.policy_ids:
            conditions.append(
                SQL("verdict.policy_id = ANY(%s)", list(self.policy_ids.ids))
            )
        if self.salesperson_ids:
            conditions.append(
                SQL("verdict.salesperson_id = ANY(%s)", list(self.salesperson_ids.ids))
            )
        automatic = SQL(
            """verdict.level_id IN (
                SELECT level.id FROM account_dunning_level level
                  JOIN account_dunning_policy policy ON policy.id = level.policy_id
                 WHERE policy.auto_issue IS TRUE
                   AND level.needs_approval IS NOT TRUE)"""
        )
        if self.approval_scope == "automatic":
            conditions.append(SQL("(verdict.reason != 'dun' OR %s)", automatic))
        elif self.approval_scope == "manual":
            conditions.append(SQL("(verdict.reason != 'dun' OR NOT %s)", automatic))
        return SQL(" AND ").join(conditions)

    def _refresh_plan_hash(self):
        self._unguarded().plan_hash = self._get_plan_hash()

    def _get_plan_hash(self):
        """Return the SHA-256 over the plan: notice, item, level, amount and charges.

        Not the customer: merging two customers changes no plan.
        """
        self.env.flush_all()
        [(digest,)] = self.env.execute_query(
            SQL(
                """
                SELECT ENCODE(SHA256(CONVERT_TO(COALESCE(STRING_AGG(
                           CONCAT_WS(':', line.notice_id, line.move_line_id,
                                     line.level_id, TRIM_SCALE(line.amount_dunned),
                                     NULLIF(line.amount_interest, 0),
                                     NULLIF(line.amount_fee, 0)),
                           ',' ORDER BY line.move_line_id), ''), 'UTF8')), 'hex')
                  FROM account_dunning_notice_line line
                  JOIN account_dunning_notice notice ON notice.id = line.notice_id
                 WHERE notice.run_id = %s AND line.state = 'draft'""",
                self.id,
            )
        )
        return digest

    def _get_figures(self):
        [(items, dunned)] = self.env.execute_query(
            SQL(
                """SELECT COUNT(*), COUNT(*) FILTER (WHERE reason = 'dun')
                     FROM account_dunning_verdict WHERE run_id = %s""",
                self.id,
            )
        )
        return {"item_count": items, "dun_count": dunned}

    # === BUSINESS METHODS - WARNINGS === #

    def _get_warning(self):
        """Say what kept the plan from being what the configuration means."""
        broken = self.env["account.dunning.assessment"]._get_broken_rules(
            self.company_id
        )
        messages = [
            self.env._(
                "A rule of policy “%(policy)s” was left out: its customer filter cannot"
                " be evaluated.",
                policy=rule.policy_id.name,
            )
            for rule in broken
        ]
        messages += self._get_stale_rate_warnings()
        return "\n".join(messages) or False

    def _get_stale_rate_warnings(self):
        """Return what to tell of rates that the notices charge and nobody renewed."""
        self.ensure_one()
        # who proposes need not be allowed to see rates
        rules_sudo = self.env["account.dunning.interest"].sudo()
        for [rule] in (
            self.env["account.dunning.notice.charge"]
            .sudo()
            ._read_group(
                [("notice_id.run_id", "=", self.id), ("interest_id", "!=", False)],
                ["interest_id"],
            )
        ):
            rules_sudo |= rule
        warnings = {
            warning
            for rule in rules_sudo
            for warning in rule._get_stale_warnings(self.date)
        }
        return sorted(warnings)
