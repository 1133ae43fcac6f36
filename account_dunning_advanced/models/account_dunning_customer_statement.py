from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import date_utils, format_date

from ..engine import statement as engine

TEMPLATE = "account_dunning_advanced.mail_template_statement"


class AccountDunningCustomerStatement(models.Model):
    """A customer's account between two days, as printed, downloaded or mailed.

    Nothing of the account is stored: it is read off the ledger as of the last day
    whenever it is looked at. What is stored is who was sent which statement.
    """

    _name = "account.dunning.customer.statement"
    _description = "Statement of Account"
    _inherit = ["account.dunning.guard", "account.dunning.addressed"]
    _order = "date_to desc, id desc"
    _check_company_auto = True

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._default_date_from()
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        help="The account as of the end of this day; later payments do not count.",
    )
    is_scheduled = fields.Boolean(
        string="Monthly",
        readonly=True,
        copy=False,
        help="Made by the monthly job.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Not sent"),
            ("waiting", "To be sent"),
            ("sent", "Sent"),
            ("dropped", "Cannot be sent"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    _period = models.Constraint(
        "CHECK (date_from <= date_to)", "The period ends before it begins."
    )
    _once_a_month = models.UniqueIndex(
        "(company_id, partner_id, date_to) WHERE is_scheduled"
    )

    @api.model
    def _default_date_from(self):
        today = self.env.company._dunning_today()
        return date_utils.start_of(today, "month") - relativedelta(months=2)

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "date_to")
    def _compute_display_name(self):
        for statement in self:
            statement.display_name = statement.partner_id and self.env._(
                "Statement of %(customer)s, %(date)s",
                customer=statement.partner_id.commercial_partner_id.name,
                date=format_date(self.env, statement.date_to),
            )

    @api.depends("partner_id", "company_id", "date_from", "date_to")
    def _compute_preview(self):
        names = ("partner_id", "company_id", "date_from", "date_to")
        for statement in self:
            if not all(statement[name] for name in names):
                statement.preview = False
                continue
            statement.preview = self.env["ir.qweb"]._render(
                "account_dunning_advanced.statement_tables",
                {"parts": statement._get_content(), "o": statement},
            )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"state", "is_scheduled"}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        if any(statement.state == "sent" for statement in self):
            raise UserError(self.env._("What was sent to a customer is kept."))

    # === ACTION METHODS === #

    def action_print(self):
        """Print the statement as PDF, in the customer's language."""
        self.check_access("read")
        return self.env.ref(
            "account_dunning_advanced.account_dunning_customer_statement_report"
        ).report_action(self)

    def action_export(self):
        """Download the statement as a spreadsheet."""
        self.ensure_one()
        self.check_access("read")
        return self.env["account.dunning.export"]._open("statement", self)

    def action_send(self):
        """Queue the statement to whoever gets the customer's invoices.

        :raise UserError: sent already, or there is no e-mail address.
        """
        for statement in self:
            statement._start(
                ("draft", "waiting", "dropped"), self.env._("sent to the customer")
            )
            if not statement._get_recipient().email_normalized:
                raise UserError(
                    self.env._(
                        "%(customer)s has no e-mail address for invoices.",
                        customer=statement.partner_id.display_name,
                    )
                )
            statement._send()

    # === BUSINESS METHODS - THE ACCOUNT === #

    @api.model
    def _get_statement(self, partner, company, date_from, date_to):
        """Return a customer's account between two days, by currency.

        Whoever calls it has checked that the reader may see the customer in the
        company; it reads the ledger as it is.

        :param res.partner partner: anybody of the commercial entity.
        :param res.company company: whose ledger.
        :param date date_from: the first day.
        :param date date_to: the last day.
        :return: list of dicts, one a currency, with ``currency``, ``opening``,
            ``rows``, ``closing``, ``items`` and ``overdue``. Rows have date, name,
            reference, kind, amount and the balance after it; items have date,
            date_due, days_overdue, name, reference, amount and residual. Amounts are
            in the currency, credits below zero.
        """
        opening, activity, items = self._read_account(
            partner, company, date_from, date_to
        )
        moves = self._get_documents([*activity, *items])
        currencies = self.env["res.currency"].browse(
            {row["currency_id"] for row in [*opening, *activity, *items]}
        )
        before = {row["currency_id"]: row["amount"] for row in opening}
        parts = [
            self._prepare_part(
                currency,
                before.get(currency.id, 0.0),
                [row for row in activity if row["currency_id"] == currency.id],
                [item for item in items if item["currency_id"] == currency.id],
                moves,
                date_to,
            )
            for currency in currencies.sorted(
                lambda currency: (currency != company.currency_id, currency.name)
            )
        ]
        return [
            part
            for part in parts
            if part["rows"]
            or part["items"]
            or not part["currency"].is_zero(part["opening"])
        ]

    @api.model
    def _read_account(self, partner, company, date_from, date_to):
        self.env.flush_all()
        Assessment = self.env["account.dunning.assessment"]
        scope = engine.Scope(
            company_id=company.id,
            account_ids=Assessment._get_receivable_accounts(company).ids,
            partner_ids=list(Assessment._get_family_ids(partner)),
            date_from=date_from,
            date_to=date_to,
        )
        return [
            self.env.execute_query_dict(query(scope))
            for query in (
                engine.get_opening,
                engine.get_activity,
                engine.get_open_items,
            )
        ]

    @api.model
    def _get_documents(self, rows):
        # who may see the account may see what its documents are called
        moves_sudo = (
            self.env["account.move"].sudo().browse({row["move_id"] for row in rows})
        )
        return {move.id: move for move in moves_sudo}

    @api.model
    def _prepare_part(self, currency, opening, rows, items, moves, date_to):
        balance, prepared = opening, []
        for row in rows:
            balance = currency.round(balance + row["amount"])
            move = moves[row["move_id"]]
            prepared.append(
                {
                    **self._prepare_document(move),
                    "kind": self._get_kind(move, row["is_transfer"]),
                    "date": row["date"],
                    "amount": row["amount"],
                    "balance": balance,
                }
            )
        open_items = [
            {
                **self._prepare_document(moves[item["move_id"]]),
                "date": item["date"],
                "date_due": item["date_due"],
                "days_overdue": max((date_to - item["date_due"]).days, 0),
                "amount": item["amount"],
                "residual": item["residual"],
            }
            for item in items
        ]
        return {
            "currency": currency,
            "opening": currency.round(opening),
            "rows": prepared,
            "closing": currency.round(balance),
            "items": open_items,
            "overdue": currency.round(
                sum(item["residual"] for item in open_items if item["days_overdue"])
            ),
        }

    @api.model
    def _prepare_document(self, move):
        return {"name": move.name, "reference": move.ref or ""}

    @api.model
    def _get_kind(self, move, is_transfer):
        """Return what a row is, in the customer's words."""
        if is_transfer:
            return self.env._("Settled in another currency or account")
        if move.move_type in ("out_invoice", "out_receipt"):
            return self.env._("Invoice")
        if move.move_type == "out_refund":
            return self.env._("Credit note")
        if move.origin_payment_id or move.statement_line_id:
            return self.env._("Payment")
        return self.env._("Entry")

    def _get_content(self):
        """Return the account that this statement shows; see :meth:`_get_statement`."""
        self.ensure_one()
        return self._get_statement(
            self.partner_id, self.company_id, self.date_from, self.date_to
        )

    # === BUSINESS METHODS - SENDING === #

    def _get_recipient(self):
        """Return who is written to: whoever gets the customer's invoices."""
        self.ensure_one()
        partner = self.partner_id.commercial_partner_id
        return partner.browse(partner.address_get(["invoice"])["invoice"])

    def _get_user(self):
        """Return who looks after the customer, or no user: then it is the company."""
        self.ensure_one()
        # who looks after whom is no secret within the company
        debtor_sudo = self.env["account.dunning.debtor"]._get_of_partner(
            self.partner_id, self.company_id
        )
        return debtor_sudo.user_id

    def _send(self):
        """Queue the e-mail with the PDF; it passes the gate as all mails do."""
        self.ensure_one()
        self._unguarded().write({"state": "sent"})
        self.flush_recordset()
        self.env.ref(TEMPLATE).send_mail(
            self.id, email_layout_xmlid="account_dunning_advanced.mail_layout"
        )
