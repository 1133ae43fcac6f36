"""What the tests that cross the addons share."""

import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "setup"))

# Below the path, for it imports from setup/.
from smtp_sink import smtp_sink  # noqa: E402, F401


@pytest.fixture
def ledger_2012():
    """The ledger of 1277 real invoices; it is not part of the checkout."""
    path = CHECKOUT.parent / "shared" / "data" / "receivables_2012.csv"
    if not path.is_file():
        pytest.skip("no ../shared/data/receivables_2012.csv beside the checkout")
    return path
