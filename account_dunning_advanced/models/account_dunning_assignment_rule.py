from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class AccountDunningAssignmentRule(models.Model):
    """Which debtors go to whom; the first rule that fits a debtor counts.

    Rules assign debtors who have no collector yet: after the daily refresh, and when
    somebody asks for it. Of several collectors the one with the fewest debtors that
    are overdue gets the next one.
    """

    _name = "account.dunning.assignment.rule"
    _description = "Assignment Rule"
    _order = "sequence, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, help="Empty: for all companies."
    )
    country_ids = fields.Many2many(
        comodel_name="res.country",
        relation="account_dunning_assignment_country_rel",
        string="Countries",
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
    )
    amount_min = fields.Float(
        string="Overdue From",
        aggregator=None,
        digits=(16, 2),
        help="In company currency; 0 is without a lower bound.",
    )
    amount_max = fields.Float(
        string="Overdue Below",
        aggregator=None,
        digits=(16, 2),
        help="In company currency; 0 is without an upper bound.",
    )
    salesperson_ids = fields.Many2many(
        comodel_name="res.users",
        relation="account_dunning_assignment_salesperson_rel",
        string="Salespersons",
        help="Of the customer.",
    )
    team_id = fields.Many2one(
        comodel_name="account.dunning.team",
        help="Debtors are spread over its collectors.",
    )
    user_ids = fields.Many2many(
        comodel_name="res.users",
        relation="account_dunning_assignment_user_rel",
        string="Collectors",
        domain="[('share', '=', False)]",
        help="Debtors are spread over these collectors, and over those of the team.",
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("team_id", "user_ids")
    def _check_collectors(self):
        for rule in self:
            if not rule._get_collectors() and not rule.team_id:
                raise ValidationError(
                    self.env._("Say whom “%(rule)s” assigns to.", rule=rule.name)
                )

    # === BUSINESS METHODS === #

    @api.model
    def _assign(self, company, debtors=None):
        """Give debtors without a collector to whom the rules say.

        :param debtors: only these, whatever they owe; None for all that are overdue.
        :return: the number of debtors assigned.
        """
        rules_sudo = self.sudo().search(
            [("company_id", "in", [False, *company.parent_ids.ids])]
        )
        domain = Domain("company_id", "=", company.id) & Domain("user_id", "=", False)
        if debtors is None:
            domain &= Domain("amount_overdue", ">", 0)
        else:
            domain &= Domain("id", "in", debtors.ids)
        number = 0
        Debtor = self.env["account.dunning.debtor"]
        for rule in rules_sudo:
            collectors = rule._get_collectors()
            if not collectors:
                # they have all left: the next rule may know somebody
                continue
            fitting = Debtor.search(domain & rule._get_domain())
            fitting._spread(collectors)
            number += len(fitting.filtered("user_id"))
        return number

    def _get_collectors(self):
        self.ensure_one()
        return self.user_ids | self.team_id.member_ids

    def _get_domain(self):
        """Return which debtors the rule takes; an override point."""
        self.ensure_one()
        domain = Domain.TRUE
        if self.country_ids:
            domain &= Domain("partner_id.country_id", "in", self.country_ids.ids)
        if self.lang:
            domain &= Domain("partner_id.lang", "=", self.lang)
        if self.salesperson_ids:
            domain &= Domain("partner_id.user_id", "in", self.salesperson_ids.ids)
        if self.amount_min:
            domain &= Domain("amount_overdue", ">=", self.amount_min)
        if self.amount_max:
            domain &= Domain("amount_overdue", "<", self.amount_max)
        return domain
