import re
from collections import namedtuple
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, str2bool

#: What is paid at once: partner (the commercial one), company, currency; items (of one
#: receivable account, the oldest first), move_ids (theirs), amounts ({item id: what may
#: be paid of it}); the sums open, disputed, covered (by credits and money under way),
#: total (what may be paid) and asked (what is proposed); choice (how it was chosen, for
#: addresses), notice (or none). All records are superuser's.
Basket = namedtuple(
    "Basket",
    "partner company currency items move_ids amounts open disputed covered total asked"
    " choice notice",
)
#: Beside ``all`` and ``overdue`` a choice is ``i12.13``, items by their ids, or ``p7``,
#: those of an agreement.
CHOSEN = re.compile(r"i(\d{1,10}(?:\.\d{1,10}){0,199})|p(\d{1,10})", re.ASCII)
MOST_CHOSEN = 200
#: Invoices whose numbers may stand in the reference of a transfer.
MOST_NAMED = 10
#: So long somebody may be on the page of a payment provider.
PAYING_MINUTES = 15
#: Payments that may be begun for one customer in an hour.
STARTS_AN_HOUR = 60


class AccountDunningCheckout(models.AbstractModel):
    """What a customer pays online, out of all that is open.

    The methods are private and run as superuser: their callers have found out before
    for whom the reader may speak. What may be paid is read off the ledger and the
    assessment at the moment of looking, and once more when the payment begins. The
    money itself goes the way of Odoo's payment engine.
    """

    _name = "account.dunning.checkout"
    _description = "Payment of a Customer"

    # === BUSINESS METHODS - WHAT MAY BE PAID === #

    @api.model
    def _is_enabled(self):
        """Return whether customers pay online at all: a setting of Odoo's own."""
        parameter = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("account_payment.enable_portal_payment")
        )
        return str2bool(parameter, False)

    @api.model
    def _get_baskets(self, partner, companies, rows, choice):
        """Return what may be paid by a choice, a basket a company and currency.

        :param dict rows: of the statement.
        """
        baskets = []
        for company in companies:
            mine = {
                line_id: row
                for line_id, row in rows.items()
                if row["company_id"] == company.id
            }
            currency_ids = sorted({row["currency_id"] for row in mine.values()})
            for currency in self.env["res.currency"].browse(currency_ids):
                basket = self._fill(partner, company, currency, mine, choice)
                if basket.items:
                    baskets.append(basket)
        return baskets

    @api.model
    def _get_basket(self, partner, company, currency, choice):
        """Return what may be paid now by a choice.

        :param str choice: as sent; what it names and may not be paid is left out.
        """
        rows = self.env["account.dunning.statement"]._get_rows(partner, company)
        return self._fill(partner, company, currency, rows, choice)

    @api.model
    def _get_notice_basket(self, notice, choice="all"):
        """Return what may be paid of a notice, what it charged included.

        :param str choice: as sent; never more than the items of the notice.
        """
        Statement = self.env["account.dunning.statement"]
        lines = Statement._get_notice_lines(notice)
        wanted = {item_id for item_id, _amount in Statement._get_asked(lines)}
        wanted |= set(Statement._get_notice_bills(notice).ids)
        rows = Statement._get_rows(notice.partner_id, notice.company_id)
        mine = {item_id: rows[item_id] for item_id in wanted if item_id in rows}
        basket = self._fill(
            notice.partner_id, notice.company_id, notice.currency_id, mine, choice
        )
        return basket._replace(notice=notice)

    @api.model
    def _fill(self, partner, company, currency, rows, choice):
        Statement = self.env["account.dunning.statement"]
        chosen = self._choose(partner, company, rows, choice)
        amounts = {
            row["line_id"]: amount
            for row in chosen
            if row["currency_id"] == currency.id
            and (amount := currency.round(Statement._get_payable(row))) > 0
        }
        items = self._keep_one_account(
            self.env["account.move.line"].sudo().browse(amounts)
        )
        of_items = [rows[item_id] for item_id in items.ids]
        total = currency.round(sum(amounts[item_id] for item_id in items.ids))
        if not self._get_promise(choice):
            free = self._get_free_credit(partner, company, currency, rows)
            total = currency.round(max(0.0, total - free))
        opened = currency.round(sum(row["residual"] for row in of_items))
        disputed = currency.round(sum(row["disputed"] for row in of_items))
        return Basket(
            partner=partner.commercial_partner_id.sudo(),
            company=company.sudo(),
            currency=currency.sudo(),
            items=items,
            amounts=amounts,
            move_ids=sorted({row["move_id"] for row in of_items}),
            open=opened,
            disputed=disputed,
            covered=currency.round(opened - disputed - total),
            total=total,
            asked=self._get_asked(choice, currency, total),
            choice=choice,
            notice=self.env["account.dunning.notice"].sudo(),
        )

    @api.model
    def _keep_one_account(self, items):
        """Return the items of the account of the first one, in the same order.

        A payment settles one account; a customer has one, but for rare exceptions.
        """
        others = items.search(
            [("id", "in", items.ids), ("account_id", "!=", items[:1].account_id.id)]
        )
        return items - others if others else items

    @api.model
    def _get_free_credit(self, partner, company, currency, rows):
        """Return the credits that the assessment set against nothing yet.

        There are some where the policy does not net, or where agreements and holds
        stop the items that they would cover. Who pays has them set off all the same.
        """
        Statement = self.env["account.dunning.statement"]
        totals = Statement._get_credit_totals(partner, company)
        credit = totals.get((company.id, currency.id), {}).get("credit", 0.0)
        used = sum(
            row["credited"]
            for row in rows.values()
            if row["currency_id"] == currency.id
        )
        return max(0.0, credit - used)

    @api.model
    def _choose(self, partner, company, rows, choice):
        """Return the rows of a choice, the oldest first."""
        Statement = self.env["account.dunning.statement"]
        if choice == "all":
            chosen = rows.values()
        elif choice == "overdue":
            # what was agreed falls due by its schedule
            chosen = [
                row
                for row in rows.values()
                if row["days_overdue"] > 0 and not Statement._is_agreed(row)
            ]
        else:
            wanted = self._get_wanted_ids(partner, company, choice)
            chosen = [rows[item_id] for item_id in wanted if item_id in rows]
        return sorted(chosen, key=lambda row: (row["date_due"], row["line_id"]))

    @api.model
    def _get_wanted_ids(self, partner, company, choice):
        """Return the ids of the items that a choice names."""
        found = CHOSEN.fullmatch(choice or "")
        if not found:
            return set()
        if found[1]:
            return {int(item_id) for item_id in found[1].split(".")}
        promise = self._get_promise(choice)
        is_own = (
            promise.partner_id == partner.commercial_partner_id
            and promise.company_id == company
        )
        return set(promise.move_line_ids.ids) if is_own else set()

    @api.model
    def _get_promise(self, choice):
        """Return the agreement that a choice names, or none."""
        found = CHOSEN.fullmatch(choice or "")
        Promise_sudo = self.env["account.dunning.promise"].sudo()
        if not found or not found[2]:
            return Promise_sudo
        return Promise_sudo.search(
            [("id", "=", int(found[2])), ("state", "=", "active")]
        )

    @api.model
    def _get_asked(self, choice, currency, total):
        """Return what is proposed to be paid: of an agreement, what is due of it."""
        promise = self._get_promise(choice)
        if not promise:
            return total
        agreed = self.env["account.dunning.statement"]._prepare_agreement(promise)
        asked = agreed["due"] or agreed["next_amount"]
        return currency.round(min(asked, total))

    # === BUSINESS METHODS - TRANSFERS === #

    @api.model
    def _get_bank_account(self, basket):
        """Return the account to pay into, or none."""
        if basket.notice:
            return self._get_notice_transfer(basket)[0]
        move = (
            self.env["account.move"]
            .sudo()
            .search(
                [("id", "in", basket.move_ids), ("partner_bank_id", "!=", False)],
                limit=1,
            )
        )
        return move.partner_bank_id or basket.company.partner_id.bank_ids[:1]

    @api.model
    def _get_notice_transfer(self, basket):
        return self.env["account.dunning.statement"]._get_notice_transfer(
            basket.notice, len(basket.items), basket.move_ids
        )

    @api.model
    def _get_reference(self, basket):
        """Return what the customer quotes, so that the bank line is recognized."""
        moves = self.env["account.move"].sudo().browse(basket.move_ids[:MOST_NAMED])
        if len(basket.move_ids) == 1:
            return moves.payment_reference or moves.name
        if basket.notice:
            return self._get_notice_transfer(basket)[1]
        names = " ".join(moves.mapped("name"))
        # what fits into the remittance information of a SEPA transfer
        if len(basket.move_ids) == len(moves) and len(names) <= 140:
            return names
        return basket.partner.ref or basket.partner.name

    @api.model
    def _get_qr(self, basket, amount):
        """Return a QR code for the transfer as a data URI, where core can make one."""
        account = self._get_bank_account(basket)
        return account and account.build_qr_code_base64(
            amount,
            self._get_reference(basket),
            "",
            basket.currency,
            basket.partner,
            silent_errors=True,
        )

    # === BUSINESS METHODS - BEGINNING TO PAY === #

    @api.model
    def _begin(self, basket, amount, own):
        """Hold the items until the payment is written down, and look at it again.

        Two who pay the same at once meet here: the second one begins anew, and finds
        the payment of the first.

        :param float amount: what is to be paid, in the currency of the basket.
        :param payment.transaction own: what the same browser began before: whoever
            comes back from the provider without having paid may try again.
        :raise UserError: it is being paid already, or is not open any more.
        """
        Attempt = self.env["account.dunning.attempt"]
        key = (basket.partner.id, basket.company.id)
        if Attempt._is_exhausted("pay", key, STARTS_AN_HOUR, 60):
            raise UserError(self.env._("That were many attempts. Please call us."))
        Attempt._count("pay", key)
        if (
            not basket.items
            or amount <= 0
            or basket.currency.compare_amounts(amount, basket.total) > 0
        ):
            raise UserError(
                self.env._(
                    "Something has changed in the meantime: open the page anew and"
                    " look at the amount before you pay."
                )
            )
        self._touch(basket.items)
        begun = self._get_begun(basket)
        if begun - own.filtered(lambda transaction: transaction.state == "draft"):
            raise UserError(
                self.env._(
                    "Somebody is paying this right now. Please look again in"
                    " %(minutes)s minutes.",
                    minutes=PAYING_MINUTES,
                )
            )

    @api.model
    def _touch(self, items):
        """Make a new version of the items' rows, which others at work on them meet."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE account_move_line SET write_date = write_date
                    WHERE id IN (SELECT id FROM account_move_line
                                  WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)""",
                items.ids,
            )
        )

    @api.model
    def _get_begun(self, basket):
        """Return payments of the items that may be finished, or wait for the ledger.

        Transfers that were only announced count for nothing.
        """
        since = fields.Datetime.now() - timedelta(minutes=PAYING_MINUTES)
        is_open = (
            (Domain("state", "=", "draft") & Domain("create_date", ">=", since))
            | Domain("state", "in", ("pending", "authorized"))
            | (Domain("state", "=", "done") & Domain("is_post_processed", "=", False))
        )
        return (
            self.env["payment.transaction"]
            .sudo()
            .search(
                is_open
                & Domain("provider_code", "!=", "custom")
                & (
                    Domain("dunning_item_ids", "in", basket.items.ids)
                    | Domain("invoice_ids", "in", basket.move_ids)
                )
            )
        )

    @api.model
    def _prepare_transaction(self, basket):
        """Return what a transaction keeps of the basket.

        Core knows invoices; opening balances and the like are told by their items.
        """
        invoices = self.env["account.move"].search(
            [
                ("id", "in", basket.move_ids),
                ("move_type", "in", self.env["account.move"].get_invoice_types()),
            ]
        )
        return {
            "invoice_ids": [fields.Command.set(invoices.ids)],
            "dunning_item_ids": [fields.Command.set(basket.items.ids)],
            "dunning_credit": basket.covered,
            "dunning_notice_id": basket.notice.id,
        }
