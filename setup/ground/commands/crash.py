"""``./setup/crash [KILLS]``: workers killed at random moments, the database checked."""

import os
from pathlib import Path

from .. import oca, say
from ..ground import Ground

HELP = """\
Usage: ./setup/crash [KILLS] [OPTION …]
       ./setup/crash servers [--items N] [--debtors N]

Kills propose and issue so many times (200) at random moments, then the delivery,
then lets several workers issue while other users work on the same items. After
each kill the database is checked. Takes about twenty minutes.
    --crowds N       runs amid other users (6)
    --seconds N      that they are at work (20)
    --deliveries N   kills of the delivery (20)
    --items N        open items of the ledger (3000)
    --debtors N      customers (1000)
    --batch-size N   customers in a batch (25)
    --seed N         other random moments (1)

`servers` lets two Odoo servers and OCA queue_job issue one run, of 45000 items and
15000 customers, and kills one of them in the middle.
"""
SERVERS = "crash.servers_trial"
QUEUE = "crash/requirements-queue.txt"
NAME = f"dunning_test_{os.getpid()}_crash"


def main(arguments):
    if arguments[:1] in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    servers = arguments[:1] == ["servers"]
    if arguments and arguments[0].isdigit():
        arguments = ["--kills", *arguments]
    with Ground().ready() as ground:
        databases = ground.databases
        databases.drop_stale_clones()
        template, _key = databases.ensure_template(demo=False)
        databases.clone(template, NAME)
        try:
            if servers:
                return ground.odoo.call(
                    trial(ground, NAME, arguments[1:], SERVERS),
                    extra_environ=environ(ground, QUEUE),
                )
            say.step("Killing workers")
            return ground.odoo.call(
                trial(ground, NAME, arguments), extra_environ=environ(ground)
            )
        finally:
            databases.drop(NAME)


def trial(ground, database, arguments, module="crash"):
    """The arguments of Python that run a trial on a database."""
    config = ground.odoo.configure(database)
    return [
        *("-m", module, "--config", config, "--database", database),
        *arguments,
    ]


def environ(ground, requirements=None):
    """The trial lies in tests/, beside the benchmarks' ledger that it uses.

    :param requirements: names addons of OCA that it needs, a path below tests/.
    """
    tests = Path(ground.settings.checkout, "tests")
    path = [ground.odoo.environ()["PYTHONPATH"], str(tests)]
    if requirements:
        path.append(str(oca.fetch(ground, tests / requirements)))
    return {"PYTHONPATH": os.pathsep.join(path)}
