from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import allocation

#: How sure a fact of law is.
CONFIDENCE = [
    ("text", "Read in the law"),
    ("secondary", "From another source"),
    ("common", "Common knowledge"),
    ("doubtful", "To be checked"),
]


class AccountDunningPaymentOrder(models.Model):
    """What a payment settles first, as a country's law says where nothing is agreed.

    No country is known to the code: an order that ships with the addon can be copied
    and changed, and a company chooses the one it uses.
    """

    _name = "account.dunning.payment.order"
    _description = "Payment Order"
    _inherit = ["account.dunning.coded"]
    _order = "sequence, code, id"
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Char(required=True, copy=False, help="Short name for imports.")
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Leave empty to share the order among all companies.",
    )
    country_id = fields.Many2one(
        comodel_name="res.country",
        index="btree_not_null",
        help="Companies of this country use the order unless they choose another."
        " Empty: for countries that have none of their own.",
    )
    kinds = fields.Char(
        string="Parts of a Debt",
        required=True,
        default=",".join(allocation.COMMON_ORDER),
        help="Which part is settled first: cost, interest, fee and principal, with"
        " commas between them.",
    )
    scope = fields.Selection(
        selection=[
            ("debt", "one debt after the other"),
            ("all", "the same part of all debts, then the next"),
        ],
        required=True,
        default="debt",
        help="Whether the second debt's costs come before or after the first debt's"
        " principal.",
    )
    ties = fields.Char(
        string="Among Debts",
        default="due,oldest",
        help="Which of several debts is settled first, with commas between the rules:"
        " due (those that are due), oldest (earliest due date), burdensome (highest"
        " rate of interest), unsecured (those without security).",
    )
    pro_rata = fields.Boolean(
        string="Equals in Proportion",
        help="Debts that rank alike share in proportion to their amounts. Otherwise"
        " the one that was posted first comes first.",
    )
    designation = fields.Selection(
        selection=[
            ("none", "does not count"),
            ("debt", "chooses among debts"),
            ("free", "chooses freely"),
        ],
        string="The Debtor's Word",
        required=True,
        default="debt",
        help="Whether the debtor may say what is paid: not at all, which debt but not"
        " which part of it, or any part of any debt.",
    )
    source = fields.Char(help="Law and article, or where the fact comes from.")
    verified_on = fields.Date(help="When the source was last looked at.")
    confidence = fields.Selection(
        selection=CONFIDENCE, required=True, default="doubtful"
    )

    _code_company_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "A payment order of this code exists."
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("kinds", "ties")
    def _check_rules(self):
        for order in self:
            if sorted(order._get_kinds()) != sorted(allocation.KINDS):
                raise ValidationError(
                    self.env._(
                        "Payment order “%(order)s” must name each of %(kinds)s once.",
                        order=order.name,
                        kinds=", ".join(allocation.COMMON_ORDER),
                    )
                )
            unknown = [rule for rule in order._get_ties() if not self._is_rule(rule)]
            if unknown:
                raise ValidationError(
                    self.env._(
                        "“%(rule)s” is no rule among debts. Known are: %(rules)s.",
                        rule=unknown[0],
                        rules=", ".join(allocation.RANKS),
                    )
                )

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        return [
            {
                **vals,
                "name": self.env._("%(name)s (copy)", name=vals["name"]),
            }
            for vals in super().copy_data(default)
        ]

    # === BUSINESS METHODS === #

    @api.model
    def _find_for(self, country, company):
        """Return the order of a country, else the general one.

        A company's own order comes before a shared one.
        """
        orders = self.search(
            [
                ("company_id", "in", [False, *company.parent_ids.ids]),
                ("country_id", "in", [False, country.id]),
            ]
        )
        return orders.sorted(
            lambda order: (not order.country_id, not order.company_id)
        )[:1]

    @api.model
    def _is_rule(self, rule):
        return rule in allocation.RANKS

    def _get_kinds(self):
        """Return the parts of a debt in the order in which they are settled."""
        self.ensure_one()
        return tuple(self._split(self.kinds))

    def _get_ties(self):
        """Return the rules among debts, the strongest first."""
        self.ensure_one()
        return tuple(self._split(self.ties))

    @api.model
    def _split(self, names):
        return [name.strip() for name in (names or "").split(",") if name.strip()]

    def _get_strategy(self):
        """Return the order as the engine takes it; without one, the common order."""
        if not self:
            return allocation.Strategy()
        self.ensure_one()
        return allocation.Strategy(
            kinds=self._get_kinds(),
            scope=self.scope,
            ties=self._get_ties(),
            pro_rata=self.pro_rata,
            designation=self.designation,
        )
