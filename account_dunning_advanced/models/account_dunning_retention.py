from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

from ..engine import retention as engine
from .account_dunning_guard import is_dunning_manager
from .account_dunning_rate_value import CONFIDENCES

#: The kinds of record; what they are in the database.
KINDS = {
    "contact": engine.Kind(
        "account.dunning.contact",
        date="date",
        domain=[("erasure_id", "=", False), ("chain_number", "!=", False)],
        actions=("delete", "pseudonymise"),
    ),
    "reply": engine.Kind("account.dunning.reply", date="date"),
    "letter": engine.Kind(
        "account.dunning.notice",
        date="date",
        domain=[("state", "in", ("issued", "reversed", "cancelled"))],
        actions=("pseudonymise",),
        cleared=("attachment_id", "note", "delivery_note"),
    ),
    "statement": engine.Kind("account.dunning.customer.statement", date="date_to"),
    "verdict": engine.Kind(
        "account.dunning.verdict",
        date="run_id.date",
        domain=[("run_id.state", "in", ("issued", "reversed", "cancelled"))],
    ),
    "promise": engine.Kind(
        "account.dunning.promise",
        date="date",
        closed="date_closed",
        domain=[("state", "not in", ("draft", "active"))],
        actions=("pseudonymise",),
        cleared=("note", "contact_id"),
    ),
    "evidence": engine.Kind(
        "account.dunning.dispute",
        date="date",
        closed="date_decided",
        domain=[("state", "!=", "open")],
        actions=("pseudonymise",),
        cleared=("description", "evidence_ids", "answer"),
    ),
    "hold": engine.Kind(
        "account.dunning.hold",
        date="date_from",
        partner="debtor_id",
        closed="date_ended",
        domain=[("date_ended", "!=", False)],
        actions=("pseudonymise",),
        cleared=("reason", "stop"),
    ),
    "delay_reason": engine.Kind(
        "account.dunning.debtor",
        date="delay_date",
        actions=("pseudonymise",),
        cleared=("delay_reason_id",),
        papers=False,
    ),
    "credit_info": engine.Kind("account.dunning.credit.info", date="date"),
}


