from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from ..engine.interest import (
    WARNING_ABOVE_CAP,
    WARNING_CAPPED,
    WARNING_HELD,
    Balance,
    Layer,
)


class AccountDunningChargingInterest(models.AbstractModel):
    """Decides what interest a notice charges: by which rule, on what, since when."""

    # a room of its own: interest
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.charging"

    # === BUSINESS METHODS === #

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
