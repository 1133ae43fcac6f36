from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang

from odoo.addons.account_dunning_advanced.engine import interest as interest_engine

from ..engine import claim


class AccountLegalInterestMixin(models.AbstractModel):
    """Interest on the claim, by the rules of the core and the account's own principal.

    What a payment leaves of the principal depends on the interest that had accrued by
    then, and the interest on the principal: they are computed payment by payment.
    """

    _name = "account.legal.interest.mixin"
    _description = "Interest of a Legal Case"

    interest_id = fields.Many2one(
        comodel_name="account.dunning.interest",
        string="Interest Rule",
        compute="_compute_interest_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        help="By which rule the claim bears interest; proposed by the law of the"
        " company's country.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id")
    def _compute_interest_id(self):
        Interest = self.env["account.dunning.interest"]
        for case in self:
            partner = case.partner_id.commercial_partner_id
            company = case.company_id or self.env.company
            case.interest_id = (
                Interest._find_by_law(company, partner._get_dunning_kind())
                if partner
                else Interest
            )

    # === ACTION METHODS === #

    def action_charge_interest(self):
        """Enter the interest until today into the claim accounts of open cases.

        :raise UserError: a case is not open, or bears no interest.
        """
        for case in self:
            case._start(["open"], self.env._("charged with interest"))
            if not case.interest_id:
                raise UserError(
                    self.env._(
                        "Choose by which rule case %(case)s bears interest.",
                        case=case.display_name,
                    )
                )
            if not case._get_interest_items():
                raise UserError(
                    self.env._(
                        "Case %(case)s has no items that bear interest by a rule. Enter"
                        " the interest on the claim account by hand.",
                        case=case.display_name,
                    )
                )
            case._charge_interest(case.company_id._dunning_today())

    # === BUSINESS METHODS === #

    def _charge_interest(self, day):
        """Create the events of the interest until a day, after what was charged."""
        self.ensure_one()
        return self.env["account.legal.claim"].create(self._prepare_interest(day))

    def _recharge_interest(self, day):
        """Compute interest again that was charged past a day.

        :param day: from which on something is otherwise than the interest says.
        """
        self.ensure_one()
        stale = self._get_interest_claims().filtered(
            lambda event: event.interest_to > day
        )
        if stale:
            last_day = max(stale.mapped("interest_to"))
            stale._reverse(from_begin=True)
            self._charge_interest(last_day)

    def _follow_service(self, before):
        """Compute interest again where its rate changes with the service of the claim.

        What was charged before the service was told of bears the rate without it.

        :param before: the day of service that was known, if one was.
        """
        self.ensure_one()
        after = self._get_service_date()
        if after != before and self.state == "open":
            self._recharge_interest(min(day for day in (before, after) if day))

    def _get_interest_claims(self):
        """Return the events of computed interest that count."""
        return self.claim_ids.filtered(
            lambda event: event.interest_to and not event.reversed_by_ids
        )

    def _prepare_interest(self, day):
        """Return values of the interest events until a day, included.

        There is one for each item and each stretch between payments, dated on its
        last day: interest comes before a payment of the same day.
        """
        self.ensure_one()
        charged = self._get_charged_until()
        items = self._get_interest_items()
        events = self._get_lasting_claims()._get_events()
        first = min(
            (charged.get(item.id) or self._get_due_date(item) for item in items),
            default=day,
        )
        stops = {event.day for event in events if first < event.day < day} | {day}
        terms = self.interest_id._get_capped_terms(
            self.company_id,
            self.partner_id.commercial_partner_id,
            self._get_service_date(),
        )
        vals_list, begin = [], first
        for stop in sorted(stops):
            stretch = self._prepare_stretch(items, charged, events, begin, stop, terms)
            vals_list += stretch
            events += [
                claim.Event(0, vals["date"], vals["kind"], vals["amount"])
                for vals in stretch
            ]
            begin = stop
        return vals_list

    def _prepare_stretch(self, items, charged, events, begin, stop, terms):
        """Return values of the interest after one day and until another one."""
        left = claim.fold(events, begin, self._get_payment_order())["principal"]
        due = [
            (item.id, self._get_due_date(item), item.amount_currency)
            for item in items
            if self._get_due_date(item) <= begin
        ]
        open_amounts = claim.shared_principal(due, left - self._get_other_due(begin))
        vals_list = []
        for item in items:
            date_from = max(charged.get(item.id) or begin, begin) + timedelta(days=1)
            if item.id not in open_amounts or date_from > stop:
                continue
            segments = self.interest_id._accrue(
                [interest_engine.Balance(date_from, open_amounts[item.id])],
                self._get_due_date(item),
                stop,
                self.currency_id,
                self.company_id,
                date_from=date_from,
                invoice_date=item.invoice_date,
                notice_date=item.dunning_date,
                terms=terms,
            )
            vals_list += [
                self._prepare_segment(item, segment, stop)
                for segment in segments
                if segment.amount
            ]
        return vals_list

    def _prepare_segment(self, item, segment, stop):
        # the account is printed for the debtor and the court, whoever charged it
        env = self.with_context(lang=self._get_lang()).env
        rate = segment.rate.normalize()
        decimals = max(-rate.as_tuple().exponent, 0)
        return {
            "case_id": self.id,
            "date": segment.date_to,
            "kind": "interest",
            "amount": float(segment.amount),
            "move_line_id": item.id,
            "interest_from": segment.date_from,
            "interest_to": segment.date_to,
            "note": env._(
                "%(item)s: %(rate)s %% of %(base)s, %(date_from)s – %(date_to)s",
                item=item.move_name,
                rate=formatLang(env, float(rate), digits=decimals),
                base=format_amount(env, float(segment.base), self.currency_id),
                date_from=format_date(env, segment.date_from),
                date_to=format_date(env, segment.date_to),
            ),
        }

    def _get_interest_items(self):
        """Return the items that bear interest: not those of dunning charges."""
        return self.move_line_ids.filtered(
            lambda line: not line.move_id.dunning_notice_id
        )

    def _get_other_due(self, day):
        """Return the principal on a day that bears no interest."""
        others = self.move_line_ids - self._get_interest_items()
        return sum(
            line.amount_currency for line in others if self._get_due_date(line) <= day
        )

    def _get_lasting_claims(self):
        """Return the events that were not taken back.

        A payment that came back has never paid anything: interest runs on.
        """
        return self.claim_ids.filtered(
            lambda event: not event.reverses_id and not event.reversed_by_ids
        )

    def _get_charged_until(self):
        """Return {item id: last day that was charged}, here or by dunning."""
        charged = {
            line.id: line.dunning_interest_date
            for line in self.move_line_ids
            if line.dunning_interest_date
        }
        for event in self._get_interest_claims():
            item = event.move_line_id.id
            charged[item] = max(
                charged.get(item) or event.interest_to, event.interest_to
            )
        return charged

    def _get_service_date(self):
        """Return the day on which a claim was served, where the rate changes by it."""
        served = self.step_ids.filtered(
            lambda step: step.date_served
            and step.procedure_step_id.limitation_event == "filing"
        )
        return min(served.mapped("date_served"), default=None)

    @api.model
    def _get_due_date(self, item):
        return item.date_maturity or item.date
