from collections.abc import Mapping

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class SettledAmounts(dict):
    """{(id of the debit, id of the credit): amount} in the currency of both items.

    A type of its own, for a context from outside can hold dicts, but not this.
    """


class AccountMoveLineSettling(models.Model):
    """Settling: items are matched by exact amounts, and what hangs on them is judged.

    What a payment settles first is the payment order's to say; here is what it asks of
    an item, and how core is told.
    """

    # a room of its own: settling
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move.line"

    # === BUSINESS METHODS - PAYMENT ORDER === #

    def _get_claim_kind(self):
        """Return which part of a debt the item is, in the terms of the payment order.

        The bill of a notice is interest where it bills nothing else, and a fee where it
        bills fees too. For an addon to tell costs apart, it must override this method.

        :return: ``principal``, ``interest``, ``fee`` or ``cost``.
        """
        self.ensure_one()
        notice_sudo = self.move_id.sudo().dunning_notice_id
        if self.move_id.dunning_promise_id:
            return "interest"
        if not notice_sudo:
            return "principal"
        billed = notice_sudo.charge_ids.filtered("invoice_line_id")
        return "interest" if set(billed.mapped("kind")) == {"interest"} else "fee"

    def _get_claim_debt(self):
        """Return what names the debt that the item belongs to; None for itself alone.

        A charge for one invoice belongs to the debt of that invoice.
        """
        self.ensure_one()
        notice_sudo = self.move_id.sudo().dunning_notice_id
        charged = notice_sudo.charge_ids.filtered("invoice_line_id").move_id
        # a bill that came from elsewhere is for all that its notice asked for
        charged = charged or notice_sudo.line_ids.move_line_id.move_id
        return charged.id if len(charged) == 1 else self.move_id.id

    # === BUSINESS METHODS - EXACT AMOUNTS === #

    def _settle(self, amounts):
        """Reconcile this credit with items by exact amounts, in the order given.

        Core matches two items as far as both go. To settle less, the pair is shown to
        core as if no more were open; all that follows (exchange differences, taxes on
        payment, payment states) is core's own work.

        :param dict amounts: {item: amount} in the items' currency.
        :raise UserError: an amount is more than what is open of the item, all of them
            are more than the credit, or an item cannot be matched with it.
        """
        self.ensure_one()
        self._lock_with(amounts)
        self._check_settle(amounts)
        plan = [item + self for item, amount in amounts.items() if amount]
        settled = SettledAmounts(
            {(item.id, self.id): amount for item, amount in amounts.items()}
        )
        self.with_context(dunning_settled_amounts=settled)._reconcile_plan(plan)

    def _lock_with(self, amounts):
        """Hold the items, so that whoever settles them at this moment comes second."""
        items = self.browse([self.id, *(item.id for item in amounts)])
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT FROM account_move_line WHERE id = ANY(%s)
                    ORDER BY id FOR NO KEY UPDATE""",
                items.ids,
            )
        )
        items.invalidate_recordset()

    def _check_settle(self, amounts):
        currency = self.currency_id
        for item, amount in amounts.items():
            if (
                item.currency_id != currency
                or item.account_id != self.account_id
                or item.company_id != self.company_id
            ):
                raise UserError(
                    self.env._(
                        "%(item)s is not of the account, company and currency of"
                        " %(credit)s.",
                        item=item.display_name,
                        credit=self.display_name,
                    )
                )
            if (
                currency.compare_amounts(amount, 0) < 0
                or currency.compare_amounts(amount, item.amount_residual_currency) > 0
            ):
                raise UserError(
                    self.env._(
                        "Of %(item)s only %(open)s is open. Propose the payment anew.",
                        item=item.display_name,
                        open=currency.format(max(item.amount_residual_currency, 0)),
                    )
                )
        total = sum(amounts.values())
        if currency.compare_amounts(total, -self.amount_residual_currency) > 0:
            raise UserError(
                self.env._(
                    "%(total)s is more than the %(open)s that are left of %(credit)s.",
                    total=currency.format(total),
                    open=currency.format(max(-self.amount_residual_currency, 0)),
                    credit=self.display_name,
                )
            )

    @api.model
    def _prepare_reconciliation_single_partial(
        self, debit_values, credit_values, shadowed_aml_values=None
    ):
        """Match a pair by the amount that was chosen for it, if one was."""
        chosen = self.env.context.get("dunning_settled_amounts")
        pair = (debit_values["aml"].id, credit_values["aml"].id)
        if not isinstance(chosen, SettledAmounts) or pair not in chosen:
            return super()._prepare_reconciliation_single_partial(
                debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
            )
        kept = [
            self._keep_back(values, chosen[pair])
            for values in (debit_values, credit_values)
        ]
        results = super()._prepare_reconciliation_single_partial(
            debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
        )
        for values, back in zip((debit_values, credit_values), kept, strict=True):
            for name, amount in back.items():
                values[name] += amount
        # whatever is left of the two, this pair is done
        return {**results, "debit_values": None, "credit_values": None}

    @api.model
    def _keep_back(self, values: Mapping, amount):
        """Lower what seems open of an item to the amount chosen.

        :return: what was taken off, to be put back.
        """
        item = values["aml"]
        residual = values["amount_residual_currency"]
        sign = 1 if residual > 0 else -1
        if item.currency_id.compare_amounts(abs(residual), amount) <= 0:
            return {}
        share = item.company_currency_id.round(
            values["amount_residual"] * amount / abs(residual)
        )
        back = {
            "amount_residual": values["amount_residual"] - share,
            "amount_residual_currency": residual - sign * amount,
        }
        values["amount_residual"] = share
        values["amount_residual_currency"] = sign * amount
        return back

    # === BUSINESS METHODS - AFTER MATCHING === #

    @api.model
    def _reconcile_plan(self, reconciliation_plan):
        """Judge what hangs on items once core is done with matching them."""
        result = super()._reconcile_plan(reconciliation_plan)
        self._get_plan_items(reconciliation_plan)._after_dunning_reconcile()
        return result

    def _after_dunning_reconcile(self):
        """Act on items with which something was, or is not any more, matched.

        For an addon to judge something by reconciliations, it must override this
        method. Who matches need not have rights on what is judged.
        """
        items = self.filtered(lambda item: item.account_type == "asset_receivable")
        if not items:
            return
        self.env["account.dunning.writeoff.line"]._note_matching(items)
        self.env["account.dunning.offer"]._judge_items(items)
        self.env["account.dunning.promise"]._judge_items(items)
        self.env["account.dunning.notice"]._wake_billing(items)
        self.env["account.dunning.courtesy"]._note_settled(items)
        self.env["account.dunning.debtor"]._refresh_later(items)

    @api.model
    def _get_plan_items(self, plan):
        """Return the items of a plan, which may be a list of plans."""
        if isinstance(plan, models.BaseModel):
            return plan
        return self.union(*(self._get_plan_items(part) for part in plan))
