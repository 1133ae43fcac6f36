from odoo import models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tools import float_round

from ..engine import allocation


class AccountDunningOfferCredit(models.Model):
    """Crediting what has been earned, and taking it back, in the ledger.

    One credit note for each invoice, all of an offer posted and matched together or
    not at all: what cannot be posted today waits and its contact person is told.
    """

    _inherit = "account.dunning.offer"

    # === BUSINESS METHODS === #

    def _credit(self, earned, day):
        """Credit the discount and match it with what is left of the items.

        :param dict earned: {offer line: discount}.
        :param date day: the date of the credit notes.
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._check_lock_dates(day)
                credits_ = self._create_credit_notes(earned, day)
                credits_._post(soft=False)
                self._match(credits_)
        except (UserError, RedirectWarning) as error:
            self._wait("to_credit", error)
            return
        self._unguarded().write(
            {
                "state": "taken",
                "note": False,
                "amount_company": -sum(credits_.mapped("amount_total_signed")),
            }
        )
        self.notice_id.message_post(
            body=self.env._(
                "Paid in time: %(discount)s credited with %(moves)s.",
                discount=self.currency_id.format(sum(earned.values())),
                moves=", ".join(credits_.mapped("name")),
            )
        )

    def _check_lock_dates(self, day):
        """:raise UserError: the period is locked; core would choose another day."""
        company = self.company_id
        violated = company._get_violated_lock_dates(
            day, self.reward_id.base == "principal", self.reward_id.journal_id
        )
        if violated:
            raise UserError(
                self.env._(
                    "The discount cannot be credited, the period is locked:"
                    " %(lock_dates)s.",
                    lock_dates=company._format_lock_dates(violated),
                )
            )

    def _create_credit_notes(self, earned, day):
        """Draft a credit note for each invoice that has earned a discount."""
        self.ensure_one()
        shares = {}
        for line, amount in earned.items():
            if amount:
                invoice = line.move_line_id.move_id
                shares[invoice] = shares.get(invoice, 0.0) + amount
        moves = (
            self.env["account.move"]
            .with_company(self.company_id)
            .create(
                [
                    self._prepare_credit_note(invoice, amount, day)
                    for invoice, amount in shares.items()
                ]
            )
        )
        for move, amount in zip(moves, shares.values(), strict=True):
            self._round_to(move, amount)
        return moves

    def _prepare_credit_note(self, invoice, amount, day):
        """Return values of the credit note for one invoice."""
        self.ensure_one()
        return {
            "move_type": "out_refund",
            "dunning_offer_id": self.id,
            "reversed_entry_id": invoice.id,
            "journal_id": self.reward_id.journal_id.id,
            "partner_id": invoice.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": day,
            "invoice_date_due": day,
            "invoice_payment_term_id": False,
            "fiscal_position_id": invoice.fiscal_position_id.id,
            "ref": self.env._(
                "Reward for settling early, %(invoice)s", invoice=invoice.name
            ),
            "invoice_origin": invoice.name,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": self.reward_id.product_id.id,
                        "account_id": self.reward_id._get_account().id,
                        "name": self.reward_id.product_id.display_name,
                        "quantity": 1,
                        "price_unit": price,
                        "tax_ids": [Command.set(taxes.ids)],
                    }
                )
                for taxes, price in self._split_by_tax(invoice, amount)
            ],
        }

    def _split_by_tax(self, invoice, amount):
        """Return (taxes, price) pairs that make up a sum, in the invoice's proportions.

        Charges are discounted without tax.
        """
        self.ensure_one()
        lines = invoice.invoice_line_ids.filtered(
            lambda line: line.display_type == "product" and line.price_total
        )
        if self.reward_id.base == "charges" or not lines.tax_ids:
            return [(lines.tax_ids.browse(), amount)]
        unit = self.currency_id.rounding
        groups = lines.grouped("tax_ids")
        totals = [sum(of_tax.mapped("price_total")) for of_tax in groups.values()]
        shares = allocation.share_out(
            allocation.exact(amount, unit),
            [allocation.exact(total, unit) for total in totals],
            allocation.exact(unit, unit),
        )
        # prices are with or without tax as the invoice's own were
        return [
            (
                taxes,
                float_round(
                    float(share) * self._get_untaxed_prices(of_tax) / total,
                    precision_rounding=unit,
                ),
            )
            for (taxes, of_tax), total, share in zip(
                groups.items(), totals, shares, strict=True
            )
        ]

    def _get_untaxed_prices(self, lines):
        """Return what an invoice's lines cost before taxes are added to the prices."""
        return sum(
            line.price_unit * line.quantity * (1 - line.discount / 100)
            for line in lines
        )

    def _round_to(self, move, amount):
        """Add what rounding of taxes left, so that the sum is the one promised."""
        missing = self.currency_id.round(amount - move.amount_total)
        if not missing:
            return
        move.invoice_line_ids = [
            Command.create(
                {
                    "name": self.env._("Rounding"),
                    "account_id": self.reward_id._get_account().id,
                    "quantity": 1,
                    "price_unit": missing,
                    "tax_ids": [Command.clear()],
                }
            )
        ]

    def _match(self, credits_):
        """Match credit notes with what is left of the offer's items."""
        items = (credits_.line_ids | self.line_ids.move_line_id).filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
            and not item.reconciled
        )
        for of_account in items.grouped("account_id").values():
            # a discount on what was paid in full stays open for the customer
            if len({item.balance > 0 for item in of_account}) == 2:
                of_account.reconcile()

    def _take_back(self, day):
        """Reverse the credit notes of a payment that was undone."""
        self.ensure_one()
        credits_ = self.credit_move_ids
        try:
            with self.env.cr.savepoint():
                self._check_lock_dates(day)
                credits_._reverse_moves(
                    [
                        {
                            "date": day,
                            "invoice_date": day,
                            "invoice_date_due": day,
                            "ref": self.env._(
                                "Reversal of: %(move)s, the payment was undone",
                                move=move.name,
                            ),
                        }
                        for move in credits_
                    ],
                    cancel=True,
                )
                credits_.dunning_offer_id = False
        except (UserError, RedirectWarning) as error:
            self._wait("taken", error)
            return
        self._unguarded().write({"amount_company": self._get_budgeted()})
        self._set_unearned(day)
        self.notice_id.message_post(
            body=self.env._(
                "The payment was undone: %(moves)s reversed.",
                moves=", ".join(credits_.mapped("name")),
            )
        )

    def _get_budgeted(self):
        """Return the discount in company currency, at the rate of the offer's day."""
        self.ensure_one()
        return self.currency_id._convert(
            self.amount_discount,
            self.company_currency_id,
            self.company_id,
            self.date_from,
        )

    def _wait(self, state, error):
        """Keep the offer for the cron, and ask somebody to see to it once."""
        self.ensure_one()
        self.env.invalidate_all()
        told = self.note
        self._unguarded().write({"state": state, "note": str(error)})
        if not told:
            notice = self.notice_id
            user = notice.user_id or self.company_id.dunning_user_id or self.env.user
            notice.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=user.id,
                summary=self.env._("Reward not settled"),
                note=str(error),
            )
