"""A few kills in each run of the tests; ``./setup/crash`` does hundreds."""

import subprocess

from ground.commands import crash

SHORT = (
    *("--kills", "8", "--crowds", "1", "--deliveries", "2"),
    *("--seconds", "8", "--items", "300", "--debtors", "100", "--batch-size", "8"),
)


def test_nothing_is_twice_or_lost_when_workers_are_killed(ground, database):
    done = subprocess.run(
        ground.odoo.command(*crash.trial(ground, database, SHORT)),
        cwd=ground.settings.checkout,
        env={**ground.odoo.environ(), **crash.environ(ground)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert not done.returncode, done.stdout + done.stderr
    assert "runs in a crowd: 1" in done.stdout
