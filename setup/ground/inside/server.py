"""Odoo's own threaded server within this process, beside whatever we do here.

The letters fetch their stylesheets over HTTP: a server has to answer while they
are printed. One process for both starts in half the time of two.
"""

import contextlib
import time

import odoo.http
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service import server
from odoo.tools import config


def configure(path, **options):
    """Reads the configuration; ``options`` win over the file."""
    arguments = [
        f"--{name.replace('_', '-')}={value}" for name, value in options.items()
    ]
    config.parse_config([f"--config={path}", *arguments], setup_logging=True)


def start():
    """Answers HTTP on the configured port from a thread."""
    server.load_server_wide_modules()
    running = server.server = server.ThreadedServer(odoo.http.root)
    running.start()
    return running


@contextlib.contextmanager
def environment(database):
    """An environment of the administrator, in the language of that user."""
    registry = Registry(database)
    with registry.cursor() as cursor:
        env = api.Environment(cursor, SUPERUSER_ID, {})
        admin = env.ref("base.user_admin")
        yield env(user=admin, context=admin.context_get())


def set_address(env, address):
    """Links in mails lead to ``address``; letters fetch their styles there."""
    parameters = env["ir.config_parameter"].sudo()
    for name in ("web.base.url", "report.url"):
        if parameters.get_param(name) != address:
            parameters.set_param(name, address)
    env.cr.commit()  # the letters are printed by requests of other transactions


def serve_until_stopped(running):
    """Runs the crons, too, until Ctrl-C."""
    running.cron_spawn()
    with contextlib.suppress(KeyboardInterrupt):
        while not running.quit_signals_received:
            time.sleep(1)
    running.stop()
