from odoo import models
from odoo.exceptions import UserError


class AccountDunningNoticeLineReview(models.Model):
    """Reviewing: people change a proposed plan, item by item; who and why is kept."""

    # a room of its own: review
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice.line"

    # === ACTION METHODS === #

    def action_drop(self):
        """Leave these items out of the proposed run; asks for a reason."""
        return self._action_adjust("drop")

    def action_adjust(self):
        """Change these items' level, or add a note to their notice."""
        return self._action_adjust("level")

    def _action_adjust(self, operation):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change the Plan"),
            "res_model": "account.dunning.run.adjust",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_line_ids": self.ids,
                "default_operation": operation,
            },
        }

    # === BUSINESS METHODS === #

    def _adjust(self, operation, note, level=None):
        """Change a proposed plan by hand; who and why is kept.

        :param str operation: ``drop``, ``level`` or ``note``.
        :param str note: why; required.
        :param account.dunning.level level: the new level, of the item's policy.
        :raise UserError: the run is not open for changes, or the level is not one of
            the item's policy.
        """
        if not (note or "").strip():
            raise UserError(self.env._("Say why the plan is changed."))
        for run in self.run_id:
            run._check_state(["proposed"], self.env._("changed"))
        changes = []
        lines = self.filtered(lambda line: line.state == "draft")
        if operation == "level":
            lines = lines._get_lines_of_policy(level)
        for line in lines._unguarded():
            kind = {"drop": "dropped"}.get(operation, operation)
            values = line._prepare_change(kind, "review", after=line.amount_dunned)
            if operation == "level":
                line._check_level(level)
                values["level_after_id"] = level.id
                line.level_id = level
            elif operation == "drop":
                values.update(amount_after=0.0, level_after_id=False)
                line.state = "dropped"
            changes.append({**values, "note": note})
        self.env["account.dunning.run.change"]._keep(changes)
        kept = self.notice_id._apply_recheck()
        if operation == "level":
            lines._check_minimum(level)
        if operation != "note":
            self.env["account.dunning.charging"]._charge(kept)
        for run in self.run_id:
            run._refresh_plan_hash()

    def _get_lines_of_policy(self, level):
        """Return the lines that a level can be given to, of notices of many policies.

        :raise UserError: no level, or one of a policy that none of the items has.
        """
        if not level:
            raise UserError(self.env._("Choose the level to give."))
        lines = self.filtered(
            lambda line: line.level_id.policy_id == level.policy_id
            and not line.is_charge
        )
        if self and not lines:
            self[:1]._check_level(level)
        return lines

    def _check_minimum(self, level):
        """:raise UserError: a notice's sum misses the minimum of the level."""
        for notice in self.notice_id:
            day, company = notice.date, notice.company_id
            minimum = level.currency_id._convert(
                level.min_amount, notice.currency_id, company, day, round=False
            )
            asked = sum(
                notice.line_ids.filtered(lambda line: line.state == "draft").mapped(
                    "amount_dunned"
                )
            )
            if notice.currency_id.compare_amounts(asked, minimum) < 0:
                raise UserError(
                    self.env._(
                        "%(asked)s asked of %(customer)s misses the minimum of level"
                        " “%(level)s” (%(minimum)s).",
                        asked=notice.currency_id.format(asked),
                        customer=notice.partner_id.display_name,
                        level=level.name,
                        minimum=level.currency_id.format(level.min_amount),
                    )
                )

    def _check_level(self, level):
        self.ensure_one()
        cap = self.move_line_id.dunning_max_level_id
        if (
            cap.policy_id == level.policy_id
            and cap
            and level._get_rank() > cap._get_rank()
        ):
            raise UserError(
                self.env._(
                    "%(item)s goes no higher than level “%(cap)s”.",
                    item=self.move_line_id.move_name,
                    cap=cap.name,
                )
            )
        if not level.active or level.policy_id != self.level_id.policy_id:
            raise UserError(
                self.env._(
                    "Level “%(level)s” does not belong to the policy of %(item)s.",
                    level=level.name,
                    item=self.move_line_id.move_name,
                )
            )
        given = self.search_count(
            [
                ("move_line_id", "=", self.move_line_id.id),
                ("level_id", "=", level.id),
                ("cycle", "=", self.cycle),
                ("state", "=", "issued"),
            ],
            limit=1,
        )
        if given:
            raise UserError(
                self.env._(
                    "%(item)s has been given level “%(level)s” already.",
                    item=self.move_line_id.move_name,
                    level=level.name,
                )
            )
