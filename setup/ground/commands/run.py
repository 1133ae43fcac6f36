"""``./setup/run``: Odoo with the addons, the main job over a ledger, a report."""

import argparse
import hashlib
import json
from datetime import date, datetime
from pathlib import Path

from .. import demo, files, ports, say
from ..ground import Ground

LEDGER = "dunning_ledger"
INTERRUPTED = 130


def main(arguments):
    options = parse(arguments)
    with Ground().ready() as ground:
        with files.lock(ground.settings.state / "run.lock"):
            order = prepare(ground, options)
        code = ground.odoo.call(["-m", "ground.inside.serve", json.dumps(order)])
    if code in (0, INTERRUPTED):
        return code
    raise say.Problem(
        f"The main job failed (exit code {code}).", [f"read {order['log']}"]
    )


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="./setup/run",
        description="Gets Odoo 19, installs the addons, runs the main job, serves.",
    )
    parser.add_argument("--no-serve", action="store_true", help="end after the report")
    parser.add_argument("--ledger", metavar="FILE.csv", help="import this ledger")
    parser.add_argument(
        "--as-of", metavar="DATE", help="the day of the ledger, YYYY-MM-DD"
    )
    parser.add_argument(
        "--map",
        metavar="FIELD=COLUMN,…",
        help="how the ledger's columns are called; see setup/ledger/README.md",
    )
    options = parser.parse_args(arguments)
    if bool(options.ledger) != bool(options.as_of):
        raise say.Problem(
            "--ledger and --as-of go together: a ledger is looked at on a day.",
            ["./setup/run --ledger FILE.csv --as-of 2012-12-31"],
        )
    if options.map and not options.ledger:
        raise say.Problem("--map says how a ledger is read.", ["give --ledger, too"])
    if options.ledger:
        check_ledger(options)
    return options


def check_ledger(options):
    """Reads the file before anything is installed or made for it."""
    from ledger import Layout, LedgerError, read_ledger

    try:
        options.as_of = datetime.strptime(options.as_of, "%Y-%m-%d").date().isoformat()
    except ValueError:
        raise say.Problem(
            f"--as-of {options.as_of!r} is no date.", ["write it as YYYY-MM-DD"]
        ) from None
    path = Path(options.ledger).resolve()
    if not path.is_file():
        raise say.Problem(f"There is no file {path}.", ["give --ledger another one"])
    try:
        read_ledger(path, Layout.make(options.map))
    except LedgerError as error:
        raise say.Problem(
            str(error), ["correct the file", "say how to read it with --map"]
        ) from error
    options.ledger = str(path)


def prepare(ground, options):
    """The database as it has to be, and the order for what happens within Odoo."""
    database, ledger = make_database(ground, options)
    port = ports.next_free(ground.settings.port)
    if port != ground.settings.port:
        say.line(f"    Port {ground.settings.port} is taken: using {port}")
    log = ground.settings.logs / f"{database}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return {
        "database": database,
        "config": str(ground.odoo.configure(database, port)),
        "port": port,
        "folder": str(ground.output_folder(database)),
        "log": str(log),
        "serve": not options.no_serve,
        "ledger": ledger,
        "lock": str(ground.settings.state / "run.lock"),
    }


def make_database(ground, options):
    """Name of the database, and the ledger that is still to be imported into it."""
    if not options.ledger:
        demo.ensure(ground)
        return demo.NAME, None
    template, template_key = ground.databases.ensure_template(demo=False)
    options.key = ledger_key(template_key, options)
    if ground.databases.keys().get(LEDGER) == options.key:
        return LEDGER, None
    # Its key comes with success: an import that fails is made anew the next time.
    ground.databases.clone(template, LEDGER)
    files.remove(ground.output_folder(LEDGER))
    return LEDGER, {
        "key": options.key,
        "path": options.ledger,
        "as_of": options.as_of,
        "mapping": options.map,
    }


def ledger_key(template_key, options):
    """Another file, day or mapping is another ledger; so is the same one tomorrow,
    since its dates are moved to today."""
    content = hashlib.sha256(Path(options.ledger).read_bytes()).hexdigest()
    parts = (template_key, content, options.as_of, options.map, date.today())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]
