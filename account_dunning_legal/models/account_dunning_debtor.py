from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.account_dunning_advanced.engine.debtor import Source, Stage


class AccountDunningDebtor(models.Model):
    _inherit = "account.dunning.debtor"

    legal_case_count = fields.Integer(
        compute="_compute_legal_case_count",
        groups="account_dunning_advanced.group_dunning_user",
    )

    stage = fields.Selection(
        selection_add=[("legal", "Legal Case"), ("hold",)],
        ondelete={"legal": "set null"},
    )

    # === COMPUTE METHODS === #

    def _compute_legal_case_count(self):
        counts = {
            (partner, company): count
            for partner, company, count in self.env["account.legal.case"]._read_group(
                [("partner_id", "in", self.partner_id.ids)],
                ["partner_id", "company_id"],
                ["__count"],
            )
        }
        for debtor in self:
            key = (debtor.partner_id, debtor.company_id)
            debtor.legal_case_count = counts.get(key, 0)

    # === ACTION METHODS === #

    def action_create_legal_case(self):
        """Prepare a legal case of the debtor's items at the top level."""
        self.ensure_one()
        return self.partner_id._open_legal_case(self.company_id)

    def action_view_legal_cases(self):
        """Open the debtor's legal cases."""
        self.ensure_one()
        action = self.partner_id.action_view_legal_cases()
        action["domain"] = [*action["domain"], ("company_id", "=", self.company_id.id)]
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _get_sources(self, company, scope):
        """What is in an open case is in court; the legal clerk works on it."""
        return [
            *super()._get_sources(company, scope),
            Source(
                name="sued",
                select=SQL(
                    """SELECT partner_id FROM account_legal_case
                        WHERE company_id = %s AND state = 'open' AND %s
                        GROUP BY 1""",
                    scope.company_id,
                    scope.only(SQL("partner_id")),
                ),
                columns={"is_sued": SQL("sued.partner_id IS NOT NULL")},
                unstored=frozenset(["is_sued"]),
            ),
        ]

    @api.model
    def _get_stages(self, company, day):
        return [*super()._get_stages(company, day), Stage("legal", 30, SQL("is_sued"))]

    @api.model
    def _get_idle_stages(self):
        return [*super()._get_idle_stages(), "legal"]
