from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command


class AccountDunningDisputeCredit(models.Model):
    """Crediting: what is upheld is taken back in the ledger, with its taxes.

    Once and not more: what somebody has credited meanwhile counts, and charges are
    given up as a whole, by who may waive them.
    """

    # rooms of their own: what a dispute is, its deadline, and what a decision does
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.dispute"

    def _credit(self, move, lines):
        """Credit what is upheld on one invoice and set it against the items."""
        if not move.is_sale_document(include_receipts=True):
            raise UserError(
                self.env._(
                    "%(entry)s is no invoice, so no credit note can be made for it."
                    " Correct the entry, then reject the dispute.",
                    entry=move.display_name,
                )
            )
        upheld = sum(lines.mapped("amount_upheld"))
        amount = self.currency_id.round(
            min(upheld - self._adopt_credits(move), self._get_uncredited(move))
        )
        if self.currency_id.compare_amounts(amount, 0) <= 0:
            return
        if self._credit_bill(move, amount):
            return
        is_whole = self.currency_id.compare_amounts(amount, move.amount_total) == 0
        values = self._prepare_credit(move)
        if is_whole:
            credit = move._reverse_moves([values])
        else:
            credit = self._create_part_credit(move, amount, values)
        credit._post(soft=False)
        self._match(credit, lines.move_line_id)

    def _get_uncredited(self, move):
        """Return what of an invoice no posted credit note has taken back yet.

        Somebody may have credited it by hand while the dispute was open.
        """
        credited = move.reversal_move_ids.filtered(lambda note: note.state == "posted")
        return self.currency_id.round(
            move.amount_total - sum(credited.mapped("amount_total"))
        )

    def _adopt_credits(self, move):
        """Take credit notes that somebody made meanwhile for those of the dispute.

        :return: what they credit already.
        """
        credits = move.reversal_move_ids.filtered(
            lambda note: note.state == "posted"
            and not note.dunning_dispute_id
            and note.date >= self.date
        )
        if credits:
            credits.dunning_dispute_id = self
            self.message_post(
                body=self.env._(
                    "%(invoice)s has been credited already with %(credits)s; that is"
                    " not done again.",
                    invoice=move.name,
                    credits=", ".join(credits.mapped("name")),
                )
            )
        return sum(credits.mapped("amount_total"))

    def _credit_bill(self, move, amount):
        """Reverse charges that the move bills; return whether it is such a bill.

        :raise UserError: the amount is not that of whole charges, or is more than the
            user may give up.
        """
        charges_sudo = (
            self.env["account.dunning.notice.charge"]
            .sudo()
            .search(
                [("invoice_line_id.move_id", "=", move.id), ("state", "=", "posted")]
            )
        )
        if not charges_sudo:
            return False
        chosen_sudo = charges_sudo._get_sum_of(amount)
        if not chosen_sudo:
            raise UserError(
                self.env._(
                    "%(bill)s bills charges, which are given up as a whole. Uphold the"
                    " amount of some of them: %(charges)s.",
                    bill=move.name,
                    charges=", ".join(
                        self.currency_id.format(charge.amount)
                        for charge in charges_sudo
                    ),
                )
            )
        # upholding gives up what was charged, as waiving does
        chosen_sudo.with_env(self.env)._check_waive_limit()
        # waived, not reversed: else the next notice would charge its days again
        chosen_sudo._undo("waived", self._get_credit_reason())
        chosen_sudo.credit_move_id.dunning_dispute_id = self
        return True

    def _get_credit_reason(self):
        self.ensure_one()
        return self.env._(
            "%(dispute)s upheld", dispute=self.with_context(lang=None).display_name
        )

    def _prepare_credit(self, move):
        """Return what a credit note of the dispute has besides its lines."""
        self.ensure_one()
        today = self.company_id._dunning_today()
        lang = move.partner_id.lang or self.env.lang
        return {
            "ref": self.with_context(lang=lang).env._(
                "Credit on %(invoice)s: %(reason)s",
                invoice=move.name,
                reason=self.with_context(lang=lang).reason_id.name,
            ),
            "date": max(today, move.date),
            "invoice_date": max(today, move.date),
            "invoice_date_due": max(today, move.date),
            "invoice_payment_term_id": False,
            "invoice_origin": move.name,
            "invoice_user_id": move.invoice_user_id.id,
            "dunning_dispute_id": self.id,
        }

    def _create_part_credit(self, move, amount, values):
        """Return a draft credit note for a part, with the invoice's taxes in ratio."""
        credit = self.env["account.move"].create(
            {
                **values,
                "move_type": "out_refund",
                "reversed_entry_id": move.id,
                "partner_id": move.partner_id.id,
                "currency_id": move.currency_id.id,
                "journal_id": move.journal_id.id,
                "fiscal_position_id": move.fiscal_position_id.id,
                "invoice_line_ids": [
                    Command.create(line)
                    for line in self._prepare_part_lines(
                        move, amount / move.amount_total
                    )
                ],
            }
        )
        self._settle_rounding(credit, amount)
        return credit

    def _prepare_part_lines(self, move, ratio):
        """Return the lines of a part credit: one for each account and set of taxes.

        Net amount and each tax are the part of what the invoice has: computed anew from
        the price, a tax of so much a piece would be another one.
        """
        base_lines, _tax_lines = move._get_rounded_base_and_tax_lines()
        base_lines = [line for line in base_lines if not line["special_type"]]
        groups = defaultdict(list)
        for base in base_lines:
            line = base["record"]
            key = (line.account_id, line.tax_ids, str(line.analytic_distribution or ""))
            groups[key].append(base)
        return [
            self._prepare_part_line(move, bases, ratio) for bases in groups.values()
        ]

    def _prepare_part_line(self, move, bases, ratio):
        """Return one line for the part of like lines of an invoice."""
        lines = move.invoice_line_ids.union(*(base["record"] for base in bases))
        net = move.currency_id.round(
            ratio
            * sum(base["tax_details"]["total_excluded_currency"] for base in bases)
        )
        taxes = defaultdict(float)
        for base in bases:
            for data in base["tax_details"]["taxes_data"]:
                taxes[data["tax"].id] += ratio * data["tax_amount_currency"]
        Charge = self.env["account.dunning.notice.charge"]
        return {
            "name": ", ".join(filter(None, dict.fromkeys(lines.mapped("name")))),
            "product_id": lines.product_id.id if len(lines.product_id) == 1 else 0,
            "account_id": lines.account_id.id,
            "tax_ids": [Command.set(lines.tax_ids.ids)],
            "analytic_distribution": lines[0].analytic_distribution,
            "quantity": 1.0,
            "price_unit": net,
            **(
                Charge._prepare_fixed_tax(net, taxes, move.currency_id) if taxes else {}
            ),
        }

    def _settle_rounding(self, credit, amount):
        """Make the credit note come to the amount, where rounding leaves a cent."""
        left = credit.currency_id.round(amount - credit.amount_total)
        if credit.currency_id.is_zero(left):
            return
        taxes = credit.line_ids.filtered("tax_line_id").sorted("amount_currency")
        if taxes:
            # as a person would correct the tax of a document in its totals
            change = {"amount_currency": taxes[-1].amount_currency + left}
            credit.write({"line_ids": [Command.update(taxes[-1].id, change)]})
        else:
            line = credit.invoice_line_ids.sorted("price_subtotal")[-1]
            line.price_unit += left

    def _match(self, credit, items):
        """Set the credit against the disputed items, not against other instalments."""
        receivable = credit.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        if receivable.matched_debit_ids.debit_move_id - items:
            # posting matches a credit note with whatever is open of its invoice
            receivable.remove_move_reconcile()
        items = items.filtered(lambda line: not line.reconciled)
        if items and not all(receivable.mapped("reconciled")):
            (receivable | items).reconcile()
