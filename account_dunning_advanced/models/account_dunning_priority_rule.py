from odoo import api, fields, models
from odoo.tools import ormcache

from ..engine import priority as engine
from ..engine.rounding import to_decimal


class AccountDunningPriorityRule(models.Model):
    """So many points for one measure of a debtor; the sum ranks the worklist."""

    _name = "account.dunning.priority.rule"
    _description = "Priority Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, help="Empty: for all companies."
    )
    measure = fields.Selection(
        selection=[
            ("overdue", "Overdue amount less credits"),
            ("disputed", "Of it disputed"),
            ("promised", "Of it promised"),
            ("broken", "Broken agreements"),
            ("silence", "Days without contact"),
            ("age", "Days the oldest item is overdue"),
            ("level", "Steps up the ladder"),
            ("replies", "Unread replies"),
            ("due_contact", "A contact is due"),
            ("stopped", "Do not collect"),
        ],
        required=True,
        help="Amounts are in company currency.",
    )
    points = fields.Float(
        aggregator=None,
        digits=(12, 2),
        required=True,
        default=1,
        help="Points for each so many units; negative points move debtors down.",
    )
    unit = fields.Float(
        string="For Each",
        aggregator=None,
        digits=(12, 2),
        required=True,
        default=1,
        help="How much of the measure gives the points: 1 point for each 100 overdue.",
    )
    least = fields.Float(
        string="Counts From",
        digits=(12, 2),
        aggregator=None,
        help="Smaller values give no points.",
    )
    most = fields.Float(
        string="At Most",
        aggregator=None,
        digits=(12, 2),
        help="More points, or fewer below zero, are not given; 0 is without end.",
    )

    _unit_positive = models.Constraint(
        "CHECK (unit > 0)", "Points are given for each unit: it must be above zero."
    )
    _limits_positive = models.Constraint(
        "CHECK (least >= 0 AND most >= 0)", "Limits cannot be negative."
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self._rank_anew()
        return rules

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() - {"name", "sequence"}:
            self._rank_anew()
        return result

    def unlink(self):
        result = super().unlink()
        self._rank_anew()
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _rank_anew(self):
        """Rank the debtors of all companies by the rules as they are now."""
        self.env.registry.clear_cache()
        # the rule may be of a company that the user does not work in at the moment
        companies_sudo = self.env["res.company"].sudo().search([("active", "=", True)])
        for company in companies_sudo:
            self.env["account.dunning.debtor"].sudo()._rank(company)

    @api.model
    def _get_rules(self, company):
        """Return the rules of a company for the engine."""
        return self._get_cached_rules(tuple(company.parent_ids.ids))

    @api.model
    @ormcache("company_ids")
    def _get_cached_rules(self, company_ids):
        # who sees a debtor sees why it is where it is
        rules_sudo = self.sudo().search([("company_id", "in", [False, *company_ids])])
        return [rule._to_engine() for rule in rules_sudo]

    def _to_engine(self):
        self.ensure_one()
        return engine.Rule(
            key=self.id,
            measure=self.measure,
            points=to_decimal(self.points),
            unit=to_decimal(self.unit),
            least=to_decimal(self.least),
            most=to_decimal(self.most),
        )
