"""``./setup/test [pytest arguments]``: every test, on a clone of the template."""

import os

from ..ground import Ground

# More share one PostgreSQL and gain little.
MOST_JOBS = 4
HELP = """\
Usage: ./setup/test [pytest arguments]

Runs the tests of the addons and of tests/ with pytest on a fresh database. All of
them are shared out among the cores, a file at a time, each on a copy of it.
    ./setup/test                                           every test
    ./setup/test account_dunning_advanced                  one addon's
    ./setup/test account_dunning_portal/tests/test_x.py -k name
Set DUNNING_KEEP_DB=1 to keep the database afterwards, and DUNNING_JOBS to how many
tests may run at once; 1 runs them one after another.
"""


def main(arguments):
    if arguments[:1] in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    with Ground(for_tests=True).ready() as ground:
        databases = ground.databases
        databases.drop_stale_clones()
        template, _key = databases.ensure_template(demo=False)
        name = f"dunning_test_{os.getpid()}"
        databases.clone(template, name)
        try:
            return run_pytest(ground, name, template, arguments)
        finally:
            if not os.environ.get("DUNNING_KEEP_DB"):
                databases.drop(name)


def share_out(arguments):
    """Options of pytest-xdist; none for a choice, which starts faster alone."""
    default = 1 if arguments else min(os.cpu_count() or 1, MOST_JOBS)
    jobs = int(os.environ.get("DUNNING_JOBS") or default)
    # By file, for what a class sets up is made once.
    return ["--numprocesses", str(jobs), "--dist", "loadfile"] if jobs > 1 else []


def run_pytest(ground, database, template, arguments):
    config = ground.odoo.configure(database)
    command = [
        *("-m", "pytest", "-p", "ground.inside.pytest_ground"),
        *(f"--odoo-config={config}", "--odoo-http"),
        *(*share_out(arguments), *arguments),
    ]
    return ground.odoo.call(
        command,
        extra_environ={
            "DUNNING_TEST_DATABASE": database,
            "DUNNING_TEST_TEMPLATE": template,
            "DUNNING_TEST_CONFIG": str(config),
            "ODOO_RC": str(config),
        },
    )
