from odoo import api, models
from odoo.tools import SQL


class AccountDunningCheck(models.Model):
    _inherit = "account.dunning.check"

    # === BUSINESS METHODS === #

    @api.model
    def _get_checks(self):
        return {
            **super()._get_checks(),
            "cases": self.env._("No item is claimed in two open legal cases"),
        }

    # === BUSINESS METHODS - CHECKS === #

    @api.model
    def _find_cases(self, company):
        """Yield open cases with an item that an earlier open case claims.

        None can be opened so any more. Those that are from before, or were taken over
        like that, a person must sort out: payments count in one of two accounts.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT MAX(legal.id), MIN(legal.id), item.move_name
                  FROM account_legal_case legal
                  JOIN account_legal_case_move_line_rel claimed
                       ON claimed.case_id = legal.id
                  JOIN account_move_line item ON item.id = claimed.line_id
                 WHERE legal.company_id = %s AND legal.state = 'open'
                 GROUP BY item.id, item.move_name
                HAVING COUNT(*) > 1
                 ORDER BY item.id""",
                company.id,
            )
        )
        Case = self.env["account.legal.case"]
        for case_id, earlier_id, number in rows:
            case = Case.browse(case_id)
            text = self.env._(
                "%(item)s is claimed in %(case)s and in %(earlier)s, which are both"
                " open.",
                item=number,
                case=case.display_name,
                earlier=Case.browse(earlier_id).display_name,
            )
            yield "error", text, case
