"""Batches as jobs, where OCA queue_job is at hand; it is required nowhere."""

import os
import subprocess
from pathlib import Path

import pytest
from ground import oca, say
from ground.commands import crash
from ground.ground import Ground

REQUIREMENTS = Path(__file__).with_name("requirements-queue.txt")


@pytest.fixture
def ground():
    return Ground()


@pytest.fixture
def queue_job(ground):
    """The folder with OCA's addon alone: Odoo and what it needs are here already."""
    try:
        return oca.fetch(ground, REQUIREMENTS)
    except say.Problem as problem:
        pytest.skip(f"queue_job cannot be installed: {problem}")


@pytest.fixture
def database(ground):
    name = f"dunning_test_{os.getpid()}_queue"
    template, _key = ground.databases.ensure_template(demo=False)
    ground.databases.clone(template, name)
    yield name
    ground.databases.drop(name)


def test_jobs_issue_a_large_run_and_the_cron_closes_it(ground, queue_job, database):
    environ = {**ground.odoo.environ(), **crash.environ(ground)}
    environ["PYTHONPATH"] += f"{os.pathsep}{queue_job}"

    done = subprocess.run(
        ground.odoo.command(
            *("-m", "crash.queue_trial", "--database", database),
            *("--config", ground.odoo.configure(database)),
        ),
        cwd=ground.settings.checkout,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert not done.returncode, done.stdout + done.stderr
    assert "notices issued" in done.stdout
