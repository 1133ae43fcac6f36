from odoo import fields, models


class PaymentTransaction(models.Model):
    """Payments that customers made in the portal: they say which items they pay."""

    _inherit = "payment.transaction"

    dunning_item_ids = fields.Many2many(
        comodel_name="account.move.line",
        relation="account_dunning_transaction_item_rel",
        column1="transaction_id",
        column2="move_line_id",
        string="Items Paid",
        readonly=True,
        copy=False,
        help="What the customer chose on the statement or on a notice. The payment"
        " settles these, the oldest first, and no others.",
    )
    dunning_credit = fields.Monetary(
        string="Credits Set Off",
        readonly=True,
        copy=False,
        help="Credits that were taken off the items before the customer paid.",
    )
    dunning_notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        string="Paid from Notice",
        index="btree_not_null",
        readonly=True,
        copy=False,
        ondelete="set null",
    )

    # === BUSINESS METHODS === #

    def _create_payment(self, **extra_create_values):
        """Set credits off first, for the customer paid what was left after them."""
        items = self.dunning_item_ids
        if not items:
            return super()._create_payment(**extra_create_values)
        self._set_off_dunning_credits()
        payment = super()._create_payment(
            **{"destination_account_id": items.account_id[:1].id, **extra_create_values}
        )
        self._note_dunning_payment(payment)
        return payment

    def _get_open_dunning_amounts(self):
        """Return {item: what is open of it and not disputed}, the oldest first."""
        items = self.dunning_item_ids.filtered(
            lambda item: not item.reconciled and item.amount_residual_currency > 0
        ).sorted(lambda item: (item.date_maturity or item.date, item.id))
        free = items._get_undisputed()
        return {item: free[item] for item in items if free.get(item, 0) > 0}

    def _set_off_dunning_credits(self):
        """Match the customer's credits with the items, up to what was shown."""
        self.ensure_one()
        left = self.dunning_credit
        items = self.dunning_item_ids
        for credit in self._search_dunning_credits() if left else items.browse():
            amount = min(left, -credit.amount_residual_currency)
            shares = self._share_dunning(amount)
            if shares:
                credit._settle(shares)
                left = self.currency_id.round(left - sum(shares.values()))

    def _search_dunning_credits(self):
        items = self.dunning_item_ids
        return items.search(
            [
                (
                    "partner_id.commercial_partner_id",
                    "=",
                    items.partner_id.commercial_partner_id.id,
                ),
                ("company_id", "=", self.company_id.id),
                ("account_id", "=", items.account_id[:1].id),
                ("currency_id", "=", self.currency_id.id),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", "<", 0),
            ],
            order="date_maturity, id",
        )

    def _share_dunning(self, amount):
        """Return {item: what an amount settles of it}."""
        shares = {}
        for item, open_amount in self._get_open_dunning_amounts().items():
            share = self.currency_id.round(min(open_amount, amount))
            if share <= 0:
                break
            shares[item] = share
            amount = self.currency_id.round(amount - share)
        return shares

    def _settle_dunning_items(self, payment):
        """Match a posted payment with what the customer chose, and nothing before it.

        Core would take the oldest instalment of an invoice, whichever was paid.
        """
        self.ensure_one()
        receivable = payment.move_id.line_ids.filtered(
            lambda line: (
                line.account_id == payment.destination_account_id
                and not line.reconciled
                and line.amount_residual_currency < 0
            )
        )
        # without a journal entry the bank line will be matched
        for line in receivable[:1]:
            shares = self._share_dunning(-line.amount_residual_currency)
            if shares:
                line._settle(shares)

    def _note_dunning_payment(self, payment):
        """Keep the payment in the contact record; say if it was more than was open."""
        items = self.dunning_item_ids
        partner = items.partner_id.commercial_partner_id[:1]
        amount = self.currency_id.format(self.amount)
        self.env["account.dunning.contact"].sudo().create(
            {
                "company_id": self.company_id.id,
                "partner_id": partner.id,
                "notice_id": self.dunning_notice_id.id,
                "direction": "in",
                "channel": "portal",
                "recipient": self.partner_id.display_name,
                "subject": self.env._("Paid online"),
                "note": f"{amount}: {self.reference}\n"
                + ", ".join(items.mapped("move_name")),
                "by_hand": False,
            }
        )
        left = payment.move_id.line_ids.filtered(
            lambda line: (
                line.account_id == payment.destination_account_id
                and line.amount_residual_currency < 0
            )
        )
        if left:
            debtor = (
                self.env["account.dunning.debtor"]
                .sudo()
                ._get_or_create(partner, self.company_id)
            )
            debtor.activity_schedule(
                "mail.mail_activity_data_todo",
                self.company_id._dunning_today(),
                user_id=(debtor.user_id or self.env.ref("base.user_admin")).id,
                summary=self.env._("More was paid online than was open"),
                note=self.env._(
                    "%(payment)s leaves a credit. Set it off, or pay it back.",
                    payment=payment.display_name,
                ),
            )
