from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import SQL

from ..engine import allocation, reward

#: States of offers that take part of a budget.
BUDGET_STATES = ("open", "to_credit", "taken")


class AccountDunningReward(models.Model):
    """The terms on which customers are rewarded for settling early.

    A level offers them with its notices, or a customer has terms of its own.
    """

    _name = "account.dunning.reward"
    _description = "Reward for Settling Early"
    _order = "sequence, name, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        selection=[("percent", "a percentage"), ("amount", "an amount")],
        required=True,
        default="percent",
    )
    percent = fields.Float(
        digits=(5, 2), help="Percentage of the principal or the charges."
    )
    amount = fields.Monetary(
        help="Offered with notices in the company's currency only.",
    )
    base = fields.Selection(
        selection=[
            ("principal", "invoices"),
            ("charges", "dunning charges only"),
        ],
        string="Counts On",
        required=True,
        default="principal",
        help="What is discounted. Taxes of invoices are lowered in proportion. Charges"
        " can be discounted only where policies bill them with the notice: those that"
        " are billed later, or never, cannot be paid early.",
    )
    valid_days = fields.Integer(
        string="Days to Take It",
        aggregator=None,
        required=True,
        default=10,
        help="The offer is open this many days from the day of the notice.",
    )
    min_amount = fields.Monetary(
        string="Floor",
        help="The smallest sum of a notice with which it is offered.",
    )
    budget_amount = fields.Monetary(
        string="Budget", help="0: no limit. Open and taken offers count."
    )
    budget_period = fields.Selection(
        selection=[("year", "each fiscal year"), ("total", "in all")],
        required=True,
        default="year",
    )
    budget_used = fields.Monetary(string="Used", compute="_compute_budget")
    budget_left = fields.Monetary(string="Left", compute="_compute_budget")
    pause_ladder = fields.Boolean(
        string="Wait with the Next Level",
        default=True,
        help="While the offer is open its items are not dunned.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        required=True,
        check_company=True,
        ondelete="restrict",
        help="Stands on the credit notes; its income account is debited unless there"
        " is an account here.",
    )
    account_id = fields.Many2one(
        comodel_name="account.account",
        check_company=True,
        ondelete="restrict",
        help="What rewards cost is booked here instead of on the product's account.",
    )
    journal_id = fields.Many2one(
        comodel_name="account.journal",
        required=True,
        check_company=True,
        domain="[('type', '=', 'sale')]",
        default=lambda self: self._default_journal_id(),
        ondelete="restrict",
        help="The journal of the credit notes.",
    )
    level_ids = fields.One2many(
        comodel_name="account.dunning.level", inverse_name="reward_id", readonly=True
    )
    offer_ids = fields.One2many(
        comodel_name="account.dunning.offer", inverse_name="reward_id", readonly=True
    )

    _valid_days_positive = models.Constraint(
        "CHECK (valid_days >= 0)", "The days to take an offer cannot be negative."
    )
    _amounts_positive = models.Constraint(
        "CHECK (min_amount >= 0 AND budget_amount >= 0)",
        "Floor and budget of a reward cannot be negative.",
    )
    _value_in_range = models.Constraint(
        """CHECK ((kind = 'percent' AND percent > 0 AND percent < 100)
               OR (kind = 'amount' AND amount > 0))""",
        "A reward is a percentage between 0 and 100, or an amount above 0.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _default_journal_id(self):
        return self.env["account.journal"].search(
            [
                *self.env["account.journal"]._check_company_domain(self.env.company),
                ("type", "=", "sale"),
            ],
            limit=1,
        )

    @api.depends("budget_amount", "budget_period", "offer_ids.state")
    def _compute_budget(self):
        for terms in self:
            used = terms._get_used(terms.company_id._dunning_today())
            terms.budget_used = used
            terms.budget_left = max(terms.budget_amount - used, 0)

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("product_id", "account_id", "journal_id", "company_id")
    def _check_can_credit(self):
        """Refuse now what could not be posted on the day it is owed."""
        for terms in self:
            if terms.journal_id.type != "sale":
                raise ValidationError(
                    self.env._(
                        "Reward “%(reward)s” is credited by credit notes to customers:"
                        " choose a sales journal instead of “%(journal)s”.",
                        reward=terms.name,
                        journal=terms.journal_id.name,
                    )
                )
            if not terms._get_account():
                raise ValidationError(
                    self.env._(
                        "Reward “%(reward)s” has no account to be booked on. Set one"
                        " here, or an income account on product “%(product)s” or its"
                        " category.",
                        reward=terms.name,
                        product=terms.product_id.display_name,
                    )
                )

    @api.constrains("base")
    def _check_base(self):
        """:raise ValidationError: a level's charges are not billed with the notice."""
        self.level_ids.policy_id._check_rewards()

    # === ACTION METHODS === #

    def action_view_offers(self):
        """Open what has been offered on these terms, refused offers included."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_offer_action"
        )
        action["domain"] = [("reward_id", "in", self.ids)]
        action["context"] = {}
        return action

    # === BUSINESS METHODS === #

    def _get_account(self):
        """Return the account that the cost is booked on, in the reward's company."""
        self.ensure_one()
        terms = self.with_company(self.company_id)
        return terms.account_id or terms.product_id._get_product_accounts()["income"]

    def _get_value(self):
        self.ensure_one()
        return self.percent if self.kind == "percent" else self.amount

    def _get_used(self, day):
        """Return what open and taken offers took of the budget that a day is in.

        :return: amount in company currency.
        """
        self.ensure_one()
        domain = [("reward_id", "=", self.id), ("state", "in", BUDGET_STATES)]
        if self.budget_period == "year":
            year = self.company_id.compute_fiscalyear_dates(day)
            domain += [
                ("date_from", ">=", year["date_from"]),
                ("date_from", "<=", year["date_to"]),
            ]
        # what colleagues offered counts, whoever asks
        [(used,)] = (
            self.env["account.dunning.offer"]
            .sudo()
            ._read_group(domain, [], ["amount_company:sum"])
        )
        return used

    # === BUSINESS METHODS - OFFERING === #

    @api.model
    def _offer(self, notices):
        """Make the offers that go out with notices just issued.

        Where no reward is set, that is one query. A customer's own terms win over
        those of the level; what would exceed a budget is kept as refused.

        :param account.dunning.notice notices: of one batch.
        :return: the offers, refused ones included.
        """
        offers = self.env["account.dunning.offer"]
        for company, of_company in notices.grouped("company_id").items():
            chosen = self._choose(company, of_company)
            if chosen:
                offers |= self.sudo()._make_offers(company, chosen)
        return offers

    @api.model
    def _choose(self, company, notices):
        """Return {notice: reward}, in the order of the notices' ids."""
        self.env.flush_all()
        partners = self.env["res.partner"].with_company(company)
        fallback = partners._fields["dunning_reward_id"].get_company_dependent_fallback(
            partners
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id, COALESCE(own.id, given.id)
                  FROM account_dunning_notice notice
                  JOIN res_partner partner ON partner.id = notice.partner_id
                  LEFT JOIN account_dunning_reward own
                         ON own.id = COALESCE(
                                (partner.dunning_reward_id ->> %(key)s)::int4,
                                %(fallback)s::int4)
                        AND own.active AND own.company_id = ANY(%(companies)s)
                  LEFT JOIN account_dunning_reward given
                         ON given.id = (notice.level_values ->> 'reward_id')::int4
                        AND given.active AND given.company_id = ANY(%(companies)s)
                 WHERE notice.id = ANY(%(notices)s)
                   AND COALESCE(own.id, given.id) IS NOT NULL
                 ORDER BY notice.id""",
                key=str(company.id),
                fallback=fallback.id or None,
                companies=company.parent_ids.ids,
                notices=list(notices.ids),
            )
        )
        # who issues need not have rights on what a reward costs
        rewards = self.sudo().browse(reward_id for _id, reward_id in rows)
        by_id = {terms.id: terms for terms in rewards}
        return {
            notice: by_id[reward_id]
            for notice, (_id, reward_id) in zip(
                notices.browse(id_ for id_, _reward_id in rows), rows, strict=True
            )
        }

    @api.model
    def _make_offers(self, company, chosen):
        """Create the offers for {notice: reward}; queries do not grow with notices."""
        today = company._dunning_today()
        rewards = self.union(*chosen.values())
        rewards._hold_budgets()
        budgets = {
            terms: terms._get_used(today) for terms in rewards if terms.budget_amount
        }
        notices = self.env["account.dunning.notice"].browse(
            notice.id for notice in chosen
        )
        promised = self._get_promised_items(notices)
        rates = {
            currency: currency._get_conversion_rate(
                currency, company.currency_id, company, today
            )
            for currency in notices.currency_id
        }
        vals_list = []
        for notice, terms in zip(notices, chosen.values(), strict=True):
            vals = terms._prepare_offer(notice, today, rates[notice.currency_id])
            if not vals or notice.line_ids.move_line_id & promised:
                continue
            if terms in budgets:
                terms._apply_budget(vals, budgets)
            vals_list.append(vals)
        return self.env["account.dunning.offer"].create(vals_list)

    def _hold_budgets(self):
        """Make two batches that share a budget take their turns.

        A row that is written, not only locked: the second batch fails on it and is
        tried again with fresh eyes, where a lock alone would show it old sums.
        """
        self.env.cr.execute(
            SQL(
                """UPDATE account_dunning_reward SET write_date = %s
                    WHERE id = ANY(%s) AND budget_amount > 0""",
                self.env.cr.now(),
                self.ids,
            )
        )

    def _apply_budget(self, vals, budgets):
        """Count an offer against the budget, or refuse it."""
        self.ensure_one()
        used = budgets[self] + vals["amount_company"]
        if self.currency_id.compare_amounts(used, self.budget_amount) <= 0:
            budgets[self] = used
            return
        vals["state"] = "refused"
        vals["note"] = self.env._(
            "The budget of %(budget)s would be exceeded: %(used)s are offered or"
            " credited already.",
            budget=self.currency_id.format(self.budget_amount),
            used=self.currency_id.format(budgets[self]),
        )

    @api.model
    def _get_promised_items(self, notices):
        """Return the items for which another offer is open or has been taken."""
        return (
            self.env["account.dunning.offer.line"]
            .search(
                [
                    ("move_line_id", "in", notices.line_ids.move_line_id.ids),
                    ("offer_id.state", "in", BUDGET_STATES),
                ]
            )
            .move_line_id
        )

    def _prepare_offer(self, notice, today, rate):
        """Return values of the offer that goes with a notice; None for no offer.

        :param float rate: value of one unit of the notice's currency in company
            currency.
        """
        self.ensure_one()
        currency = notice.currency_id
        if self.kind == "amount" and currency != self.currency_id:
            return None
        bases = self._get_bases(notice)
        unit = allocation.exact(currency.rounding, currency.rounding)
        promised = float(
            reward.discount(
                self.kind,
                allocation.exact(self._get_value(), 0.001),
                allocation.exact(sum(bases.values()), currency.rounding),
                unit,
            )
        )
        if (
            currency.compare_amounts(promised, 0) <= 0
            or currency.compare_amounts(promised, notice.amount_total) >= 0
            or self.currency_id.compare_amounts(
                notice.amount_total * rate, self.min_amount
            )
            < 0
        ):
            return None
        return {
            "notice_id": notice.id,
            "reward_id": self.id,
            "company_id": notice.company_id.id,
            "partner_id": notice.partner_id.id,
            "currency_id": currency.id,
            "level_id": notice.level_id.id,
            "date_from": notice.date,
            # a run for a past day gives the full time to pay
            "date_to": fields.Date.add(max(notice.date, today), days=self.valid_days),
            "kind": self.kind,
            "value": self._get_value(),
            "pause_ladder": self.pause_ladder,
            "amount_base": sum(bases.values()),
            "amount_asked": notice.amount_total,
            "amount_discount": promised,
            "amount_company": self.currency_id.round(promised * rate),
            "line_ids": [
                Command.create({"move_line_id": item.id, "amount_base": base})
                for item, base in bases.items()
            ],
        }

    def _get_bases(self, notice):
        """Return {item: the part of it that is discounted} of a notice.

        Items that are not discounted are in it with 0: they too must be paid.
        """
        self.ensure_one()
        asked = {
            line.move_line_id: line.amount_dunned
            for line in notice.line_ids
            if line.state == "issued" and line.amount_dunned
        }
        for item in notice.charge_move_id.line_ids:
            if item.account_id.account_type == "asset_receivable":
                asked[item] = item.amount_residual_currency
        of_principal = self.base == "principal"
        return {
            item: amount
            if (item._get_claim_kind() == "principal") == of_principal
            else 0.0
            for item, amount in asked.items()
        }
