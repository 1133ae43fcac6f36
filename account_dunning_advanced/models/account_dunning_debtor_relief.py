from odoo import api, fields, models
from odoo.tools import SQL


class AccountDunningDebtorRelief(models.Model):
    """Reliefs in mass as a debtor's row shows them."""

    # a room of its own: reliefs
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    relief_text = fields.Text(
        string="Relief",
        compute="_compute_relief_text",
        help="The reliefs in force for the customer.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_relief_text(self):
        self.relief_text = False
        for company, debtors in self.grouped("company_id").items():
            reliefs = self.env["account.dunning.relief"]._get_active(
                company, company._dunning_today()
            )
            for relief in reliefs.with_env(self.env).sudo():
                concerned = debtors.partner_id.sudo().filtered_domain(
                    relief._get_partner_domain()
                )
                for debtor in debtors:
                    if debtor.partner_id in concerned:
                        debtor.relief_text = "\n".join(
                            filter(None, (debtor.relief_text, relief._get_text()))
                        )

    # === ACTION METHODS === #

    def action_relieve(self):
        """Prepare a relief for these debtors; asks for the reason and the days."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Relief"),
            "res_model": "account.dunning.relief",
            "view_mode": "form",
            "context": {"default_partner_ids": self.partner_id.ids},
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_sources(self, company, scope):
        """Who is under a stop is on hold until it ends."""
        sources = super()._get_sources(company, scope)
        stops = self.env["account.dunning.assessment"]._get_reliefs(
            company, scope.day, "stop"
        )
        if not stops:
            return sources
        return self._hold_more(
            sources,
            SQL(
                "SELECT debtor_id, TRUE, date_to FROM (%s) relief WHERE %s",
                stops._get_stopped_sql(),
                scope.only(SQL("debtor_id")),
            ),
        )
