from odoo import api, fields, models


class AccountDunningAllowanceRate(models.Model):
    """How much of what is overdue for so long is expected to be lost.

    One table for the allowance and for judging whether collecting pays: what is not
    lost is the expected return.
    """

    _name = "account.dunning.allowance.rate"
    _description = "Expected Loss by Age"
    _order = "company_id, days_from"
    _rec_name = "days_from"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    days_from = fields.Integer(
        string="Overdue from (days)",
        aggregator=None,
        required=True,
        help="The group begins so many days after the due date and ends where the"
        " next one begins. 0 is the due date; a negative number takes items that are"
        " not due yet.",
    )
    percent = fields.Float(
        string="Expected Loss (%)",
        aggregator=None,
        required=True,
        digits=(5, 2),
        help="Per cent of the open amount.",
    )

    _days_company_uniq = models.Constraint(
        "UNIQUE (company_id, days_from)", "Each age group begins on a day of its own."
    )
    _percent_in_range = models.Constraint(
        "CHECK (percent BETWEEN 0 AND 100)",
        "The expected loss lies between 0 and 100 per cent.",
    )

    @api.depends("days_from")
    def _compute_display_name(self):
        for rate in self:
            rate.display_name = self.env._("from day %(days)s", days=rate.days_from)

    @api.model
    def _get_rates(self, company):
        """Return the company's (days from, percent) pairs, youngest first."""
        rates = self.search([("company_id", "=", company.id)])
        return [(rate.days_from, rate.percent) for rate in rates.sorted("days_from")]
