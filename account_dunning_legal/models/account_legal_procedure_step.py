from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import deadline
from .account_legal_procedure import CONFIDENCE


class AccountLegalProcedureStep(models.Model):
    """A step of a country's way through the courts: authority, days, fee, papers."""

    _name = "account.legal.procedure.step"
    _description = "Legal Procedure Step"
    _order = "procedure_id, sequence, id"

    procedure_id = fields.Many2one(
        comodel_name="account.legal.procedure",
        required=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(default=10)
    code = fields.Char(help="Short name for imports and documents.")
    name = fields.Char(
        required=True, translate=True, help="What the step is called in English."
    )
    native_name = fields.Char(help="What the courts of the country call it.")
    authority = fields.Char(help="Who decides or acts: court, clerk, bailiff, post.")
    wait_days = fields.Integer(
        string="Wait",
        help="How long it takes from the day the step was taken, or served, to its"
        " deadline. 0: the step has none.",
    )
    wait_unit = fields.Selection(
        string="Unit",
        selection=[
            ("days", "days"),
            ("workdays", "working days"),
            ("weeks", "weeks"),
            ("months", "months"),
        ],
        required=True,
        default="days",
    )
    wait_from = fields.Selection(
        string="Counted From",
        selection=[("taken", "the day it is taken"), ("served", "service")],
        required=True,
        default="taken",
        help="Until the day of service is known, deadlines count from the day on which"
        " the step is taken: early, never late.",
    )
    wait_rolls = fields.Boolean(
        string="Ends on a Working Day",
        help="A deadline on a weekend or a holiday of the courts moves to the next"
        " working day.",
    )
    deadline_note = fields.Text(
        string="Meaning of the Deadline",
        translate=True,
        help="What the days are for, and what follows when they are over.",
    )
    fee_note = fields.Char(
        string="Fee", translate=True, help="What the step costs, in words."
    )
    fee_ids = fields.Many2many(
        comodel_name="account.legal.fee",
        string="Fees",
        help="What is to be paid for the step, by formula.",
    )
    outcome_ids = fields.One2many(
        comodel_name="account.legal.procedure.outcome",
        inverse_name="step_id",
        string="Outcomes",
        copy=False,
        help="What may come of the step. Without outcomes the next step follows.",
    )
    limitation_event = fields.Selection(
        selection=[
            ("demand", "A demand"),
            ("filing", "A claim filed"),
            ("enforcement", "An act of enforcement"),
            ("insolvency", "A claim in insolvency"),
        ],
        help="What taking the step is for the limitation period, and whether interest"
        " by law changes with its service.",
    )
    enclosures = fields.Text(translate=True, help="Which papers go with it.")
    document = fields.Selection(
        selection=[("demand", "Formal demand")],
        help="The document that can be printed for the step.",
    )
    is_announced = fields.Boolean(
        string="Announced",
        default=True,
        help="The formal demand may name the step as what follows. Not for steps that"
        " work only by surprise, such as a provisional attachment.",
    )
    must_state = fields.Text(
        translate=True,
        help="What the document or application has to contain.",
    )
    source = fields.Char(help="Where the facts come from: law and article, or address.")
    confidence = fields.Selection(
        selection=CONFIDENCE, required=True, default="doubtful"
    )

    _wait_days_positive = models.Constraint(
        "CHECK (wait_days >= 0)", "A deadline cannot lie before its step."
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "native_name")
    def _compute_display_name(self):
        for step in self:
            names = dict.fromkeys(filter(None, [step.native_name, step.name]))
            step.display_name = " – ".join(names)

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("sequence")
    def _check_sequence(self):
        self.procedure_id._check_ways()

    # === BUSINESS METHODS === #

    def _get_deadline(self, start):
        """Return the last day of the step's waiting time; False if it has none.

        :param start: the day of the event that sets it off.
        """
        self.ensure_one()
        if not start or not self.wait_days:
            return False
        span = deadline.add(start, self.wait_days, self.wait_unit).year - start.year
        holidays, recess = self.env["account.dunning.holiday"]._get_court_days(
            self.procedure_id.country_id, start, span + 1
        )
        return deadline.add(
            start, self.wait_days, self.wait_unit, self.wait_rolls, holidays, recess
        )

    def _get_fee(self, principal, claim, currency, company, day, parties=2):
        """Return what the step costs in a currency, and why it is not known, if so.

        :param float principal: the claim without interest and costs, in ``currency``.
        :param float claim: the whole claim, in ``currency``.
        :return: (amount, text of the reason or False).
        """
        self.ensure_one()
        total, reason = 0.0, False
        for fee in self.fee_ids:
            value = claim if fee.basis == "claim" else principal
            try:
                total += fee._convert_fee(value, currency, company, day, parties)
            except UserError as error:
                reason = str(error)
        return currency.round(total), reason

    def _get_expected_way(self):
        """Return this step and those that follow if each ends as is usual."""
        self.ensure_one()
        way, steps = self, self.procedure_id.step_ids
        step = self
        while step:
            if step.outcome_ids:
                step = step.outcome_ids[0].next_step_id
            else:
                step = steps[list(steps).index(step) + 1 :][:1]
            way += step
        return way
