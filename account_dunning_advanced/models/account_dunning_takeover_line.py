from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_date, plaintext2html


class AccountDunningTakeoverLine(models.Model):
    """One thing that another software knew, and what becomes of it."""

    _name = "account.dunning.takeover.line"
    _description = "Finding of a Takeover"
    _inherit = ["account.dunning.guard"]
    _order = "takeover_id, problem NULLS LAST, kind, id"
    _check_company_auto = True

    takeover_id = fields.Many2one(
        comodel_name="account.dunning.takeover",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="takeover_id.company_id", store=True, index=True
    )
    kind = fields.Selection(
        selection=[
            ("item", "Level of an item"),
            ("policy", "Policy"),
            ("hold", "Hold"),
            ("collector", "Collector"),
            ("follow_up", "Next look"),
            ("promise", "Promise to pay"),
            ("note", "Note"),
        ],
        required=True,
        readonly=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    step_id = fields.Many2one(
        comodel_name="account.dunning.takeover.step",
        string="Step",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    level_id = fields.Many2one(related="step_id.level_id")
    policy = fields.Char(string="Ladder", readonly=True)
    date = fields.Date(
        readonly=True,
        help="Of the last notice, of the payment that was promised, or of the next"
        " look.",
    )
    date_to = fields.Date(string="Until", readonly=True)
    user_id = fields.Many2one(comodel_name="res.users", string="User", readonly=True)
    amount = fields.Monetary(readonly=True)
    text = fields.Char(readonly=True)
    problem = fields.Char(
        string="Not Taken Over Because", readonly=True, index="btree_not_null"
    )

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | (
            set(self._fields) - set(models.MAGIC_COLUMNS)
        )

    # === BUSINESS METHODS - WHAT CANNOT BE TAKEN OVER === #

    def _find_problems(self):
        """Write down what cannot be taken over, and why."""
        for takeover, lines in self.grouped("takeover_id").items():
            today = takeover.company_id._dunning_today()
            for line in lines.filtered(lambda line: not line.problem):
                problem = line._get_problem(today)
                if problem:
                    line.problem = problem
            lines.filtered(lambda line: not line.problem)._find_repeated()

    def _find_repeated(self):
        """Leave of several lines that say where an item stands the highest level.

        Of several promises for an item the first is left: it is in one agreement.
        """
        levels = self.filtered(lambda line: line.kind == "item" and line.move_line_id)
        for of_item in levels.grouped("move_line_id").values():
            last = max(of_item, key=lambda line: line._get_standing())
            (of_item - last).problem = self.env._(
                "%(item)s has been given level “%(level)s” already.",
                item=last.move_line_id.display_name,
                level=last.level_id.name or last.step_id.name,
            )
        promises = self.filtered(lambda line: line.kind == "promise")
        for of_item in promises.grouped("move_line_id").values():
            for line in of_item[1:]:
                line.problem = line._get_rival_problem(line.takeover_id)

    def _get_standing(self):
        """Return what ranks lines on one item: its level, then its last notice."""
        self.ensure_one()
        level = self.level_id or self.step_id
        return level.sequence, level.id, self.date

    def _get_problem(self, today):
        """Return why this cannot be taken over, or nothing."""
        self.ensure_one()
        item = self.move_line_id
        if item:
            problem = self._get_item_problem(item)
            if problem:
                return problem
        if self.kind == "item":
            return self._get_level_problem(item, today)
        if self.kind == "promise":
            return self._get_promise_problem(item, today)
        if self.kind == "hold":
            return self._get_hold_problem(today)
        if self.kind == "collector" and (not self.user_id or self.user_id.share):
            return self.env._("There is no such user")
        return None

    def _get_item_problem(self, item):
        if item.company_id != self.company_id:
            return self.env._("It belongs to %s", item.company_id.name)
        if item.account_type != "asset_receivable" or item.parent_state != "posted":
            return self.env._("It is no posted receivable")
        if item.reconciled:
            return self.env._("It is paid")
        return None

    def _get_level_problem(self, item, today):
        if item.dunning_level_id:
            return self.env._(
                "It has been dunned here, on %s",
                format_date(self.env, item.dunning_date),
            )
        if not self.date:
            return self.env._("The day of the last notice is not known")
        if self.date > today:
            return self.env._("The last notice is in the future")
        return None

    def _get_hold_problem(self, today):
        if self.date_to and self.date_to < today:
            return self.env._("It has ended")
        known = self.env["account.dunning.hold"].search(
            [
                *((name, "=", value) for name, value in self._get_target().items()),
                ("company_id", "=", self.company_id.id),
                ("state", "!=", "ended"),
                *(["|", ("date_to", ">=", self.date_to)] if self.date_to else []),
                ("date_to", "=", False),
            ],
            order="date_to",
            limit=1,
        )
        if known.date_to:
            return self.env._(
                "On hold, ends on %s", format_date(self.env, known.date_to)
            )
        return self.env._("On hold without end") if known else None

    def _get_promise_problem(self, item, today):
        if not self.date or self.date < today:
            return self.env._("The promised day is over")
        # nothing is open for the customer to pay of a credit
        compare, residual = (
            item.currency_id.compare_amounts,
            item.amount_residual_currency,
        )
        if compare(residual, 0) <= 0 or compare(self.amount, residual) > 0:
            return self.env._("More is promised than is open")
        claims = self.env["account.dunning.promise.item"].search(
            [("move_line_id", "=", item.id), ("is_open", "=", True)], limit=1
        )
        return self._get_rival_problem(claims.promise_id) if claims else None

    def _get_rival_problem(self, other):
        return self.env._(
            "%(items)s: already in “%(other)s”. Cancel that first.",
            items=self.move_line_id.display_name,
            other=other.display_name,
        )

    # === BUSINESS METHODS - TAKING OVER === #

    def _take_levels(self):
        """Set the items where they stood, a statement for each level and day."""
        lines = self.filtered(lambda line: line.kind == "item")
        for (level, date), of_level in lines.grouped(
            lambda line: (line.step_id.level_id, line.date)
        ).items():
            # who takes over decides where the ladder goes on; no ledger data
            of_level.move_line_id.sudo().write(
                {"dunning_level_id": level.id, "dunning_date": date}
            )
        lines.move_line_id.move_id._refresh_dunning_level()

    def _take_policies(self, policies):
        """Let customers and invoices keep the ladder that was theirs."""
        lines = self.filtered(lambda line: line.kind == "policy")
        if self.takeover_id.policy_id:
            return
        for line in lines:
            record = line.move_id or line.partner_id
            company = line.takeover_id.company_id
            record.sudo().with_company(company).dunning_policy_id = policies[
                line.policy
            ]

    def _take_hold(self):
        self.env["account.dunning.hold"].create([line._prepare_hold() for line in self])

    def _prepare_hold(self):
        self.ensure_one()
        return {
            **self._get_target(),
            "company_id": self.company_id.id,
            "reason": self.text or self.takeover_id.display_name,
            "date_to": self.date_to,
        }

    def _get_target(self):
        """Return the one field of a hold, and its value, that says what is held."""
        self.ensure_one()
        if self.move_line_id:
            return {"move_line_id": self.move_line_id.id}
        if self.move_id:
            return {"move_id": self.move_id.id}
        return {"partner_id": self.partner_id.id}

    def _take_collector(self):
        for line in self:
            line._get_debtor().user_id = line.user_id

    def _take_follow_up(self):
        for line in self:
            debtor = line._get_debtor()
            debtor.next_action_date = line.date
            line._take_text(debtor)

    def _take_note(self):
        for line in self:
            line._take_text(line._get_debtor())

    def _take_text(self, debtor):
        if self.text:
            debtor.message_post(
                body=plaintext2html(self.text), subject=self.takeover_id.display_name
            )

    def _take_promise(self):
        promises = self.env["account.dunning.promise"].create(
            [line._prepare_promise() for line in self]
        )
        promises.action_confirm()

    def _prepare_promise(self):
        self.ensure_one()
        item = self.move_line_id
        return {
            "partner_id": item.partner_id.commercial_partner_id.id,
            "company_id": self.company_id.id,
            "channel": "other",
            "move_line_ids": [Command.set(item.ids)],
            "line_ids": [
                Command.create(
                    {
                        "date": self.date,
                        "amount": self.amount or item.amount_residual_currency,
                    }
                )
            ],
        }

    def _get_debtor(self):
        self.ensure_one()
        return self.env["account.dunning.debtor"]._get_or_create(
            self.partner_id, self.company_id
        )
