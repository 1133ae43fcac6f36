from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.interest import Balance


@dataclass
class Facts:
    """What charging needs to know of a batch of notices, read in a few queries."""

    #: {item id: [(day, amount that was open from this day on)]}
    balances: dict = field(default_factory=dict)
    #: {item id: (date of the first notice, date of the first one after the due date)}
    first_notices: dict = field(default_factory=dict)
    #: ids of invoices whose lump sum has been charged
    lump_sums: set = field(default_factory=set)
    #: {item id: charges of earlier notices that are owed and not billed}
    unbilled: dict = field(default_factory=lambda: defaultdict(list))
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
    def _charge(self, notices):
        """Plan the charges of draft notices anew, and total them up.

        What a person has left out of these notices stays left out.
        """
        Charge = self.env["account.dunning.notice.charge"].sudo()
        planned = Charge.search(
            [("notice_id", "in", notices.ids), ("state", "in", ("draft", "refused"))]
        )
        notices = notices.filtered("level_id.has_charges") | planned.notice_id
        if not notices:
            return
        planned.filtered(lambda charge: not charge.is_manual).unlink()
        self._keep_manual(planned.exists())
        left_out = {
            charge._get_key()
            for charge in Charge.search(
                [("notice_id", "in", notices.ids), ("state", "=", "dropped")]
            )
        }
        vals_list = []
        charging = notices.filtered("level_id.has_charges")
        for company, of_company in charging.grouped("company_id").items():
            facts = self._get_facts(company, of_company)
            for notice in of_company:
                vals_list += self._prepare_notice(notice, facts)
        Charge._insert(
            [
                values
                for values in vals_list
                if Charge._get_key_of(values) not in left_out
            ]
        )
        notices._refresh_charge_totals()

    @api.model
    def _keep_manual(self, charges):
        """Keep what a person added; with the oldest item left, if its own fell out."""
        for charge in charges:
            line = charge.notice_line_id
            if line.state != "dropped":
                continue
            left = self._get_open_lines(charge.notice_id)[:1]
            if left and charge.charge_id.basis == "notice":
                charge.write(
                    {
                        "notice_line_id": left.id,
                        "move_line_id": left.move_line_id.id,
                        "move_id": left.move_line_id.move_id.id,
                    }
                )
            else:
                charge.unlink()

    @api.model
    def _get_open_lines(self, notice):
        """Return the items that a draft notice asks for, the oldest first."""
        return notice.line_ids.filtered(
            lambda line: line.state == "draft" and not line.is_charge
        ).sorted(lambda line: (line.date_due or date.max, line.id))

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
            terms=terms.grouped(lambda agreed: agreed._get_customer()),
            limits=self._get_limits(),
        )

    @api.model
    def _fetch(self, notices, items):
        """Read what charging needs of all items at once, and no more of them.

        Else each notice read its own invoices, with all their columns.
        """
        items.fetch(["move_id", "amount_currency", "dunning_interest_date"])
        items.move_id.fetch(["invoice_date", "date", "commercial_partner_id"])
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
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partial.debit_move_id,
                       LEAST(credit.date, dispute.date_ground),
                       SUM(partial.debit_amount_currency)
                  FROM account_partial_reconcile partial
                  JOIN account_move_line credit ON credit.id = partial.credit_move_id
                  JOIN account_move note ON note.id = credit.move_id
                  LEFT JOIN account_dunning_dispute dispute
                         ON dispute.id = note.dunning_dispute_id
                 WHERE partial.debit_move_id = ANY(%s)
                 GROUP BY 1, 2 ORDER BY 1, 2""",
                list(items.ids),
            )
        )
        paid = defaultdict(list)
        for item_id, day, amount in rows:
            paid[item_id].append((day, Decimal(str(amount))))
        balances = {}
        for item in items:
            amount = Decimal(str(item.amount_currency))
            course = [(date.min, amount)]
            for day, part in paid[item.id]:
                amount -= part
                course.append((day, amount))
            balances[item.id] = course
        return balances

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
        return set(charges_sudo.move_id.ids)

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

    # === BUSINESS METHODS - ONE NOTICE === #

    @api.model
    def _prepare_notice(self, notice, facts):
        """Return values of the charges of one notice."""
        lines = self._get_open_lines(notice)
        if not lines:
            return []
        setting = self._get_setting(notice, facts)
        vals_list = []
        for line in lines:
            vals_list += self._prepare_carried(line, setting)
            if notice.level_id.charge_interest:
                vals_list += self._prepare_interest(line, setting)
        for charge in notice.level_id.charge_ids:
            targets = lines if charge.basis == "item" else lines[:1]
            for line in targets:
                base = lines if charge.basis == "notice" else line
                vals_list += self._prepare_charge(charge, line, base, setting)
        return self._limit(vals_list, lines, setting)

    @api.model
    def _get_setting(self, notice, facts):
        """Return what the charges of one notice have in common."""
        partner = notice.partner_id
        return {
            "notice": notice,
            "facts": facts,
            "debtor_kind": partner._get_dunning_kind(),
            "country": partner.country_id or notice.company_id.country_id,
        }

    @api.model
    def _prepare_manual(self, notice, charge):
        """Return values of a fee that a person adds to a draft notice.

        :raise UserError: the charge does not apply, is not agreed, or a law forbids it;
            the message names the rule and its source.
        """
        lines = self._get_open_lines(notice)
        facts = self._get_facts(notice.company_id, notice)
        setting = self._get_setting(notice, facts)
        targets = lines if charge.basis == "item" else lines[:1]
        vals_list = []
        for line in targets:
            base = lines if charge.basis == "notice" else line
            vals_list += self._prepare_charge(charge, line, base, setting)
        vals_list = self._limit(vals_list, lines, setting)
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
    def _get_terms(self, move, setting):
        """Return the terms that hold for an invoice; the nearest first."""
        facts = setting["facts"]

        def search():
            terms = self.env["account.dunning.terms"].sudo()
            customer = move.commercial_partner_id
            for concerned in (customer.browse(), customer):
                terms |= facts.terms.get(concerned, terms)
            return terms._get_for(move)

        return facts.once(("terms", move), search)

    @api.model
    def _prepare_values(self, line, **values):
        """Return what every charge of a notice's line has."""
        return {
            "notice_id": line.notice_id.id,
            "notice_line_id": line.id,
            "company_id": line.notice_id.company_id.id,
            "currency_id": line.currency_id.id,
            "move_line_id": line.move_line_id.id,
            "move_id": line.move_line_id.move_id.id,
            **values,
        }

    @api.model
    def _prepare_carried(self, line, setting):
        """Repeat what earlier notices announced on the item and did not bill."""
        names = (
            "kind", "amount", "base", "rate", "date_from", "date_to", "days", "source",
        )  # fmt: skip
        return [
            self._prepare_values(
                line,
                carried_from_id=charge.id,
                charge_id=charge.charge_id.id,
                interest_id=charge.interest_id.id,
                **{name: charge[name] for name in names},
            )
            for charge in setting["facts"].unbilled[line.move_line_id.id]
        ]

    # --- fees and lump sums

    @api.model
    def _prepare_charge(self, charge, line, base_lines, setting):
        """Return the values of a fee or lump sum on an item, or of its refusal."""
        notice = setting["notice"]
        if not charge._applies_to(notice.company_id, setting["debtor_kind"]):
            return []
        move = line.move_line_id.move_id
        if charge.kind == "lump_sum":
            if move.id in setting["facts"].lump_sums:
                return []
            setting["facts"].lump_sums.add(move.id)
        base = notice.currency_id.round(sum(base_lines.mapped("amount_dunned")))
        amount = charge._compute_amount(
            base, notice.currency_id, notice.company_id, notice.date
        )
        if notice.currency_id.is_zero(amount):
            return []
        right, refusal = self._get_right(charge, line, setting)
        refusal = refusal or self._get_refusal(charge.kind, base_lines, setting)
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
    def _get_right(self, charge, line, setting):
        """Return (legal basis, refusal) of a fee or lump sum on an item."""
        if charge.right == "law":
            return charge.source or charge.name, ""
        terms = self._get_terms(line.move_line_id.move_id, setting)[:1]
        if terms.allows_fee:
            return terms.clause, ""
        return "", self.env._(
            "No terms with the customer allow “%(charge)s”.", charge=charge.name
        )

    @api.model
    def _get_refusal(self, kind, lines, setting):
        """Return which law forbids a kind of charge on these items, with its source."""
        limits = self._get_limits_on(kind, setting)
        firsts = [
            setting["facts"].first_notices.get(line.move_line_id.id, (None, None))[0]
            for line in lines
        ]
        known = [first for first in firsts if first]
        return limits._get_refusal(setting["notice"].date, min(known, default=None))

    @api.model
    def _refuse(self, values, refusal):
        return {**values, "state": "refused", "refusal": refusal}

    # --- interest

    @api.model
    def _prepare_interest(self, line, setting):
        """Return the interest on an item, one value dict a stretch of days."""
        notice, facts = setting["notice"], setting["facts"]
        rule, clause, refusal = self._get_interest_rule(line, setting)
        refusal = refusal or self._get_refusal("interest", line, setting)
        if not rule and not refusal:
            return []
        segments = []
        if not refusal:
            try:
                segments = rule._accrue(
                    self._get_interest_base(line, facts),
                    line.date_due,
                    notice.date,
                    line.currency_id,
                    notice.company_id,
                    date_from=self._get_interest_from(line),
                    notice_date=self._get_default_date(line, facts, notice),
                    invoice_date=line.move_line_id.move_id.invoice_date,
                    # read once, not for each item
                    terms=facts.once(
                        ("rates", rule), lambda: rule._get_terms(notice.company_id)
                    ),
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
                rate=float(segment.rate),
                date_from=segment.date_from,
                date_to=segment.date_to,
                days=segment.days,
                source=", ".join(filter(None, [clause or rule.source, segment.source])),
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
        terms = self._get_terms(line.move_line_id.move_id, setting)
        agreed = terms.filtered("allows_interest")[:1]
        policy = line.level_id.policy_id
        rule = agreed.interest_id or policy.interest_id
        rule = rule or setting["facts"].once(
            ("law", setting["debtor_kind"]),
            lambda: rule._find_by_law(notice.company_id, setting["debtor_kind"]),
        )
        if not rule:
            return rule, "", ""
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
    def _get_interest_base(self, line, facts):
        """Return the open principal by day, less what is not asked for.

        What credits cover and what is disputed bears no interest, whatever the day.
        """
        not_asked = Decimal(str(line.amount_residual)) - Decimal(
            str(line.amount_dunned)
        )
        return [
            Balance(day, max(amount - not_asked, Decimal(0)))
            for day, amount in facts.balances[line.move_line_id.id]
        ]

    @api.model
    def _get_interest_from(self, line):
        """Return the day after the last one that was charged, or None."""
        charged = line.move_line_id.dunning_interest_date
        return charged + timedelta(days=1) if charged else None

    @api.model
    def _get_default_date(self, line, facts, notice):
        """Return the day of the reminder that put the debtor in default.

        The first notice after the due date; where there was none, it is this one, and
        interest that begins with the reminder has not begun yet.
        """
        return facts.first_notices.get(line.move_line_id.id, (None, None))[1]

    # --- limits on the sum

    @api.model
    def _limit(self, vals_list, lines, setting):
        """Lower what exceeds the most that a law allows on a notice, by kind."""
        notice = setting["notice"]
        base = sum(lines.mapped("amount_dunned"))
        for kind in ("fee", "lump_sum"):
            limits = self._get_limits_on(kind, setting)
            maximum, by = limits._get_maximum(
                base, notice.currency_id, notice.company_id, notice.date
            )
            if maximum is None:
                continue
            left = maximum
            for values in vals_list:
                if values["kind"] != kind or values.get("state") == "refused":
                    continue
                if notice.currency_id.compare_amounts(values["amount"], left) > 0:
                    values["amount"] = left
                    values["refusal"] = self.env._(
                        "Lowered: %(rule)s", rule=by._get_message()
                    )
                left = notice.currency_id.round(left - values["amount"])
        return [
            values
            for values in vals_list
            if values.get("state") == "refused"
            or not notice.currency_id.is_zero(values["amount"])
        ]
