from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class AccountDunningPolicy(models.Model):
    """A ladder: in which steps, and by which rules, open items are asked for.

    Which one an item stands on is said by its invoice, its customer, a rule or its
    company: the nearest that names a policy.
    """

    _name = "account.dunning.policy"
    _description = "Dunning Policy"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Leave empty to share the policy among all companies.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="The currency in which the minimum amounts of the levels are stated.",
    )
    level_ids = fields.One2many(
        comodel_name="account.dunning.level", inverse_name="policy_id", copy=True
    )
    rule_ids = fields.One2many(
        comodel_name="account.dunning.policy.rule",
        inverse_name="policy_id",
        string="Applies to",
        copy=True,
    )
    netting = fields.Selection(
        string="Net Open Credits",
        selection=[
            ("debtor", "Oldest items first"),
            ("none", "Not at all"),
        ],
        required=True,
        default="debtor",
        tracking=True,
        help="Open credit notes and payments that are not yet matched are set against"
        " the customer's oldest items, within one company and currency, and lower what"
        " is asked for.",
    )
    raise_mode = fields.Selection(
        string="Climb",
        selection=[
            ("step", "One level at a time"),
            ("due", "To the highest level due"),
        ],
        required=True,
        default="step",
        tracking=True,
        help="How far an item may climb in one run.",
    )
    auto_issue = fields.Boolean(
        string="Issue Automatically",
        tracking=True,
        help="The daily job issues notices of this policy by itself, except at levels"
        " that need approval. Otherwise it only proposes them.",
    )
    charge_posting = fields.Selection(
        string="Bill Charges",
        selection=[
            ("post", "With the notice"),
            ("when_paid", "When the items are paid"),
            ("show", "Never: show them only"),
        ],
        required=True,
        default="post",
        tracking=True,
        help="When the interest and fees of a notice become an invoice.",
    )
    interest_until_payment = fields.Boolean(
        default=True,
        tracking=True,
        help="Where charges are billed when the items are paid: interest runs on from"
        " the last notice to the payment, and the letter says so.",
    )
    interest_id = fields.Many2one(
        comodel_name="account.dunning.interest",
        string="Interest Rule",
        check_company=True,
        help="Empty: the rule of the company's country for the kind of debtor. Terms"
        " agreed with a customer come first.",
    )
    note = fields.Html(help="What this policy is for; not shown to customers.")
    partner_count = fields.Integer(compute="_compute_partner_count")

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_currency_id(self):
        for policy in self:
            company = policy.company_id or self.env.company
            policy.currency_id = policy.currency_id or company.currency_id

    @api.depends_context("company")
    def _compute_partner_count(self):
        for policy in self:
            policy.partner_count = self.env["res.partner"].search_count(
                [("dunning_policy_id", "=", policy._origin.id)]
            )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("level_ids", "active")
    def _check_level_order(self):
        """A later step must not come before an earlier one counted from one day."""
        for policy in self:
            days = {}
            for level in policy.level_ids.sorted(
                lambda level: (level.sequence, level.id)
            ):
                previous = days.get(level.day_basis)
                if level.day_basis != "notice" and previous is not None:
                    if level.delay_days < previous.delay_days:
                        raise ValidationError(
                            self.env._(
                                "In policy %(policy)s, level %(later)s would be due"
                                " before level %(earlier)s. Give it a longer delay or"
                                " move it up.",
                                policy=policy.name,
                                later=level.name,
                                earlier=previous.name,
                            )
                        )
                days[level.day_basis] = level

    @api.constrains("charge_posting")
    def _check_charge_settings(self):
        """:raise RedirectWarning: what billing needs is not set."""
        for policy in self:
            if policy._bills_charges():
                company = policy.company_id or self.env.company
                company._check_dunning_charge_settings()

    @api.constrains("charge_posting")
    def _check_rewards(self):
        """:raise ValidationError: a reward lowers charges that are not billed yet."""
        for policy in self.filtered(lambda policy: policy.charge_posting != "post"):
            for level in policy.level_ids:
                if level.reward_id.base == "charges":
                    raise ValidationError(
                        self.env._(
                            "Reward “%(reward)s” of level “%(level)s” discounts charges"
                            " only, but policy “%(policy)s” does not bill them with the"
                            " notice: there is nothing to pay early. Bill the charges"
                            " with the notice, or let the reward count on invoices.",
                            reward=level.reward_id.name,
                            level=level.name,
                            policy=policy.name,
                        )
                    )

    def _bills_charges(self):
        """Return whether something of the policy needs the settings for bills.

        For an addon to bill something else, it must override this method.
        """
        self.ensure_one()
        return self.charge_posting != "show" and any(
            self.level_ids.mapped("has_charges")
        )

    # === ACTION METHODS === #

    def action_view_partners(self):
        """Open the customers that this policy is set for by hand."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account.res_partner_action_customer"
        )
        action["domain"] = [("dunning_policy_id", "=", self.id)]
        return action

    # === BUSINESS METHODS === #

    @api.readonly
    def simulate(self, date):
        """Say what a run on that day would decide about this policy's items.

        Writes nothing. The verdicts are those of ``account.dunning.run`` proposed for
        the user's current company on the same day, in the same order of fields.

        :param date: day to judge for, in the company's time zone; past, today or
            future, as a date or an ISO string.
        :return: list of dicts with the fields of ``account.dunning.verdict``;
            many2one values are ids, amounts are in the item's currency.
        """
        self.ensure_one()
        self.check_access("read")
        day = self.env["account.dunning.assessment"]._to_day(date)
        company = self.env.company
        Verdict = self.env["account.dunning.verdict"]
        rows = self.env["account.dunning.assessment"]._assess(
            company, day, condition=SQL("verdict.policy_id = %s", self.id)
        )
        # no run: the field is there for callers that compare with a run's verdicts
        return [{"run_id": False, **Verdict._prepare_verdict_vals(row)} for row in rows]
