from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .account_dunning_guard import GUARD_KEY, GUARD_SENTINEL, without_defaults

# By what a document is known as a bill, or a credit note, of the dunning process.
CHARGE_MARKS = {"dunning_notice_id", "dunning_promise_id"}
# By what a credit note is known as that of a decision: it is not set by hand either.
DUNNING_MARKS = CHARGE_MARKS | {"dunning_dispute_id", "dunning_offer_id"}


class AccountMoveCharge(models.Model):
    """Documents that dunning makes: bills of charges, and credit notes of decisions.

    They are known by marks that nobody sets by hand, and taken back where they came
    from: in the notice, the plan, the dispute or the offer.
    """

    # rooms of their own: what dunning bills, and what is posted
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    dunning_notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        string="Bills Charges of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The notice whose interest and fees this document bills or credits.",
    )
    dunning_promise_id = fields.Many2one(
        comodel_name="account.dunning.promise",
        string="Bills Interest of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The payment plan whose interest this document bills or credits.",
    )
    dunning_offer_id = fields.Many2one(
        comodel_name="account.dunning.offer",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The offer for settling early whose discount this document credits.",
    )
    dunning_dispute_id = fields.Many2one(
        comodel_name="account.dunning.dispute",
        string="Credits Dispute",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The dispute that was upheld with this credit note.",
    )

    _dunning_offer_uniq = models.UniqueIndex(
        "(dunning_offer_id, reversed_entry_id) WHERE dunning_offer_id IS NOT NULL",
        "The discount on this invoice has been credited already.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self = without_defaults(self, DUNNING_MARKS)
        if any(DUNNING_MARKS & vals.keys() for vals in vals_list):
            self._check_may_mark()
        return super().create(vals_list)

    def write(self, vals):
        if DUNNING_MARKS & vals.keys():
            self._check_may_mark()
        return super().write(vals)

    @api.model
    def _check_may_mark(self):
        """:raise AccessError: what a document is to dunning is not said by hand.

        Credit notes of decisions are made by the user's own right, but marked by the
        process, under the guard's key.
        """
        if self.env.su or self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            return
        raise AccessError(
            self.env._("What a document charges is set by the dunning process.")
        )

    # === BUSINESS METHODS === #

    def _is_dunning_charge(self):
        """Return whether the document charges for being late, or credits that."""
        self.ensure_one()
        return any(self[mark] for mark in CHARGE_MARKS)

    def _get_dunning_credits(self):
        """Return the posted credit notes of the bill that nobody has taken back."""
        return self.reversal_move_ids.filtered(
            lambda credit: credit.state == "posted"
            and credit.move_type == "out_refund"
            and not any(undone.state == "posted" for undone in credit.reversal_move_ids)
        )

    def _note_credited_charges(self):
        """Note bills of charges that were credited as a whole with Odoo's wizard."""
        for credit in self:
            bill = credit.reversed_entry_id
            if not bill.dunning_notice_id or credit.dunning_notice_id:
                continue
            # accountants who are no collectors make credit notes as well
            charges_sudo = bill.sudo().dunning_notice_id.charge_ids.filtered(
                lambda charge, bill=bill: charge.state == "posted"
                and charge.invoice_line_id.move_id == bill
            )
            owed = sum(charges_sudo.mapped("amount"))
            if charges_sudo and not bill.currency_id.compare_amounts(
                credit.amount_total, owed
            ):
                charges_sudo._mark_credited(credit)

    # === BUSINESS METHODS - TAKING BACK === #

    def _get_dunning_amount_lines(self):
        """Return the lines of products, then those of taxes, each in their order."""
        products = self.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
        )
        taxes = self.line_ids.filtered("tax_line_id")
        return products.sorted(lambda line: (line.sequence, line.id)) + taxes.sorted(
            lambda line: (line.tax_line_id.id, line.account_id.id, line.id)
        )

    def _take_back_amounts(self, amounts):
        """Book these amounts the other way round, whatever Odoo computed.

        :param dict amounts: {line of a product or tax of the document that is taken
            back: (amount in currency, balance)}, in the order of the document.
        """
        self.ensure_one()
        own = self._get_dunning_amount_lines()
        receivable = self.line_ids - own
        # a tax that books otherwise in credit notes is left as Odoo computes it
        if len(own) != len(amounts) or len(receivable) != 1:
            return
        booked = {
            line: (-float(amount), -float(balance))
            for line, (amount, balance) in zip(own, amounts.values(), strict=True)
        }
        booked[receivable] = tuple(
            -sum(pair[index] for pair in booked.values()) for index in (0, 1)
        )
        # as a person would correct the tax of a document in its totals
        self.with_context(skip_invoice_sync=True).write(
            {
                "line_ids": [
                    Command.update(
                        line.id, {"amount_currency": amount, "balance": balance}
                    )
                    for line, (amount, balance) in booked.items()
                ]
            }
        )

    def _undo_dunning_credit(self):
        """Reverse a credit note to the cent: what it took back is owed again."""
        self.ensure_one()
        bill = self.reversed_entry_id
        day = max(self.date, self.company_id._dunning_today())
        self.company_id._check_dunning_lock(
            day, bool(self.invoice_line_ids.tax_ids), self.journal_id
        )
        self.line_ids.remove_move_reconcile()
        undone = self.with_context(**{GUARD_KEY: GUARD_SENTINEL})._reverse_moves(
            [
                {
                    "date": day,
                    "invoice_date": day,
                    "invoice_date_due": bill.invoice_date_due,
                    # at the bill's rate, or the books would not be what they were
                    "invoice_currency_rate": self.invoice_currency_rate,
                    "dunning_notice_id": bill.dunning_notice_id.id,
                }
            ]
        )
        undone._take_back_amounts(
            {
                line: (line.amount_currency, line.balance)
                for line in self._get_dunning_amount_lines()
            }
        )
        # posting sets it against the credit note
        undone._post(soft=False)

    # === BUSINESS METHODS - CHECKS === #

    def _check_no_dunning_loss(self):
        """:raise UserError: an item of these bills was written off as a loss."""
        for bill in self:
            if any(line._is_written_off() for line in bill.line_ids):
                raise UserError(
                    self.env._(
                        "%(bill)s was written off. Take the loss back first.",
                        bill=bill.display_name,
                    )
                )

    def _check_no_dunning_bill(self):
        """:raise UserError: one of them bills or credits what dunning charges."""
        for move in self.filtered("dunning_promise_id"):
            if move.state == "posted":
                raise UserError(
                    self.env._(
                        "%(bill)s is the interest of %(plan)s: cancel that instead.",
                        bill=move.display_name,
                        plan=move.sudo().dunning_promise_id.display_name,
                    )
                )
        for move in self.filtered("dunning_notice_id"):
            if move.state == "posted":
                raise UserError(
                    self.env._(
                        "%(bill)s belongs to the charges of %(notice)s: waive them, or"
                        " reverse the notice, instead.",
                        bill=move.display_name,
                        notice=move.sudo().dunning_notice_id.display_name,
                    )
                )

    def _check_no_charge_credit(self):
        """:raise UserError: a credit note that took charges back is reversed by hand.

        The invoice that came of it would be a debt like others: dunned, and bearing
        interest.
        """
        if self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            return
        for move in self.filtered("dunning_notice_id"):
            if move.move_type == "out_refund":
                raise UserError(
                    self.env._(
                        "%(credit)s takes back what %(notice)s charged. Reinstate the"
                        " charges there instead.",
                        credit=move.name,
                        notice=move.sudo().dunning_notice_id.display_name,
                    )
                )
