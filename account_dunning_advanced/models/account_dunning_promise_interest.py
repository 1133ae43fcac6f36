from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..engine import promise as engine
from ..engine.rounding import to_decimal
from .account_dunning_notice_charge import format_rate
from .account_dunning_promise_judging import MISSED_STATES

# With these an agreement is over before all of it has come.
ENDED_STATES = (*MISSED_STATES, "cancelled")


class AccountDunningPromiseInterest(models.Model):
    """Interest for the time that a payment plan gives.

    Agreed with the plan, part of its instalments, billed when it begins. It is owed on
    what the ledger says was open on each day: what comes before its time, is upheld,
    or is called due with the end of the plan lowers it, and the rest is credited.
    """

    # a room of its own: the only thing of an agreement that is in the ledger
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.promise"

    interest_rate = fields.Float(
        string="Interest (% a year)",
        digits=(5, 2),
        tracking=True,
        help="What the customer pays for the time that the plan gives, simple, by days"
        " of a year of 365. 0 for none. While the plan is on track nothing else is"
        " charged on its items.",
    )
    amount_interest = fields.Monetary(
        string="Of It Interest",
        compute="_compute_amount_interest",
        help="Is billed when the plan begins, as a document of its own.",
    )
    interest_move_id = fields.Many2one(
        comodel_name="account.move",
        string="Bill of the Interest",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )

    _interest_rate_positive = models.Constraint(
        "CHECK (interest_rate >= 0)", "Interest on a plan is not negative."
    )

    # === COMPUTE METHODS === #

    @api.depends("line_ids.amount_interest")
    def _compute_amount_interest(self):
        for promise in self:
            promise.amount_interest = sum(promise.line_ids.mapped("amount_interest"))

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"interest_move_id"}

    # === ACTION METHODS === #

    def action_cancel(self):
        """End the agreements today; interest for the days to come is credited."""
        result = super().action_cancel()
        for promise in self:
            promise._settle_interest(promise.company_id._dunning_today())
        return result

    def action_view_interest(self):
        """Open the bill of the interest."""
        self.ensure_one()
        return self.interest_move_id._get_records_action()

    # === BUSINESS METHODS === #

    def _get_amount_agreed(self):
        """Return what is to be paid for the items themselves."""
        self.ensure_one()
        return self.amount_total - self.amount_interest

    def _check_content(self):
        if not self.currency_id.is_zero(self.amount_interest) and self.kind != "plan":
            raise UserError(self.env._("Only a payment plan bears interest."))
        self._check_interest()
        return super()._check_content()

    def _get_excess_of(self, policy):
        texts = super()._get_excess_of(policy)
        usual = policy.promise_interest_rate
        if self.amount_interest and self.interest_rate > usual:
            texts.append(
                self.env._(
                    "It bears %(rate)s %% interest, the policy says %(usual)s %%.",
                    rate=format_rate(self.env, self.interest_rate),
                    usual=format_rate(self.env, usual),
                )
            )
        return texts

    def _check_interest(self):
        """:raise UserError: a law forbids interest, or so much of it."""
        if self.currency_id.is_zero(self.amount_interest):
            return
        company, partner = self.company_id, self.partner_id
        kind = partner._get_dunning_kind()
        limits_sudo = self.env["account.dunning.charging"]._get_limits()
        limits_sudo = limits_sudo._get_for(
            partner.country_id or company.country_id, kind, "interest"
        )
        refusal = limits_sudo._get_refusal(self.date, self._get_reminded_date())
        if refusal:
            raise UserError(refusal)
        for limit_sudo in limits_sudo._get_rate_limits():
            if self.interest_rate > limit_sudo._get_rate_on(company, self.date):
                raise UserError(
                    self.env._(
                        "%(rate)s %% is too much: %(rule)s",
                        rate=format_rate(self.env, self.interest_rate),
                        rule=limit_sudo._get_message(),
                    )
                )
        for warning in limits_sudo._get_rate_warnings(self.interest_rate):
            self.message_post(body=warning)
        rule = self.env["account.dunning.interest"]._find_by_law(company, kind)
        if rule.cap and self.interest_rate > rule.cap:
            raise UserError(
                self.env._(
                    "%(rate)s %% is more than the %(cap)s %% that %(rule)s allows"
                    " (%(law)s).",
                    rate=format_rate(self.env, self.interest_rate),
                    cap=format_rate(self.env, rule.cap),
                    rule=rule.name,
                    law=rule.source or "–",
                )
            )

    def _get_reminded_date(self):
        """Return the day of the first reminder of the items that were reminded last."""
        self.ensure_one()
        Charging = self.env["account.dunning.charging"]
        first_notices = Charging._get_first_notices(self.move_line_ids).values()
        return max((day for _any, day in first_notices if day), default=self.date)

    def _activate(self):
        for promise in self:
            promise._bill_interest()
        return super()._activate()

    def _bill_interest(self):
        """Bill the interest of the plan, and let the plan cover the bill.

        :raise RedirectWarning: journal or product is not set up.
        :raise UserError: the books are closed.
        """
        self.ensure_one()
        if self.currency_id.is_zero(self.amount_interest):
            return
        company = self.company_id
        day = company._dunning_today()
        journal = company._get_dunning_charge_journal()
        # The bill is the process's own document, like that of a notice's charges.
        bill_sudo = (
            self.env["account.move"]
            .sudo()
            .with_company(company)
            .create(self._prepare_interest_bill(journal, day))
        )
        company._check_dunning_lock(
            day, bool(bill_sudo.invoice_line_ids.tax_ids), journal
        )
        bill_sudo._post(soft=False)
        items = bill_sudo.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self._unguarded().write(
            {
                "interest_move_id": bill_sudo.id,
                "move_line_ids": [Command.link(item.id) for item in items],
            }
        )

    def _prepare_interest_bill(self, journal, day):
        """Return the values of the invoice that bills the interest of the plan."""
        self.ensure_one()
        return {
            "move_type": "out_invoice",
            "dunning_promise_id": self.id,
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": day,
            "date": day,
            "invoice_date_due": max(self.line_ids.mapped("date")),
            "invoice_payment_term_id": False,
            "invoice_user_id": self.user_id.id or self.env.uid,
            "invoice_line_ids": [
                self._prepare_interest_line(
                    line.amount_interest, self._get_interest_text(line, part)
                )
                for line, part in self._get_interest_parts()
                if line.amount_interest
            ],
        }

    def _prepare_interest_line(self, amount, text):
        """Return the command for a line of the bill, or of a credit note on it."""
        return Command.create(
            {
                "product_id": self.company_id._get_dunning_product("interest").id,
                "name": text,
                "quantity": 1.0,
                "price_unit": amount,
                # what was agreed is what is paid
                "tax_ids": [Command.clear()],
            }
        )

    # === BUSINESS METHODS - HOW MUCH === #

    def _get_interest_parts(self, end=None):
        """Return [(instalment, its interest by the ledger)], with bases and days.

        :param date end: the last day that bears interest, if not that of the plan.
        """
        lines = self.line_ids.sorted(lambda line: (line.date, line.id))
        parts = engine.bear_interest(
            [
                engine.Instalment(
                    line.date, to_decimal(line.amount - line.amount_interest)
                )
                for line in lines
            ],
            to_decimal(self.interest_rate),
            self.date,
            rounding=to_decimal(self.currency_id.rounding),
            bearing=self._get_bearing_course(self.move_line_ids),
            end=end,
        )
        return list(zip(lines, parts, strict=True))

    def _get_bearing_course(self, items):
        """Return [(day, what of some items bears interest from this day on)].

        Charges bear none, nor do days for which a notice or another plan has charged.
        """
        # who takes a plan need not have rights on all that charged its items
        items_sudo = items._origin.sudo().filtered(
            lambda item: item._get_claim_kind() == "principal"
        )
        charging = self.env["account.dunning.charging"]
        balances = charging._get_balances(items_sudo)
        noticed = charging._get_spans(items_sudo)
        planned = charging._get_plan_spans(items_sudo, but=self)
        return engine.bearing_course(
            (
                self._get_open_course(item_sudo, balances),
                self._get_charged_spans(item_sudo, noticed) + planned[item_sudo.id],
            )
            for item_sudo in items_sudo
        )

    @api.model
    def _get_open_course(self, item, balances):
        if item.parent_state != "posted":
            return [(date.min, Decimal(0))]
        return balances[item.id]

    @api.model
    def _get_charged_spans(self, item, noticed):
        """Return the days of an item for which notices charge."""
        if item.dunning_interest_date and item.id not in noticed:
            # taken over from elsewhere: all that is known is the last day
            return [(date.min, item.dunning_interest_date)]
        return [
            (span.date_from, span.date_to) for span in noticed[item.id] if span.counts
        ]

    def _prepare_terms(self):
        """Lower the interest that is more than rate, days and principal give.

        The principal of the instalments stays; what was agreed below it stays, too.
        """
        result = super()._prepare_terms()
        if self.kind != "plan" or self.currency_id.is_zero(self.amount_interest):
            return result
        before = self.amount_interest
        for line, part in self._get_interest_parts():
            most = float(part.amount)
            if self.currency_id.compare_amounts(line.amount_interest, most) > 0:
                line.write(
                    {
                        "amount": line.amount - line.amount_interest + most,
                        "amount_interest": most,
                    }
                )
        if self.currency_id.compare_amounts(before, self.amount_interest):
            self.message_post(
                body=self.env._(
                    "Interest lowered from %(before)s to %(after)s: by rate and days,"
                    " on what is open and not charged already.",
                    before=self._format(before),
                    after=self._format(self.amount_interest),
                )
            )
        return result

    def _get_interest_text(self, line, part):
        """Return the arithmetic of an instalment's interest, in the debtor's words."""
        env = self.with_context(lang=self.partner_id.lang or self.env.lang).env
        day = format_date(env, line.date)
        if self.currency_id.compare_amounts(line.amount_interest, float(part.amount)):
            return env._("Interest until %(date)s, as agreed", date=day)
        return env._(
            "Interest until %(date)s: %(sums)s at %(rate)s %%",
            date=day,
            sums=self._get_interest_sums(part, env),
            rate=format_rate(env, self.interest_rate),
        )

    def _get_credit_text(self, line, part):
        """Return why interest is credited, in the debtor's words."""
        env = self.with_context(lang=self.partner_id.lang or self.env.lang).env
        day = format_date(env, line.date)
        if not part.stretches:
            return env._("Interest until %(date)s: none is owed any more", date=day)
        return env._(
            "Interest until %(date)s: owed on %(sums)s only",
            date=day,
            sums=self._get_interest_sums(part, env),
        )

    def _get_interest_sums(self, part, env):
        currency = self.currency_id.with_env(env)
        return "; ".join(
            env._(
                "%(base)s, %(days)s days", base=currency.format(float(base)), days=days
            )
            for base, days in part.stretches
        )

    # === BUSINESS METHODS - SETTLING === #

    def _get_owed_parts(self, receipts, end=None):
        """Return {instalment: its interest by the ledger} where that rules.

        An agreement that is paid as agreed is owed as agreed, though the money for the
        interest may have been matched with the items.

        :param receipts: as from ``_get_receipts``.
        """
        if self.interest_move_id.sudo().state != "posted":
            return {}
        agreed = [
            engine.Instalment(line.date, self._exact(line.amount))
            for line in self.line_ids
        ]
        if not end and not engine.is_ahead(agreed, receipts):
            return {}
        return dict(self._get_interest_parts(end))

    def _get_owed(self, lines, receipts):
        """Return what is owed for each instalment: less the interest that fell."""
        amounts = super()._get_owed(lines, receipts)
        parts = self._get_owed_parts(receipts)
        return [
            amount - self._get_fallen(line, parts)
            for line, amount in zip(lines, amounts, strict=True)
        ]

    def _get_fallen(self, line, parts):
        """Return how much of the interest of an instalment is not owed."""
        interest = self._exact(line.amount_interest)
        return max(interest - parts[line].amount, Decimal(0)) if line in parts else 0

    def _judge_one(self, day):
        result = super()._judge_one(day)
        try:
            with self.env.cr.savepoint():
                self._settle_interest(day)
        except (UserError, RedirectWarning) as error:
            # closed books must not undo what was just matched
            self._tell_interest_trouble(error)
        return result

    def _tell_interest_trouble(self, error):
        self._tell_trouble(
            self.env._("The interest of the plan could not be credited"), error
        )

    @api.model
    def _get_waiting_domain(self, company, day):
        """Add the plans whose interest follows the ledger."""
        lent = Domain("state", "=", "active") & Domain("interest_move_id", "!=", False)
        return super()._get_waiting_domain(company, day) | (
            Domain("company_id", "=", company.id) & lent
        )

    def _get_own_credits(self):
        return super()._get_own_credits() | (
            self.interest_move_id.sudo().reversal_move_ids
        )

    def _get_interest_credits(self):
        """Return the credit notes on the plan's interest that stand."""
        return self.interest_move_id.sudo().reversal_move_ids.filtered(
            lambda credit: credit.state == "posted"
            and not credit.reversal_move_ids.filtered(lambda m: m.state == "posted")
        )

    def _settle_interest(self, day):
        """Credit the interest that is not owed, or take such credits back.

        Of the instalment in which a plan ends, the days that have passed are owed.

        :param date day: of the credit note.
        :raise UserError: the books are closed.
        """
        self.ensure_one()
        if self.interest_move_id.sudo().state != "posted":
            return
        end = self.date_closed if self.state in ENDED_STATES else None
        parts = self._get_owed_parts(self._get_receipts(), end)
        fallen = {line: float(self._get_fallen(line, parts)) for line in self.line_ids}
        compare = self.currency_id.compare_amounts
        changes = [compare(fallen[line], line.amount_credited) for line in fallen]
        if not any(changes):
            return
        if min(changes) < 0:
            self._undo_interest_credits(day)
        amounts = {
            line: self.currency_id.round(amount - line.amount_credited)
            for line, amount in fallen.items()
            if compare(amount, line.amount_credited) > 0
        }
        if amounts:
            self._credit_interest(amounts, parts, day)
        for line, amount in fallen.items():
            line._unguarded().amount_credited = amount

    def _undo_interest_credits(self, day):
        """What was credited is owed after all."""
        for credit_sudo in self._get_interest_credits():
            undone = credit_sudo._reverse_moves(
                [{"date": max(credit_sudo.date, day)}], cancel=True
            )
            undone.dunning_promise_id = self
        self.line_ids._unguarded().amount_credited = 0.0

    def _credit_interest(self, amounts, parts, day):
        """Credit interest that was billed, and set it against the bill.

        :param dict amounts: {instalment: how much of its interest}.
        :param dict parts: {instalment: its interest by the ledger}.
        """
        bill_sudo = self.interest_move_id.sudo()
        journal = bill_sudo.journal_id
        self.company_id._check_dunning_lock(day, False, journal)
        credit_sudo = bill_sudo.create(
            {
                **self._prepare_interest_bill(journal, max(day, bill_sudo.date)),
                "move_type": "out_refund",
                "reversed_entry_id": bill_sudo.id,
                "invoice_date_due": False,
                # at the bill's rate, or the books would not be what they were
                "invoice_currency_rate": bill_sudo.invoice_currency_rate,
                "ref": self.env._(
                    "%(bill)s: interest that is not owed", bill=bill_sudo.name
                ),
                "invoice_line_ids": [
                    self._prepare_interest_line(
                        amount, self._get_credit_text(line, parts[line])
                    )
                    for line, amount in amounts.items()
                ],
            }
        )
        credit_sudo._post(soft=False)
        (bill_sudo | credit_sudo).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()
