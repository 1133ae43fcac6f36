"""``./setup/bench``: the benchmarks of tests/bench, on ledgers made for them."""

import argparse
import json
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .. import addons, files, oca, processes, say
from ..database import make_key
from ..ground import Ground

NAMES = (
    *("propose", "issue", "charge", "oca", "letters", "mails"),
    *("screens", "portal", "load", "aging"),
)
SIZES = (10_000, 100_000, 1_000_000)
ISSUE_ITEMS = 50_000
CHARGE_ITEMS = 10_000
OCA_ITEMS = 50_000
LETTER_ITEMS = 10_000
PORTAL_ITEMS = 10_000
# So that the large customer has 10,000 without those of the others.
LOAD_ITEMS = 10_500
ITEMS_A_DEBTOR = 10
# What a ledger depends on; set_levels comes later and does not count.
SOURCES = ("ledger.py", "prototypes.py", "rows.py", "debtors.py", "moves.py")
SCRATCH = f"dunning_test_{os.getpid()}_bench"
PLANNED = f"{SCRATCH}_planned"


def main(arguments):
    options = parse(arguments)
    sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
    from bench.table import as_markdown

    with Ground().ready() as ground:
        ground.databases.drop_stale_clones()
        bench = Bench(ground)
        results = {}
        for name in options.names or NAMES:
            results[name] = getattr(bench, name)(options)
        text = as_markdown(results)
        folder = ground.settings.var / "bench"
        files.write_whole(folder / "results.json", json.dumps(results, indent=1))
        files.write_whole(folder / "results.md", text)
    say.line(f"\n{text}\n    Also in {folder}")


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="./setup/bench",
        description="Measures propose and issue on large ledgers; prints ratios.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(NAMES))
    parser.add_argument(
        "--items",
        type=_numbers,
        default=SIZES,
        metavar="N,…",
        help="open items to propose (10000,100000,1000000)",
    )
    parser.add_argument(
        "--rounds", type=int, default=2, metavar="N", help="best of so many (2)"
    )
    parser.add_argument(
        "--issue-items", type=int, default=ISSUE_ITEMS, metavar="N", help="(50000)"
    )
    parser.add_argument(
        "--charge-items", type=int, default=CHARGE_ITEMS, metavar="N", help="(10000)"
    )
    parser.add_argument(
        "--oca-items",
        type=int,
        default=OCA_ITEMS,
        metavar="N",
        help="open items for OCA's addon (50000, a quarter of an hour)",
    )
    parser.add_argument(
        "--letters", type=int, default=500, metavar="N", help="letters to print (500)"
    )
    parser.add_argument(
        "--mails", type=int, default=200, metavar="N", help="mails to queue (200)"
    )
    parser.add_argument(
        "--visits", type=int, default=60, metavar="N", help="of each portal page (60)"
    )
    parser.add_argument(
        "--rates",
        type=_numbers,
        default=(10, 50),
        metavar="N,…",
        help="requests a second to the portal (10,50)",
    )
    parser.add_argument(
        "--seconds", type=int, default=20, metavar="N", help="of each rate (20)"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(NAMES)
    if unknown:
        raise say.Problem(
            f"There is no benchmark {', '.join(sorted(unknown))}.",
            [f"use {', '.join(NAMES)}"],
        )
    return options


def _numbers(text):
    return [int(number) for number in text.split(",")]


class Bench:
    """Runs each measurement on a fresh copy of a ledger, in a process of its own."""

    def __init__(self, ground):
        self.ground = ground
        self.databases = ground.databases
        self.sources = ground.settings.checkout / "tests/bench"

    # === MEASUREMENTS === #

    def propose(self, options):
        return [
            self._measure("propose", items, {"rounds": options.rounds})
            for items in options.items
        ]

    def aging(self, options):
        return [
            self._measure("aging", items, {"items": items, "rounds": options.rounds})
            for items in options.items
        ]

    def issue(self, options):
        items = options.issue_items
        return self._measure("issue", items, _size(items))

    def charge(self, options):
        """Both sides begin with a copy of one plan; the best of the rounds counts."""
        items = options.charge_items
        say.step(f"charge: {items} open items")
        with self._dunned_copy(items, PLANNED):
            plan = self._call("charge", PLANNED, {"step": "plan"})
            sides = {"issue": [], "orm": []}
            for _round in range(options.rounds):
                for step, results in sides.items():
                    with self._copy(PLANNED, SCRATCH):
                        self.databases.execute("CHECKPOINT")
                        results.append(self._call("charge", SCRATCH, {"step": step}))
        best = {
            step: min(results, key=lambda result: result["seconds"])
            for step, results in sides.items()
        }
        _check_same_bills(**best)
        return {"items": items, "plan": plan, **best}

    def oca(self, options):
        """OCA's addon is installed beside ours, into the same database."""
        items = options.oca_items
        return self._measure("oca", items, _size(items), **self._with_oca())

    def letters(self, options):
        """Odoo's own way and OCA's letter bear fifty in a call."""
        items = max(LETTER_ITEMS, 10 * options.letters)
        params = {"letters": options.letters, "stock_letters": 50}
        return self._measure(
            "letters",
            items,
            {**_size(items), **params, "rounds": options.rounds},
            **self._with_oca(),
        )

    def mails(self, options):
        items = max(LETTER_ITEMS, 10 * options.mails)
        params = {**_size(items), "mails": options.mails, "oca_mails": 10}
        return self._measure("mails", items, params, **self._with_oca())

    def _with_oca(self):
        path = [
            *self.ground.odoo.source.addons_path(),
            self.ground.settings.checkout,
            oca.fetch(self.ground, self.sources / "requirements-oca.txt")
            / "odoo/addons",
        ]
        return {
            "addons_path": ",".join(map(str, path)),
            "install": ["account_credit_control"],
        }

    def screens(self, options):
        return self._measure("screens", max(options.items), {})

    def portal(self, options):
        """All items belong to one customer."""
        params = {"items": PORTAL_ITEMS, "visits": options.visits}
        return self._measure("portal", PORTAL_ITEMS, params)

    def load(self, options):
        params = {
            "items": LOAD_ITEMS,
            "seconds": options.seconds,
            "rates": options.rates,
        }
        return self._measure("load", LOAD_ITEMS, params)

    # === DATABASES === #

    def _measure(self, name, items, params, **order):
        say.step(f"{name}: {items} open items")
        with self._dunned_copy(items, SCRATCH):
            return self._call(name, SCRATCH, params, **order)

    @contextmanager
    def _dunned_copy(self, items, name):
        """A copy of a ledger with the addons, some of its items dunned before."""
        with self._copy(self._ensure_ledger(items), name):
            self._install(name)
            self._call("dunned", name, _size(items))
            yield

    @contextmanager
    def _copy(self, template, name):
        self.databases.clone(template, name)
        try:
            yield
        finally:
            self.databases.drop(name)

    def _ensure_ledger(self, items):
        """A ledger in Odoo's own modules: it is kept when only the addons change."""
        with files.lock(self.ground.settings.state / "database.lock"):
            base, base_key = self.databases.ensure_base(demo=False)
            name = f"dunning_bench_{items}"
            sources = [
                (self.sources / source).read_text(encoding="utf-8")
                for source in SOURCES
            ]
            key = make_key(base_key, sources, _size(items))
            if self.databases.keys().get(name) != key:
                with self.databases._building(name, key) as scratch:
                    self.databases.clone(base, scratch)
                    self._call("build", scratch, _size(items))
        return name

    def _install(self, database):
        names = addons.names(self.ground.settings.checkout)
        self.ground.odoo.install(database, names, title="Installing the addons")

    def _call(self, name, database, params, **order):
        """The result of a measurement that runs in a process of its own."""
        log = self.ground.settings.logs / f"bench-{name}.log"
        files.remove(log)
        with tempfile.TemporaryDirectory() as scratch:
            result = Path(scratch) / "result.json"
            order = {
                "config": str(self.ground.odoo.configure(database)),
                "database": database,
                "name": name,
                "params": params,
                "result": str(result),
                **order,
            }
            processes.run_long(
                self.ground.odoo.command("-m", "bench.measure", json.dumps(order)),
                f"Running {name}",
                log,
                env=self._environ(),
                cwd=self.ground.settings.checkout,
            )
            return json.loads(result.read_text(encoding="utf-8"))

    def _environ(self):
        environ = self.ground.odoo.environ()
        path = [environ["PYTHONPATH"], str(self.sources.parent)]
        return {**environ, "PYTHONPATH": os.pathsep.join(path)}


def _size(items):
    return {"items": items, "debtors": max(1, items // ITEMS_A_DEBTOR)}


def _check_same_bills(issue, orm):
    """:raise Problem: the sides did not make the same invoices."""
    names = ("bills", "bill_lines", "billed", "posted", "taxed")
    theirs, ours = ([side[name] for name in names] for side in (orm, issue))
    if ours != theirs:
        raise say.Problem(f"The sides differ in {names}: {ours} and {theirs}.", [])
