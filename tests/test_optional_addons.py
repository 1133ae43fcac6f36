"""What the addons do beside others that they do not ask for.

The tests of ``optional/`` skip in a database without those. Here they are run in one
that has them, on a copy of the template.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ground.ground import Ground

OPTIONAL = (
    *("sale", "snailmail", "spreadsheet_dashboard", "base_automation"),
    "im_livechat",
)
FOLDER = Path(__file__).parent / "optional"


@pytest.fixture
def config():
    """Of a database with the addons and the optional ones."""
    ground = Ground()
    name = f"dunning_test_{os.getpid()}_optional"
    template, _key = ground.databases.ensure_template(demo=False)
    ground.databases.clone(template, name)
    try:
        ground.odoo.install(name, OPTIONAL)
        yield ground.odoo.configure(name)
    finally:
        ground.databases.drop(name)


def test_optional_addons_are_made_use_of(config):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "ground.inside.pytest_ground"),
            *(f"--odoo-config={config}", "--odoo-http"),
            *("-p", "no:cacheprovider", FOLDER),
        ],
        cwd=FOLDER.parent.parent,
        env={**os.environ, "ODOO_RC": str(config), "PYTEST_XDIST_WORKER": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr
    assert "skipped" not in done.stdout
