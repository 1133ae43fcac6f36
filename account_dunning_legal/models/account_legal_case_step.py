from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountLegalCaseStep(models.Model):
    _name = "account.legal.case.step"
    _description = "Legal Case Step"
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
    date_deadline = fields.Date(
        string="Deadline",
        compute="_compute_date_deadline",
        store=True,
        readonly=False,
        help="The day on which the waiting time ends. Move it where the last day is a"
        " holiday or the court has set another one.",
    )
    date_done = fields.Date(string="Done On", readonly=True)
    note = fields.Char(help="What came of it; for a skipped step, why.")
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

    @api.depends("date_start", "procedure_step_id")
    def _compute_date_deadline(self):
        for step in self:
            wait_days = step.procedure_step_id.wait_days
            step.date_deadline = (
                step.date_start + timedelta(days=wait_days)
                if step.date_start and wait_days
                else False
            )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if {"date_start", "date_deadline"} & vals.keys():
            self.case_id._schedule_current_step()
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
        """Mark the step as done and go on to the next one."""
        self.ensure_one()
        self._check_turn()
        today = self.case_id.company_id._dunning_today()
        self._finish(
            {
                "state": "done",
                "date_start": self.date_start or today,
                "date_done": today,
            }
        )

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

    def action_print(self):
        """Print the document of the step."""
        self.ensure_one()
        return self.case_id.action_print_demand()

    # === BUSINESS METHODS === #

    def _check_turn(self):
        """:raise UserError: the case is not open, or an earlier step is left."""
        self.ensure_one()
        case = self.case_id
        case._check_state(["open"], self.env._("worked on"))
        if self.state != "todo":
            raise UserError(
                self.env._("Step “%(step)s” is finished already.", step=self.name)
            )
        if case.current_step_id != self:
            raise UserError(
                self.env._(
                    "Step “%(earlier)s” comes before “%(step)s”. Finish or skip it"
                    " first.",
                    earlier=case.current_step_id.name,
                    step=self.name,
                )
            )

    def _finish(self, vals):
        self.write(vals)
        self.case_id.message_post(
            body=self.env._(
                "%(step)s: %(state)s. %(note)s",
                step=self.name,
                state=dict(self._fields["state"]._description_selection(self.env))[
                    self.state
                ].lower(),
                note=self.note or "",
            )
        )
        self.case_id._schedule_current_step()
