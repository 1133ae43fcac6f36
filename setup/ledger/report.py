"""What an import did, for the one who started it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass
class LedgerReport:
    """Counts and sums of one import; amounts by currency code.

    ``rows`` is what the file has, ``skipped`` what was in the books already,
    ``open_items`` what the import left unpaid today, ``disputed_open`` how many of
    these the customer disputes and ``disputes`` how many dispute records say so.
    """

    as_of: date
    today: date
    rows: int = 0
    skipped: int = 0
    customers: int = 0
    new_customers: int = 0
    invoices: int = 0
    payments: int = 0
    open_items: int = 0
    open_amounts: dict[str, Decimal] = field(default_factory=dict)
    future_items: int = 0
    disputed_open: int = 0
    disputes: int = 0
    seconds: float = 0.0

    def lines(self):
        """Return the report as lines of text."""
        yield (
            f"{self.rows} rows, {self.customers} customers"
            f" ({self.new_customers} new); {self.as_of} is now {self.today}"
        )
        if self.skipped:
            yield f"{self.skipped} rows were imported before and are left as they are"
        yield f"{self.invoices} invoices posted, {self.payments} paid and reconciled"
        sums = ", ".join(
            f"{amount} {code}" for code, amount in self.open_amounts.items()
        )
        yield f"{self.open_items} open today" + (f": {sums}" if sums else "")
        if self.future_items:
            yield f"{self.future_items} of them dated after today, so not due"
        if self.disputed_open:
            yield f"{self.disputed_open} of them disputed, {self._disputes_kept()}"
        yield f"took {self.seconds:.0f} s"

    def _disputes_kept(self):
        if self.disputes:
            return f"{self.disputes} disputes opened"
        return "noted on the invoice (this database keeps no disputes)"
