"""``./setup/shell``: an Odoo shell on the demo database."""

import sys

from .. import demo
from ..ground import Ground

HELP = """\
Usage: ./setup/shell [DATABASE] [< SCRIPT]

Opens an Odoo shell on the demo database, or on another one of this ground
(dunning_ledger). A script may come on standard input. Nothing is stored unless
you call env.cr.commit().
"""


def main(arguments):
    if arguments[:1] in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    with Ground().ready() as ground:
        database = arguments[0] if arguments else demo.NAME
        if database == demo.NAME:
            demo.ensure(ground)
        config = ground.odoo.configure(database)
        command = [
            *("-m", "odoo", "shell", "--config", config, "--no-http"),
            *("--log-level", "warn"),
        ]
        return ground.odoo.call(command, stdin=sys.stdin)
