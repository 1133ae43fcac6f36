"""``python -m crash``: the trial, on a database with the addon and nothing else."""

import argparse
import contextlib
import tempfile
import time
from pathlib import Path

from odoo.tools import config

from .ledger import write_ledger
from .scenarios import Trial
from .workers import Crew


def main():
    options = parse()
    config.parse_config(
        [f"--config={options.config}", f"--database={options.database}"],
        setup_logging=True,
    )
    begin = time.monotonic()
    company_id, manager_id = write_ledger(
        options.database, options.items, options.debtors
    )
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    crew = Crew(options.database, manager_id, folder, options.seed, options.batch_size)
    trial = Trial(crew, company_id)
    say(f"ledger: {options.items} items, {options.debtors} debtors; logs: {folder}")
    with contextlib.closing(trial.connection):
        try:
            carry_out(trial, options)
        finally:
            crew.stop()
            for line in trial.report():
                say(line)
            say(f"seconds: {time.monotonic() - begin:.0f}; seed: {options.seed}")


def parse():
    parser = argparse.ArgumentParser(prog="crash", description=__doc__)
    parser.add_argument("--config", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--kills", type=int, default=200, help="of propose and issue")
    parser.add_argument("--crowds", type=int, default=6, help="runs amid other users")
    parser.add_argument("--deliveries", type=int, default=20, help="kills of delivery")
    parser.add_argument("--items", type=int, default=3000)
    parser.add_argument("--debtors", type=int, default=1000)
    parser.add_argument("--batch-size", type=int, default=25)
    parser.add_argument("--seconds", type=int, default=20, help="a crowd is at work")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def carry_out(trial, options):
    trial.kill_rounds(options.kills)
    if options.deliveries:
        trial.deliver(options.deliveries)
    for number in range(options.crowds):
        trial.crowd(
            workers=2 + number % 2,
            users=3,
            seconds=options.seconds,
            kills=4 if number % 2 else 0,
        )
    if options.crowds:
        trial.daily(users=2, seconds=options.seconds)


def say(line):
    print(line, flush=True)


if __name__ == "__main__":
    main()
