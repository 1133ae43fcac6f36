from datetime import timedelta

from odoo import models
from odoo.tools.misc import format_date

from ..engine import claim

#: Days to pay where neither the step nor its deadline says otherwise.
DEFAULT_DAYS = 14


class AccountLegalDemandMixin(models.AbstractModel):
    """What the formal demand of a case says."""

    _name = "account.legal.demand.mixin"
    _description = "Formal Demand"

    # === BUSINESS METHODS - WHAT THE DEMAND SAYS === #

    def _get_lang(self):
        """Return the language the debtor is written to in."""
        self.ensure_one()
        return self.partner_id.lang or self.company_id.partner_id.lang or self.env.lang

    def _get_demand_name(self):
        self.ensure_one()
        return f"{self.name.replace('/', '-')} {self._get_demand_title()}"

    def _get_demand_step(self):
        """Return the step of the case that the demand belongs to, if it has one."""
        self.ensure_one()
        return self.step_ids.filtered(lambda step: step.document == "demand")[:1]

    def _get_demand_title(self):
        """Return what the country's courts call the demand, else its plain name."""
        step = self._get_demand_step().procedure_step_id
        return step.native_name or step.name or self.env._("Formal Demand")

    def _get_demand_deadline(self):
        """Return the day until which the demand asks for payment."""
        step = self._get_demand_step()
        return step.date_deadline or self._get_demand_date() + timedelta(
            days=step.procedure_step_id.wait_days or DEFAULT_DAYS
        )

    def _get_demand_date(self):
        return self._get_demand_step().date_start or self.company_id._dunning_today()

    def _get_announced_step(self):
        """Return the name of the step that the demand announces, if there is one."""
        step = self._get_demand_step()
        following = self.step_ids.filtered(
            lambda other: other.state == "todo"
            and other.sequence > step.sequence
            and other.procedure_step_id.is_announced
        ).sorted("sequence")[:1]
        return following.procedure_step_id.native_name or following.name

    def _get_announcement(self):
        """Return the sentence that announces the next step, or nothing."""
        step = self._get_announced_step()
        return self.env._("Next step: %(step)s.", step=step) if step else ""

    def _get_demand_sentence(self, amount):
        """Return the demand itself, whole: word order differs between languages."""
        return self.env._(
            "We formally demand that you pay %(amount)s so that it reaches us by"
            " %(date)s.",
            amount=self.currency_id.format(amount),
            date=format_date(self.env, self._get_demand_deadline()),
        )

    def _get_demand_lines(self):
        """Return the items that the claim rests on, oldest first."""
        self.ensure_one()
        return self.move_line_ids.sorted(
            lambda line: (line.date_maturity or line.date, line.id)
        )

    def _get_demand_totals(self):
        """Return (what, amount) pairs that add up to the claim, and the claim.

        A draft shows the account that opening would begin with.

        :return: (list of pairs, total).
        """
        self.ensure_one()
        day = self._get_demand_date()
        by_kind = claim.sums(self._get_claim_events(), day)
        pairs = [
            (label, self.currency_id.round(sign * by_kind[kind]))
            for kind, sign, label in self._get_demand_kinds()
            if by_kind.get(kind)
        ]
        return pairs, self.currency_id.round(sum(amount for _label, amount in pairs))

    def _get_demand_kinds(self):
        """Return (kind of event, sign, label) in the order of the demand."""
        return [
            ("principal", 1, self.env._("Principal")),
            ("waiver", -1, self.env._("Less credit notes")),
            ("payment", -1, self.env._("Less payments received")),
            ("interest", 1, self.env._("Interest")),
            ("fee", 1, self.env._("Fees")),
            ("cost", 1, self.env._("Costs")),
        ]

    def _get_bank_account(self):
        """Return the account to pay into: the invoices' one, else the company's."""
        self.ensure_one()
        accounts = self.move_line_ids.move_id.partner_bank_id
        return accounts[:1] or self.company_id.partner_id.bank_ids[:1]
