"""A large receivables ledger, made in seconds and the same each time.

The ORM takes some 50 ms an invoice: a million of them would take half a day. So Odoo
makes one document of each kind (``prototypes``), and SQL multiplies its rows, with
other customers, amounts, days and numbers. What differs from one copy to the next is
drawn from a hash of the copy's number and the seed, never from ``random()``.

What is left out: chatter, followers and taxes of the copies.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from .debtors import Debtors
from .levels import Levels
from .moves import Moves
from .prototypes import (
    get_companies,
    get_currencies,
    make_debtor,
    make_prototypes,
)
from .rows import BULK_FROM, analyze, without_indexes

#: The day on which the ledger is as generated. Fixed and past: a run for it can be
#: issued on any clock.
DAY = date(2025, 6, 30)


@dataclass(frozen=True)
class Ledger:
    """How large a ledger is, and what is in it; shares are in percent."""

    #: Open receivable items of the first company; the second has a tenth on top.
    items: int
    debtors: int
    seed: int = 1
    #: Share of the invoices in three instalments.
    instalments: int = 8
    part_paid: int = 10
    #: Open credit notes, as a share of the invoices.
    credits: int = 6
    #: Items with core's flag against follow-up.
    excluded: int = 2
    #: Invoices blocked for payment.
    blocked: int = 2
    #: Share of the debtors with an e-mail address; half of the others have no
    #: postal address either.
    with_email: int = 90
    #: Share of the debtors with an invoice contact of their own.
    with_contact: int = 20
    #: Open items for each bank line that waits for reconciliation.
    items_a_bank_line: int = 1000


def generate(env, ledger):
    """Write the ledger into a database that has no invoices yet.

    :return: nothing; the first company has exactly ``ledger.items`` open debit items.
    """
    companies = get_companies(env)
    currencies = get_currencies(env)
    debtor, contact = make_debtor(env)
    prototypes = {
        (company, currency): make_prototypes(env, company, currency, debtor)
        for company in companies
        for currency in currencies
    }
    env.flush_all()
    with without_indexes(env.cr, ledger.items >= BULK_FROM):
        Debtors(env.cr, ledger).copy_debtors(debtor, contact)
        for company, items in zip(
            companies, (ledger.items, ledger.items // 10), strict=True
        ):
            of_company = [prototypes[company, currency] for currency in currencies]
            Moves(env.cr, ledger).copy_moves(of_company, items)
    env.cr.execute("DROP TABLE bench_debtor")
    env.invalidate_all(flush=False)
    analyze(env.cr)
    if ledger.items >= BULK_FROM:
        # An index over rows that the same transaction has updated is not used in it:
        # each bank line scanned the whole ledger, an hour at a million items.
        env.cr.commit()
    for company in companies:
        _make_bank_lines(env, company, ledger.items // ledger.items_a_bank_line)


def set_levels(env, ledger):
    """Let overdue items have been dunned already, some of them a few days ago.

    Apart from :func:`generate`, so that a ledger can be made before the dunning addon
    is installed.
    """
    companies = get_companies(env)
    env.flush_all()
    with without_indexes(env.cr, ledger.items >= BULK_FROM):
        Levels(env.cr, ledger).set_levels(companies, DAY)
    env.invalidate_all(flush=False)
    analyze(env.cr)


def _make_bank_lines(env, company, count):
    """Incoming money that waits for reconciliation; every second line names an
    invoice, the others a customer only."""
    env = env(context={"allowed_company_ids": company.ids})
    env.cr.execute(
        """SELECT name, partner_id, amount_residual FROM account_move
            WHERE company_id = %s AND move_type = 'out_invoice'
              AND currency_id = %s
            ORDER BY HASHINT8(id::bigint), id LIMIT %s""",
        (company.id, company.currency_id.id, count),
    )
    invoices = env.cr.fetchall()
    journal = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
    )
    env["account.bank.statement.line"].sudo().create(
        [
            {
                "journal_id": journal.id,
                "date": DAY - timedelta(days=no % 10),
                "payment_ref": f"Transfer {name}" if no % 2 else "Transfer",
                "partner_id": partner_id,
                "amount": amount,
            }
            for no, (name, partner_id, amount) in enumerate(invoices)
        ]
    )
    env.flush_all()
