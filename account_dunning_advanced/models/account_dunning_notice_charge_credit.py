from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine.allocation import exact, share_out


class AccountDunningNoticeChargeCredit(models.Model):
    """Crediting: what was billed is taken back, and charged again, to the cent.

    Odoo computes each document for itself, and what is rounded in a bill is not what
    is rounded in its credit notes. So each charge has its own part of the bill, in
    both currencies and of each tax, whatever else is credited, and when.
    """

    # rooms of their own: what is charged, and how it is taken back
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice.charge"

    # === BUSINESS METHODS === #

    def _get_waived_together(self):
        """Return the waived charges that share the credit notes of these."""
        return self | self.search(
            [
                ("credit_move_id", "in", self.credit_move_id.ids),
                ("state", "=", "waived"),
            ]
        )

    def _credit(self, reason):
        """Credit billed charges, each bill by one credit note that is set against it.

        :return: {bill: id of its credit note}.
        """
        credits = {}
        # The bills are the dunning process's own: who may waive need not be allowed to
        # make credit notes of any kind.
        for bill_sudo, charges in (
            self.sudo().grouped(lambda charge: charge.invoice_line_id.move_id).items()
        ):
            credit_sudo = charges._create_credit(bill_sudo, reason)
            if not credit_sudo:
                continue
            credit_sudo._post(soft=False)
            (bill_sudo | credit_sudo).line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
                and not line.reconciled
            ).reconcile()
            credits[bill_sudo] = credit_sudo.id
        return credits

    def _create_credit(self, bill, reason):
        """Return a draft credit note for these charges of a bill.

        Nothing where the bill has been credited already, whoever did it.

        :raise UserError: it has been credited in part, or written off.
        """
        bill._check_no_dunning_loss()
        day = max(bill.date, bill.company_id._dunning_today())
        left = bill.currency_id.round(
            bill.amount_total - sum(bill._get_dunning_credits().mapped("amount_total"))
        )
        if bill.state != "posted" or bill.currency_id.is_zero(left):
            return self.env["account.move"]
        if bill.currency_id.compare_amounts(sum(self.mapped("amount")), left) > 0:
            raise UserError(
                self.env._(
                    "Of %(bill)s only %(left)s has not been credited yet. Reverse the"
                    " other credit note first.",
                    bill=bill.name,
                    left=bill.currency_id.format(left),
                )
            )
        bill.company_id._check_dunning_lock(
            day, bool(bill.invoice_line_ids.tax_ids), bill.journal_id
        )
        parts = self._get_parts(bill)
        credit = (
            self.env["account.move"]
            .with_company(bill.company_id)
            .create(self._prepare_credit(bill, parts, day, reason))
        )
        credit._take_back_amounts(parts)
        return credit

    def _prepare_credit(self, bill, parts, day, reason):
        """Return the values of the credit note for these charges of a bill.

        :param parts: as from :meth:`_get_parts`.
        """
        return {
            "move_type": "out_refund",
            "reversed_entry_id": bill.id,
            "dunning_notice_id": bill.dunning_notice_id.id,
            "partner_id": bill.partner_id.id,
            "company_id": bill.company_id.id,
            "fiscal_position_id": bill.fiscal_position_id.id,
            "currency_id": bill.currency_id.id,
            # at the bill's rate, or the books would not be what they were
            "invoice_currency_rate": bill.invoice_currency_rate,
            "journal_id": bill.journal_id.id,
            "invoice_date": day,
            "invoice_payment_term_id": False,
            "ref": self.env._("%(bill)s: %(reason)s", bill=bill.name, reason=reason),
            "invoice_line_ids": [
                fields.Command.create(charges._prepare_credit_line(line, parts))
                for line, charges in self._group_by_line().items()
            ],
        }

    def _group_by_line(self):
        """Return {line of the bill: charges}, in the order of the bill."""
        grouped = self.grouped("invoice_line_id")
        lines = sorted(grouped, key=lambda line: (line.sequence, line.id))
        return {line: grouped[line] for line in lines}

    def _prepare_credit_line(self, line, parts):
        """Return the values of the credit note's line for charges of a bill's line."""
        amount = sum(self.mapped("amount"))
        net = -float(parts[line][0])
        values = {
            "name": line.name,
            "product_id": line.product_id.id,
            "account_id": line.account_id.id,
            "tax_ids": [fields.Command.set(line.tax_ids.ids)],
            "quantity": 1.0,
            "price_unit": net,
        }
        taxes = line.tax_ids.flatten_taxes_hierarchy()
        if line.extra_tax_data and len(taxes) == 1:
            # with several taxes the amounts are set when they are known
            values.update(self[:1]._prepare_fixed_tax(net, {taxes.id: amount - net}))
        return values

    def _get_parts(self, bill):
        """Return {line of the bill: what of it these charges are}.

        :return: pairs of amount in the bill's currency and balance, signed as in the
            bill, for the lines of products and taxes.
        """
        billed = self.search([("invoice_line_id.move_id", "=", bill.id)]).sorted("id")
        tax_lines = {charge: charge._get_tax_lines(bill) for charge in billed}
        parts = defaultdict(lambda: (Decimal(0), Decimal(0)))
        taken = defaultdict(Decimal)
        for line in bill._get_dunning_amount_lines():
            concerned = billed.filtered(
                lambda c, line=line: line in c.invoice_line_id + tax_lines[c]
            )
            amounts, balances = concerned._share_out(line)
            for charge, amount, balance in zip(
                concerned, amounts, balances, strict=True
            ):
                if line == tax_lines[charge][-1:]:
                    # what is left: the parts of a charge make up its amount
                    own = exact(charge.amount, bill.currency_id.rounding)
                    amount = -own - taken[charge]
                taken[charge] += amount
                if charge in self:
                    before = parts[line]
                    parts[line] = (before[0] + amount, before[1] + balance)
        return dict(parts)

    def _get_tax_lines(self, bill):
        """Return the tax lines of the bill that the charge is part of."""
        taxes = self.invoice_line_id.tax_ids.flatten_taxes_hierarchy()
        return bill._get_dunning_amount_lines().filtered(
            lambda line: line.tax_line_id and line.tax_line_id in taxes
        )

    def _share_out(self, line):
        """Return the amounts and balances of a bill's line, one of each a charge."""
        weights = [Decimal(str(charge.amount)) for charge in self]
        return [
            share_out(
                exact(amount, currency.rounding),
                weights,
                Decimal(str(currency.rounding)),
            )
            for amount, currency in (
                (line.amount_currency, line.currency_id),
                (line.balance, line.company_id.currency_id),
            )
        ]

    def _reinstate(self):
        """Bring waived charges back; their credit notes are reversed."""
        # a credit note may stand for several charges, and falls as a whole
        together_sudo = self.sudo()._get_waived_together()
        for credit_sudo in together_sudo.credit_move_id:
            credit_sudo._undo_dunning_credit()
        for notice_sudo, charges in together_sudo.grouped("notice_id").items():
            notice_sudo._tell_charges(charges, "posted", "")
        for charge_sudo in together_sudo:
            charge_sudo.write(
                {
                    "state": "posted"
                    if charge_sudo.invoice_line_id
                    else charge_sudo.notice_id._get_open_charge_state(),
                    "decided_by_id": self.env.uid,
                    "credit_move_id": False,
                    "is_lost": False,
                }
            )
        self.env.flush_all()
        self.notice_id._refresh_charge_totals()
        # what was paid late, or upheld, in the meantime is not owed again
        for notice_sudo, charges in together_sudo.grouped("notice_id").items():
            notice_sudo._correct_items(charges.ids)
