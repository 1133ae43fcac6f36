"""What the tests that cross the addons share."""

import os
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "setup"))

# Below the path, for they are in setup/ or import from there.
from ground.ground import Ground  # noqa: E402
from smtp_sink import smtp_sink  # noqa: E402, F401


@pytest.fixture
def ground():
    return Ground()


@pytest.fixture
def database(ground, request):
    """The addons and nothing else: the tests' own database is in use."""
    part = request.module.__name__.rpartition(".")[2]
    name = f"dunning_test_{os.getpid()}_{part.removeprefix('test_')}"
    template, _key = ground.databases.ensure_template(demo=False)
    ground.databases.clone(template, name)
    yield name
    ground.databases.drop(name)


@pytest.fixture
def ledger_2012():
    """The ledger of 1277 real invoices; it is not part of the checkout."""
    path = CHECKOUT.parent / "shared" / "data" / "receivables_2012.csv"
    if not path.is_file():
        pytest.skip("no ../shared/data/receivables_2012.csv beside the checkout")
    return path
