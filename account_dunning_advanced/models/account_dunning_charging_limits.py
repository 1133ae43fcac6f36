from odoo import api, models


class AccountDunningChargingLimits(models.AbstractModel):
    """Limits: what a law forbids to charge, and the most that it allows.

    What exceeds the most is lowered, and refused where nothing is left, with the law's
    name and source.
    """

    # a room of its own: limits
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.charging"

    # === BUSINESS METHODS - THE LAWS === #

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

    # === BUSINESS METHODS - REFUSING === #

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

    # === BUSINESS METHODS - LOWERING === #

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