class AccountDunningRetention(models.Model):
    """How long a kind of record is kept, by which law, and what is done then.

    Of the rules for a kind the company's own counts, else its country's, else the
    general one. Nothing is erased until the company has switched it on.
    """

    _name = "account.dunning.retention"
    _description = "Retention Rule"
    _inherit = ["account.dunning.shipped"]
    _order = "kind, country_id, sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(
        string="Rule",
        required=True,
        translate=True,
        help="The rule in a sentence; it stands in the record of what was erased.",
    )
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, help="Empty for all companies."
    )
    country_id = fields.Many2one(
        comodel_name="res.country",
        help="Where the company keeps its books; empty for any.",
    )
    kind = fields.Selection(
        selection=[
            ("contact", "Contact records"),
            ("reply", "Replies"),
            ("letter", "Letters and mails of notices"),
            ("statement", "Statements of account"),
            ("verdict", "Reasons of runs"),
            ("promise", "Agreements that are over"),
            ("evidence", "Evidence of decided disputes"),
            ("hold", "Reasons of holds that are over"),
            ("delay_reason", "Reasons of delay"),
            ("credit_info", "Credit information"),
        ],
        string="Kind of Record",
        required=True,
    )
    event = fields.Selection(
        selection=[
            ("created", "From its date"),
            ("closed", "From the day it was over"),
            ("settled", "From the day the customer owed nothing any more"),
        ],
        string="Counted",
        required=True,
        default="created",
    )
    months = fields.Integer(
        aggregator=None, required=True, help="For how long it is kept."
    )
    from_year_end = fields.Boolean(
        string="From the End of the Year",
        help="The months begin at the end of the year.",
    )
    is_business_year = fields.Boolean(
        string="Of the Business Year",
        help="The year is the company's business year, not the calendar's.",
    )
    action = fields.Selection(
        selection=[
            ("delete", "Delete"),
            ("pseudonymise", "Pseudonymise"),
            ("keep", "Keep"),
        ],
        string="Then",
        required=True,
        default="delete",
        help="Delete: the record goes; of contact records the sealed digest stays."
        " Pseudonymise: names, texts and papers go; dates and amounts stay.",
    )
    is_duty = fields.Boolean(
        string="Duty to Keep",
        help="The law demands to keep it so long: no request shortens it.",
    )
    source = fields.Char(string="Legal Basis", required=True)
    verified_on = fields.Date()
    confidence = fields.Selection(selection=CONFIDENCES, required=True, default="high")
    note = fields.Text()
    is_in_use = fields.Boolean(
        compute="_compute_is_in_use",
        help="It is the one that counts for the current company.",
    )
    due_count = fields.Integer(
        string="Would Go Today",
        compute="_compute_due_count",
        help="Records of the current company that the rule would erase today.",
    )

    _months_positive = models.Constraint(
        "CHECK (months >= 0)", "The months cannot be negative."
    )

    # === COMPUTE METHODS === #

    @api.depends_context("company")
    def _compute_is_in_use(self):
        used = self._get_rules(self.env.company)
        for rule in self:
            rule.is_in_use = rule in used

    @api.depends_context("company")
    def _compute_due_count(self):
        company = self.env.company
        for rule in self:
            due = rule.is_in_use and rule.action != "keep"
            rule.due_count = len(rule._get_due(company)) if due else 0

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("kind", "action", "event")
    def _check_kind(self):
        for rule in self:
            kind = self._get_kinds()[rule.kind]
            if rule.action != "keep" and rule.action not in kind.actions:
                raise ValidationError(
                    self.env._(
                        "%(rule)s: such records cannot be treated that way. What"
                        " explains the ledger is pseudonymised, the rest deleted.",
                        rule=rule.name,
                    )
                )
            if rule.event == "closed" and not kind.closed:
                raise ValidationError(
                    self.env._(
                        "%(rule)s: such a record is never over. Count from its date.",
                        rule=rule.name,
                    )
                )

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        """A copy is the current company's own: it comes before the shipped rule."""
        own = {"company_id": self.env.company.id, **(default or {})}
        return super().copy_data(own)

    # === ACTION METHODS === #

    def action_preview(self):
        """Show the rules that count for the company, and what would go today."""
        self.check_access("read")
        rules = self._get_rules(self.env.company)
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_retention_action_preview"
        )
        return {**action, "domain": [("id", "in", rules.ids)]}

    def action_view_due(self):
        """Open the records that the rule would erase today."""
        self.ensure_one()
        self._check_manager()
        model = self._get_kinds()[self.kind].model
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": [("id", "in", self._get_due(self.env.company).ids)],
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_kinds(self):
        """Return {kind: :class:`engine.Kind`}.

        For an addon to have its own records kept and erased by rules, it must add to
        this, and to the selection of ``kind``.
        """
        return KINDS

    @api.model
    def _check_manager(self):
        """:raise AccessError: who is no dunning manager erases nothing."""
        if not is_dunning_manager(self.env):
            raise AccessError(
                self.env._("Data protection is for dunning administrators.")
            )

    @api.model
    def _get_rules(self, company):
        """Return the rules that count for a company, one a kind of record."""
        country = company.account_fiscal_country_id or company.country_id
        rules = self.sudo().search(
            [
                ("company_id", "in", [False, *company.parent_ids.ids]),
                ("country_id", "in", [False, country.id]),
            ]
        )
        # a branch's own before that of its parent
        rules = rules.sorted(
            lambda rule: (
                -len(rule.company_id.parent_ids),
                not rule.country_id,
                rule.sequence,
                rule.id,
            )
        )
        first = [same[:1].id for same in rules.grouped("kind").values()]
        return self.browse(first)

    def _get_text(self):
        """Return the rule and its source in one line."""
        self.ensure_one()
        return self.env._("%(rule)s (%(basis)s)", rule=self.name, basis=self.source)

    def _get_due(self, company, partners=None):
        """Return what has been kept long enough, less what is still needed as proof.

        :param partners: only of these commercial partners; of all without.
        """
        self.ensure_one()
        today = company._dunning_today()
        year_end = (
            (int(company.fiscalyear_last_month), company.fiscalyear_last_day)
            if self.is_business_year
            else (12, 31)
        )
        cutoff = engine.cutoff(today, self.months, self.from_year_end, year_end)
        records = self._get_records(company, partners, cutoff)
        return records - self._get_needed(records, company)

    def _get_records(self, company, partners=None, cutoff=None):
        """Return the records of the rule's kind in a company that hold something.

        :param date cutoff: only what counts from this day or before.
        """
        self.ensure_one()
        kind = self._get_kinds()[self.kind]
        # who minds the retention need not see all that is kept
        Model = self.env[kind.model].sudo().with_context(active_test=False)
        domain = Domain("company_id", "=", company.id) & Domain(list(kind.domain))
        if kind.cleared:
            domain &= Domain.OR(
                Domain(name, "not in", [False, self._get_blank(Model, name)])
                if Model._fields[name].type in ("char", "text")
                else Domain(name, "!=", False)
                for name in [
                    *kind.cleared,
                    *(["message_ids"] if self._has_messages(Model) else []),
                ]
            )
        if partners is not None:
            domain &= Domain(kind.partner, "in", partners.ids)
        if cutoff:
            domain &= self._get_cutoff_domain(Model, company, kind, cutoff)
        return Model.search(domain, order="id")

    def _has_messages(self, Model):
        kind = self._get_kinds()[self.kind]
        return kind.papers and "message_ids" in Model._fields

    @api.model
    def _get_blank(self, Model, name):
        """Return what an emptied field says; one that is required says a dash."""
        return "–" if Model._fields[name].required else False

    def _get_cutoff_domain(self, Model, company, kind, cutoff):
        date = kind.closed if self.event == "closed" else kind.date
        day = fields.Date.add(cutoff, days=1)
        domain = Domain(date, "<", day) & Domain(date, "!=", False)
        if self.event == "settled":
            domain &= ~Domain(kind.partner, "any!", self._get_busy(company, cutoff))
        return domain
