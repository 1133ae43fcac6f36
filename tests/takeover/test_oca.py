"""A database in which OCA's addon really ran goes on here, at the right levels."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from ground import oca, say

TESTS = Path(__file__).resolve().parents[1]
REQUIREMENTS = TESTS / "bench" / "requirements-oca.txt"


@pytest.fixture
def addons(ground):
    try:
        return oca.fetch(ground, REQUIREMENTS) / "odoo/addons"
    except say.Problem as problem:
        pytest.skip(f"OCA's addon cannot be installed: {problem}")


def test_no_item_of_five_thousand_has_a_wrong_level(ground, addons, database):
    environ = ground.odoo.environ()
    environ["PYTHONPATH"] += f"{os.pathsep}{TESTS}"
    path = [*ground.odoo.source.addons_path(), ground.settings.checkout, addons]

    done = subprocess.run(
        ground.odoo.command(
            *("-m", "takeover.oca_trial", "--database", database),
            *("--config", ground.odoo.configure(database)),
            *("--addons-path", ",".join(map(str, path))),
        ),
        cwd=ground.settings.checkout,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert not done.returncode, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["items"] >= 5_000
    assert len(result["levels"]) == 3, result
    assert not result["wrong_levels"], result
    assert not result["reminded_twice"], result
    # the rest of the ladder is climbed
    assert result["dunned_next"], result
    assert result["held"] == 1, result
