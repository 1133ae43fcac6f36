"""``./setup/terms``: the addons' terms and their translations, brought up to date."""

import json

from .. import addons, say
from ..ground import Ground

HELP = """\
Usage: ./setup/terms

Exports the terms of the three addons from a new database into their i18n/*.pot, and
brings the languages' files in line: what is translated stays, new terms are empty.
Says how many are to be done in each file; ends with 1 if there are any.
"""


def main(arguments):
    if arguments:
        print(HELP, end="")
        return int(arguments[:1] not in (["--help"], ["-h"]))
    with Ground(for_tests=True).ready() as ground:
        template, _key = ground.databases.ensure_template(demo=False)
        say.step("Exporting the terms")
        order = {
            "config": str(ground.odoo.configure(template)),
            "database": template,
            "checkout": str(ground.settings.checkout),
            "addons": addons.names(ground.settings.checkout),
        }
        return ground.odoo.call(["-m", "ground.inside.terms", json.dumps(order)])
