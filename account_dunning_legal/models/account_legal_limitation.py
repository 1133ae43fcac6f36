from odoo import api, fields, models
from odoo.fields import Domain

from ..engine import limitation
from .account_legal_procedure import CONFIDENCE


class AccountLegalLimitation(models.Model):
    """After which time a kind of claim is barred in a country."""

    _name = "account.legal.limitation"
    _description = "Limitation Period"
    _inherit = ["account.dunning.shipped", "account.dunning.coded"]
    _order = "country_id, sequence, id"

    name = fields.Char(required=True, translate=True, help="The kind of claim.")
    code = fields.Char(required=True, copy=False, help="Short name for imports.")
    sequence = fields.Integer(
        default=10, help="The first that fits the debtor is proposed."
    )
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(
        comodel_name="res.country", required=True, index=True, ondelete="cascade"
    )
    debtor_kind = fields.Selection(
        selection=[("any", "Any debtor"), ("consumer", "Consumers")],
        required=True,
        default="any",
    )
    years = fields.Integer(aggregator=None)
    months = fields.Integer(aggregator=None)
    start = fields.Selection(
        string="Runs From",
        selection=[("due", "the due date"), ("year_end", "the end of its year")],
        required=True,
        default="due",
    )
    rule_ids = fields.Many2many(
        comodel_name="account.legal.limitation.rule",
        compute="_compute_rule_ids",
        string="What Moves It",
    )
    source = fields.Char()
    verified_on = fields.Date()
    confidence = fields.Selection(
        selection=CONFIDENCE, required=True, default="doubtful"
    )

    _code_unique = models.UniqueIndex("(code)", "Another period has this code.")
    _period_positive = models.Constraint(
        "CHECK (years >= 0 AND months >= 0 AND years + months > 0)",
        "A limitation period lasts some years or months.",
    )

    # === COMPUTE METHODS === #

    @api.depends("country_id")
    def _compute_rule_ids(self):
        Rule = self.env["account.legal.limitation.rule"]
        for kind in self:
            kind.rule_ids = Rule.search([("country_id", "=", kind.country_id.id)])

    # === BUSINESS METHODS === #

    @api.model
    def _find_for(self, partner, company):
        """Return the period for a customer's trade debts; empty if none is known.

        The law of the seller's country, for claims usually follow it; else the
        debtor's.
        """
        is_consumer = partner.commercial_partner_id._get_dunning_kind() == "consumer"
        kinds = ["any", "consumer"] if is_consumer else ["any"]
        seller = company.account_fiscal_country_id or company.country_id
        for country in (seller, partner.commercial_partner_id.country_id):
            found = self.search(
                Domain("country_id", "=", country.id)
                & Domain("debtor_kind", "in", kinds)
            )
            if found:
                return found.sorted(
                    lambda kind: (is_consumer and kind.debtor_kind == "any")
                )[:1]
        return self.browse()

    def _to_period(self):
        self.ensure_one()
        return limitation.Period(self.years, self.months, self.start)
