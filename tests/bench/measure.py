"""One measurement in a process of its own: ``python -m bench.measure ORDER``.

ORDER is JSON: configuration file, database, name and parameters of the measurement,
and the file its result is written to. Peak memory is that of the process, so nothing
else may have been done in it.
"""

import importlib
import json
import resource
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

MEASUREMENTS = (
    *("build", "dunned", "propose", "issue", "charge", "oca", "screens"),
    *("letters", "mails", "portal", "load", "aging"),
)


def main(order):
    options = [f"--config={order['config']}", "--log-level=warn"]
    if order.get("addons_path"):
        options.append(f"--addons-path={order['addons_path']}")
    config.parse_config(options, setup_logging=True)
    registry = Registry.new(
        order["database"],
        update_module=bool(order.get("install")),
        install_modules=order.get("install", ()),
    )
    assert order["name"] in MEASUREMENTS
    module = importlib.import_module(f"bench.{order['name']}")
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        # who works is a person, whose rights are looked at
        result = module.measure(env(user=env.ref("base.user_admin")), **order["params"])
    Path(order["result"]).write_text(json.dumps(result), encoding="utf-8")


@contextmanager
def stopwatch(seconds):
    """Append the seconds that the block took to a list."""
    start = time.perf_counter()
    yield
    seconds.append(time.perf_counter() - start)


def peak_memory():
    """Most memory this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
