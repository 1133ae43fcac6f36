from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import assessment
from ..engine.assessment import Channel, Rule, Scope


class AccountDunningAssessment(models.AbstractModel):
    """Feeds the assessing statement with what the database knows.

    An addon that has a reason of its own overrides :meth:`_get_parts`; one that
    brings a channel overrides :meth:`_get_channels`; one that knows of money under
    way overrides :meth:`_get_invoice_money` or :meth:`_get_debtor_money`.
    """

    _name = "account.dunning.assessment"
    _description = "Dunning Assessment"

    # === BUSINESS METHODS === #

    @api.model
    def _assess(self, company, day, partners=None, condition=None):
        """Judge the open receivable items of a company on a day.

        :param res.company company: whose ledger.
        :param date day: the day, in the company's time zone.
        :param res.partner partners: judge only the items of these customers' whole
            commercial entities; None for all.
        :param SQL condition: which rows to return, by the alias ``verdict``. It chooses
            among the verdicts and does not change them.
        :return: list of dicts, one an open item; keys as in ``engine.assessment``.
        """
        statement = self._get_statement(company, day, partners)
        if condition:
            statement = SQL("SELECT * FROM (%s) verdict WHERE %s", statement, condition)
        self.env.cr.execute(statement)
        return self.env.cr.dictfetchall()

    @api.model
    def _get_outlook(self, company, day, partners):
        """Judge what customers owe overdue, summed up for who looks at their accounts.

        :param res.company company: whose ledger.
        :param date day: the day, in the company's time zone.
        :param res.partner partners: the customers.
        :return: {commercial partner id: [dict of reason, residual (sum in the items'
            currencies), reason_date (first) and next_level_id (on that day)]}.
        """
        # a worklist shows the largest debtors: thousands of items, and of all that is
        # known of each only this is told
        self.env.cr.execute(
            SQL(
                """
                SELECT debtor_id, reason, SUM(residual) AS residual,
                       MIN(reason_date) AS reason_date,
                       (ARRAY_AGG(next_level_id ORDER BY reason_date, line_id))[1]
                           AS next_level_id
                  FROM (%s) verdict
                 WHERE date_due < %s AND debtor_id IS NOT NULL
                 GROUP BY 1, 2 ORDER BY 1, 2""",
                self._get_statement(company, day, partners, lean=True),
                day,
            )
        )
        outlook = {}
        for row in self.env.cr.dictfetchall():
            outlook.setdefault(row["debtor_id"], []).append(row)
        return outlook

    @api.model
    def _to_day(self, date):
        """Return a date handed in by a caller as a date.

        :raise UserError: it is none.
        """
        try:
            day = fields.Date.to_date(date)
        except (ValueError, TypeError):
            day = None
        if not day:
            raise UserError(
                self.env._("“%(date)s” is not a day to judge for.", date=date)
            )
        return day

    @api.model
    def _get_statement(self, company, day, partners=None, lean=False) -> SQL:
        """Return the assessing statement, with everything it reads flushed.

        :param bool lean: leave out the parts that concern none of the items, as
            :meth:`_leave_out`: for a look at few customers.
        """

        def build(scope, parts, *others):
            if lean:
                parts = self._leave_out(scope, parts)
            return assessment.build(scope, parts, *others)

        rates = self._get_rates(company, day)
        return self._compose(build, company, day, partners, rates=rates)

    @api.model
    def _get_positions(self, company, day, partners) -> SQL:
        """Return the statement of how customers' items stand, for those who look."""

        def build(scope, parts, *others):
            parts = self._leave_out(scope, parts)
            return assessment.build_positions(scope, parts, *others)

        return self._compose(build, company, day, partners)

    @api.model
    def _compose(self, build, company, day, partners, **in_scope) -> SQL:
        self.env.flush_all()
        # compiling a statement of so many steps takes longer than it saves
        self.env.cr.execute("SET LOCAL jit = off")
        return build(
            replace(self._get_scope(company, day, partners), **in_scope),
            self._get_parts(company, day),
            self._get_channels(),
            self._get_sources(company),
        )

    @api.model
    def _leave_out(self, scope, parts):
        """Return the parts without those that concern none of the customers' items.

        Most customers have no dispute, promise or hold at all. To plan the joins of
        those parts takes half of the time of a statement about one of them.
        """
        asked = [part for part in parts if part.among]
        if not asked:
            return parts
        select = assessment.build_concerned(scope, [part.among for part in asked])
        concerned = {asked[no].reason for [no] in self.env.execute_query(select)}
        return [part for part in parts if not part.among or part.reason in concerned]

    @api.model
    def _get_scope(self, company, day, partners=None) -> Scope:
        policies = self._search_policies(company)
        partner_model = self.env["res.partner"].with_company(company)
        fallback = partner_model._fields[
            "dunning_policy_id"
        ].get_company_dependent_fallback(partner_model)
        return Scope(
            company_id=company.id,
            day=day,
            account_ids=self._get_receivable_accounts(company).ids,
            policy_ids=policies.ids,
            default_policy_id=company.dunning_policy_id.id or None,
            fallback_policy_id=fallback.id or None,
            rules=self._get_rules(company, policies),
            partner_ids=None if partners is None else self._get_family_ids(partners),
        )

    @api.model
    def _search_policies(self, company):
        """Return the active policies that the company may use: its own and shared."""
        # who may see the reason of an item need not see every policy
        return (
            self.env["account.dunning.policy"]
            .sudo()
            .search([("company_id", "in", [False, *company.parent_ids.ids])])
        )

    @api.model
    def _get_receivable_accounts(self, company):
        return (
            self.env["account.account"]
            .sudo()
            .with_context(active_test=False)
            .search([("account_type", "=", "asset_receivable")], order="id")
        )

    @api.model
    def _get_family_ids(self, partners):
        """Return the ids of all partners of the given ones' commercial entities."""
        return (
            self.env["res.partner"]
            .sudo()
            .with_context(active_test=False)
            ._search(
                [("commercial_partner_id", "in", partners.commercial_partner_id.ids)]
            )
            .get_result_ids()
        )

    @api.model
    def _get_rules(self, company, policies):
        """Return the policy rules that can be used, in the order they are tried.

        A rule whose filter broke (a field that went away with an addon) is left out
        here, and told of by :meth:`_get_broken_rules`.
        """
        rules = []
        for rule in self._search_rules(company, policies):
            query = rule._get_partner_query()
            if query is not None:
                rules.append(
                    Rule(
                        policy_id=rule.policy_id.id,
                        partners=query.subselect() if query is not False else None,
                        amount_min=rule.amount_min or None,
                        amount_max=rule.amount_max or None,
                    )
                )
        return rules

    @api.model
    def _search_rules(self, company, policies):
        return (
            self.env["account.dunning.policy.rule"]
            .sudo()
            .search(
                [
                    ("policy_id", "in", policies.ids),
                    ("company_id", "in", [False, *company.parent_ids.ids]),
                ]
            )
        )

    @api.model
    def _get_broken_rules(self, company):
        """Return the active rules whose customer filter cannot be evaluated."""
        policies = self._search_policies(company)
        return self._search_rules(company, policies).filtered(
            lambda rule: rule._get_partner_query() is None
        )

    @api.model
    def _get_rates(self, company, day):
        """Return (currency id, value of one unit in company currency) on the day."""
        # an archived currency may still be owed, as long as it has rates
        currencies = (
            self.env["res.currency"]
            .sudo()
            .with_context(active_test=False)
            .search(["|", ("active", "=", True), ("rate_ids", "!=", False)])
        )
        return [
            (
                currency.id,
                currency._get_conversion_rate(
                    currency, company.currency_id, company, day
                ),
            )
            for currency in currencies
        ]

    @api.model
    def _get_channels(self) -> list[Channel]:
        """Return the channels that levels may use and how they reach a debtor."""
        return [
            Channel(
                name="email",
                level_column="channel_email",
                reachable=SQL("COALESCE(contact.email_normalized, '') != ''"),
            ),
            Channel(
                name="letter",
                level_column="channel_letter",
                reachable=SQL(
                    "COALESCE(contact.street, contact.street2, '') != ''"
                    " AND COALESCE(contact.city, contact.zip, '') != ''"
                ),
            ),
        ]
