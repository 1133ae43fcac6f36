from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ..engine import takeover as engine

# Lines that are created at once.
LINES_AT_ONCE = 5000
# A file names many customers: who does not go on reads it again.
DAYS_FILE_KEPT = 31


class AccountDunningTakeover(models.Model):
    """What another dunning software knew, taken over so that the ladder goes on.

    Reading is a dry run: it says, item by item, what would be taken over and what not,
    and changes nothing else. Applying writes that: ladders, the level and last notice
    of each item, who is responsible, what is on hold, what was promised. Nobody gets a
    first reminder twice.

    For an addon to read another software, it must add to ``source`` and define
    ``_read_<source>()``, which returns an ``engine.takeover.Reading``.
    """

    _name = "account.dunning.takeover"
    _description = "Takeover"
    _inherit = ["account.dunning.guard", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    source = fields.Selection(
        selection=[
            ("oca_credit_control", "OCA account_credit_control"),
            ("oca_overdue_reminder", "OCA account_invoice_overdue_reminder"),
            ("enterprise_followup", "Odoo Enterprise account_followup"),
            ("om_followup", "om_account_followup"),
            ("csv", "A CSV file (SAP, Business Central, NetSuite, …)"),
        ],
        string="Taken Over From",
        required=True,
        help="The tables of another addon are read in this database; the addon itself"
        " need not be installed any more.",
    )
    file = fields.Binary(string="CSV File", attachment=True)
    filename = fields.Char()
    date_format = fields.Selection(
        selection=[
            ("iso", "2026-12-31 or 20261231"),
            ("dmy", "31.12.2026 or 31/12/2026"),
            ("mdy", "12/31/2026"),
        ],
        string="Dates Are Written",
        required=True,
        default="iso",
    )
    decimal_sign = fields.Selection(
        selection=[("point", "Point: 1,234.50"), ("comma", "Comma: 1.234,50")],
        string="Decimals after a",
        required=True,
        default="point",
    )
    policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        string="Go On with Policy",
        check_company=True,
        help="The steps of the other software become the levels of this policy. Empty:"
        " its ladders are made anew here, and become the policies of the company and of"
        " the customers that had them.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "To be read"),
            ("read", "Report"),
            ("done", "Taken over"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    date_read = fields.Datetime(string="Read On", readonly=True, copy=False)
    default_policy = fields.Char(
        string="Ladder of the Company",
        readonly=True,
        copy=False,
        help="The ladder of customers that have none of their own.",
    )
    step_ids = fields.One2many(
        comodel_name="account.dunning.takeover.step",
        inverse_name="takeover_id",
        string="Steps",
        copy=False,
    )
    line_ids = fields.One2many(
        comodel_name="account.dunning.takeover.line",
        inverse_name="takeover_id",
        string="Findings",
        readonly=True,
        copy=False,
    )
    take_count = fields.Integer(string="Taken Over", compute="_compute_counts")
    skip_count = fields.Integer(string="Not Taken Over", compute="_compute_counts")

    # === COMPUTE METHODS === #

    @api.depends("source", "company_id")
    def _compute_display_name(self):
        labels = dict(self._fields["source"]._description_selection(self.env))
        for takeover in self:
            takeover.display_name = self.env._(
                "Takeover from %s", labels.get(takeover.source) or ""
            )

    @api.depends("line_ids.problem")
    def _compute_counts(self):
        counts = {
            (takeover, bool(problem)): 0
            for takeover in self
            for problem in (True, False)
        }
        for takeover, problem, count in self.env[
            "account.dunning.takeover.line"
        ]._read_group(
            [("takeover_id", "in", self.ids)], ["takeover_id", "problem"], ["__count"]
        ):
            counts[takeover, bool(problem)] += count
        for takeover in self:
            takeover.take_count = counts[takeover, False]
            takeover.skip_count = counts[takeover, True]

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            *("state", "company_id", "date_read", "default_policy", "line_ids"),
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(takeover.state == "done" for takeover in self):
            raise UserError(
                self.env._(
                    "What was taken over says where the ladder came from; it is kept."
                )
            )

    # === ACTION METHODS === #

    def action_read(self):
        """Read what the other software knew; nothing else changes.

        :raise UserError: there is nothing to read, or a file cannot be read.
        """
        for takeover in self:
            takeover._start(["draft", "read"], self.env._("read"))
            # its tables may not be the user's to read
            reading = getattr(takeover.sudo(), f"_read_{takeover.source}")()
            if not reading.findings:
                raise UserError(
                    self.env._("Nothing was found that could be taken over.")
                )
            takeover._keep(reading)

    def action_apply(self):
        """Write what the report says; once, and all of it or nothing.

        What was paid, dunned or promised here since the report is left as it is, and
        the report says so.

        :raise UserError: a step that items have reached has no level.
        """
        for takeover in self:
            takeover._start(["read"], self.env._("taken over"))
            # the report is nobody's to write by hand
            takeover.sudo().line_ids._find_problems()
            takeover._check_steps()
            takeover._apply()
            takeover._unguarded().state = "done"
            takeover._forget_texts()
            takeover.message_post(body=takeover._get_summary())

    def action_view_lines(self):
        """Open what was found; the problems first."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "account_dunning_advanced.account_dunning_takeover_line_action"
            ),
            "domain": [("takeover_id", "=", self.id)],
        }

    # === BUSINESS METHODS - READING === #

    def _keep(self, reading):
        """Replace the report by one over a new reading."""
        self.ensure_one()
        # the report is nobody's to write by hand
        own = self.sudo()
        own.line_ids.unlink()
        own.step_ids.unlink()
        levels = [
            (level.id, level.name)
            for level in self.policy_id.level_ids.sorted(
                lambda level: (level.sequence, level.id)
            )
        ]
        matched = engine.match_steps(reading.steps, levels)
        steps = own.env["account.dunning.takeover.step"].create(
            [
                own._prepare_step(step, matched.get(step.key))
                for step in sorted(
                    reading.steps, key=lambda step: (step.policy, step.sequence)
                )
            ]
        )
        by_key = {step.key: step.id for step in steps}
        for findings in split_every(LINES_AT_ONCE, reading.findings, list):
            own.env["account.dunning.takeover.line"].create(
                [own._prepare_line(finding, by_key) for finding in findings]
            )
        own.line_ids._find_problems()
        own.write(
            {
                "state": "read",
                "date_read": fields.Datetime.now(),
                "default_policy": reading.default_policy,
            }
        )

    def _prepare_step(self, step, level_id):
        return {
            "takeover_id": self.id,
            "key": step.key,
            "policy": step.policy,
            "name": step.name,
            "sequence": step.sequence,
            "day_basis": step.day_basis,
            "delay_days": step.delay_days,
            "by_email": step.by_email,
            "by_letter": step.by_letter,
            "level_id": level_id,
        }

    def _prepare_line(self, finding, step_ids):
        return {
            "takeover_id": self.id,
            "kind": finding.kind,
            "partner_id": finding.partner_id,
            "move_id": finding.move_id,
            "move_line_id": finding.item_id,
            "step_id": step_ids.get(finding.step),
            "policy": finding.policy,
            "date": finding.date,
            "date_to": finding.date_to,
            "user_id": finding.user_id,
            "amount": finding.amount,
            "text": finding.text or False,
            "problem": finding.problem or False,
        }

    def _read_columns(self, table):
        """Return {name: type} of a table's columns, {} if there is no such table."""
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT column_name, udt_name FROM information_schema.columns
                        WHERE table_schema = current_schema AND table_name = %s""",
                    table,
                )
            )
        )

    def _check_tables(self, *tables):
        """:raise UserError: the other addon never was in this database."""
        missing = [table for table in tables if not self._read_columns(table)]
        if missing:
            raise UserError(
                self.env._(
                    "There are no tables of that addon in this database: %s",
                    ", ".join(missing),
                )
            )

    def _get_value(self, alias, table, column, default="NULL"):
        """Return SQL for a column that may be missing, translated or by company."""
        kind = self._read_columns(table).get(column)
        if not kind:
            return SQL(default)  # pylint: disable=sql-injection
        name = SQL.identifier(alias, column)
        if kind != "jsonb":
            return name
        return SQL(
            "COALESCE(%(name)s ->> %(company)s, %(name)s ->> %(lang)s,"
            " %(name)s ->> 'en_US')",
            name=name,
            company=str(self.company_id.id),
            lang=self.env.lang or "en_US",
        )

    # === BUSINESS METHODS - APPLYING === #

    def _check_steps(self):
        """:raise UserError: a step in use stands for no level, and none can be made."""
        used = self.line_ids.filtered(lambda line: not line.problem).step_id
        missing = used.filtered(lambda step: not step.level_id and not step.policy)
        if missing:
            raise UserError(
                self.env._(
                    "Say which level these steps stand for, or choose a policy and"
                    " read again: %s",
                    ", ".join(missing.mapped("name")),
                )
            )

    def _apply(self):
        """Write it, in an order in which each kind finds what it needs."""
        policies = self._make_policies()
        lines = self.line_ids.filtered(lambda line: not line.problem)
        lines._take_levels()
        lines._take_policies(policies)
        for kind, of_kind in lines.grouped("kind").items():
            if kind not in ("item", "policy"):
                getattr(of_kind, f"_take_{kind}")()
        self.env["account.dunning.debtor"]._refresh(
            self.company_id, self.line_ids.partner_id.commercial_partner_id.ids
        )

    def _forget_texts(self):
        """Drop what now stands elsewhere: reasons and notes, and the file itself.

        Those are erased when their time is over; a copy here would outlive them.
        """
        own = self._unguarded().sudo()
        told = own.line_ids.filtered(
            lambda line: line.kind in ("hold", "follow_up", "note")
        )
        told.write({"text": False})
        own.file = False

    def _make_policies(self):
        """Return {name of a ladder: policy}; those without a level here are made."""
        policies = {}
        for name, steps in self.step_ids.grouped("policy").items():
            if not name:
                continue
            policies[name] = steps.level_id.policy_id[:1] or steps._make_policy(name)
        default = policies.get(self.default_policy)
        if default and not self.policy_id:
            # who takes over decides for the company, whose settings others own
            self.company_id.sudo().dunning_policy_id = default
        return policies

    def _get_summary(self):
        """Return how many of each kind were taken over and left, as one text."""
        self.ensure_one()
        labels = dict(
            self.env["account.dunning.takeover.line"]
            ._fields["kind"]
            ._description_selection(self.env)
        )
        counts = self.env["account.dunning.takeover.line"]._read_group(
            [("takeover_id", "=", self.id), ("problem", "=", False)],
            ["kind"],
            ["__count"],
        )
        return self.env._(
            "Taken over: %(what)s. Not taken over: %(count)s.",
            what=", ".join(f"{labels[kind]} {count}" for kind, count in counts)
            or self.env._("nothing"),
            count=self.skip_count,
        )

    # === CRON METHODS === #

    @api.autovacuum
    def _gc_files(self):
        """Drop files of takeovers that nobody went on with; the report stays."""
        before = fields.Datetime.now() - timedelta(days=DAYS_FILE_KEPT)
        self.search(
            [
                ("state", "!=", "done"),
                ("write_date", "<", before),
                ("file", "!=", False),
            ]
        ).file = False
