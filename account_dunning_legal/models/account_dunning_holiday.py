from odoo import api, fields, models


class AccountDunningHoliday(models.Model):
    """Days on which only the courts are closed, and recesses in which time stands."""

    _inherit = "account.dunning.holiday"

    court = fields.Selection(
        string="Courts",
        selection=[
            ("closed", "Only the courts are closed"),
            ("recess", "Recess: periods do not run"),
        ],
        help="Empty for a public holiday, on which courts are closed as well.",
    )

    @api.model
    def _get_public_domain(self):
        return [*super()._get_public_domain(), ("court", "=", False)]

    @api.model
    def _get_court_days(self, country, start, years):
        """Return the (holidays, days of recess) of a country's courts.

        :param date start: in the first of the years.
        :param int years: how many years more.
        """
        known = self.search([("country_id", "=", country.id)]) if country else self
        recess = known.filtered(lambda holiday: holiday.court == "recess")
        last = start.year + years + 1
        return (
            (known - recess)._expand(range(start.year, last)),
            # one that began in the year before may last
            recess._expand(range(start.year - 1, last)),
        )
