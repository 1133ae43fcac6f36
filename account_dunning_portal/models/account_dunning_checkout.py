import re
from collections import namedtuple
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, str2bool

from .account_dunning_statement import AGREEMENT_REASONS

#: What is paid at once: partner (the commercial one), company, currency; items (of one
#: receivable account, the oldest first), shown (the oldest of them by their ids: what
#: may be paid of each, and whether it is proposed), move_ids (of all); the sums open,
#: disputed, covered (by credits and money under way), total (what may be paid) and
#: asked (what is proposed); choice (how it was chosen, for addresses), notice (or
#: none). All records are superuser's.
Basket = namedtuple(
    "Basket",
    "partner company currency items shown move_ids open disputed covered total asked"
    " choice notice",
)
#: Beside ``all`` and ``overdue`` a choice is ``i12.13``, items by their ids, or ``p7``,
#: those of an agreement.
CHOSEN = re.compile(r"i(\d{1,10}(?:\.\d{1,10}){0,199})|p(\d{1,10})", re.ASCII)
MOST_CHOSEN = 200
#: Invoices whose numbers may stand in the reference of a transfer.
MOST_NAMED = 10
#: Items that pages list at most; the sums are of all of them.
ITEMS_SHOWN = 50
#: So long somebody may be on the page of a payment provider.
PAYING_MINUTES = 15
#: Payments that one reader may begin for a customer in an hour.
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
    def _get_baskets(self, partner, companies, choice):
        """Return what may be paid by a choice, a basket a company and currency."""
        baskets = []
        for company in companies:
            select = self._get_position_sql(partner, company)
            rows = self._pick(partner, company, select, choice)
            currency_ids = sorted({row["currency_id"] for row in rows})
            for currency in self.env["res.currency"].browse(currency_ids):
                basket = self._fill(partner, company, currency, rows, choice)
                if basket.items:
                    baskets.append(basket)
        return baskets

    @api.model
    def _get_basket(self, partner, company, currency, choice):
        """Return what may be paid now by a choice.

        :param str choice: as sent; what it names and may not be paid is left out.
        """
        select = self._get_position_sql(partner, company)
        rows = self._pick(partner, company, select, choice)
        return self._fill(partner, company, currency, rows, choice)

    @api.model
    def _get_notice_basket(self, notice, choice="all"):
        """Return what may be paid of a notice, what it charged included.

        :param str choice: as sent; never more than the items of the notice.
        """
        Statement = self.env["account.dunning.statement"]
        about = (notice.partner_id, notice.company_id)
        within = SQL(
            "(line_id IN %s OR line_id = ANY(%s))",
            Statement._get_letter_items(notice),
            Statement._get_notice_bills(notice).ids,
        )
        rows = self._pick(*about, self._get_position_sql(*about), choice, within)
        basket = self._fill(*about, notice.currency_id, rows, choice)
        return basket._replace(notice=notice)

    @api.model
    def _get_position_sql(self, partner, company) -> SQL:
        return self.env["account.dunning.statement"]._get_position_sql(partner, company)

    @api.model
    def _pick(self, partner, company, select, choice, within=None):
        """Return what was chosen: the oldest items one by one, the others summed up.

        :param SQL select: of all positions of the customer.
        :param SQL within: condition of what may be chosen from.
        :return: list of dicts, the oldest first: currency_id, account_id, is_chosen,
            item_ids, move_ids, date_due, is_proposed, residual, disputed, payable,
            credited.
        """
        return self.env["account.dunning.statement"]._execute_positions(
            SQL(
                """
                WITH chosen AS (
                    SELECT stand.*, %(chosen)s AND %(within)s AND payable > 0
                               AS is_chosen
                      FROM (%(select)s) stand
                ), placed AS (
                    SELECT chosen.*, ROW_NUMBER() OVER (
                               PARTITION BY currency_id, account_id, is_chosen
                               ORDER BY date_due, line_id) AS place
                      FROM chosen
                )
                SELECT currency_id, account_id, is_chosen,
                       CASE WHEN is_chosen AND place <= %(shown)s THEN place END
                           AS place,
                       ARRAY_AGG(line_id ORDER BY place) AS item_ids,
                       ARRAY_AGG(DISTINCT move_id) AS move_ids,
                       MIN(date_due) AS date_due,
                       BOOL_AND(%(proposed)s) AS is_proposed,
                       SUM(residual)::float AS residual,
                       SUM(disputed)::float AS disputed,
                       SUM(payable)::float AS payable,
                       SUM(credited)::float AS credited
                  FROM placed
                 GROUP BY 1, 2, 3, 4
                 ORDER BY 7, 4 NULLS LAST, 5""",
                chosen=self._get_choice_sql(partner, company, choice),
                within=within or SQL("TRUE"),
                select=select,
                shown=ITEMS_SHOWN,
                proposed=self._get_overdue_sql(),
            )
        )

    @api.model
    def _get_overdue_sql(self) -> SQL:
        # what was agreed falls due by its schedule
        return SQL("(days_overdue > 0 AND reason != ALL(%s))", list(AGREEMENT_REASONS))

    @api.model
    def _get_choice_sql(self, partner, company, choice) -> SQL:
        """Return the condition of a choice, for a position."""
        if choice == "all":
            return SQL("TRUE")
        if choice == "overdue":
            return self._get_overdue_sql()
        wanted = sorted(self._get_wanted_ids(partner, company, choice))
        return SQL("line_id = ANY(%s)", wanted)

    @api.model
    def _fill(self, partner, company, currency, rows, choice):
        """Return the basket of a currency.

        A payment settles one account; a customer has one, but for rare exceptions: then
        it is that of the oldest item.

        :param list rows: from :meth:`_pick`.
        """
        of_currency = [row for row in rows if row["currency_id"] == currency.id]
        chosen = [row for row in of_currency if row["is_chosen"]]
        chosen = [row for row in chosen if row["account_id"] == chosen[0]["account_id"]]
        total = currency.round(sum(row["payable"] for row in chosen))
        if not self._get_promise(choice):
            free = self._get_free_credit(partner, company, currency, of_currency)
            total = currency.round(max(0.0, total - free))
        opened = currency.round(sum(row["residual"] for row in chosen))
        disputed = currency.round(sum(row["disputed"] for row in chosen))
        return Basket(
            partner=partner.commercial_partner_id.sudo(),
            company=company.sudo(),
            currency=currency.sudo(),
            items=self.env["account.move.line"]
            .sudo()
            .browse(item_id for row in chosen for item_id in row["item_ids"]),
            shown={
                row["item_ids"][0]: row for row in chosen if row["place"] is not None
            },
            move_ids=sorted({move_id for row in chosen for move_id in row["move_ids"]}),
            open=opened,
            disputed=disputed,
            covered=currency.round(opened - disputed - total),
            total=total,
            asked=self._get_asked(choice, currency, total),
            choice=choice,
            notice=self.env["account.dunning.notice"].sudo(),
        )

    @api.model
    def _get_free_credit(self, partner, company, currency, rows):
        """Return the credits that the assessment set against nothing yet.

        There are some where the policy does not net, or where agreements and holds
        stop the items that they would cover. Who pays has them set off all the same.

        :param list rows: of all that is open in the currency, chosen or not.
        """
        Statement = self.env["account.dunning.statement"]
        totals = Statement._get_credit_totals(partner, company)
        credit = totals.get((company.id, currency.id), {}).get("credit", 0.0)
        return max(0.0, credit - sum(row["credited"] for row in rows))

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
                [
                    ("id", "in", basket.move_ids[:ITEMS_SHOWN]),
                    ("partner_bank_id", "!=", False),
                ],
                limit=1,
            )
        )
        return move.partner_bank_id or basket.company.partner_id.bank_ids[:1]

    @api.model
    def _get_notice_transfer(self, basket):
        return self.env["account.dunning.statement"]._get_notice_transfer(basket.notice)

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
    def _begin(self, basket, amount, own, knowingly=False):
        """Hold the items until the payment is written down, and look at it again.

        Two who pay the same at once meet here: the second one begins anew, and finds
        the payment of the first. Money that is under way stops the second one. A
        payment that was only begun does not for good: whoever holds a letter could
        keep the customer from paying with it. It is told of, and who has read that may
        go on.

        :param float amount: what is to be paid, in the currency of the basket.
        :param bool knowingly: it was told that somebody else has begun to pay.
        :param payment.transaction own: what the same browser began before: whoever
            comes back from the provider without having paid may try again.
        :raise UserError: it is being paid already, or is not open any more.
        """
        Attempt = self.env["account.dunning.attempt"]
        # each reader's own: nobody uses up the attempts of the others
        key = (basket.partner.id, basket.company.id, self.env.uid, basket.notice.id)
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
        if begun.filtered(lambda transaction: transaction.state != "draft"):
            raise UserError(
                self.env._(
                    "Somebody is paying this right now. Please look again in"
                    " %(minutes)s minutes.",
                    minutes=PAYING_MINUTES,
                )
            )
        if begun - own and not knowingly:
            raise UserError(
                self.env._(
                    "Somebody has just begun to pay this. Open the page anew to see"
                    " when, and to go on all the same."
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
        items, moves = set(basket.items.ids), set(basket.move_ids)
        return self._search_begun(basket).filtered(
            lambda transaction: (
                not items.isdisjoint(transaction.dunning_item_ids.ids)
                or not moves.isdisjoint(transaction.invoice_ids.ids)
            )
        )

    @api.model
    def _search_begun(self, basket):
        """Return payments to the company that may be finished; they are few."""
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
                & Domain("company_id", "=", basket.company.id)
                & Domain("currency_id", "=", basket.currency.id)
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
