"""One document of each kind, made by Odoo itself, that the generator multiplies.

What Odoo writes into a posted invoice differs with the installed addons. Copying rows
that the ORM made keeps the generated ones whole without a list of columns here.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from odoo.fields import Command

#: Every prototype is for this much of its currency, so that a whole multiple of it is
#: consistent to the last cent, converted amounts and instalments included.
UNIT = 10
#: Units of each currency that one unit of the first costs; fixed for all days, so that
#: matching a payment never makes an exchange difference.
RATES = {"USD": 1.0, "EUR": 0.9, "JPY": 150.0}
CHART_TEMPLATE = "generic_coa"
SECOND_COMPANY = "Bench Two"
#: Due date of all prototypes; copies are moved by whole days from here.
DUE = date(2025, 6, 1)


@dataclass(frozen=True)
class Prototypes:
    """The documents of one company and currency."""

    invoice: object
    instalments: object
    credit_note: object
    #: An invoice over two units of which one is paid, by this journal entry.
    part_paid: object
    payment: object

    @property
    def open_items(self):
        """How many open receivable items these are themselves."""
        return 5  # an invoice, three instalments, a part-paid invoice


def get_companies(env):
    """Return the two companies, made ready; the first is the environment's own."""
    company = env.company
    second = env["res.company"].search([("name", "=", SECOND_COMPANY)], limit=1)
    second = second or env["res.company"].create(
        {"name": SECOND_COMPANY, "currency_id": _activate(env, "EUR").id}
    )
    env.user.company_ids |= second
    for each in company | second:
        if not each.chart_template:
            env["account.chart.template"].try_loading(
                CHART_TEMPLATE, company=each, install_demo=False
            )
    return company | second


def get_currencies(env):
    """Return the three currencies, active and with a rate."""
    currencies = env["res.currency"]
    for name, rate in RATES.items():
        currency = _activate(env, name)
        if not currency.rate_ids:
            env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "name": "2020-01-01",
                    "rate": rate,
                    "company_id": False,
                }
            )
        currencies |= currency
    return currencies


def _activate(env, name):
    currency = (
        env["res.currency"]
        .with_context(active_test=False)
        .search([("name", "=", name)], limit=1)
    )
    currency.active = True
    return currency


def make_debtor(env):
    """Return the customer that all prototypes are for, with an invoice contact."""
    debtor = env["res.partner"].create(
        {
            "name": "Debtor 0000001",
            "is_company": True,
            "email": "debtor1@example.com",
            "street": "1 Bench Street",
            "zip": "10000",
            "city": "Benchmark",
            "country_id": env.ref("base.us").id,
            "customer_rank": 1,
        }
    )
    contact = env["res.partner"].create(
        {
            "name": "Accounts Payable 0000001",
            "parent_id": debtor.id,
            "type": "invoice",
            "email": "payable1@example.com",
        }
    )
    return debtor, contact


def make_prototypes(env, company, currency, debtor):
    """Have Odoo make and post one document of each kind."""
    env = env(context={**env.context, "allowed_company_ids": company.ids})
    maker = _Maker(env, currency.with_env(env), debtor.with_env(env))
    part_paid = maker.make_move("out_invoice", units=2)
    return Prototypes(
        invoice=maker.make_move("out_invoice"),
        instalments=maker.make_move("out_invoice", term=maker.get_instalment_term()),
        credit_note=maker.make_move("out_refund"),
        part_paid=part_paid,
        payment=maker.pay(part_paid),
    )


class _Maker:
    def __init__(self, env, currency, debtor):
        self.env = env
        self.currency = currency
        self.debtor = debtor

    def make_move(self, move_type, units=1, term=None):
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.debtor.id,
                "currency_id": self.currency.id,
                "invoice_date": DUE - timedelta(days=30),
                "invoice_payment_term_id": term.id if term else False,
                "invoice_date_due": DUE,
                "invoice_user_id": self.env.uid,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Goods",
                            "quantity": 1,
                            "price_unit": UNIT * units,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        move.action_post()
        return move

    def get_instalment_term(self):
        """Return a term of three instalments, 30, 60 and 90 days after the invoice."""
        name = "Bench: three instalments"
        terms = self.env["account.payment.term"]
        return terms.search([("name", "=", name)], limit=1) or terms.create(
            {
                "name": name,
                "company_id": False,
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": share, "nb_days": days}
                    )
                    for share, days in ((30, 30), (30, 60), (40, 90))
                ],
            }
        )

    def pay(self, move):
        """Return a journal entry that pays one unit of the invoice, matched with it."""
        receivable = move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.env.company.id)], limit=1
        )
        balance = receivable.balance / 2
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "date": DUE - timedelta(days=10),
                "line_ids": [
                    Command.create(
                        {
                            "name": "Part payment",
                            "account_id": account.id,
                            "partner_id": self.debtor.id,
                            "currency_id": self.currency.id,
                            "balance": sign * balance,
                            "amount_currency": sign * UNIT,
                        }
                    )
                    for sign, account in (
                        (1, journal.default_account_id),
                        (-1, receivable.account_id),
                    )
                ],
            }
        )
        entry.action_post()
        counterpart = entry.line_ids.filtered(
            lambda line: line.account_id == receivable.account_id
        )
        (receivable + counterpart).reconcile()
        return entry
