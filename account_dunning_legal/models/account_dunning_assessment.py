from odoo import api, models
from odoo.tools import SQL

from odoo.addons.account_dunning_advanced.engine.assessment import Among, Part


class AccountDunningAssessment(models.AbstractModel):
    _inherit = "account.dunning.assessment"

    # === BUSINESS METHODS - REASONS === #

    @api.model
    def _get_parts(self, company, day):
        return [*super()._get_parts(company, day), self._get_legal_part(company)]

    @api.model
    def _get_legal_part(self, company) -> Part:
        """Items in an open legal case are not dunned: the case speaks for them."""
        return Part(
            reason="legal",
            sequence=50,
            join=SQL(
                """LEFT JOIN (
                    SELECT rel.line_id, MIN(legal.id) AS case_id
                      FROM account_legal_case legal
                      JOIN account_legal_case_move_line_rel rel
                        ON rel.case_id = legal.id
                     WHERE legal.state = 'open' AND legal.company_id = %s
                     GROUP BY 1
                ) legal_case ON legal_case.line_id = item.line_id""",
                company.id,
            ),
            among=Among(
                "line_id",
                SQL(
                    """SELECT rel.line_id
                         FROM account_legal_case legal
                         JOIN account_legal_case_move_line_rel rel
                           ON rel.case_id = legal.id
                        WHERE legal.state = 'open' AND legal.company_id = %s""",
                    company.id,
                ),
            ),
            condition=SQL("legal_case.case_id IS NOT NULL"),
            cause_model="account.legal.case",
            cause_id=SQL("legal_case.case_id"),
        )
