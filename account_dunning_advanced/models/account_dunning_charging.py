from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, groupby

from ..engine.interest import (
    WARNING_ABOVE_CAP,
    WARNING_CAPPED,
    WARNING_HELD,
    Balance,
    Layer,
)

#: States of interest that a person has given up: its days are never charged again.
GIVEN_UP = ("waived", "dropped")


@dataclass(frozen=True)
class Entry:
    """Something that was set against an item, in the item's currency."""

    item_id: int
    #: Since when it lowers what is owed.
    day: date
    amount: Decimal
    #: None for what was upheld and is not matched with the item.
    partial_id: int | None
    #: The journal item of the payment or credit.
    credit_id: int | None
    #: The dispute that it was credited for.
    dispute_id: int | None


@dataclass(frozen=True)
class Span:
    """Days of an item for which a notice charged interest, and on what."""

    charge_id: int
    date_from: date
    date_to: date
    state: str
    #: Whether nobody may charge for it again: it is owed, or was given up.
    counts: bool
    #: Whether it was taken back though its notice stands.
    was_lowered: bool
    floor: Decimal
    top: Decimal

    @property
    def layer(self):
        """Return what is not charged again; what was given up, is so as a whole."""
        top = None if self.state in GIVEN_UP else self.top
        floor = self.floor if top else Decimal(0)
        return Layer(self.date_from, self.date_to, floor, top)


@dataclass
class Facts:
    """What charging needs to know of a batch of notices, read in a few queries."""

    #: {item id: [(day, amount that was open from this day on)]}
    balances: dict = field(default_factory=dict)
    #: {item id: (date of the first notice, date of the first one after the due date)}
    first_notices: dict = field(default_factory=dict)
    #: what has been charged its lump sum, see ``_get_lump_sum_key``
    lump_sums: set = field(default_factory=set)
    #: {item id: charges of earlier notices that are owed and not billed}
    unbilled: dict = field(default_factory=lambda: defaultdict(list))
    #: {item id: {charge id: (kind, amount)}} of what issued notices charge the claim
    charged: dict = field(default_factory=lambda: defaultdict(dict))
    #: (item id, id of a charge that is charged once a claim, and was)
    claimed: set = field(default_factory=set)
    #: {item id: [Span]} of interest that issued or reversed notices charged
    spans: dict = field(default_factory=lambda: defaultdict(list))
    #: {item id: [(first day, last day)]} that a payment plan's own interest paid for
    plans: dict = field(default_factory=lambda: defaultdict(list))
    #: {customer id: {currency id: [(day, amount) of open credits], the newest first}}
    credits: dict = field(default_factory=dict)
    #: {customer, or none for all: terms agreed}
    terms: dict = field(default_factory=dict)
    #: what laws forbid, to whomever
    limits: object = ()
    #: what was worked out for one item and holds for others too, see ``once``
    known: dict = field(default_factory=dict)

    def once(self, key, work):
        """Return what ``work`` gives, which depends on ``key`` and the batch alone."""
        if key not in self.known:
            self.known[key] = work()
        return self.known[key]


