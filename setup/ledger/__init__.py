"""Import a receivables ledger from a CSV file as posted invoices and payments.

``reading`` and what it uses know nothing of Odoo: a file can be checked before
there is a database. ``import_ledger`` runs inside an Odoo environment.
"""

from .errors import LedgerError, Problem
from .import_ledger import import_ledger
from .layout import Layout
from .reading import LedgerRow, read_ledger

__all__ = [
    "Layout",
    "LedgerError",
    "LedgerRow",
    "Problem",
    "import_ledger",
    "read_ledger",
]
