from collections import defaultdict
from datetime import date

from odoo import api, models
from odoo.exceptions import UserError

from ..engine.charging import Facts


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
