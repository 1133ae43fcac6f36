from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..engine import branch

#: How sure a fact is; the same choice for procedures and their steps.
CONFIDENCE = [
    ("text", "Read in the law"),
    ("secondary", "From another source"),
    ("common", "Common knowledge"),
    ("doubtful", "To be checked"),
]


class AccountLegalProcedure(models.Model):
    """A country's way from the formal demand to enforcement, as data.

    Procedures that ship with the addon can be changed, archived, or replaced by one
    of a company's own; no country is known to the code.
    """

    _name = "account.legal.procedure"
    _description = "Legal Procedure"
    _order = "country_id, sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Char(required=True, help="Short name for imports and documents.")
    country_id = fields.Many2one(
        comodel_name="res.country",
        index="btree_not_null",
        help="The debtor's country. Empty: for countries that have no procedure of"
        " their own.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Leave empty to share the procedure among all companies.",
    )
    date_from = fields.Date(
        string="Valid From", help="Cases from this day on use the procedure."
    )
    date_to = fields.Date(
        string="Valid To", help="Cases after this day do not use the procedure."
    )
    is_insolvency = fields.Boolean(
        string="Insolvency",
        help="Not a way to sue, but what follows when insolvency is opened. Its first"
        " step is the filing of the claim.",
    )
    limitation_years = fields.Integer(
        string="Limitation Period",
        aggregator=None,
        help="Years after which the price of goods and services can no longer be"
        " claimed, if nothing stops the period. 0: not known.",
    )
    limitation_start = fields.Selection(
        selection=[
            ("due", "from the due date"),
            ("year_end", "from the end of the due date's year"),
        ],
        required=True,
        default="due",
    )
    limitation_note = fields.Text(
        string="Limitation",
        translate=True,
        help="Which claims have another period, and what stops or restarts it.",
    )
    payment_order_id = fields.Many2one(
        comodel_name="account.dunning.payment.order",
        ondelete="restrict",
        help="Which part of the claim a payment settles first. Empty: costs, interest,"
        " fees, principal.",
    )
    step_ids = fields.One2many(
        comodel_name="account.legal.procedure.step",
        inverse_name="procedure_id",
        copy=True,
    )
    source = fields.Char(help="Where the facts come from: law and article, or address.")
    confidence = fields.Selection(
        selection=CONFIDENCE, required=True, default="doubtful"
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_from IS NULL OR date_from <= date_to)",
        "A procedure cannot end before it begins.",
    )
    _limitation_years_positive = models.Constraint(
        "CHECK (limitation_years >= 0)", "The limitation period cannot be negative."
    )

    # === CRUD METHODS === #

    def copy(self, default=None):
        """Copy the outcomes with the steps: those of a copy lead within the copy."""
        copies = super().copy(default)
        for procedure, duplicate in zip(self, copies, strict=True):
            if len(procedure.step_ids) == len(duplicate.step_ids):
                procedure._copy_outcomes(duplicate)
        return copies

    # === BUSINESS METHODS === #

    def _copy_outcomes(self, duplicate):
        self.ensure_one()
        twins = dict(zip(self.step_ids, duplicate.step_ids, strict=True))
        for step, twin in twins.items():
            for outcome in step.outcome_ids:
                outcome.copy(
                    {
                        "step_id": twin.id,
                        "next_step_id": twins.get(
                            outcome.next_step_id, twin.browse()
                        ).id,
                    }
                )

    def _check_ways(self):
        """:raise ValidationError: a way leads back, or to a step before its own."""
        for procedure in self:
            ways = {step: step.outcome_ids.next_step_id for step in procedure.step_ids}
            cycle = branch.find_cycle(ways)
            if cycle:
                raise ValidationError(
                    self.env._(
                        "The steps of procedure “%(procedure)s” lead in a circle:"
                        " %(path)s.",
                        procedure=procedure.name,
                        path=" → ".join(step.display_name for step in cycle),
                    )
                )
            for step, following in ways.items():
                early = following.filtered(
                    lambda later, step=step: (later.sequence, later.id)
                    < (step.sequence, step.id)
                )[:1]
                if early:
                    raise ValidationError(
                        self.env._(
                            "Step “%(early)s” follows from “%(step)s” and cannot come"
                            " before it. Change the order of the steps.",
                            early=early.display_name,
                            step=step.display_name,
                        )
                    )

    @api.model
    def _find_for(self, partner, company, day, is_insolvency=False):
        """Return the procedure for a debtor: of the country, else the general one.

        A company's own procedure comes before a shared one.

        :param bool is_insolvency: one to file a claim in insolvency, not one to sue.
        """
        country = partner.commercial_partner_id.country_id
        domain = (
            Domain("company_id", "in", [False, *company.parent_ids.ids])
            & Domain("is_insolvency", "=", is_insolvency)
            & (Domain("date_from", "=", False) | Domain("date_from", "<=", day))
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", day))
        )
        for country_id in dict.fromkeys([country.id, False]):
            found = self.search(domain & Domain("country_id", "=", country_id))
            if found:
                return found.sorted(lambda procedure: not procedure.company_id)[:1]
        return self.browse()
