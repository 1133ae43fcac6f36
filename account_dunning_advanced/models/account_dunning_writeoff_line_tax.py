from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.writeoff import tax_share


class AccountDunningWriteoffLineTax(models.Model):
    """Tax relief: the tax of a bad debt is claimed back, once and as it was invoiced.

    A loss takes its share of each tax of the invoice, and of what was taxed where the
    reason reduces that as well; a credit note for the same supply must not give the
    tax back once more.
    """

    # rooms of their own: booking, tax relief and proposing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.writeoff.line"

    # === BUSINESS METHODS - SHARES === #

    def _is_tax_relief_due(self):
        """Whether the tax of the loss is claimed back: setting, reason and age."""
        self.ensure_one()
        reason, move = self.reason_id, self.move_line_id.move_id
        if not (self.company_id.dunning_writeoff_tax_relief and reason.tax_relief):
            return False
        end = reason._get_relief_end(move.invoice_date or move.date)
        return not end or not self.date or self.date <= end

    def _get_relief_parts(self):
        """Return values of journal items that claim the tax of the amount back.

        Each tax of the invoice gives its share: amounts at the invoice's rate, on its
        account, with the tags of the tax's refund.
        """
        self.ensure_one()
        move = self.move_line_id.move_id
        if not move.is_sale_document(include_receipts=True):
            return []
        if not self._is_tax_relief_due():
            return []
        before = self._get_written_off_before()
        parts = [
            self._prepare_relief_vals(tax_line, before)
            for tax_line in move.line_ids.filtered("tax_repartition_line_id")
        ]
        return [part for part in parts if part["balance"] or part["amount_currency"]]

    def _get_base_parts(self):
        """Return values of journal items that reduce the taxable amount.

        As in a credit note: each set of taxes of the invoice with its share of what was
        taxed, at the invoice's rate, with the tags of the taxes' refund.
        """
        self.ensure_one()
        if not self.reason_id.relief_base:
            return []
        move = self.move_line_id.move_id
        total = abs(move.amount_total)
        before = self._get_written_off_before()
        taxed = move.line_ids.filtered(
            lambda line: line.tax_ids and not line.tax_repartition_line_id
        )
        parts = [
            {
                **self._prepare_base_tax_vals(taxes),
                "amount_currency": tax_share(
                    -sum(lines.mapped("amount_currency")),
                    total,
                    before,
                    self.amount,
                    self.currency_id.round,
                ),
                "balance": tax_share(
                    -sum(lines.mapped("balance")),
                    total,
                    before,
                    self.amount,
                    self.company_currency_id.round,
                ),
            }
            for taxes, lines in taxed.grouped("tax_ids").items()
        ]
        return [part for part in parts if part["balance"] or part["amount_currency"]]

    @api.model
    def _prepare_base_tax_vals(self, taxes, tags=None):
        """Return the taxes of a journal item that reduces what they are of.

        :param tags: what else the item is tagged with.
        """
        taxes = taxes.flatten_taxes_hierarchy()
        base_tags = taxes.get_tax_tags(True, "base")
        tags = tags | base_tags if tags else base_tags
        # named here, a tax that is due on payment would wait for that once more
        named = taxes.filtered(lambda tax: tax.tax_exigibility != "on_payment")
        return {
            "tax_ids": [fields.Command.set(named.ids)],
            "tax_tag_ids": [fields.Command.set(tags.ids)],
        }

    def _prepare_relief_vals(self, tax_line, before):
        refund = self._get_refund_repartition(tax_line)
        account = self.company_id.dunning_writeoff_tax_account_id or refund.account_id
        total = abs(self.move_line_id.move_id.amount_total)
        due_later = tax_line.tax_line_id.tax_exigibility == "on_payment"
        values = {
            "account_id": (account or tax_line.account_id).id,
            **self._prepare_base_tax_vals(
                # taxes that are computed on this one, too
                tax_line.tax_ids
                if self.reason_id.relief_base
                else tax_line.tax_ids[:0],
                refund.tag_ids,
            ),
            "amount_currency": tax_share(
                -tax_line.amount_currency,
                total,
                before,
                self.amount,
                self.currency_id.round,
            ),
            "balance": tax_share(
                -tax_line.balance,
                total,
                before,
                self.amount,
                self.company_currency_id.round,
            ),
        }
        if not due_later:
            # A tax that is due on payment falls due with the matching, by Odoo's own
            # entry; named as a tax here, it would wait for that once more.
            values["tax_repartition_line_id"] = refund.id
        return values

    @api.model
    def _get_refund_repartition(self, tax_line):
        """Return the line of the tax's refund that mirrors an invoice's tax line."""
        repartition = tax_line.tax_repartition_line_id
        tax = repartition.tax_id
        position = tax.invoice_repartition_line_ids.ids.index(repartition.id)
        return tax.refund_repartition_line_ids[position]

    def _get_written_off_before(self):
        """Return what of the invoice was or will be written off before this line."""
        move = self.move_line_id.move_id
        posted = self.search(
            [
                ("move_line_id", "in", move.line_ids.ids),
                ("state", "=", "posted"),
                ("id", "not in", self._origin.ids),
            ]
        )
        ahead = self.writeoff_id.line_ids.filtered(
            lambda line: (
                line.state == "open"
                and line.move_line_id.move_id == move
                and line._origin.id
                and line._origin.id < (self._origin.id or 0)
            )
        )
        return sum((posted | ahead._origin).mapped("amount"))

    # === BUSINESS METHODS - CREDIT NOTES === #

    def _check_relief_not_credited(self):
        """:raise UserError: a credit note has given the tax back already."""
        with_relief = self.filtered("tax_relief")
        for move, lines in with_relief.grouped("move_id").items():
            credited = lines._get_loose_credits(move)
            left = move.amount_residual - sum(credited.values())
            if move.currency_id.compare_amounts(sum(lines.mapped("amount")), left) > 0:
                raise UserError(
                    self.env._(
                        "The tax of %(invoice)s was given back with %(credits)s"
                        " already: match that with the invoice first, or choose a"
                        " reason without tax relief.",
                        invoice=move.display_name,
                        credits=", ".join(
                            credit.display_name
                            for credit, amount in credited.items()
                            if amount
                        ),
                    )
                )

    @api.model
    def _get_loose_credits(self, move):
        """Return what of an invoice's credit notes is not matched with it.

        :return: {credit note: amount in the invoice's currency}.
        """
        items = move.line_ids
        credited = {}
        for credit in move.reversal_move_ids:
            if credit.state != "posted" or credit.move_type != "out_refund":
                continue
            amount = credit.currency_id._convert(
                credit.amount_total, move.currency_id, move.company_id, credit.date
            )
            partials = credit.line_ids.matched_debit_ids.filtered(
                lambda partial: partial.debit_move_id in items
            )
            amount -= sum(partials.mapped("debit_amount_currency"))
            credited[credit] = max(move.currency_id.round(amount), 0.0)
        return credited

    @api.model
    def _note_credit_notes(self, credits_):
        """Tell that invoices were credited whose loss claimed the tax back.

        Accountants who are no collectors make credit notes as well.
        """
        lines_sudo = self.sudo().search(
            [
                ("state", "=", "posted"),
                ("tax_relief", "!=", 0),
                ("move_line_id.move_id", "in", credits_.reversed_entry_id.ids),
            ]
        )
        for line_sudo in lines_sudo:
            for credit in credits_.filtered(
                lambda credit, line=line_sudo: credit.reversed_entry_id == line.move_id
            ):
                line_sudo.writeoff_id._alert(
                    self.env._("Tax given back twice?"),
                    self.env._(
                        "%(credit)s credits %(invoice)s, of which a loss has claimed"
                        " the tax back: reverse the write-off if this is the same"
                        " supply.",
                        credit=credit.display_name,
                        invoice=line_sudo.move_id.display_name,
                    ),
                )
