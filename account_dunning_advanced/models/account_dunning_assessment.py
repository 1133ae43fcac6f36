from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import assessment
from ..engine.assessment import Among, Channel, Part, Rule, Scope

# In the context under ``dunning_despite_offers``: judge as if nothing had been offered,
# as sending does, for a notice is not stopped by its own offer. An object, which no
# RPC call can send.
DESPITE_OFFERS = object()


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

    # === BUSINESS METHODS - REASONS === #

    @api.model
    def _get_parts(self, company, day) -> list[Part]:
        """Return the reasons that concern one item alone.

        Override and append to add a reason. Sequences used here: 5 to 40 what core
        and the policy say, 80 money under way; legal cases take 50, agreements and
        disputes 60 to 66 (disputes 60, settlements 62, plans 64, promises 66),
        holds 70 to 74, reliefs 75, offers 76; 50 is for
        legal cases, 55 for claims that a factor collects.
        """
        return [
            Part(
                reason="nothing_owed",
                sequence=5,
                condition=SQL("item.residual <= 0"),
            ),
            Part(
                reason="excluded",
                sequence=10,
                condition=SQL("item.no_followup IS TRUE"),
            ),
            Part(
                reason="blocked",
                sequence=20,
                condition=SQL("item.payment_state = 'blocked'"),
            ),
            Part(
                reason="no_partner",
                sequence=25,
                condition=SQL("item.debtor_id IS NULL"),
            ),
            Part(
                reason="no_policy",
                sequence=30,
                condition=SQL("item.policy_id IS NULL"),
            ),
            Part(
                reason="not_due",
                sequence=40,
                condition=SQL(
                    "item.rank = 0 AND %s > %s", self._get_first_day_sql(), day
                ),
                day=self._get_first_day_sql(),
            ),
            self._get_dispute_part(company, day),
            *self._get_promise_parts(company, day),
            *self._get_hold_parts(company, day),
            *self._get_offer_parts(company, day),
            self._get_in_payment_part(company),
        ]

    @api.model
    def _get_first_day_sql(self) -> SQL:
        """Return SQL for the day from which on an item is asked for at all.

        The first level's day; for the bill of a notice's charges its due date.
        """
        return SQL("CASE WHEN item.is_charge THEN item.date_due ELSE item.next_day END")

    @api.model
    def _get_dispute_part(self, company, day) -> Part:
        """What is disputed is not asked for; the rest of the item is.

        An open dispute counts whatever the day: what is doubtful now must not be asked
        for in a run of last week either. What was not upheld counts for the tolerance
        days given. Several disputes on one item add up; the oldest is the cause.
        """
        return Part(
            reason="disputed",
            sequence=60,
            join=SQL(
                """LEFT JOIN (
                    SELECT line.move_line_id,
                           SUM(line.amount - COALESCE(line.amount_upheld, 0)) AS amount,
                           MAX(COALESCE(dispute.date_tolerance, dispute.deadline))
                               AS date_to,
                           MIN(dispute.id) AS id
                      FROM account_dunning_dispute_line line
                      JOIN account_dunning_dispute dispute
                        ON dispute.id = line.dispute_id
                     WHERE dispute.company_id = %s
                       AND (dispute.state = 'open' OR dispute.date_tolerance >= %s)
                     GROUP BY 1
                ) disputed ON disputed.move_line_id = item.line_id""",
                company.id,
                day,
            ),
            among=Among(
                "line_id",
                SQL(
                    """SELECT line.move_line_id
                         FROM account_dunning_dispute_line line
                         JOIN account_dunning_dispute dispute
                           ON dispute.id = line.dispute_id
                        WHERE dispute.company_id = %s
                          AND (dispute.state = 'open' OR dispute.date_tolerance >= %s)
                    """,
                    company.id,
                    day,
                ),
            ),
            condition=SQL("disputed.amount >= item.residual"),
            deduction=SQL("COALESCE(disputed.amount, 0)"),
            amount=SQL("disputed.amount"),
            day=SQL("disputed.date_to"),
            cause_model="account.dunning.dispute",
            cause_id=SQL("disputed.id"),
        )

    @api.model
    def _get_hold_parts(self, company, day) -> list[Part]:
        """Holds on the item, its invoice, or the debtor; the nearest is the reason.

        Of several on one target the longest counts, so that the day shown is the one
        on which dunning can really go on.
        """
        return [
            Part(
                reason=reason,
                sequence=sequence,
                join=SQL(
                    """LEFT JOIN (
                        SELECT DISTINCT ON (hold.%(target)s) hold.%(target)s AS target,
                               hold.id, hold.date_to
                          FROM account_dunning_hold hold
                         WHERE hold.%(target)s IS NOT NULL
                           AND hold.%(kind)s IS NOT NULL
                           AND hold.company_id = %(company)s
                           AND hold.date_from <= %(day)s
                           AND COALESCE(hold.date_to, %(day)s) >= %(day)s
                           AND COALESCE(hold.date_ended, 'infinity') > %(day)s
                         ORDER BY hold.%(target)s,
                                  hold.date_to DESC NULLS FIRST, hold.id
                    ) %(reason)s ON %(reason)s.target = item.%(column)s""",
                    target=SQL.identifier(target),
                    kind=SQL.identifier(kind),
                    company=company.id,
                    day=day,
                    reason=SQL.identifier(reason),
                    column=SQL.identifier(column),
                ),
                among=Among(
                    column,
                    SQL(
                        """SELECT hold.%s FROM account_dunning_hold hold
                            WHERE hold.%s IS NOT NULL AND hold.company_id = %s
                              AND hold.date_from <= %s
                              AND COALESCE(hold.date_to, 'infinity') >= %s""",
                        SQL.identifier(target),
                        SQL.identifier(kind),
                        company.id,
                        day,
                        day,
                    ),
                ),
                condition=SQL("%s.id IS NOT NULL", SQL.identifier(reason)),
                day=SQL.identifier(reason, "date_to"),
                cause_model="account.dunning.hold",
                cause_id=SQL.identifier(reason, "id"),
            )
            for reason, sequence, kind, target, column in (
                ("hold_item", 70, "move_line_id", "move_line_id", "line_id"),
                ("hold_invoice", 72, "move_id", "move_id", "move_id"),
                # by the stored debtor, for the hold may name a contact of it
                ("hold_debtor", 74, "partner_id", "debtor_id", "debtor_id"),
            )
        ]

    @api.model
    def _get_offer_parts(self, company, day) -> list[Part]:
        """While the debtor may still settle for less, the next level waits."""
        if self.env.context.get("dunning_despite_offers") is DESPITE_OFFERS:
            return []
        return [
            Part(
                reason="offer",
                sequence=76,
                join=SQL(
                    """LEFT JOIN (
                        SELECT DISTINCT ON (line.move_line_id) line.move_line_id,
                               offered.id, offered.date_to
                          FROM account_dunning_offer offered
                          JOIN account_dunning_offer_line line
                            ON line.offer_id = offered.id
                         WHERE offered.state = 'open' AND offered.pause_ladder
                           AND offered.company_id = %(company)s
                           AND offered.date_from <= %(day)s
                           AND offered.date_to >= %(day)s
                         ORDER BY line.move_line_id, offered.date_to DESC, offered.id
                    ) offer ON offer.move_line_id = item.line_id""",
                    company=company.id,
                    day=day,
                ),
                among=Among(
                    "line_id",
                    SQL(
                        """SELECT line.move_line_id
                             FROM account_dunning_offer offered
                             JOIN account_dunning_offer_line line
                               ON line.offer_id = offered.id
                            WHERE offered.state = 'open' AND offered.pause_ladder
                              AND offered.company_id = %s
                              AND offered.date_to >= %s""",
                        company.id,
                        day,
                    ),
                ),
                condition=SQL("offer.id IS NOT NULL"),
                day=SQL("offer.date_to"),
                cause_model="account.dunning.offer",
                cause_id=SQL("offer.id"),
            )
        ]

    @api.model
    def _get_promise_parts(self, company, day) -> list[Part]:
        """Agreements that are on track on the day; of each kind the reason is its own.

        One that is on track today counts for earlier days, too, for a run for last
        week is issued now. One that is over counts for the days on which it was not.
        Either ends with the first instalment that is not kept, after the days of
        tolerance, even before the daily job has judged it.
        """
        return [
            Part(
                reason=kind,
                sequence=sequence,
                join=SQL(
                    """LEFT JOIN (
                        SELECT DISTINCT ON (claim.move_line_id) claim.move_line_id,
                               agreed.id, next.date
                          FROM account_dunning_promise_item claim
                          JOIN account_dunning_promise agreed
                            ON agreed.id = claim.promise_id
                          LEFT JOIN LATERAL (
                              SELECT MIN(line.date) + agreed.tolerance_days AS date
                                FROM account_dunning_promise_line line
                               WHERE line.promise_id = agreed.id
                                 AND line.state != 'kept'
                          ) next ON TRUE
                         WHERE agreed.kind = %(kind)s
                           AND agreed.company_id = %(company)s
                           AND (agreed.state = 'active'
                                OR agreed.date <= %(day)s
                                   AND agreed.date_closed > %(day)s)
                           AND COALESCE(next.date, 'infinity') >= %(day)s
                         ORDER BY claim.move_line_id, agreed.id DESC
                    ) %(name)s ON %(name)s.move_line_id = item.line_id""",
                    kind=kind,
                    company=company.id,
                    day=day,
                    name=SQL.identifier(f"on_{kind}"),
                ),
                among=Among(
                    "line_id",
                    SQL(
                        """SELECT claim.move_line_id
                             FROM account_dunning_promise agreed
                             JOIN account_dunning_promise_item claim
                               ON claim.promise_id = agreed.id
                            WHERE agreed.kind = %s AND agreed.company_id = %s
                              AND (agreed.state = 'active' OR agreed.date_closed > %s)
                        """,
                        kind,
                        company.id,
                        day,
                    ),
                ),
                condition=SQL("%s.id IS NOT NULL", SQL.identifier(f"on_{kind}")),
                day=SQL.identifier(f"on_{kind}", "date"),
                cause_model="account.dunning.promise",
                cause_id=SQL.identifier(f"on_{kind}", "id"),
            )
            for kind, sequence in (("settlement", 62), ("plan", 64), ("promise", 66))
        ]

    @api.model
    def _get_in_payment_part(self, company) -> Part:
        """Money under way that names the invoice stops the whole item.

        Even a part payment does: the debtor has just acted, and the rest is looked
        at again as soon as the money is matched.
        """
        return Part(
            reason="in_payment",
            sequence=80,
            join=SQL("LEFT JOIN invoice_money ON invoice_money.move_id = item.move_id"),
            # core sets the state while residuals are still open: a payment that has
            # no journal entry of its own
            condition=SQL(
                "invoice_money.move_id IS NOT NULL"
                " OR item.payment_state IN ('in_payment', 'paid')"
            ),
            cause_model=SQL("invoice_money.cause_model"),
            cause_id=SQL("invoice_money.cause_id"),
        )
