from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..engine import promise as engine
from ..engine.rounding import to_decimal
from .account_dunning_notice_charge import format_rate


class AccountDunningPromiseInterest(models.Model):
    """Interest for the time that a payment plan gives.

    Agreed with the plan, part of its instalments, billed when it begins. Ends the plan
    before its time, what was billed for the days to come is credited.
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
            promise._credit_interest(promise.company_id._dunning_today())
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

    def _get_excess(self):
        texts = super()._get_excess()
        usual = self.policy_id.sudo().promise_interest_rate
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
        refusal = limits_sudo._get_for(
            partner.country_id or company.country_id, kind, "interest"
        )._get_refusal(self.date, self.date)
        if refusal:
            raise UserError(refusal)
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
            "invoice_line_ids": self._prepare_interest_lines(
                {line: line.amount_interest for line in self.line_ids}
            ),
        }

    def _prepare_interest_lines(self, amounts):
        """Return the commands for a document's lines.

        :param dict amounts: {instalment: how much of its interest}.
        """
        product = self.company_id._get_dunning_product("interest")
        return [
            Command.create(
                {
                    "product_id": product.id,
                    "name": self._get_interest_text(line, part),
                    "quantity": 1.0,
                    "price_unit": amounts[line],
                    # what was agreed is what is paid
                    "tax_ids": [Command.clear()],
                }
            )
            for line, part in self._get_interest_parts()
            if amounts.get(line)
        ]

    def _get_interest_parts(self):
        """Return [(instalment, its interest as computed)], with base and days."""
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
        )
        return list(zip(lines, parts, strict=True))

    def _get_interest_text(self, line, part):
        """Return the arithmetic of an instalment's interest, in the debtor's words."""
        env = self.with_context(lang=self.partner_id.lang or self.env.lang).env
        return env._(
            "Interest until %(date)s: %(base)s, %(days)s days at %(rate)s %%",
            date=format_date(env, line.date),
            base=self.currency_id.with_env(env).format(float(part.base)),
            days=part.days,
            rate=format_rate(env, self.interest_rate),
        )

    def _get_own_credits(self):
        return super()._get_own_credits() | (
            self.interest_move_id.sudo().reversal_move_ids
        )

    def _react_to_breach(self, day):
        result = super()._react_to_breach(day)
        try:
            with self.env.cr.savepoint():
                self._credit_interest(day)
        except (UserError, RedirectWarning) as error:
            # closed books must not undo what was just matched
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=(self.user_id or self.env.user).id,
                summary=self.env._("The interest of the plan could not be credited"),
                note=str(error),
            )
        return result

    def _undo_breach(self):
        result = super()._undo_breach()
        for credit_sudo in self._get_interest_credits():
            undone = credit_sudo._reverse_moves(
                [{"date": max(credit_sudo.date, self.company_id._dunning_today())}],
                cancel=True,
            )
            undone.dunning_promise_id = self
        return result

    def _get_interest_credits(self):
        """Return the credit notes on the plan's interest that stand."""
        return self.interest_move_id.sudo().reversal_move_ids.filtered(
            lambda credit: credit.state == "posted"
            and not credit.reversal_move_ids.filtered(lambda m: m.state == "posted")
        )

    def _credit_interest(self, day):
        """Credit the interest of the days after the plan's last one.

        Of the instalment in which it ends, the days that have passed are owed.

        :param date day: the day on which it ended.
        """
        self.ensure_one()
        bill_sudo = self.interest_move_id.sudo()
        amounts = self._get_unearned_interest(day)
        if not amounts or bill_sudo.state != "posted" or self._get_interest_credits():
            return
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
                "ref": self.env._("%(bill)s: the plan has ended", bill=bill_sudo.name),
                "invoice_line_ids": self._prepare_interest_lines(amounts),
            }
        )
        credit_sudo._post(soft=False)
        (bill_sudo | credit_sudo).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()

    def _get_unearned_interest(self, day):
        """Return {instalment: interest of its days after a day}."""
        amounts = {}
        for line, part in self._get_interest_parts():
            left = min((line.date - day).days, part.days)
            if left <= 0 or not line.amount_interest:
                continue
            earned = self.currency_id.round(
                line.amount_interest * (part.days - left) / part.days
            )
            amounts[line] = self.currency_id.round(line.amount_interest - earned)
        return amounts
