"""Batches as jobs, where OCA queue_job is at hand; it is required nowhere."""

import subprocess

import pytest
from ground import say
from ground.commands import crash


@pytest.fixture
def environ(ground):
    """With OCA's addon: Odoo and what it needs are here already."""
    try:
        return {**ground.odoo.environ(), **crash.environ(ground, crash.QUEUE)}
    except say.Problem as problem:
        pytest.skip(f"queue_job cannot be installed: {problem}")


def test_jobs_issue_a_large_run_and_the_cron_closes_it(ground, environ, database):
    done = perform(ground, environ, database, "crash.queue_trial")

    assert not done.returncode, done.stdout + done.stderr
    assert "notices issued" in done.stdout


def test_two_servers_issue_a_run_and_one_of_them_dies(ground, environ, database):
    arguments = ("--items", "9000", "--debtors", "3000")

    done = perform(ground, environ, database, crash.SERVERS, *arguments)

    assert not done.returncode, done.stdout + done.stderr
    assert "notices issued" in done.stdout


def perform(ground, environ, database, module, *arguments):
    return subprocess.run(
        ground.odoo.command(*crash.trial(ground, database, arguments, module)),
        cwd=ground.settings.checkout,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
