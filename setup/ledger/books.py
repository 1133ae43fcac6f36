"""The company's books that a ledger is imported into, got ready."""

from odoo import fields
from odoo.tools import SQL

from .errors import LedgerError, Problem

#: The code of the journal that imported invoices stand in: what is in it came
#: from a ledger file, and its sequence leaves the company's own alone.
JOURNAL_CODE = "LEDG"
BANK_CODE = "LEDB"
CHART_TEMPLATE = "generic_coa"
GROWING_TABLES = (
    "account_move",
    "account_move_line",
    "account_payment",
    "account_partial_reconcile",
)


class Books:
    """Company, journals and currencies of an import.

    :param env: its company is the one imported into; a chart of accounts is
        loaded if the company has none.
    """

    def __init__(self, env):
        self.company = env.company
        if not self.company.root_id.sudo().chart_template:
            env["account.chart.template"].try_loading(
                CHART_TEMPLATE, company=self.company, install_demo=False
            )
        self.env = env(
            context={
                **env.context,
                "allowed_company_ids": [self.company.id],
                # Thousands of chatter lines that nobody reads cost a third of the
                # time: an import is no event in the life of an invoice.
                "tracking_disable": True,
                "mail_create_nosubscribe": True,
                "mail_notrack": True,
            }
        )
        self.company = self.env.company
        self.sale_journal = self._get_sale_journal()
        self.bank_journal = self._get_bank_journal()

    def get_today(self):
        """Return the day that a dunning run of the company would take for today."""
        if "dunning_policy_id" in self.company._fields:
            return self.company._dunning_today()
        return fields.Date.context_today(self.env.user)

    def _get_sale_journal(self):
        return self._find_journal(JOURNAL_CODE) or self.env["account.journal"].create(
            {
                "name": "Imported Ledger",
                "code": JOURNAL_CODE,
                "type": "sale",
                "company_id": self.company.id,
                "default_account_id": self._find_income_account().id,
                "show_on_dashboard": False,
                "alias_name": False,
            }
        )

    def _find_income_account(self):
        accounts = self.env["account.account"]
        domain = [
            *accounts._check_company_domain(self.company),
            ("account_type", "=", "income"),
        ]
        return self.company.income_account_id or accounts.search(domain, limit=1)

    def _get_bank_journal(self):
        """Return the journal of the payments, which go straight to its bank account.

        By way of an outstanding account, as payments go otherwise, they would wait
        for a bank statement that no ledger file brings.
        """
        journal = self._find_journal(BANK_CODE)
        if not journal:
            journal = self.env["account.journal"].create(
                {
                    "name": "Imported Ledger Bank",
                    "code": BANK_CODE,
                    "type": "bank",
                    "company_id": self.company.id,
                    "show_on_dashboard": False,
                }
            )
            methods = journal.inbound_payment_method_line_ids
            methods.payment_account_id = journal.default_account_id
        return journal

    def _find_journal(self, code):
        journals = self.env["account.journal"].with_context(active_test=False)
        domain = [
            *journals._check_company_domain(self.company),
            ("code", "=", code),
        ]
        return journals.search(domain, limit=1)

    def analyze(self):
        """Let the database count what has just been written.

        A query over tables that were empty when they were last looked at is
        planned as if they still were: matching a thousand payments took 60 s, and
        over 17 minutes in one batch. Counted, it takes under one.
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL("ANALYZE %s", SQL(", ").join(map(SQL.identifier, GROWING_TABLES)))
        )

    def find_currencies(self, path, rows, layout):
        """Return {code: currency}, activated; None stands for the company's own.

        :raise LedgerError: for codes that do not exist, and for amounts finer than
            what the currency counts in: rounding them would change what is owed.
        """
        codes = {row.currency for row in rows} - {None}
        found = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "in", list(codes))])
        )
        currencies = {currency.name: currency for currency in found}
        currencies[None] = self.company.currency_id
        problems = list(_find_currency_problems(rows, layout, currencies))
        if problems:
            raise LedgerError(path, problems)
        found.filtered(lambda currency: not currency.active).active = True
        return currencies


def _find_currency_problems(rows, layout, currencies):
    for row in rows:
        currency = currencies.get(row.currency)
        if not currency:
            yield Problem(
                "there is no such currency",
                line=row.line,
                column=layout.column_of("currency"),
                value=row.currency,
            )
        elif round(row.amount, currency.decimal_places) != row.amount:
            yield Problem(
                f"{currency.name} has {currency.decimal_places} decimals",
                line=row.line,
                column=layout.column_of("amount"),
                value=str(row.amount),
            )
