import logging
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..engine import promise as engine
from .account_dunning_guard import for_judging, is_judging

_logger = logging.getLogger(__name__)

#: States in which reconciliations decide.
JUDGED_STATES = ("active", "kept", "partial", "broken")
#: The agreement was not kept.
MISSED_STATES = ("partial", "broken")


class AccountDunningPromiseJudging(models.Model):
    """Judging: what the ledger says of an agreement, and what follows from it.

    Whenever something is matched with the items or unmatched from them, and every
    night for the days that pass, the whole agreement is judged anew from the
    reconciliations. So what is undone in the ledger is undone here, too.
    """

    # a room of its own: judging
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.promise"

    # === BUSINESS METHODS - JUDGING === #

    @api.model
    def _judge_items(self, items):
        """Judge the agreements on items that were matched or unmatched just now.

        What judging itself matches and undoes is not judged once more.
        """
        if is_judging(self.env) or not items:
            return
        # who matches a payment need not have rights on agreements, and may not choose
        # whether one is kept
        promises_sudo = self.sudo().search(
            [
                ("item_ids.move_line_id", "in", items.ids),
                ("state", "in", JUDGED_STATES),
            ]
        )
        promises_sudo._judge()

    def _judge(self):
        """Set each agreement to what the reconciliations of its items say today."""
        for promise in for_judging(self).sorted("id"):
            if promise.state in JUDGED_STATES:
                promise._judge_one(promise.company_id._dunning_today())

    def _judge_one(self, day):
        self.ensure_one()
        lines = self.line_ids.sorted(lambda line: (line.date, line.id))
        receipts = self._get_receipts()
        judgement = engine.judge(
            [
                engine.Instalment(line.date, amount)
                for line, amount in zip(
                    lines, self._get_owed(lines, receipts), strict=True
                )
            ],
            receipts,
            day,
            self.tolerance_days,
        )
        state = judgement.state
        if state == "active" and self.state != "active" and self._get_rivals():
            # another agreement has taken its place
            state = self.state
        self._write_judgement(lines, judgement, state)
        if state != self.state:
            self._set_state(state, day)
        elif state == "kept":
            self._waive_rest(day)

    def _get_owed(self, lines, receipts):
        """Return what is owed for each instalment as an exact amount.

        :param receipts: as from :meth:`_get_receipts`.
        """
        return [self._exact(line.amount) for line in lines]

    def _write_judgement(self, lines, judgement, state):
        for line, outcome in zip(lines, judgement.outcomes, strict=True):
            line_state = outcome.state
            if line_state == "active" and self._is_called_due(state):
                line_state = "cancelled"
            line._unguarded().write(
                {
                    "state": line_state,
                    "amount_paid": float(outcome.paid),
                    "amount_settled": float(outcome.settled),
                }
            )
        paid = sum(outcome.paid for outcome in judgement.outcomes)
        self._unguarded().write(
            {
                "amount_paid": float(paid + judgement.surplus),
                "amount_settled": float(sum(o.settled for o in judgement.outcomes)),
                "amount_surplus": float(judgement.surplus),
            }
        )

    def _is_called_due(self, state):
        """Whether the later instalments fall with the one that was missed."""
        return (
            state in MISSED_STATES
            and (self.break_action or self._get_break_action()) == "cancel"
        )

    def _exact(self, amount):
        return Decimal(str(self.currency_id.round(amount)))

    def _get_receipts(self):
        """Return what was matched with the items since the agreement was made."""
        self.ensure_one()
        waivers = self._get_own_credits()
        receipts = []
        for claim in self.item_ids:
            item = claim.move_line_id
            entries, waived = [], 0
            for partial in item.matched_credit_ids:
                if partial.id <= claim.known_partial_id:
                    continue
                amount = self._exact(partial.debit_amount_currency)
                credit = partial.credit_move_id
                if credit.move_id in waivers:
                    # what the agreement itself gave keeps nothing
                    waived += amount
                elif not claim._is_of_earlier_agreement(credit.date):
                    entries += self._split_receipt(credit, amount)
            if item.parent_state == "cancel":
                # what is owed no more was settled, if not paid
                entries.append(
                    engine.Receipt(claim.date, self._exact(claim.amount_open), False)
                )
            left = 0 if item.parent_state == "cancel" else item.amount_residual_currency
            settled = self._exact(claim.amount_open) - self._exact(left) - waived
            receipts += engine.receipts_since(entries, claim.date, settled)
        return receipts

    def _split_receipt(self, credit, amount):
        """Return what a matched credit is to the agreement: money, and the rest.

        One entry may hold both, as a payment that is registered with its difference
        written off.
        """
        if not self._is_payment(credit):
            return [engine.Receipt(credit.date, amount, False)]
        paid = self._exact(float(amount) * self._get_paid_share(credit))
        parts = [(paid, True), (amount - paid, False)]
        return [engine.Receipt(credit.date, part, is_) for part, is_ in parts if part]

    @api.model
    def _get_paid_share(self, credit):
        """Return which share of a credit is money, from 0 to 1.

        What its entry books as an expense, such as a bad debt or a discount, is none.
        """
        entry = credit.move_id
        spent = sum(
            line.balance
            for line in entry.line_ids
            if line.account_id.internal_group == "expense"
        )
        settled = -sum(
            line.balance
            for line in entry.line_ids
            if line.account_type == "asset_receivable"
        )
        if entry.company_currency_id.compare_amounts(settled, 0) <= 0:
            return 1.0
        return min(max(1 - spent / settled, 0.0), 1.0)

    def _get_own_credits(self):
        """Return the entries by which the agreement itself lowered its items."""
        self.ensure_one()
        return self.writeoff_id.sudo().line_ids.entry_id

    @api.model
    def _is_payment(self, credit):
        """Return whether a credit that was matched with an item keeps the promise.

        Credit notes and write-offs settle an item; they do not pay it.
        """
        return credit._is_money()

    def _search_paid_elsewhere(self):
        """Return what was matched with the customer's other items since."""
        Partial = self.env["account.partial.reconcile"]
        if not self or not self.currency_id:
            return Partial
        return Partial.search(
            [
                ("company_id", "=", self.company_id.id),
                ("max_date", ">=", self.date),
                ("credit_move_id.date", ">=", self.date),
                ("debit_currency_id", "=", self.currency_id.id),
                ("debit_move_id.account_type", "=", "asset_receivable"),
                (
                    "debit_move_id.partner_id.commercial_partner_id",
                    "=",
                    self.partner_id.id,
                ),
                ("debit_move_id", "not in", self.move_line_ids.ids),
            ]
        )

    # === BUSINESS METHODS - WHAT FOLLOWS === #

    def _set_state(self, state, day):
        """Enter a state, undo what the one before brought about, and act."""
        before = self.state
        self._close(state, day)
        if before == "kept":
            self._take_back_waiver(day)
        if before in MISSED_STATES and state not in MISSED_STATES:
            self._undo_breach()
        if state == "kept":
            self._waive_rest(day)
        elif state in MISSED_STATES and before not in MISSED_STATES:
            self._react_to_breach(day)
        elif state == "active":
            self._touch_items()
        labels = dict(self._fields["state"]._description_selection(self.env))
        self._tell(
            self.env._(
                "%(state)s: %(agreement)s, %(paid)s paid",
                state=labels[state],
                agreement=self.display_name,
                paid=self._format(self.amount_paid),
            )
        )

    def _get_break_action(self):
        """Return how the policy reacts; an override point.

        ``resume`` dunning, ``raise`` by a level, ``cancel`` what is left of the plan,
        or propose the ``legal`` step.
        """
        policy = self.policy_id or self.company_id.dunning_policy_id
        return policy.sudo().promise_break_action or "resume"

    def _react_to_breach(self, day):
        """Tell the collector, and do what the policy says."""
        action = self._get_break_action()
        self._unguarded().break_action = action
        if action == "raise":
            # the ladder is the dunning's own data, not the ledger's
            self.move_line_ids.sudo().write({"dunning_raise_date": day})
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.partner_id, self.company_id
        )
        user = debtor.user_id or self.user_id or self.company_id.dunning_user_id
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=(user or self.env.user).id,
            date_deadline=day,
            summary=self._get_breach_summary(action),
            note=self._get_breach_note(),
        )

    def _get_breach_summary(self, action):
        if action == "legal":
            return self.env._("Agreement broken: take the legal step?")
        if self.state == "partial":
            return self.env._("Agreement only partly kept")
        return self.env._("Agreement broken")

    def _get_breach_note(self):
        """Return what was to come, what came, and what came elsewhere."""
        missed = self.line_ids.filtered(lambda line: line.state in MISSED_STATES)[:1]
        texts = [
            self.env._(
                "%(amount)s was due on %(date)s, %(paid)s came for it.",
                amount=self._format(missed.amount),
                date=format_date(self.env, missed.date),
                paid=self._format(missed.amount_paid),
            ),
            self.env._(
                "Agreements of this customer that were not kept: %(count)s.",
                count=self.search_count(
                    [
                        ("partner_id", "=", self.partner_id.id),
                        ("company_id", "=", self.company_id.id),
                        ("state", "in", MISSED_STATES),
                    ]
                ),
            ),
        ]
        if not self.currency_id.is_zero(self.amount_elsewhere):
            texts.append(
                self.env._(
                    "%(amount)s was paid on other invoices since; it does not count"
                    " here unless it is matched with the items of the agreement.",
                    amount=self._format(self.amount_elsewhere),
                )
            )
        return " ".join(texts)

    def _undo_breach(self):
        """The ledger says otherwise now: take back what the breach brought about."""
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._unguarded().break_action = False
        self.move_line_ids.sudo().write({"dunning_raise_date": False})

    # === BUSINESS METHODS - WAIVER === #

    def _waive_rest(self, day):
        """Write off what a kept settlement leaves open, once.

        An entry that cannot be posted today must not undo the payment that is just
        being matched: it is tried again every night, and the collector is told.
        """
        if not self._is_waiver_due():
            return
        try:
            with self.env.cr.savepoint():
                self._unguarded().writeoff_id = self._create_waiver(day)
                self.writeoff_id._post()
                # what was told of an earlier attempt is settled
                self.activity_unlink(["mail.mail_activity_data_todo"])
        except (UserError, RedirectWarning) as error:
            self._tell_waiver_trouble(error)

    def _is_waiver_due(self):
        self.ensure_one()
        return (
            self.kind == "settlement"
            and self.state == "kept"
            and not self._has_waiver()
            and not self.currency_id.is_zero(self.amount_discount)
            and any(item.amount_residual_currency > 0 for item in self.move_line_ids)
        )

    def _has_waiver(self):
        lines = self.writeoff_id.sudo().line_ids
        return any(line.state == "posted" for line in lines)

    def _create_waiver(self, day):
        """Draft the write-off of the rest; it was approved with the agreement."""
        reason = self.env.ref(
            "account_dunning_advanced.account_dunning_writeoff_reason_settlement"
        )
        writeoff = (
            self.env["account.dunning.writeoff"]
            .sudo()
            .with_company(self.company_id)
            .create(
                {
                    "company_id": self.company_id.id,
                    "date": day,
                    "reason_id": reason.id,
                    "note": self.display_name,
                    "user_id": (self.user_id or self.env.user).id,
                    "line_ids": [
                        Command.create({"move_line_id": item.id, "amount": amount})
                        for item, amount in self._get_waived_amounts()
                    ],
                }
            )
        )
        writeoff._unguarded().write(
            {"state": "approved", "approved_by_id": self.approved_by_id.id}
        )
        return writeoff

    def _get_waived_amounts(self):
        """Return (item, amount): what is open, up to the discount that was agreed."""
        left = self.amount_discount
        amounts = []
        for item in self.move_line_ids.sorted("date_maturity", reverse=True):
            amount = self.currency_id.round(min(item.amount_residual_currency, left))
            if amount > 0:
                amounts.append((item, amount))
                left -= amount
        return amounts

    def _take_back_waiver(self, day):
        """The settlement is not kept any more: what was waived is owed again."""
        if not self._has_waiver():
            return
        lines = self.writeoff_id.sudo().line_ids
        try:
            with self.env.cr.savepoint():
                lines.filtered(lambda line: line.state == "posted")._reverse(day)
        except (UserError, RedirectWarning) as error:
            self._tell_waiver_trouble(error)

    def _tell_waiver_trouble(self, error):
        self._tell_trouble(
            self.env._("The waiver of the settlement could not be booked"), error
        )

    def _tell_trouble(self, summary, error):
        """Have the collector look at what could not be booked, once."""
        self.ensure_one()
        if summary in self.activity_ids.mapped("summary"):
            return
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=(self.user_id or self.env.user).id,
            summary=summary,
            note=str(error),
        )

    # === CRON METHODS === #

    @api.model
    def _cron_judge(self):
        """Judge the agreements whose days have passed, and remind of the next ones.

        One company's, and one agreement's, error does not stop the others.
        """
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            day = company._dunning_today()
            of_company = self.with_company(company)
            waiting = of_company.search(self._get_waiting_domain(company, day))
            waiting._each_safely(lambda promise: promise._judge())
            of_company._remind(company, day)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _get_waiting_domain(self, company, day):
        """Return the agreements that the passing of days may change.

        With the tolerance they may still be on track; judging tells.
        """
        missed = Domain("state", "=", "active") & Domain("line_ids.date", "<", day)
        settled = Domain("state", "=", "kept") & Domain("kind", "=", "settlement")
        return Domain("company_id", "=", company.id) & (missed | settled)

    def _each_safely(self, act):
        for promise in self:
            try:
                with self.env.cr.savepoint():
                    act(promise)
            except Exception:
                self.env.invalidate_all(flush=False)
                _logger.exception("agreement %s could not be judged", promise.id)
