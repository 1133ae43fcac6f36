"""The commands of ``odoo-bin`` that the addons bring, as administrators call them."""

import os
import subprocess

import pytest
from ground.ground import Ground


@pytest.fixture(scope="module")
def odoo():
    """Run an Odoo command on a copy of the template; return what came of it."""
    ground = Ground()
    name = f"dunning_test_{os.getpid()}_commands"
    template, _key = ground.databases.ensure_template(demo=False)
    ground.databases.clone(template, name)
    rc = ground.odoo.configure(name)

    def run(command, *arguments):
        return subprocess.run(
            ground.odoo.command(
                *("-m", "odoo", f"--addons-path={ground.settings.checkout}"),
                *(command, "-c", rc, "-d", name, *arguments),
            ),
            cwd=ground.settings.checkout,
            env=ground.odoo.environ(),
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    ground.databases.drop(name)


def test_an_empty_company_is_well(odoo):
    done = odoo("dunning_check")

    assert not done.returncode, done.stdout + done.stderr
    assert ": ok" in done.stdout or ": warning" in done.stdout


def test_takeover_says_what_it_does_not_know(odoo):
    done = odoo("dunning_takeover", "--source", "papyrus")

    assert done.returncode == 1
    assert "oca_credit_control" in done.stderr


def test_takeover_of_a_file_is_a_report_first(odoo, tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("invoice;level;last_notice\nINV/1;2;2024-05-01\n")

    done = odoo(
        *("dunning_takeover", "--source", "csv", "--file", str(path)),
        *("--policy", "Three Reminders"),
    )

    assert not done.returncode, done.stdout + done.stderr
    assert "Line 2: there is no such item: 1" in done.stdout
    assert "0 / 1" in done.stdout


def test_takeover_without_a_policy_ends_with_the_reason(odoo, tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("invoice;level\nINV/1;2\n")

    done = odoo("dunning_takeover", "--source", "csv", "--file", str(path))

    assert done.returncode == 1
    assert "choose the policy" in done.stderr
