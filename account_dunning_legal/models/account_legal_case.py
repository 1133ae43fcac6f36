from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.account_dunning_advanced.models.account_dunning_guard import (
    is_dunning_manager,
)

from ..engine import claim, limitation

#: What may be changed only before the case is open: it says what is claimed of whom.
FIXED_FIELDS = {
    "partner_id",
    "company_id",
    "currency_id",
    "procedure_id",
    "move_line_ids",
}
#: Fields of the balance, in the order they are shown.
BALANCE_FIELDS = {f"amount_{part}": part for part in (*claim.PARTS, "total")}


class AccountLegalCase(models.Model):
    """One debtor's case: what is claimed, by which procedure, and where it stands.

    While a case is open, ordinary dunning leaves its items alone (reason ``legal``).
    """

    _name = "account.legal.case"
    _description = "Legal Case"
    _inherit = [
        "account.legal.demand.mixin",
        "account.legal.people.mixin",
        "account.legal.bundle.mixin",
        "account.legal.estimate.mixin",
        "account.legal.interest.mixin",
        "account.legal.document.mixin",
        "account.dunning.guard",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_open desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Number", required=True, readonly=True, copy=False, default="/"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        help="The commercial partner who owes.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    procedure_id = fields.Many2one(
        comodel_name="account.legal.procedure",
        compute="_compute_procedure_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index=True,
        ondelete="restrict",
        help="The way through the courts; proposed by the customer's country.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("open", "Open"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        copy=False,
        index=True,
        readonly=True,
        tracking=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        index="btree_not_null",
        tracking=True,
        help="Who gets the activities of the deadlines, and signs the formal demand.",
    )
    date_open = fields.Date(string="Opened On", readonly=True, copy=False)
    date_closed = fields.Date(string="Closed On", readonly=True, copy=False)
    early_reason = fields.Text(
        string="Reason for Opening Early",
        copy=False,
        tracking=True,
        help="Why the case is opened although milder steps are left. Needs a dunning"
        " administrator.",
    )
    court = fields.Char(tracking=True, help="Court or authority that has the case.")
    file_number = fields.Char(
        copy=False,
        index="trigram",
        tracking=True,
        help="The court's or authority's number of the case.",
    )
    limitation_date = fields.Date(
        compute="_compute_limitation_date",
        store=True,
        readonly=False,
        copy=False,
        help="The last day on which the oldest item can be saved by filing, by the"
        " plain period of the procedure. Correct it where the claim is of another kind"
        " or something has stopped or restarted the period.",
    )
    limitation_note = fields.Text(related="procedure_id.limitation_note")
    move_line_ids = fields.Many2many(
        comodel_name="account.move.line",
        relation="account_legal_case_move_line_rel",
        column1="case_id",
        column2="line_id",
        string="Items",
        copy=False,
        check_company=True,
        ondelete="restrict",
        help="The open items that are claimed.",
    )
    step_ids = fields.One2many(
        comodel_name="account.legal.case.step", inverse_name="case_id", copy=False
    )
    current_step_id = fields.Many2one(
        comodel_name="account.legal.case.step",
        compute="_compute_current_step_id",
        store=True,
        help="The first step that is neither done nor skipped.",
    )
    stage_id = fields.Many2one(
        related="current_step_id.procedure_step_id",
        store=True,
        string="Stage",
        index="btree_not_null",
        group_expand="_group_expand_stage_id",
    )
    date_deadline = fields.Date(
        related="current_step_id.date_deadline", store=True, string="Deadline"
    )
    claim_ids = fields.One2many(
        comodel_name="account.legal.claim",
        inverse_name="case_id",
        string="Claim Account",
        copy=False,
    )
    amount_items = fields.Monetary(
        string="Open Items",
        compute="_compute_amount_items",
        help="What the ledger says is open of the items.",
    )
    amount_principal = fields.Monetary(string="Principal", compute="_compute_balance")
    amount_interest = fields.Monetary(string="Interest", compute="_compute_balance")
    amount_fee = fields.Monetary(string="Fees", compute="_compute_balance")
    amount_cost = fields.Monetary(string="Costs", compute="_compute_balance")
    amount_total = fields.Monetary(
        string="Claim Today",
        compute="_compute_balance",
        help="What is owed today by the claim account.",
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "partner_id.name")
    def _compute_display_name(self):
        for case in self:
            case.display_name = " ".join(
                filter(None, [case.name, case.partner_id.name])
            )

    @api.depends("company_id")
    def _compute_currency_id(self):
        for case in self:
            case.currency_id = (
                case.currency_id or (case.company_id or self.env.company).currency_id
            )

    @api.model
    def _group_expand_stage_id(self, stages, domain):
        """Show the steps of the company's own country while there is no case.

        Without a column there is nothing on the board, not even what a case is.
        """
        company = self.env.company
        return (
            stages
            or stages.procedure_id._find_for(
                company.partner_id, company, company._dunning_today()
            ).step_ids
        )

    @api.depends("partner_id", "company_id")
    def _compute_procedure_id(self):
        Procedure = self.env["account.legal.procedure"]
        for case in self:
            company = case.company_id or self.env.company
            case.procedure_id = Procedure._find_for(
                case.partner_id, company, company._dunning_today()
            )

    @api.depends(
        "move_line_ids.date_maturity",
        "move_line_ids.legal_clock_ids.date_limit",
        "procedure_id",
    )
    def _compute_limitation_date(self):
        for case in self:
            # who may see the case may see its date, without rights on the clocks
            clocks_sudo = case.sudo().move_line_ids.legal_clock_ids
            if clocks_sudo.limitation_id:
                running = clocks_sudo.filtered("date_limit")
                case.limitation_date = min(running.mapped("date_limit"), default=False)
                continue
            procedure = case.procedure_id
            due_days = [line.date_maturity or line.date for line in case.move_line_ids]
            case.limitation_date = (
                limitation.last_day(
                    min(due_days),
                    procedure.limitation_years,
                    procedure.limitation_start,
                )
                if due_days and procedure.limitation_years
                else False
            )

    @api.depends("step_ids.state", "step_ids.sequence")
    def _compute_current_step_id(self):
        for case in self:
            case.current_step_id = case.step_ids.sorted("sequence").filtered(
                lambda step: step.state == "todo"
            )[:1]

    @api.depends("move_line_ids.amount_residual_currency")
    def _compute_amount_items(self):
        for case in self:
            case.amount_items = sum(
                case.move_line_ids.mapped("amount_residual_currency")
            )

    @api.depends("claim_ids")
    def _compute_balance(self):
        for case in self:
            balance = case._get_balance(
                (case.company_id or self.env.company)._dunning_today()
            )
            for name, part in BALANCE_FIELDS.items():
                case[name] = balance[part]

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("move_line_ids", "partner_id", "company_id", "currency_id")
    def _check_move_line_ids(self):
        for case in self:
            wrong = case.move_line_ids - case.move_line_ids.filtered_domain(
                case._get_item_domain()
            )
            if wrong and case.state == "draft":
                raise ValidationError(
                    self.env._(
                        "%(item)s cannot be claimed in case %(case)s: it is not a"
                        " receivable of %(customer)s in %(currency)s.",
                        item=wrong[0].move_name or wrong[0].display_name,
                        case=case.name,
                        customer=case.partner_id.display_name,
                        currency=case.currency_id.name,
                    )
                )

    @api.constrains("move_line_ids", "state")
    def _check_one_open_case(self):
        """An item is pursued once: its payments would count in one of two accounts."""
        for case in self.filtered(lambda case: case.state == "open"):
            # one's own companies or not: the item is taken
            other_sudo = self.sudo()._find_claiming(case.move_line_ids, but=case)
            if other_sudo:
                raise ValidationError(
                    self.env._(
                        "%(item)s is claimed in case %(case)s, which is open.",
                        item=(other_sudo.move_line_ids & case.move_line_ids)[
                            :1
                        ].move_name,
                        case=other_sudo.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"state", "date_open", "date_closed"}

    @api.model
    def _get_forged_fields(self, vals):
        """Administrators may take over cases that run already."""
        forged = super()._get_forged_fields(vals)
        return set() if is_dunning_manager(self.env) else forged

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                company = self.env["res.company"].browse(vals.get("company_id"))
                vals["name"] = (
                    self.env["ir.sequence"]
                    .with_company(company or self.env.company)
                    .next_by_code("account.legal.case")
                )
            elif not is_dunning_manager(self.env):
                self._check_guard({"name"})
            if vals.get("partner_id"):
                partner = self.env["res.partner"].browse(vals["partner_id"])
                vals["partner_id"] = partner.commercial_partner_id.id
        cases = super().create(vals_list)
        cases.filtered(lambda case: not case.step_ids)._reset_steps()
        return cases

    def write(self, vals):
        if "name" in vals and not is_dunning_manager(self.env):
            # letters, courts and agencies know the case by its number
            self._check_guard({"name"})
        procedures = {}
        if FIXED_FIELDS & vals.keys():
            for case in self:
                case._check_state(["draft"], self.env._("changed in what it claims"))
                procedures[case] = case.procedure_id
        result = super().write(vals)
        if "state" in vals:
            self.env["account.dunning.debtor"]._refresh_later(self)
        for case, procedure in procedures.items():
            if case.procedure_id != procedure:
                case._reset_steps()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_opened(self):
        for case in self:
            if case.state != "draft":
                raise UserError(
                    self.env._(
                        "Case %(case)s has been opened or cancelled and is kept.",
                        case=case.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_open(self):
        """Open drafts: from now on dunning leaves the items alone.

        The claim account begins with what was invoiced and what was paid of it.

        :raise UserError: a case claims nothing, milder steps are left and no
            administrator says why, or an item may not be claimed now.
        """
        for case in self:
            case._start(["draft"], self.env._("opened"))
            case._open()
        return True

    def action_fill_items(self):
        """Take the customer's open items that have reached the top level."""
        for case in self:
            case._start(["draft"], self.env._("filled"))
            case.move_line_ids = [Command.set(case._find_items().ids)]
        return True

    def action_close(self):
        """Close open cases; items that are still open can be dunned again."""
        for case in self:
            case._start(["open"], self.env._("closed"))
            case._end("closed")
        return True

    def action_cancel(self):
        """Cancel cases that should not be pursued; the items can be dunned again."""
        for case in self:
            case._start(["draft", "open"], self.env._("cancelled"))
            case._end("cancelled")
        return True

    def action_print_demand(self):
        """Return the report action for the formal demand."""
        self.check_access("read")
        return self.env.ref(
            "account_dunning_legal.account_legal_case_report_demand"
        ).report_action(self)

    def action_view_clocks(self):
        """Open the limitation clocks of the items."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_legal.account_legal_clock_action"
        )
        action["domain"] = [("move_line_id", "in", self.move_line_ids.ids)]
        action["context"] = {}
        return action

    # === BUSINESS METHODS - RUNNING === #

    def _write_state(self, vals):
        self._unguarded().write(vals)

    @api.model
    def _find_claiming(self, items, but=()):
        """Return an open case that claims one of the items, or none.

        Who invoices need not have rights on legal cases: they ask with all rights.

        :param but: cases that do not count.
        """
        domain = [("move_line_ids", "in", items.ids), ("state", "=", "open")]
        if but:
            domain.append(("id", "not in", but.ids))
        return self.search(domain, limit=1)

    @api.model
    def _is_manager(self):
        """Say whether the user may open cases early and take over running ones."""
        return is_dunning_manager(self.env)

    def _reset_steps(self):
        """Take the steps from the procedure; those of drafts only."""
        for case in self:
            case.step_ids = [
                Command.clear(),
                *(
                    Command.create(self._prepare_step(step))
                    for step in case.procedure_id.step_ids
                ),
            ]

    @api.model
    def _prepare_step(self, step):
        return {
            "procedure_step_id": step.id,
            "sequence": step.sequence,
            "name": step.display_name,
        }

    def _schedule_current_step(self):
        """Keep one activity: the current step's deadline, or today to take it."""
        for case in self:
            case.activity_unlink(["account_dunning_legal.mail_activity_legal_step"])
            step = case.current_step_id
            if case.state != "open" or not step:
                continue
            case.activity_schedule(
                "account_dunning_legal.mail_activity_legal_step",
                date_deadline=step.date_deadline or case.company_id._dunning_today(),
                summary=self.env._("Deadline: %(step)s", step=step.name)
                if step.date_start
                else self.env._("Take the step: %(step)s", step=step.name),
                note=step.procedure_step_id.deadline_note,
                user_id=case.user_id.id or self.env.uid,
            )

    def _end(self, state):
        self.ensure_one()
        self.activity_unlink(["account_dunning_legal.mail_activity_legal_step"])
        today = self.company_id._dunning_today()
        self._end_filings(today)
        self._write_state({"state": state, "date_closed": today})

    def _end_filings(self, day):
        """Say that the claims which were filed are pending no longer."""
        self.env["account.legal.limitation.event"].search(
            [
                ("step_id", "in", self.step_ids.ids),
                ("kind", "in", ("filing", "insolvency")),
                ("date_to", "=", False),
                ("date_from", "<=", day),
            ]
        ).date_to = day

    def _note_title(self, step):
        """Let the period of the title run: the claim was decided."""
        self.ensure_one()
        Event = self.env["account.legal.limitation.event"]
        day = step.date_done or self.company_id._dunning_today()
        self._end_filings(day)
        if Event.search_count([("step_id", "=", step.id), ("kind", "=", "judgment")]):
            return
        Event.create(
            {
                "kind": "judgment",
                "date_from": day,
                "company_id": self.company_id.id,
                "clock_ids": self.env["account.legal.clock"]
                ._get_for(self.move_line_ids)
                .ids,
                "step_id": step.id,
                "note": self.display_name,
            }
        )

    # === BUSINESS METHODS - CLAIM ACCOUNT === #

    @api.readonly
    def claim_balance(self, date):
        """Say what is owed at the end of a day, by the events until then.

        Payments settle costs first, then interest, fees, and last the principal,
        unless the procedure names another payment order.

        :param date: the day, as a date or an ISO string.
        :return: {principal, interest, fee, cost, total} in the case's currency;
            negative where more was paid than claimed.
        :raise UserError: the day is none.
        """
        self.ensure_one()
        self.check_access("read")
        return self._get_balance(self.env["account.dunning.assessment"]._to_day(date))

    def _get_balance(self, day):
        self.ensure_one()
        currency = self.currency_id or self.env.company.currency_id
        parts = claim.fold(self.claim_ids._get_events(), day, self._get_payment_order())
        balance = {part: currency.round(amount) for part, amount in parts.items()}
        return {**balance, "total": currency.round(sum(balance.values()))}

    def _get_payment_order(self):
        """Return the parts of the claim in the order in which payments settle them."""
        self.ensure_one()
        order = self.procedure_id.payment_order_id
        return order._get_kinds() if order else claim.PAYMENT_ORDER
