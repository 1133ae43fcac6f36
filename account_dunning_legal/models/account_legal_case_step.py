from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from odoo.addons.account_dunning_advanced.models.account_dunning_guard import (
    GUARD_KEY,
    GUARD_SENTINEL,
    is_dunning_manager,
)

#: What was done, and when: the title, the deadlines and the limitation rest on it.
FACTS = {"date_start", "date_served", "date_deadline", "outcome_id", "sequence"}


class AccountLegalCaseStep(models.Model):
    """A step that was taken, or is being taken, in a case.

    On the days on which it began and was served rest deadlines, limitation and title;
    the outcome of a finished step stays.
    """

    _name = "account.legal.case.step"
    _description = "Legal Case Step"
    _inherit = ["account.dunning.guard"]
    _order = "case_id, sequence, id"

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        index=True,
        ondelete="cascade",
    )
    procedure_step_id = fields.Many2one(
        comodel_name="account.legal.procedure.step",
        index="btree_not_null",
        ondelete="restrict",
        help="The step of the procedure that this one was made from.",
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    state = fields.Selection(
        selection=[("todo", "To do"), ("done", "Done"), ("skipped", "Skipped")],
        required=True,
        default="todo",
        readonly=True,
    )
    is_current = fields.Boolean(compute="_compute_is_current")
    date_start = fields.Date(
        string="Taken On", help="When the step was taken: sent, filed or served."
    )
    date_served = fields.Date(
        string="Served On",
        help="When the debtor got it, where the waiting time counts from service.",
    )
    date_deadline = fields.Date(
        string="Deadline",
        compute="_compute_date_deadline",
        store=True,
        readonly=False,
        help="The day on which the waiting time ends. Move it where the court has set"
        " another one.",
    )
    date_done = fields.Date(string="Done On", readonly=True)
    note = fields.Char(help="What came of it; for a skipped step, why.")
    outcome_id = fields.Many2one(
        comodel_name="account.legal.procedure.outcome",
        domain="[('step_id', '=', procedure_step_id)]",
        ondelete="restrict",
        help="What came of the step; it decides what follows.",
    )
    result = fields.Char(
        compute="_compute_result",
        help="What came of the step and what was noted; for a skipped step, why.",
    )
    has_outcomes = fields.Boolean(compute="_compute_has_outcomes")
    currency_id = fields.Many2one(related="case_id.currency_id")
    amount_fee = fields.Monetary(
        string="Fees",
        compute="_compute_amount_fee",
        help="What the step costs by the tariffs, on the day it is taken.",
    )
    fee_reason = fields.Char(
        compute="_compute_amount_fee", help="Why not all of the fees are known."
    )
    fee_claim_id = fields.Many2one(
        comodel_name="account.legal.claim",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The fee of the step on the claim account.",
    )
    insolvency_ids = fields.One2many(
        comodel_name="account.legal.insolvency", inverse_name="step_id"
    )
    document = fields.Selection(related="procedure_step_id.document")
    # --- what the law says of the step
    authority = fields.Char(related="procedure_step_id.authority")
    fee_note = fields.Char(related="procedure_step_id.fee_note")
    deadline_note = fields.Text(related="procedure_step_id.deadline_note")
    must_state = fields.Text(related="procedure_step_id.must_state")
    source = fields.Char(related="procedure_step_id.source")
    confidence = fields.Selection(related="procedure_step_id.confidence")

    # === COMPUTE METHODS === #

    @api.depends("case_id.current_step_id", "case_id.state")
    def _compute_is_current(self):
        for step in self:
            step.is_current = (
                step.case_id.state == "open" and step.case_id.current_step_id == step
            )

    @api.depends(
        "date_start",
        "date_served",
        "procedure_step_id.wait_days",
        "procedure_step_id.wait_unit",
        "procedure_step_id.wait_from",
        "procedure_step_id.wait_rolls",
        "insolvency_ids.date_deadline",
    )
    def _compute_date_deadline(self):
        for step in self:
            if step.insolvency_ids:
                step.date_deadline = step.insolvency_ids.date_deadline
                continue
            model = step.procedure_step_id
            start = step.date_start
            if model.wait_from == "served" and step.date_served:
                start = step.date_served
            step.date_deadline = model._get_deadline(start) if model else False

    @api.depends("outcome_id", "note")
    @api.depends_context("lang")
    def _compute_result(self):
        for step in self:
            step.result = " – ".join(filter(None, [step.outcome_id.name, step.note]))

    @api.depends("procedure_step_id.outcome_ids")
    def _compute_has_outcomes(self):
        for step in self:
            step.has_outcomes = bool(step.procedure_step_id.outcome_ids)

    @api.depends("procedure_step_id.fee_ids", "date_start", "case_id.claim_ids")
    def _compute_amount_fee(self):
        for step in self:
            day = step.date_start or step.case_id.company_id._dunning_today()
            step.amount_fee, step.fee_reason = (
                step.case_id._get_step_fee(step.procedure_step_id, day)
                if step.procedure_step_id.fee_ids and step.case_id.currency_id
                else (0.0, False)
            )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("date_start", "date_served")
    def _check_dates(self):
        for step in self:
            if (
                step.date_start
                and step.date_served
                and step.date_served < step.date_start
            ):
                raise ValidationError(
                    self.env._(
                        "Step “%(step)s” cannot be served before it was taken.",
                        step=step.name,
                    )
                )
            if not step.date_start:
                continue
            earlier = step.case_id.step_ids.filtered(
                lambda other, step=step: (other.sequence, other.id)
                < (step.sequence, step.id)
            )
            left = earlier.filtered(
                lambda other: other.state == "todo" and not other.date_start
            )[:1]
            if left and step.case_id.state == "open":
                raise ValidationError(step._explain_turn(left))
            before = earlier.filtered(
                lambda other, step=step: other.date_start
                and other.state != "skipped"
                and other.date_start > step.date_start
            )[:1]
            if before:
                raise ValidationError(
                    self.env._(
                        "Step “%(step)s” cannot be taken before “%(before)s”, which"
                        " was taken on %(date)s.",
                        step=step.name,
                        before=before.name,
                        date=format_date(self.env, before.date_start),
                    )
                )

    @api.constrains("outcome_id")
    def _check_outcome_id(self):
        for step in self.filtered("outcome_id"):
            if step.outcome_id.step_id != step.procedure_step_id:
                raise ValidationError(
                    self.env._(
                        "“%(outcome)s” is no outcome of step “%(step)s”.",
                        outcome=step.outcome_id.name,
                        step=step.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"state", "date_done", "fee_claim_id"}

    @api.model
    def _get_forged_fields(self, vals):
        """Administrators may take over cases that run already."""
        forged = super()._get_forged_fields(vals)
        return set() if is_dunning_manager(self.env) else forged

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        steps._check_running()
        return steps

    def write(self, vals):
        if FACTS & vals.keys():
            self._check_running()
            self._check_finished(vals)
        served = {case: case._get_service_date() for case in self.case_id}
        result = super().write(vals)
        if {"date_start", "state"} & vals.keys():
            self._note_limitation_events()
        if {"date_start", "date_served", "date_deadline"} & vals.keys():
            self.case_id._schedule_current_step()
        if "date_served" in vals:
            for case, before in served.items():
                case._follow_service(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_opened(self):
        for step in self:
            if step.case_id.state != "draft":
                raise UserError(
                    self.env._(
                        "Step “%(step)s” belongs to an opened case and is kept. Skip"
                        " it instead.",
                        step=step.name,
                    )
                )

    # === ACTION METHODS === #

    def action_start(self):
        """Take the step today: its waiting time begins to run."""
        self.ensure_one()
        self._check_turn()
        self.date_start = self.case_id.company_id._dunning_today()

    def action_done(self):
        """Mark the step as done and go on to the one that its outcome leads to.

        :raise UserError: the step has outcomes and none was chosen.
        """
        self.ensure_one()
        self._check_turn()
        if self.has_outcomes and not self.outcome_id:
            raise UserError(
                self.env._("Say what came of step “%(step)s” first.", step=self.name)
            )
        today = self.case_id.company_id._dunning_today()
        self._finish(
            {
                "state": "done",
                "date_start": self.date_start or today,
                "date_done": today,
            }
        )
        self._follow_outcome()

    def action_ask(self):
        """Ask what came of the step, in a dialog that ends it."""
        self.ensure_one()
        self._check_turn()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [
                (
                    self.env.ref(
                        "account_dunning_legal.account_legal_case_step_view_form_ask"
                    ).id,
                    "form",
                )
            ],
            "target": "new",
        }

    def action_skip(self):
        """Leave the step out; the note says why.

        :raise UserError: the note is empty.
        """
        self.ensure_one()
        self._check_turn()
        if not (self.note or "").strip():
            raise UserError(
                self.env._(
                    "State in the note why step “%(step)s” is skipped.", step=self.name
                )
            )
        self._finish({"state": "skipped"})

    def action_advance_fee(self):
        """Enter the fee of the step as a cost that was advanced."""
        self.ensure_one()
        self.case_id._advance_fee(self)

    def action_print(self):
        """Print the document of the step."""
        self.ensure_one()
        return self.case_id.action_print_demand()

    # === BUSINESS METHODS === #

    def _check_turn(self):
        """:raise UserError: the case is not open, or an earlier step is left."""
        self.ensure_one()
        case = self.case_id
        case._start(["open"], self.env._("worked on"))
        if self.state != "todo":
            raise UserError(
                self.env._("Step “%(step)s” is finished already.", step=self.name)
            )
        if case.current_step_id != self:
            raise UserError(self._explain_turn(case.current_step_id))

    def _explain_turn(self, earlier):
        """Return why the step cannot be taken yet."""
        return self.env._(
            "Step “%(earlier)s” comes before “%(step)s”. Finish or skip it first.",
            earlier=earlier.name,
            step=self.name,
        )

    def _check_running(self):
        """Keep the steps of cases that are over as they were.

        :raise UserError: the case of a step is closed or cancelled. Administrators
            may take over cases that ran elsewhere.
        """
        if is_dunning_manager(self.env):
            return
        for case in self.case_id:
            case._check_state(["draft", "open"], self.env._("changed in its steps"))

    def _check_finished(self, vals):
        """:raise UserError: what followed from a step would not be true any more."""
        if self.env.su or self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            return
        for step in self:
            changed = {
                name
                for name in FACTS & vals.keys()
                if step._fields[name].convert_to_write(step[name], step)
                != (vals[name] or False)
            }
            opened = step.case_id.state != "draft"
            if "sequence" in changed and opened and step.procedure_step_id:
                raise UserError(
                    self.env._(
                        "The order of the steps is that of the procedure. Skip a step"
                        " that is left out, saying why."
                    )
                )
            if step.state != "todo" and (
                "outcome_id" in changed
                or ("date_start" in changed and not vals["date_start"])
            ):
                raise UserError(
                    self.env._("Step “%(step)s” is finished already.", step=step.name)
                )

    def _note_limitation_events(self):
        """Keep the clocks of the items in step with what was demanded and filed.

        A claim that was filed is pending until a step gives a title or the case ends.
        """
        Event = self.env["account.legal.limitation.event"]
        for step in self:
            kind = step.procedure_step_id.limitation_event
            known = Event.search([("step_id", "=", step.id), ("kind", "=", kind)])
            if known:
                known._unguarded().date_from = step.date_start or known.date_from
            elif kind and step.date_start:
                case = step.case_id
                Event.create(
                    {
                        "kind": kind,
                        "date_from": step.date_start,
                        "company_id": case.company_id.id,
                        "clock_ids": self.env["account.legal.clock"]
                        ._get_for(case.move_line_ids)
                        .ids,
                        "step_id": step.id,
                        "note": case.display_name,
                    }
                )
            if step.state == "done" and step.outcome_id.gives_title:
                step.case_id._note_title(step)

    def _follow_outcome(self):
        """Pass over the steps that do not lie on the way that the outcome opens."""
        self.ensure_one()
        if not self.outcome_id:
            return
        steps = self.case_id.step_ids.sorted("sequence")
        left = steps.filtered(lambda step: step.state == "todo")
        following = left.filtered(
            lambda step: step.procedure_step_id == self.outcome_id.next_step_id
        )[:1]
        if self.outcome_id.next_step_id and following:
            left = left[: list(left).index(following)]
        elif self.outcome_id.next_step_id:
            return
        left._unguarded().write(
            {
                "state": "skipped",
                "note": self.env._(
                    "Not on the way after “%(outcome)s”", outcome=self.outcome_id.name
                ),
            }
        )
        self.case_id._schedule_current_step()

    def _finish(self, vals):
        self._unguarded().write(vals)
        self.case_id.message_post(
            body=self.env._(
                "%(step)s: %(state)s. %(outcome)s %(note)s",
                step=self.name,
                outcome=self.outcome_id.name or "",
                state=dict(self._fields["state"]._description_selection(self.env))[
                    self.state
                ],
                note=self.note or "",
            )
        )
        self.case_id._schedule_current_step()
