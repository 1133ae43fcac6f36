"""``./setup/screenshots [FOLDER]``: the pictures of the handbook and the app list."""

import argparse
import json
import os
from pathlib import Path

from .. import ports, say
from ..ground import Ground

NAME = "dunning_pictures"


def main(arguments):
    options = parse(arguments)
    with Ground(for_tests=True).ready() as ground:
        databases = ground.databases
        template, _key = databases.ensure_template(demo=True)
        # afresh each time: the stories are told once
        databases.clone(template, NAME)
        try:
            code = take_pictures(ground, options)
        finally:
            databases.drop(NAME)
    if code:
        log = ground.settings.logs / f"{NAME}.log"
        raise say.Problem("Not all pictures could be taken.", [f"read {log}"])


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="./setup/screenshots",
        description="Saves the pictures of docs/ and of the addons' descriptions.",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        metavar="FOLDER",
        help="where they go instead of docs/pictures and static/description",
    )
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        metavar="NAME,…",
        help="these alone, by the names of their files without .png",
    )
    return parser.parse_args(arguments)


def take_pictures(ground, options):
    port = ports.next_free(ground.settings.port)
    order = {
        "database": NAME,
        "config": str(ground.odoo.configure(NAME, port)),
        "port": port,
        "folder": str(Path(options.folder).resolve()) if options.folder else None,
        "checkout": str(ground.settings.checkout),
        "only": options.only,
        "mails": str(ground.output_folder(NAME) / "mails"),
        "log": str(ground.settings.logs / f"{NAME}.log"),
    }
    path = [
        ground.odoo.environ()["PYTHONPATH"],
        str(ground.settings.checkout / "tests"),
    ]
    return ground.odoo.call(
        ["-m", "ground.inside.take_pictures", json.dumps(order)],
        extra_environ={"PYTHONPATH": os.pathsep.join(path)},
    )