class AccountDunningCharging(models.AbstractModel):
    """Decides what notices charge: by whose right, within which limits, how much.

    For an addon to charge in its own way it overrides one of the ``_get`` and
    ``_prepare`` methods.
    """

    _name = "account.dunning.charging"
    _description = "Dunning Charging"

    @api.model
    def _charge(self, notices, approved=False):
        """Plan the charges of draft notices anew, and total them up.

        What a person has left out of these notices stays left out, and what a person
        has added is worked out again, within the same limits.

        :param bool approved: the plan has been approved, and no notice may charge more
            of a kind than it had then.
        """
        Charge = self.env["account.dunning.notice.charge"].sudo()
        planned = Charge.search(
            [("notice_id", "in", notices.ids), ("state", "in", ("draft", "refused"))]
        )
        charging = notices.filtered(
            lambda notice: any(
                level.has_charges for level in self._get_open_lines(notice).level_id
            )
        )
        notices = charging | planned.notice_id
        if not notices:
            return
        most = self._get_approved(planned) if approved else None
        added = self._get_added(planned)
        planned.unlink()
        left_out = Charge.search(
            [("notice_id", "in", notices.ids), ("state", "=", "dropped")]
        ).grouped(lambda charge: (charge.notice_id.id, charge._get_key()))
        vals_list = []
        charging |= notices.browse(list(added))
        for company, of_company in charging.grouped("company_id").items():
            facts = self._get_facts(company, of_company)
            for notice in of_company:
                vals_list += self._prepare_notice(
                    notice, facts, added.get(notice.id, ())
                )
        vals_list = [
            values for values in vals_list if not self._is_left_out(values, left_out)
        ]
        if approved:
            vals_list = self._keep_approved(vals_list, most)
        Charge._insert(vals_list)
        notices._refresh_charge_totals()

    @api.model
    def _get_added(self, charges):
        """Return {notice id: {charge: what is to be kept of it}} of charges by hand."""
        added = defaultdict(dict)
        for charge in charges.filtered("is_manual"):
            added[charge.notice_id.id][charge.charge_id] = {
                "is_manual": True,
                "reason": charge.reason,
                "decided_by_id": charge.decided_by_id.id,
            }
        return added

    @api.model
    def _is_left_out(self, values, left_out):
        """Return whether a person has left this charge out, or days of this interest.

        :param left_out: {(notice id, key): charges left out}.
        """
        key = self.env["account.dunning.notice.charge"]._get_key_of(values)
        charges = left_out.get((values["notice_id"], key), ())
        if not values.get("date_from"):
            return bool(charges)
        return any(
            charge.date_from <= values["date_to"]
            and values["date_from"] <= charge.date_to
            for charge in charges
        )

    @api.model
    def _get_approved(self, charges):
        """Return {(notice id, kind): sum} of what is planned."""
        approved = defaultdict(float)
        for charge in charges.filtered(lambda charge: charge.state == "draft"):
            approved[charge.notice_id.id, charge.kind] += charge.amount
        return approved

    @api.model
    def _keep_approved(self, vals_list, approved):
        """Lower what is more than a person approved for a notice and kind."""
        left = dict(approved)
        kept = []
        for values in vals_list:
            if values.get("state") == "refused":
                kept.append(values)
                continue
            key = (values["notice_id"], values["kind"])
            currency = self.env["res.currency"].browse(values["currency_id"])
            amount = min(values["amount"], left.get(key, 0.0))
            # a stretch whose interest rounds to nothing stays, for its days are charged
            if values["amount"] and currency.compare_amounts(amount, 0) <= 0:
                continue
            left[key] = currency.round(left.get(key, 0.0) - amount)
            if currency.compare_amounts(amount, values["amount"]) < 0:
                values = {
                    **values,
                    "amount": amount,
                    "refusal": self.env._("Lowered: not more than was approved"),
                }
            kept.append(values)
        return kept

    @api.model
    def _get_open_lines(self, notice):
        """Return the items that a draft notice asks for, the oldest first."""
        return notice.line_ids.filtered(
            lambda line: line.state == "draft" and not line.is_charge
        ).sorted(lambda line: (line.date_due or date.max, line.id))

    @api.model
    def _get_overdue_lines(self, notice):
        """Return the items that may be charged on: nothing is, before it is late."""
        return self._get_open_lines(notice).filtered(
            lambda line: line.date_due and line.date_due < notice.date
        )

    # === BUSINESS METHODS - FACTS === #

    @api.model
    def _get_facts(self, company, notices):
        """Read what the charges of these notices of a company depend on."""
        items = notices.line_ids.filtered(
            lambda line: line.state == "draft" and not line.is_charge
        ).move_line_id
        self.env.flush_all()
        self._fetch(notices, items)
        terms = self.env["account.dunning.terms"]._search_for(
            company, notices.partner_id, items.move_id
        )
        return Facts(
            balances=self._get_balances(items),
            first_notices=self._get_first_notices(items),
            lump_sums=self._get_lump_sums(items.move_id),
            unbilled=self._get_unbilled(items),
            charged=self._get_charged(items),
            claimed=self._get_claimed(items),
            spans=self._get_spans(items),
            plans=self._get_plan_spans(items),
            credits=self._get_credits(company, notices),
            terms=terms.grouped(lambda agreed: agreed._get_customer()),
            limits=self._get_limits(),
        )

    @api.model
    def _fetch(self, notices, items):
        """Read what charging needs of all items at once, and no more of them.

        Else each notice read its own invoices, with all their columns.
        """
        items.fetch(["move_id", "amount_currency", "dunning_interest_date"])
        items.move_id.fetch(["invoice_date", "date", "move_type", "amount_total"])
        notices.partner_id.fetch(
            ["commercial_partner_id", "dunning_kind", "is_company", "vat", "country_id"]
        )

    @api.model
    def _get_balances(self, items):
        """Return {item id: [(day, open amount)]} from the ledger's reconciliations.

        The amount is in the item's currency. A payment or credit lowers it from its
        own date on; one that is older than the item lowers it from the beginning. What
        was credited for a dispute was not owed since the dispute's ground arose.
        """
        paid = defaultdict(list)
        for entry in self._get_settled(items):
            paid[entry.item_id].append(entry)
        balances = {}
        for item in items:
            amount = Decimal(str(item.amount_currency))
            course = [(date.min, amount)]
            for day, entries in groupby(paid[item.id], lambda entry: entry.day):
                amount -= sum(entry.amount for entry in entries)
                course.append((day, amount))
            balances[item.id] = course
        return balances

    @api.model
    def _get_settled(self, items):
        """Return what was set against the items, in the order of its days.

        :return: list of :class:`Entry`.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                %(matched)s UNION ALL %(upheld)s ORDER BY 1, 2, 4""",
                matched=self._get_matched_sql(items),
                upheld=self._get_upheld_sql(items),
            )
        )
        return [
            Entry(item_id, day, Decimal(str(amount)), *known)
            for item_id, day, amount, *known in rows
        ]

    @api.model
    def _get_matched_sql(self, items):
        """Return SQL of what was matched with the items, see :meth:`_get_settled`."""
        return SQL(
            """
            SELECT partial.debit_move_id,
                   LEAST(credit.date, dispute.date_ground),
                   partial.debit_amount_currency,
                   partial.id,
                   credit.id,
                   dispute.id
              FROM account_partial_reconcile partial
              JOIN account_move_line credit ON credit.id = partial.credit_move_id
              JOIN account_move note ON note.id = credit.move_id
              LEFT JOIN account_dunning_dispute dispute
                     ON dispute.id = note.dunning_dispute_id
             WHERE partial.debit_move_id = ANY(%s)""",
            list(items.ids),
        )

    @api.model
    def _get_upheld_sql(self, items):
        """Return SQL of what was upheld and is not matched, see :meth:`_get_settled`.

        Where the customer had paid in the meantime, the dispute's credit note is left
        open or set against something else: the item was not owed all the same.
        """
        return SQL(
            """
            SELECT line.move_line_id,
                   dispute.date_ground,
                   line.amount_upheld - COALESCE(matched.amount, 0),
                   NULL::int4,
                   NULL::int4,
                   dispute.id
              FROM account_dunning_dispute_line line
              JOIN account_dunning_dispute dispute ON dispute.id = line.dispute_id
              JOIN account_move_line item ON item.id = line.move_line_id
              LEFT JOIN LATERAL (
                       SELECT SUM(partial.debit_amount_currency) AS amount
                         FROM account_partial_reconcile partial
                         JOIN account_move_line credit
                              ON credit.id = partial.credit_move_id
                         JOIN account_move note ON note.id = credit.move_id
                        WHERE partial.debit_move_id = item.id
                          AND note.dunning_dispute_id = dispute.id) matched ON TRUE
             WHERE line.move_line_id = ANY(%s)
               AND line.amount_upheld > COALESCE(matched.amount, 0)
               AND EXISTS (
                       SELECT FROM account_move note
                        WHERE note.dunning_dispute_id = dispute.id
                          AND note.reversed_entry_id = item.move_id
                          AND note.state = 'posted'
                          -- who takes the credit back asks for the item again
                          AND NOT EXISTS (
                                  SELECT FROM account_move undone
                                   WHERE undone.reversed_entry_id = note.id
                                     AND undone.state = 'posted'))""",
            list(items.ids),
        )

    @api.model
    def _get_first_notices(self, items):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.move_line_id, MIN(notice.date),
                       MIN(notice.date) FILTER (WHERE notice.date > line.date_due)
                  FROM account_dunning_notice_line line
                  JOIN account_dunning_notice notice ON notice.id = line.notice_id
                 WHERE line.move_line_id = ANY(%s) AND line.state = 'issued'
                 GROUP BY 1""",
                list(items.ids),
            )
        )
        return {item_id: (first, overdue) for item_id, first, overdue in rows}

    @api.model
    def _get_lump_sums(self, moves):
        charges_sudo = (
            self.env["account.dunning.notice.charge"]
            .sudo()
            .search(
                [
                    ("move_id", "in", moves.ids),
                    ("kind", "=", "lump_sum"),
                    ("state", "in", ("shown", "waiting", "posted", "waived")),
                ]
            )
        )
        return {
            self._get_lump_sum_key(charge.move_id, charge.partner_id)
            for charge in charges_sudo
        }

    @api.model
    def _get_lump_sum_key(self, move, customer):
        """Return what is charged a lump sum once: an invoice, whoever it is asked of.

        An opening entry has items of many customers, each of whom is late.
        """
        return move.id, False if move.is_invoice(True) else customer.id

    @api.model
    def _get_unbilled(self, items):
        charges_sudo = (
            self.env["account.dunning.notice.charge"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("state", "in", ("shown", "waiting")),
                ]
            )
        )
        unbilled = defaultdict(list)
        for charge in charges_sudo:
            unbilled[charge.move_line_id.id].append(charge)
        return unbilled

    @api.model
    def _get_charged(self, items):
        """Return what issued notices charge on these items, or for a notice of them.

        What was carried on counts with the notice that carries it now.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.move_line_id, charge.id, charge.kind, charge.amount
                  FROM account_dunning_notice_line line
                  JOIN account_dunning_notice_charge charge
                    ON charge.notice_id = line.notice_id
                  LEFT JOIN account_dunning_charge by ON by.id = charge.charge_id
                 WHERE line.move_line_id = ANY(%s) AND line.state = 'issued'
                   AND (charge.move_line_id = line.move_line_id OR by.basis = 'notice')
                   AND charge.state IN ('shown', 'waiting', 'posted')""",
                list(items.ids),
            )
        )
        charged = defaultdict(dict)
        for item_id, charge_id, kind, amount in rows:
            charged[item_id][charge_id] = (kind, float(amount))
        return charged

    @api.model
    def _get_claimed(self, items):
        """Return {(item id, charge id)} of what is charged once a claim, and was.

        What was waived is not charged again.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT line.move_line_id, by.id
                  FROM account_dunning_notice_line line
                  JOIN account_dunning_notice_charge charge
                    ON charge.notice_id = line.notice_id
                  JOIN account_dunning_charge by ON by.id = charge.charge_id
                 WHERE line.move_line_id = ANY(%s) AND line.state = 'issued'
                   AND (charge.move_line_id = line.move_line_id OR by.basis = 'notice')
                   AND by.is_once
                   AND charge.state IN ('shown', 'waiting', 'posted', 'waived')""",
                list(items.ids),
            )
        )
        return set(rows)

    @api.model
    def _get_spans(self, items):
        """Return {item id: [Span]} of interest that notices charged before.

        What was waived or left out counts as charged; what was taken back does not,
        nor does what was carried on, for its copy does.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT charge.move_line_id, charge.id, charge.date_from, charge.date_to,
                       charge.state,
                       charge.state NOT IN ('carried', 'reversed')
                       AND notice.state = 'issued',
                       charge.state = 'reversed' AND notice.state = 'issued',
                       COALESCE(charge.base_floor, 0),
                       COALESCE(charge.base_floor, 0) + COALESCE(charge.base, 0)
                  FROM account_dunning_notice_charge charge
                  JOIN account_dunning_notice notice ON notice.id = charge.notice_id
                 WHERE charge.move_line_id = ANY(%s) AND charge.kind = 'interest'
                   AND charge.date_from IS NOT NULL
                   AND charge.state IN ('shown', 'waiting', 'posted', 'carried',
                                        'waived', 'reversed', 'dropped')
                   AND notice.state IN ('issued', 'reversed')
                 ORDER BY charge.id""",
                list(items.ids),
            )
        )
        spans = defaultdict(list)
        for item_id, *values, floor, top in rows:
            spans[item_id].append(Span(*values, Decimal(str(floor)), Decimal(str(top))))
        return spans

    @api.model
    def _get_plan_spans(self, items, but=None):
        """Return {item id: [(first day, last day)]} whose interest a plan has billed.

        To the end of the plan, or to the day on which it was broken or cancelled: what
        later days would have cost has been credited.

        :param account.dunning.promise but: a plan that is not counted.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT claim.move_line_id, plan.date, COALESCE(plan.date_closed, (
                           SELECT MAX(part.date) FROM account_dunning_promise_line part
                            WHERE part.promise_id = plan.id))
                  FROM account_dunning_promise_item claim
                  JOIN account_dunning_promise plan ON plan.id = claim.promise_id
                 WHERE claim.move_line_id = ANY(%s)
                   AND plan.interest_move_id IS NOT NULL
                   AND plan.id != ALL(%s)""",
                list(items.ids),
                list(but.ids) if but else [],
            )
        )
        spans = defaultdict(list)
        for item_id, begin, last in rows:
            if last > begin:
                spans[item_id].append((begin + timedelta(days=1), last))
        return spans

    @api.model
    def _get_credits(self, company, notices):
        """Return the open credits of the notices' customers, the newest first.

        In that order they are set against items: the oldest ones cover items that are
        older still, and are not asked for.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.commercial_partner_id, item.currency_id, item.date,
                       SUM(-item.amount_residual_currency)
                  FROM account_move_line item
                  JOIN account_account account ON account.id = item.account_id
                  JOIN res_partner partner ON partner.id = item.partner_id
                 WHERE partner.commercial_partner_id = ANY(%s)
                   AND item.company_id = %s AND item.parent_state = 'posted'
                   AND account.account_type = 'asset_receivable'
                   AND item.reconciled IS NOT TRUE
                   AND item.amount_residual_currency < 0
                 GROUP BY 1, 2, 3 ORDER BY 3 DESC""",
                list(notices.partner_id.ids),
                company.id,
            )
        )
        credits = defaultdict(lambda: defaultdict(list))
        for partner_id, currency_id, day, amount in rows:
            credits[partner_id][currency_id].append((day, Decimal(str(amount))))
        return credits

    # === BUSINESS METHODS - ONE NOTICE === #

    @api.model
    def _prepare_notice(self, notice, facts, added=()):
        """Return values of the charges of one notice.

        Each item is charged what its own level says; what is charged once a notice is
        that of the notice's level.

        :param added: {charge that a person added: values to keep of it}.
        """
        setting = self._get_setting(notice, facts)
        lines = setting["lines"]
        vals_list = []
        for line in self._get_open_lines(notice):
            vals_list += self._prepare_carried(line, setting)
        for line in lines.filtered("level_id.charge_interest"):
            vals_list += self._prepare_interest(line, setting)
        for charge in notice.level_id.charge_ids | lines.level_id.charge_ids:
            if charge.basis == "notice" and charge in notice.level_id.charge_ids:
                vals_list += self._prepare_charge(charge, lines, setting)
            elif charge.basis == "item":
                for line in lines:
                    if charge in line.level_id.charge_ids:
                        vals_list += self._prepare_charge(charge, line, setting)
        for charge in added:
            vals_list += [
                {**values, **added[charge]}
                for values in self._prepare_added(charge, setting)
            ]
        return self._limit(vals_list, setting)

    @api.model
    def _prepare_added(self, charge, setting):
        """Return values of a charge that no level asks for, but a person."""
        lines = setting["lines"]
        if charge.basis == "notice":
            return self._prepare_charge(charge, lines, setting)
        return [
            values
            for line in lines
            for values in self._prepare_charge(charge, line, setting)
        ]

    @api.model
    def _get_setting(self, notice, facts):
        """Return what the charges of one notice have in common."""
        partner = notice.partner_id
        return {
            "notice": notice,
            "facts": facts,
            "lines": self._get_overdue_lines(notice),
            "last_day": notice.date,
            "is_paid": False,
            "debtor_kind": partner._get_dunning_kind(),
            "country": partner.country_id or notice.company_id.country_id,
        }

    @api.model
    def _prepare_manual(self, notice, charge):
        """Return values of a fee that a person adds to a draft notice.

        :raise UserError: the charge does not apply, is not agreed, or a law forbids it;
            the message names the rule and its source.
        """
        planned = self._get_planned(notice)
        facts = self._get_facts(notice.company_id, notice)
        facts.lump_sums.update(
            self._get_lump_sum_key(other.move_id, notice.partner_id)
            for other in planned
            if other.kind == "lump_sum"
        )
        setting = self._get_setting(notice, facts)
        vals_list = self._prepare_added(charge, setting)
        vals_list = self._limit(vals_list, setting, planned)
        for values in vals_list:
            if values.get("state") == "refused":
                raise UserError(
                    self.env._(
                        "“%(charge)s” cannot be charged to %(customer)s: %(rule)s",
                        charge=charge.name,
                        customer=notice.partner_id.display_name,
                        rule=values["refusal"],
                    )
                )
        if not vals_list and charge.kind == "lump_sum" and facts.lump_sums:
            raise UserError(
                self.env._(
                    "“%(charge)s” is charged once an invoice, and %(customer)s is"
                    " charged it already.",
                    charge=charge.name,
                    customer=notice.partner_id.display_name,
                )
            )
        if not vals_list:
            raise UserError(
                self.env._(
                    "“%(charge)s” does not apply to %(customer)s.",
                    charge=charge.name,
                    customer=notice.partner_id.display_name,
                )
            )
        return [{**values, "is_manual": True} for values in vals_list]

    @api.model
    def _prepare_until_paid(self, notice, lines):
        """Return values of the interest from a notice to the payment of its items.

        By the ledger alone, for nothing of them is open any more: a payment lowers the
        base from its own day on. Held to the same rules and limits as the notice.

        :param lines: lines of an issued notice whose items are paid.
        """
        items = lines.move_line_id
        self.env.flush_all()
        terms = self.env["account.dunning.terms"]._search_for(
            notice.company_id, notice.partner_id, items.move_id
        )
        facts = Facts(
            balances=self._get_balances(items),
            first_notices=self._get_first_notices(items),
            charged=self._get_charged(items),
            spans=self._get_spans(items),
            plans=self._get_plan_spans(items),
            terms=terms.grouped(lambda agreed: agreed._get_customer()),
            limits=self._get_limits(),
        )
        days = [day for course in facts.balances.values() for day, _amount in course]
        setting = {
            **self._get_setting(notice, facts),
            "lines": lines,
            "last_day": max(days),
            "is_paid": True,
        }
        vals_list = []
        for line in lines:
            vals_list += self._prepare_interest(line, setting)
        return self._limit(vals_list, setting)

    @api.model
    def _get_planned(self, notice):
        """Return what is planned on a draft notice, less what it repeats."""
        return (
            self.env["account.dunning.notice.charge"]
            .sudo()
            .search(
                [
                    ("notice_id", "=", notice.id),
                    ("state", "=", "draft"),
                    ("carried_from_id", "=", False),
                ]
            )
        )

    @api.model
    def _get_limits(self):
        return (
            self.env["account.dunning.charge.limit"]
            .sudo()
            .search([("active", "=", True)])
        )

    @api.model
    def _get_limits_on(self, kind, setting):
        """Return which laws limit a kind of charge on the debtor of the notice."""
        facts, country = setting["facts"], setting["country"]
        debtor_kind = setting["debtor_kind"]
        return facts.once(
            ("limits", kind, country, debtor_kind),
            lambda: facts.limits._get_for(country, debtor_kind, kind),
        )

    @api.model
    def _get_terms(self, line, setting):
        """Return the terms that hold for an item of the notice; the nearest first."""
        facts, move = setting["facts"], line.move_line_id.move_id
        # not the invoice's: an opening entry has many customers, or none
        customer = setting["notice"].partner_id

        def search():
            terms = self.env["account.dunning.terms"].sudo()
            for concerned in (customer.browse(), customer):
                terms |= facts.terms.get(concerned, terms)
            return terms._get_for(move, customer)

        return facts.once(("terms", move, customer), search)

    @api.model
    def _prepare_values(self, line, **values):
        """Return what every charge of a notice's line has."""
        return {
            "notice_id": line.notice_id.id,
            "notice_line_id": line.id,
            "company_id": line.notice_id.company_id.id,
            "partner_id": line.notice_id.partner_id.id,
            "currency_id": line.currency_id.id,
            "move_line_id": line.move_line_id.id,
            "move_id": line.move_line_id.move_id.id,
            **values,
        }

    @api.model
    def _prepare_carried(self, line, setting):
        """Repeat what earlier notices announced on the item and did not bill."""
        names = (
            "kind", "amount", "base", "base_floor", "rate", "date_from", "date_to",
            "days", "source",
            # a payment that the first one did not know of, this one does not either
            "known_partial_id", "known_credit_id", "known_dispute_id",
            "checked_partial_id", "amount_left_out",
        )  # fmt: skip
        return [
            self._prepare_values(
                line,
                carried_from_id=charge.id,
                charge_id=charge.charge_id.id,
                interest_id=charge.interest_id.id,
                restored_id=charge.restored_id.id,
                **{name: charge[name] for name in names},
            )
            for charge in setting["facts"].unbilled[line.move_line_id.id]
        ]

    # --- fees and lump sums

    @api.model
    def _prepare_charge(self, charge, lines, setting):
        """Return the values of a fee or lump sum, or of its refusal.

        :param lines: overdue items, the oldest first. Those for which a law or the
            terms forbid it are left out of what is charged on.
        """
        notice, facts = setting["notice"], setting["facts"]
        lines = lines.filtered(
            lambda line: (line.move_line_id.id, charge.id) not in facts.claimed
        )
        if not lines or not charge._applies_to(
            notice.company_id, setting["debtor_kind"]
        ):
            return []
        if charge.kind == "lump_sum":
            key = self._get_lump_sum_key(lines.move_line_id.move_id, notice.partner_id)
            if key in facts.lump_sums:
                return []
            facts.lump_sums.add(key)
        rights = {line: self._get_right(charge, line, setting) for line in lines}
        free = lines.filtered(lambda line: not rights[line][1])
        base = self._get_charge_base(charge, free or lines, setting)
        amount = charge._compute_amount(
            base, notice.currency_id, notice.company_id, notice.date
        )
        is_foreign = charge._is_for_other_currency(notice.currency_id)
        if notice.currency_id.is_zero(amount) and not is_foreign:
            return []
        line = (free or lines)[:1]
        right, refusal = rights[line]
        if is_foreign:
            refusal = self.env._(
                "“%(charge)s” is not charged on items in %(currency)s.",
                charge=charge.name,
                currency=notice.currency_id.name,
            )
        values = self._prepare_values(
            line,
            kind=charge.kind,
            charge_id=charge.id,
            base=base,
            amount=amount,
            source=right,
        )
        return [self._refuse(values, refusal) if refusal else values]

    @api.model
    def _get_charge_base(self, charge, lines, setting):
        """Return what a fee or lump sum is charged on, in the notice's currency.

        What is asked for; a lump sum is by the size of the invoice, whatever is left
        of it and in how many instalments.
        """
        if charge.kind == "lump_sum":
            item = lines.move_line_id
            move = item.move_id
            return move.amount_total if move.is_invoice() else item.amount_currency
        return setting["notice"].currency_id.round(sum(lines.mapped("amount_dunned")))

    @api.model
    def _get_right(self, charge, line, setting):
        """Return (legal basis, refusal) of a fee or lump sum on an item."""
        refusal = self._get_refusal(charge.kind, line, setting)
        if charge.right == "law":
            return charge.source or charge.name, refusal
        terms = self._get_terms(line, setting)[:1]
        if terms.allows_fee:
            return terms.clause, refusal
        return "", self.env._(
            "No terms with the customer allow “%(charge)s”.", charge=charge.name
        )

    @api.model
    def _get_refusal(self, kind, line, setting):
        """Return which law forbids a kind of charge on an item, with its source."""
        limits = self._get_limits_on(kind, setting)
        # A courtesy before the due date puts nobody in default: it is neither the
        # reminder that is free, nor does a time to pay begin with it.
        reminded = self._get_default_date(line, setting["facts"], setting["notice"])
        return limits._get_refusal(setting["notice"].date, reminded)

    @api.model
    def _refuse(self, values, refusal):
        return {**values, "state": "refused", "refusal": refusal}

    # --- interest

    @api.model
    def _prepare_interest(self, line, setting):
        """Return the interest on an item, one value dict a stretch of days.

        One reading of the ledger up to the notice, less what has been charged: mostly
        the days since the last notice; but also what is known by now to have been
        owed on earlier days, and nobody charges. A payment that lowered the interest
        and was undone comes back so, with a notice, and never as a bill by itself.
        """
        notice, facts = setting["notice"], setting["facts"]
        rule, clause, refusal = self._get_interest_rule(line, setting)
        refusal = refusal or self._get_refusal("interest", line, setting)
        base, segments = self._get_interest_base(line, setting), []
        if not refusal:
            try:
                segments = rule._accrue(
                    base,
                    line.date_due,
                    setting["last_day"],
                    line.currency_id,
                    notice.company_id,
                    date_from=self._get_interest_from(line, setting),
                    notice_date=self._get_default_date(line, facts, notice),
                    invoice_date=line.move_line_id.move_id.invoice_date,
                    terms=self._get_rate_terms(rule, setting),
                    charged=self._get_charged_layers(line, facts),
                )
            except UserError as error:
                # a rate that nobody has entered yet must not stop the notices
                refusal = str(error)
        if refusal:
            values = self._prepare_values(
                line, kind="interest", interest_id=rule.id, amount=0.0
            )
            return [self._refuse(values, refusal)]
        return [
            self._prepare_values(
                line,
                kind="interest",
                interest_id=rule.id,
                amount=float(segment.amount),
                base=float(segment.base),
                base_floor=float(segment.floor),
                amount_left_out=self._get_left_out(line, base, segment, facts),
                rate=float(segment.rate),
                date_from=segment.date_from,
                date_to=segment.date_to,
                days=segment.days,
                warning=self._get_segment_warning(rule, segment, line, setting),
                source=", ".join(filter(None, [clause or rule.source, segment.source])),
                restored_id=self._get_restored(line, segment, facts),
            )
            for segment in segments
        ]

    @api.model
    def _get_interest_rule(self, line, setting):
        """Return (rule, clause of the terms, refusal) for the interest on an item.

        The rate agreed for the invoice, the customer or in general; else that of the
        policy; else that of the company's law for this kind of debtor.
        """
        notice = setting["notice"]
        agreed = self._get_terms(line, setting)[:1]
        if agreed and not agreed.allows_interest:
            if agreed._get_customer():
                return (
                    agreed.interest_id.browse(),
                    "",
                    self.env._(
                        "Interest is excluded by the terms “%(clause)s”.",
                        clause=agreed.clause,
                    ),
                )
            # general terms that are silent on interest leave that of the law
            agreed = agreed.browse()
        rule = agreed.interest_id or line.level_id.policy_id.interest_id
        rule = rule or setting["facts"].once(
            ("law", setting["debtor_kind"]),
            lambda: rule._find_by_law(notice.company_id, setting["debtor_kind"]),
        )
        if not rule:
            return rule, "", self._get_no_rule_message(setting)
        if rule.needs_agreement and not agreed:
            return (
                rule,
                "",
                self.env._(
                    "No terms with the customer allow “%(rule)s”.", rule=rule.name
                ),
            )
        return rule, agreed.clause if agreed.interest_id == rule else "", ""

    @api.model
    def _get_no_rule_message(self, setting):
        """Say for which law and kind of debtor no interest rule is known."""
        company = setting["notice"].company_id
        country = company.account_fiscal_country_id or company.country_id
        kinds = self.env["res.partner"]._fields["dunning_kind"]
        return self.env._(
            "No interest rule for %(country)s and %(kind)s. Choose one on the policy.",
            country=country.name or company.name,
            kind=dict(kinds._description_selection(self.env))[setting["debtor_kind"]],
        )

    @api.model
    def _get_rate_terms(self, rule, setting):
        """Return the engine's terms and values of a rule, capped by the debtor's law.

        Read once a batch, not for each item.
        """
        limits = self._get_limits_on("interest", setting)._get_rate_limits()
        company = setting["notice"].company_id
        return setting["facts"].once(
            ("rates", rule, limits), lambda: rule._get_terms(company, limits=limits)
        )

    @api.model
    def _get_rate_limits(self, company, partner):
        """Return the limits to which a debtor's law holds the rate of interest.

        For what is charged without a notice, or is worked out again.
        """
        return (
            self._get_limits()
            ._get_for(
                partner.country_id or company.country_id,
                partner._get_dunning_kind(),
                "interest",
            )
            ._get_rate_limits()
        )

    @api.model
    def _get_segment_warning(self, rule, segment, line, setting):
        """Say what is to be looked at, for who reviews the charge; False if nothing."""
        limits = self._get_limits_on("interest", setting)
        lowest = limits._get_lowest_rate()
        texts = []
        if segment.warning == WARNING_HELD:
            by_rule = limits._get_rate_limits().filtered("max_interest_id")
            texts.append(
                self.env._("Lowered: %(rule)s", rule=by_rule[0]._get_message())
            )
        elif segment.warning == WARNING_CAPPED and rule._is_capped_by(lowest):
            texts.append(self.env._("Lowered: %(rule)s", rule=lowest._get_message()))
        elif segment.warning == WARNING_CAPPED:
            texts.append(self.env._("Lowered to the cap of %(cap)g %%.", cap=rule.cap))
        elif segment.warning == WARNING_ABOVE_CAP:
            texts.append(self.env._("Above the cap of %(cap)g %%.", cap=rule.cap))
        texts += limits._get_rate_warnings(float(segment.rate))
        texts += setting["facts"].once(
            ("stale", rule, line.date_due, segment.date_to),
            lambda: rule._get_reference_warnings(line.date_due, segment.date_to),
        )
        return " ".join(texts) or False

    @api.model
    def _get_interest_base(self, line, setting):
        """Return the open principal by day, less what is not asked for.

        Open credits lower it from their own day on, like those that are matched. What
        is disputed, or under way, bears no interest, whatever the day.
        """
        facts = setting["facts"]
        if setting["is_paid"]:
            course = facts.balances[line.move_line_id.id]
            return [Balance(day, max(amount, Decimal(0))) for day, amount in course]
        not_asked = Decimal(str(line.amount_residual)) - Decimal(
            str(line.amount_dunned)
        )
        credits = self._get_credits_on(line, not_asked, setting)
        not_asked -= sum(amount for _day, amount in credits)
        course = facts.balances[line.move_line_id.id]
        days = sorted({day for day, _amount in (*course, *credits)})
        return [
            Balance(
                day,
                max(
                    [amount for since, amount in course if since <= day][-1]
                    - sum(amount for since, amount in credits if since <= day)
                    - not_asked,
                    Decimal(0),
                ),
            )
            for day in days
        ]

    @api.model
    def _get_credits_on(self, line, not_asked, setting):
        """Return [(day, amount)] of the open credits that cover part of an item."""
        if not_asked <= 0 or line.level_id.policy_id.netting != "debtor":
            return []
        facts, notice = setting["facts"], setting["notice"]
        credits = facts.credits[notice.partner_id.id][notice.currency_id.id]
        taken, left = [], []
        for day, amount in credits:
            part = min(amount, not_asked)
            not_asked -= part
            taken.append((day, part))
            left.append((day, amount - part))
        credits[:] = [(day, amount) for day, amount in left if amount]
        return [(day, part) for day, part in taken if part]

    @api.model
    def _get_interest_from(self, line, setting):
        """Return the first day that any notice may charge; None is the first late one.

        What is known to have been charged up to a day, but not by which notice, was
        charged elsewhere and is not looked into.
        """
        notice, facts = setting["notice"], setting["facts"]
        spans = facts.spans[line.move_line_id.id]
        charged = line.move_line_id.dunning_interest_date
        if setting["is_paid"]:
            first = notice.date + timedelta(days=1)
        elif any(span.counts for span in spans):
            first = min(span.date_from for span in spans)
        else:
            first = charged + timedelta(days=1) if charged else None
        lawful = self._get_limits_on("interest", setting)._get_first_interest_day(
            self._get_default_date(line, facts, notice)
        )
        return max(filter(None, (first, lawful)), default=None)

    @api.model
    def _get_charged_layers(self, line, facts):
        """Return the engine layers of what notices and plans charge for an item."""
        item_id = line.move_line_id.id
        layers = [span.layer for span in facts.spans[item_id] if span.counts]
        layers += [Layer(first, last) for first, last in facts.plans[item_id]]
        return layers

    @api.model
    def _get_left_out(self, line, base, segment, facts):
        """Return what was open of an item beyond what interest is asked on."""
        day = segment.date_from
        course = facts.balances[line.move_line_id.id]
        is_open = [amount for since, amount in course if since <= day][-1]
        asked = [balance.amount for balance in base if balance.date_from <= day][-1]
        return float(max(is_open - asked, Decimal(0)))

    @api.model
    def _get_restored(self, line, segment, facts):
        """Return the id of the charge that was taken back and that a segment brings
        back, the last one; False if none was.
        """
        top = segment.floor + segment.base
        lowered = [
            span.charge_id
            for span in facts.spans[line.move_line_id.id]
            if span.was_lowered
            and span.date_from <= segment.date_to
            and segment.date_from <= span.date_to
            and span.floor < top
            and segment.floor < span.top
        ]
        return lowered[-1] if lowered else False

    @api.model
    def _get_default_date(self, line, facts, notice):
        """Return the day of the reminder that put the debtor in default.

        The first notice after the due date; where there was none, it is this one, and
        interest that begins with the reminder has not begun yet.
        """
        return facts.first_notices.get(line.move_line_id.id, (None, None))[1]

    # --- limits on the sum

    @api.model
    def _limit(self, vals_list, setting, planned=()):
        """Lower what exceeds the most that a law allows, by kind.

        What nothing is left of is refused, with the law.

        :param planned: charges of the notice besides, which are not lowered.
        """
        limited = []
        for kind in ("fee", "lump_sum", "interest"):
            maximums = self._get_maximums(kind, setting, planned)
            for values in vals_list:
                if values["kind"] == kind:
                    limited.append(self._limit_values(values, maximums, setting))
        return limited

    @api.model
    def _get_maximums(self, kind, setting, planned):
        """Return [[what is left to charge of a kind, the limit that says so]]."""
        notice = setting["notice"]
        limits = self._get_limits_on(kind, setting)._get_maximums()
        if not limits:
            return []
        base = sum(
            line.amount_dunned
            for line in setting["lines"]
            if not self._get_refusal(kind, line, setting)
        )
        on_notice = sum(charge.amount for charge in planned if charge.kind == kind)
        on_claim = on_notice + self._get_charged_before(kind, setting)
        maximums = []
        for limit in limits:
            most = limit._get_maximum(
                base, notice.currency_id, notice.company_id, notice.date
            )
            used = on_claim if limit.max_basis == "claim" else on_notice
            if most is not None:
                maximums.append([max(most - used, 0.0), limit])
        return maximums

    @api.model
    def _get_charged_before(self, kind, setting):
        """Return what issued notices charge of a kind on the claim of this one."""
        charged = {}
        for line in setting["lines"]:
            charged.update(setting["facts"].charged[line.move_line_id.id])
        return sum(amount for of_kind, amount in charged.values() if of_kind == kind)

    @api.model
    def _limit_values(self, values, maximums, setting):
        """Return the values of a charge lowered to what is left; take it off that."""
        currency = setting["notice"].currency_id
        if values.get("state") == "refused" or values.get("carried_from_id"):
            # what was charged before has been held to the limits then
            return values
        left, by = min(maximums, key=lambda pair: pair[0], default=(None, None))
        if by and currency.compare_amounts(values["amount"], left) > 0:
            if currency.is_zero(left):
                return self._refuse(values, by._get_message())
            values = {
                **values,
                "amount": currency.round(left),
                "refusal": self.env._("Lowered: %(rule)s", rule=by._get_message()),
            }
        for pair in maximums:
            pair[0] = max(currency.round(pair[0] - values["amount"]), 0.0)
        return values
