from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountLegalProcedureOutcome(models.Model):
    """What may come of a step, and where it leads: objection to suit, none to title."""

    _name = "account.legal.procedure.outcome"
    _description = "Legal Step Outcome"
    _order = "step_id, sequence, id"

    step_id = fields.Many2one(
        comodel_name="account.legal.procedure.step",
        required=True,
        index=True,
        ondelete="cascade",
    )
    procedure_id = fields.Many2one(related="step_id.procedure_id", store=True)
    sequence = fields.Integer(
        default=10, help="The first outcome is the one that costs are estimated by."
    )
    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        selection=[
            ("none", "No objection"),
            ("objection", "Objection"),
            ("granted", "Granted"),
            ("rejected", "Rejected"),
            ("settled", "Settled"),
            ("unserved", "Could not be served"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    next_step_id = fields.Many2one(
        comodel_name="account.legal.procedure.step",
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: the way ends here.",
    )
    gives_title = fields.Boolean(help="The claim can be enforced from now on.")

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("step_id", "next_step_id")
    def _check_next_step_id(self):
        self.step_id.procedure_id._check_ways()
        for outcome in self.filtered("next_step_id"):
            if outcome.next_step_id.procedure_id != outcome.procedure_id:
                raise ValidationError(
                    self.env._(
                        "“%(outcome)s” of step “%(step)s” leads to a step of another"
                        " procedure.",
                        outcome=outcome.name,
                        step=outcome.step_id.display_name,
                    )
                )
