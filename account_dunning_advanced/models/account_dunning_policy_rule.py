import logging

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

_logger = logging.getLogger(__name__)


class AccountDunningPolicyRule(models.Model):
    """Whose items, of what amounts, a policy is for where nothing nearer names one."""

    _name = "account.dunning.policy.rule"
    _description = "Dunning Policy Rule"
    _order = "sequence, id"
    _check_company_auto = True

    policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        help="Leave empty to let the rule work in every company of the policy.",
    )
    sequence = fields.Integer(
        default=10,
        help="Rules of all policies are tried in this order; the first that matches"
        " gives the policy.",
    )
    active = fields.Boolean(default=True)
    partner_domain = fields.Char(
        string="Customers",
        default="[]",
        help="Which customers the rule takes in.",
    )
    currency_id = fields.Many2one(related="policy_id.currency_id")
    amount_min = fields.Float(
        string="From Amount",
        help="Lowest original amount of an item, in company currency; 0 is no limit.",
    )
    amount_max = fields.Float(
        string="Below Amount",
        help="Items of this original amount or more, in company currency, are not"
        " taken in; 0 is no limit.",
    )

    _amounts_in_order = models.Constraint(
        "CHECK (amount_min >= 0 AND (amount_max = 0 OR amount_max > amount_min))",
        "The lower amount of a policy rule must be less than the upper one.",
    )

    @api.depends("policy_id.company_id")
    def _compute_company_id(self):
        for rule in self:
            rule.company_id = rule.policy_id.company_id or rule.company_id

    @api.constrains("partner_domain")
    def _check_partner_domain(self):
        for rule in self:
            try:
                rule._build_partner_query()
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "The customer filter of a rule of policy %(policy)s cannot be"
                        " used: %(error)s",
                        policy=rule.policy_id.name,
                        error=error,
                    )
                ) from error

    def _get_partner_query(self):
        """Return the query of the customers taken in, for use as a sub-select.

        :return: a Query; False where the rule takes in everybody; None where the
            filter cannot be evaluated, which must not stop a run.
        """
        self.ensure_one()
        try:
            return self._build_partner_query()
        except Exception:
            _logger.warning("dunning policy rule %s: broken customer filter", self.id)
            return None

    def _build_partner_query(self):
        """Return the query of the customers taken in; False for everybody.

        The database is asked to plan it: a value of the wrong type and a field that
        is not stored only show there.

        :raise Exception: the filter cannot be evaluated.
        """
        domain = self._get_partner_domain()
        domain.validate(self.env["res.partner"])
        if domain.is_true():
            return False
        company = self.company_id or self.env.company
        partner_sudo = self.env["res.partner"].sudo().with_company(company)
        query = partner_sudo.with_context(active_test=False)._search(domain)
        with self.env.cr.savepoint():
            self.env.execute_query(
                SQL(
                    "SELECT id FROM res_partner WHERE id IN %s LIMIT 0",
                    query.subselect(),
                )
            )
        return query

    def _get_partner_domain(self) -> Domain:
        """Return the customers' domain.

        :raise Exception: whatever evaluating the text brings; the text is a user's.
        """
        self.ensure_one()
        return Domain(safe_eval(self.partner_domain or "[]", {"uid": self.env.uid}))
