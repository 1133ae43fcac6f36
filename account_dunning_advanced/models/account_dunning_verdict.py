from odoo import api, fields, models
from odoo.tools import SQL

# How long the reasons of items that were not dunned are kept, in days.
VERDICT_DAYS = 90
# What the statement returns for each stored field of a verdict.
COLUMNS = {
    "company_id": "company_id",
    "move_line_id": "line_id",
    "move_id": "move_id",
    "partner_id": "debtor_id",
    "currency_id": "currency_id",
    "policy_id": "policy_id",
    "current_level_id": "current_level_id",
    "date_notice": "date_notice",
    "next_level_id": "next_level_id",
    "level_id": "level_id",
    "reason": "reason",
    "date_due": "date_due",
    "days_overdue": "days_overdue",
    "amount_residual": "residual",
    "amount_covered": "covered",
    "amount_dunned": "dunned",
    "reason_date": "reason_date",
    "reason_amount": "reason_amount",
    "cause_model": "cause_model",
    "cause_id": "cause_id",
}


class AccountDunningVerdict(models.Model):
    """Why one open item is, or is not, dunned in one run.

    Written by one ``INSERT … SELECT`` from the assessing statement; never changed by
    hand. The values that decided are stored, the sentence is made when it is read, in
    the reader's language.
    """

    _name = "account.dunning.verdict"
    _description = "Dunning Verdict"
    _order = "partner_id, date_due, id"
    _rec_name = "move_line_id"
    _log_access = False

    run_id = fields.Many2one(
        comodel_name="account.dunning.run", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        required=True,
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        required=True,
        index=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(
        comodel_name="account.move", string="Invoice", ondelete="cascade"
    )
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer")
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
        required=True,
    )
    policy_id = fields.Many2one(
        comodel_name="account.dunning.policy", ondelete="set null"
    )
    current_level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        string="Level Reached",
        ondelete="set null",
    )
    date_notice = fields.Date(string="Last Notice")
    next_level_id = fields.Many2one(
        comodel_name="account.dunning.level", ondelete="set null"
    )
    level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        ondelete="set null",
        help="The level the item is dunned at; empty unless it is dunned.",
    )
    reason = fields.Selection(
        selection=[
            ("dun", "To be dunned"),
            ("nothing_owed", "Nothing owed"),
            ("excluded", "Excluded from follow-up"),
            ("blocked", "Blocked for payment"),
            ("no_partner", "No customer"),
            ("no_policy", "No policy"),
            ("not_due", "Not due yet"),
            ("factored", "Collected by a factor"),
            ("disputed", "Disputed"),
            ("settlement", "Settlement agreed"),
            ("plan", "Payment plan"),
            ("promise", "Promised"),
            ("hold_item", "Item on hold"),
            ("hold_invoice", "Invoice on hold"),
            ("hold_debtor", "Customer on hold"),
            ("relief", "Relief"),
            ("offer", "Offer open"),
            ("in_payment", "Payment under way"),
            ("credit_covers", "Covered by credits"),
            ("charge", "Charge of a notice"),
            ("top_level", "No level left"),
            ("not_yet", "Next level not due yet"),
            ("interval", "Too soon after the last notice"),
            ("below_minimum", "Below the minimum"),
            ("no_address", "Cannot be reached"),
        ],
        required=True,
    )
    date_due = fields.Date(string="Due Date")
    days_overdue = fields.Integer(aggregator="max")
    amount_residual = fields.Monetary(string="Open Amount")
    amount_covered = fields.Monetary(
        string="Covered",
        help="What credits, money under way and disputes take off the open amount.",
    )
    amount_dunned = fields.Monetary(string="Asked For")
    # --- the values behind the reason
    reason_date = fields.Date(help="When the reason ends, where it has an end.")
    reason_amount = fields.Monetary()
    cause_model = fields.Char()
    cause_id = fields.Many2oneReference(model_field="cause_model")
    explanation = fields.Char(compute="_compute_explanation")
    remedy = fields.Char(compute="_compute_explanation")

    _run_reason_idx = models.Index("(run_id, reason)")

    # === COMPUTE METHODS === #

    @api.depends("run_id")
    def _compute_company_id(self):
        for verdict in self:
            verdict.company_id = verdict.run_id.company_id

    @api.depends("move_line_id")
    def _compute_currency_id(self):
        for verdict in self:
            verdict.currency_id = verdict.move_line_id.currency_id

    @api.depends_context("lang", "uid")
    @api.depends("reason", "reason_date", "reason_amount", "cause_model", "cause_id")
    def _compute_explanation(self):
        for verdict in self:
            row = {
                column: verdict[field].id
                if verdict._fields[field].type == "many2one"
                else verdict[field]
                for field, column in COLUMNS.items()
            }
            verdict.explanation, verdict.remedy = self._explain(row)

    # === CRUD METHODS === #

    @api.autovacuum
    def _gc_verdicts(self):
        """Delete the reasons of items that were not dunned, some time after the run.

        What was dunned stays, for it explains a notice. The number of days is the
        system parameter ``account_dunning_advanced.verdict_days``; 0 keeps all.
        """
        days = int(
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("account_dunning_advanced.verdict_days", VERDICT_DAYS)
        )
        if not days:
            return
        # a million rows by unlink() would take hours; nothing refers to verdicts
        self.env.cr.execute(
            SQL(
                """DELETE FROM account_dunning_verdict verdict
                    USING account_dunning_run run
                    WHERE run.id = verdict.run_id AND verdict.reason != 'dun'
                      AND run.state NOT IN ('draft', 'proposed', 'approved')
                      AND run.write_date < %s""",
                fields.Datetime.subtract(self.env.cr.now(), days=days),
            )
        )
        self.invalidate_model()

    # === ACTION METHODS === #

    def action_open_cause(self):
        """Open the record that decided the verdict, or the invoice."""
        self.ensure_one()
        model, res_id = "account.move", self.move_id.id
        if self.cause_model in self.env and self.cause_id:
            model, res_id = self.cause_model, self.cause_id
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": res_id,
            "views": [(False, "form")],
        }

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_verdict_vals(self, row):
        """Return a row of the statement as values of this model's fields."""
        return {
            field: row[column] if row[column] is not None else False
            for field, column in COLUMNS.items()
        }

    @api.model
    def _insert_from(self, run, statement, condition):
        """Write the verdicts of a run in one statement.

        :param SQL statement: the assessing statement.
        :param SQL condition: which of its rows, by the alias ``verdict``.
        """
        self.env.cr.execute(
            SQL(
                "INSERT INTO account_dunning_verdict (run_id, %s)"
                " SELECT %s, %s FROM (%s) verdict WHERE %s",
                SQL(", ").join(map(SQL.identifier, COLUMNS)),
                run.id,
                SQL(", ").join(
                    SQL.identifier("verdict", column) for column in COLUMNS.values()
                ),
                statement,
                condition,
            )
        )
        self.invalidate_model()
        return self.env.cr.rowcount
