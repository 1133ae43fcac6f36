from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..engine import limitation

#: Days before the end of a period on which somebody is warned.
WARNING_DAYS = 90
#: A clock is kept of items that have been due for so long; the shortest period of the
#: packs is a year, and the first warning comes three months before its end.
YOUNGEST_DAYS = 180


class AccountLegalClock(models.Model):
    """The limitation clock of one open item: when it is time-barred, and what saves it.

    It counts by the period of a kind of claim and the events that moved it.
    """

    _name = "account.legal.clock"
    _description = "Limitation Clock"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_limit, id"
    _check_company_auto = True

    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Item",
        required=True,
        index=True,
        check_company=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="move_line_id.company_id", store=True, index=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        index=True,
    )
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    amount_residual = fields.Monetary(
        string="Open Amount",
        related="move_line_id.amount_residual_currency",
        store=True,
    )
    limitation_id = fields.Many2one(
        comodel_name="account.legal.limitation",
        string="Kind of Claim",
        compute="_compute_limitation_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        help="Proposed by the law of the company's country.",
    )
    event_ids = fields.Many2many(
        comodel_name="account.legal.limitation.event",
        relation="account_legal_clock_event_rel",
        column1="clock_id",
        column2="event_id",
    )
    date_limit = fields.Date(
        string="Time-Barred After",
        compute="_compute_date_limit",
        store=True,
        help="The last day on which the claim can be saved. Empty while it cannot"
        " expire, for instance during a suit.",
    )
    is_running = fields.Boolean(
        compute="_compute_date_limit",
        store=True,
        help="The period runs; not so during a suit.",
    )
    saving_rule_id = fields.Many2one(
        comodel_name="account.legal.limitation.rule",
        string="Cheapest Step",
        compute="_compute_saving_rule_id",
        help="What saves the claim with the least effort.",
    )
    date_saved = fields.Date(
        string="It Would Save Until",
        compute="_compute_saving_rule_id",
        help="The new last day if the step were taken today; empty: the clock stops.",
    )

    _one_an_item = models.UniqueIndex(
        "(move_line_id)", "The item has a limitation clock already."
    )

    # === COMPUTE METHODS === #

    @api.depends("move_line_id.move_name")
    def _compute_display_name(self):
        for clock in self:
            clock.display_name = clock.move_line_id.move_name or ""

    @api.depends("move_line_id.partner_id.commercial_partner_id")
    def _compute_partner_id(self):
        for clock in self:
            clock.partner_id = clock.move_line_id.partner_id.commercial_partner_id

    @api.depends("move_line_id")
    def _compute_limitation_id(self):
        Limitation = self.env["account.legal.limitation"]
        for clock in self:
            line = clock.move_line_id
            clock.limitation_id = clock.limitation_id or Limitation._find_for(
                line.partner_id, line.company_id or self.env.company
            )

    @api.depends(
        "move_line_id.date_maturity",
        "limitation_id.years",
        "limitation_id.months",
        "limitation_id.start",
        "event_ids.kind",
        "event_ids.date_from",
        "event_ids.date_to",
    )
    def _compute_date_limit(self):
        for clock in self:
            clock.date_limit = clock._wind()
            clock.is_running = bool(clock.date_limit) or not clock.limitation_id

    @api.depends("date_limit")
    def _compute_saving_rule_id(self):
        for clock in self:
            today = (clock.company_id or self.env.company)._dunning_today()
            rule, day = clock._get_cheapest_step(today)
            clock.saving_rule_id = rule
            clock.date_saved = day

    # === BUSINESS METHODS === #

    def _wind(self, *more):
        """Return the last day on which the claim can be saved, False if none is known.

        :param more: engine events to assume beside those entered.
        """
        self.ensure_one()
        due = self.move_line_id.date_maturity or self.move_line_id.date
        if not self.limitation_id or not due:
            return False
        events = [*self.event_ids._to_events(self.limitation_id.country_id), *more]
        return limitation.wind(due, self.limitation_id._to_period(), events) or False

    def _get_cheapest_step(self, today):
        """Return the rule of least effort that moves the limit, and the new last day.

        What needs the debtor's goodwill (acknowledgment, part payment) comes by its
        effort like the rest.
        """
        self.ensure_one()
        Rule = self.env["account.legal.limitation.rule"]
        if not self.date_limit or self.date_limit < today:
            return Rule, False
        for rule in self.limitation_id.rule_ids:
            if rule.event == "judgment":
                continue  # follows from a claim filed
            day = self._wind(rule._to_event(today))
            if not day or day > self.date_limit:
                return rule, day
        return Rule, False

    @api.model
    def _get_for(self, lines):
        """Return the clocks of items, making those that are missing."""
        clocks = self.search([("move_line_id", "in", lines.ids)])
        missing = lines - clocks.move_line_id
        return clocks | self.create([{"move_line_id": line.id} for line in missing])

    # === CRON METHODS === #

    @api.model
    def _cron_watch(self):
        """Keep clocks of old open items, and warn of those that end soon."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            clocks = self.with_company(company)
            clocks._start(company)
            clocks._warn(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _start(self, company):
        """Make clocks of the open items that have been due for long."""
        day = company._dunning_today() - timedelta(days=YOUNGEST_DAYS)
        lines = self.env["account.move.line"].search(
            Domain("company_id", "=", company.id)
            & Domain("account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual", ">", 0)
            & Domain("date_maturity", "<=", day)
            & Domain("legal_clock_ids", "=", False)
        )
        return self.create([{"move_line_id": line.id} for line in lines])

    @api.model
    def _warn(self, company):
        """Leave a warning on each clock that ends soon, once a limit."""
        today = company._dunning_today()
        clocks = self.search(
            Domain("company_id", "=", company.id)
            & Domain("amount_residual", ">", 0)
            & Domain("date_limit", ">=", today)
            & Domain("date_limit", "<=", today + timedelta(days=WARNING_DAYS))
        )
        for clock in clocks.filtered(lambda clock: not clock.activity_ids):
            step = clock.saving_rule_id
            clock.activity_schedule(
                "mail.mail_activity_data_warning",
                clock.date_limit - timedelta(days=7),
                user_id=clock._get_warned_user().id,
                summary=self.env._(
                    "%(item)s is time-barred after %(date)s",
                    item=clock.display_name,
                    date=format_date(self.env, clock.date_limit),
                ),
                note=self.env._("Cheapest step: %(step)s", step=step.display_name)
                if step
                else False,
            )

    def _get_warned_user(self):
        """Return who is warned; an override point."""
        self.ensure_one()
        case = self.env["account.legal.case"].search(
            [("move_line_ids", "in", self.move_line_id.ids), ("state", "=", "open")],
            limit=1,
        )
        debtor = self.env["account.dunning.debtor"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            limit=1,
        )
        return (
            case.user_id
            or debtor.user_id
            or self.company_id.dunning_user_id
            or self.env.user
        )
