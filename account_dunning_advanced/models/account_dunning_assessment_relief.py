from dataclasses import replace

from odoo import api, models
from odoo.tools import SQL

from ..engine.assessment import Part, Rule


class AccountDunningAssessmentRelief(models.AbstractModel):
    """What reliefs in mass do to the assessment."""

    # a room of its own: reliefs
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.assessment"

    @api.model
    def _get_parts(self, company, day):
        return [
            *super()._get_parts(company, day),
            *self._get_relief_parts(company, day),
        ]

    @api.model
    def _get_relief_parts(self, company, day) -> list[Part]:
        """While a relief lasts the customers whom it is for are not dunned."""
        stops = self._get_reliefs(company, day, "stop")
        if not stops:
            # spares a look at every customer
            return []
        return [
            Part(
                reason="relief",
                sequence=75,
                join=SQL(
                    "LEFT JOIN (%s) relief ON relief.debtor_id = item.debtor_id",
                    stops._get_stopped_sql(),
                ),
                condition=SQL("relief.id IS NOT NULL"),
                day=SQL("relief.date_to"),
                cause_model="account.dunning.relief",
                cause_id=SQL("relief.id"),
            )
        ]

    @api.model
    def _get_scope(self, company, day, partners=None):
        scope = super()._get_scope(company, day, partners)
        softer = self._get_reliefs(company, day, "policy")
        return replace(
            scope,
            reliefs=[
                Rule(
                    policy_id=relief.policy_id.id,
                    partners=relief._get_partner_query().subselect(),
                )
                for relief in softer
            ],
        )

    @api.model
    def _get_reliefs(self, company, day, kind):
        reliefs = self.env["account.dunning.relief"]._get_active(company, day)
        return reliefs.filtered(lambda relief: relief.kind == kind)
