"""``./setup/shell``: an Odoo shell on the demo database."""

import json
import sys

from .. import demo, ports, say
from ..ground import Ground

HELP = """\
Usage: ./setup/shell [DATABASE] [< SCRIPT]

Opens an Odoo shell on the demo database, or on another one of this ground
(dunning_ledger). A script may come on standard input. Nothing is stored unless
you call env.cr.commit(). Letters can be printed; mails go to var/, nowhere else.
"""


def main(arguments):
    if arguments[:1] in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    with Ground().ready() as ground:
        database = arguments[0] if arguments else demo.NAME
        if database == demo.NAME:
            demo.ensure(ground)
        elif database not in ground.databases.keys():
            raise say.Problem(
                f"There is no database {database}.",
                [f"one of {', '.join(sorted(ground.databases.keys()))}"],
            )
        port = ports.next_free(ground.settings.port)
        order = {
            "database": database,
            "config": str(ground.odoo.configure(database, port)),
            "port": port,
            "folder": str(ground.output_folder(database)),
        }
        return ground.odoo.call(
            ["-m", "ground.inside.shell", json.dumps(order)], stdin=sys.stdin
        )
