from odoo import api, fields, models
from odoo.tools import SQL


class AccountDunningDebtorFactoring(models.Model):
    """Claims sold or pledged, as a debtor's row shows them."""

    # a room of its own: claims sold or pledged
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    factoring_text = fields.Text(
        string="Factoring",
        compute="_compute_factoring_text",
        help="To whom claims on the customer were sold or pledged, and who duns them.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_factoring_text(self):
        Factoring = self.env["account.dunning.factoring"]
        for company, debtors in self.grouped("company_id").items():
            active = Factoring._get_active(company, company._dunning_today())
            for debtor in debtors:
                partner = debtor.partner_id
                texts = [
                    factoring._get_text_for(partner)
                    for factoring in active.with_env(self.env).sudo()
                ]
                debtor.factoring_text = "\n".join(filter(None, texts)) or False

    # === BUSINESS METHODS === #

    @api.model
    def _get_sources(self, company, scope):
        """Whose claims a factor collects as a whole is on hold as long."""
        sources = super()._get_sources(company, scope)
        taken = (
            self.env["account.dunning.factoring"]
            ._get_active(company, scope.day)
            .filtered(lambda factoring: factoring.dunning == "none")
        )
        if not taken.partner_ids:
            return sources
        return self._hold_more(
            sources,
            SQL(" UNION ALL ").join(
                SQL(
                    """SELECT id, TRUE, COALESCE(%s::date, 'infinity')
                         FROM res_partner factored WHERE id = ANY(%s) AND %s""",
                    factoring.date_to or None,
                    factoring.partner_ids.commercial_partner_id.ids,
                    scope.only(SQL("factored.id")),
                )
                for factoring in taken
            ),
        )
