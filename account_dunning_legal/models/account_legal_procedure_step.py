from odoo import api, fields, models

from .account_legal_procedure import CONFIDENCE


class AccountLegalProcedureStep(models.Model):
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
        help="Days from the day the step was taken (sent or served) to its deadline."
        " 0: the step has none.",
    )
    deadline_note = fields.Text(
        string="Meaning of the Deadline",
        translate=True,
        help="What the days are for, and what follows when they are over.",
    )
    fee_note = fields.Char(
        string="Fee", translate=True, help="What the step costs, in words."
    )
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
