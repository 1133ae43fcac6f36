from odoo import api, models
from odoo.tools import SQL

from ..engine.assessment import Part


class AccountDunningAssessmentFactoring(models.AbstractModel):
    """Claims that somebody else collects, in the assessment."""

    # a room of its own: claims sold or pledged
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.assessment"

    @api.model
    def _get_parts(self, company, day):
        return [
            *super()._get_parts(company, day),
            *self._get_factoring_parts(company, day),
        ]

    @api.model
    def _get_factoring_parts(self, company, day) -> list[Part]:
        """What the factor collects is not ours to ask for."""
        factorings = self.env["account.dunning.factoring"]._get_active(company, day)
        taken = factorings.filtered(lambda factoring: factoring.dunning == "none")
        if not taken:
            # spares a look at every item
            return []
        taking = SQL("COALESCE(factored_item.id, factored_debtor.id)")
        return [
            Part(
                reason="factored",
                sequence=55,
                join=taken._get_taken_sql(),
                condition=SQL("%s IS NOT NULL", taking),
                cause_model="account.dunning.factoring",
                cause_id=taking,
            )
        ]
