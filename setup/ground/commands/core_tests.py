"""``./setup/core-tests``: Odoo's own tests, without our addons and with them.

Some of Odoo's tests fail by themselves on a given machine. What counts is that
our addons add no name to that list.
"""

import json
import os
import re
from dataclasses import asdict, dataclass

from .. import files, ports, processes, say
from ..database import make_key
from ..ground import Ground

HELP = """\
Usage: ./setup/core-tests [TAG …]

Runs Odoo's tests of moves, payments, reconciliation and the portal on a database
without our addons and on one with them, and compares the names of those that
fail. Takes about ten minutes; the result without our addons is kept.
Other tests are named as Odoo's --test-tags has it, like /account:TestAccountMove.
"""
TAGS = (
    "/account:TestAccountMoveOutInvoiceOnchanges",
    "/account:TestAccountMoveReconcile",
    "/account:TestAccountPayment",
    "/account:TestPortalAttachment",
    "/account:TestPortalInvoice",
    "/account_payment",
)
FAILED = re.compile(r" (?:FAIL|ERROR): (?:Subtest )?((?:setUpClass \()?[^\s)]+)")
TOTAL = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading")


@dataclass(frozen=True)
class Result:
    ran: int
    failed: list

    @classmethod
    def from_log(cls, text):
        totals = TOTAL.findall(text)
        if not totals or not int(totals[-1][2]):
            raise say.Problem(
                "No test of Odoo ran.", ["read var/log/core-tests-*.log", HELP.strip()]
            )
        failed = {name for line in text.splitlines() for name in _failed_in(line)}
        return cls(ran=int(totals[-1][2]), failed=sorted(failed))


def _failed_in(line):
    """The name of a test in a line of the log, without the values of a subtest."""
    found = FAILED.search(line)
    return [found[1].rstrip(":")] if found and " ERROR " in line else []


def main(arguments):
    if arguments[:1] in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    tags = arguments or TAGS
    with Ground(for_tests=True).ready() as ground:
        bare = run_bare(ground, tags)
        template, _key = ground.databases.ensure_template(demo=False)
        ours = run_tests(ground, template, "with", tags)
    return compare(bare, ours)


def run_bare(ground, tags):
    """Odoo by itself; the result is kept until Odoo or the tests are others."""
    template, key = ground.databases.ensure_base(demo=False)
    kept = ground.settings.state / f"core-tests-{make_key(key, tuple(tags))}.json"
    if kept.exists():
        say.step("Odoo's own tests without our addons: result of an earlier call")
        return Result(**json.loads(kept.read_text(encoding="utf-8")))
    result = run_tests(ground, template, "without", tags)
    files.write_whole(kept, json.dumps(asdict(result), indent=1))
    return result


def run_tests(ground, template, word, tags):
    say.step(f"Odoo's own tests {word} our addons")
    database = f"dunning_test_{os.getpid()}_core"
    log = ground.settings.logs / f"core-tests-{word}.log"
    files.remove(log)
    ground.databases.clone(template, database)
    port = ports.next_free(ground.settings.port)
    try:
        processes.run_long(
            ground.odoo.command(
                *("-m", "odoo", "--config", ground.odoo.configure(database, port)),
                *("--test-tags", ",".join(tags), "--stop-after-init"),
                *("--max-cron-threads", "0"),
            ),
            "Testing",
            log,
            progress=_last_test,
            accepted=(0, 1),
            env=ground.odoo.environ(),
            cwd=ground.settings.checkout,
        )
    finally:
        ground.databases.drop(database)
    return Result.from_log(log.read_text(encoding="utf-8", errors="replace"))


def _last_test(text):
    found = re.findall(r"Starting (\w+\.\w+)", text)
    return found[-1] if found else ""


def compare(bare, ours):
    """Prints both lists; 1 when a test fails only with our addons."""
    for word, result in (("without our addons", bare), ("with our addons", ours)):
        say.line(f"\n{word}: {len(result.failed)} of {result.ran} tests failed")
        for name in result.failed:
            say.line(f"    {name}")
    new = sorted(set(ours.failed) - set(bare.failed))
    say.line()
    if ours.ran < bare.ran:
        say.line(f"Only {ours.ran} of {bare.ran} tests ran with our addons.")
    for name in new:
        say.line(f"Fails only with our addons: {name}")
    if not new:
        say.line("No test fails only with our addons.")
    return int(bool(new) or ours.ran < bare.ran)
