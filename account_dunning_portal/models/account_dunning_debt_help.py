from odoo import api, fields, models

from odoo.addons.account_dunning_advanced.models.account_dunning_payment_order import (
    CONFIDENCE,
)


class AccountDunningDebtHelp(models.Model):
    """Where people who cannot pay find independent help, by country.

    Shown to customers who are persons. Facts come with the addon and are renewed with
    it; a company adds its own or archives what it does not want shown.
    """

    _name = "account.dunning.debt.help"
    _description = "Debt Help"
    _inherit = ["account.dunning.shipped"]
    _order = "country_id, sequence, id"

    name = fields.Char(required=True, help="In the country's own language.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(
        comodel_name="res.country", required=True, index=True, ondelete="cascade"
    )
    phone = fields.Char()
    url = fields.Char(string="Website", required=True)
    source = fields.Char(help="Where the fact comes from.")
    verified_on = fields.Date(help="When the source was last looked at.")
    confidence = fields.Selection(
        selection=CONFIDENCE, required=True, default="doubtful"
    )

    _url_https = models.Constraint(
        "CHECK (url LIKE 'https://%')", "The website's address begins with https://."
    )

    @api.model
    def _get_for(self, partner):
        """Return the places that a customer is told; none for companies.

        :param res.partner partner: the commercial partner.
        """
        if partner.is_company or not partner.country_id:
            return self.browse()
        return self.search([("country_id", "=", partner.country_id.id)])
