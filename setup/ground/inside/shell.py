"""An Odoo shell whose letters can be printed and whose mails stay here."""

import json
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

from odoo.cli.shell import Shell, raise_keyboard_interrupt

from .. import ports
from . import server
from .smtp_sink import MailSink


def main(order):
    with MailSink(Path(order["folder"]) / "mails") as sink:
        server.configure(
            order["config"],
            http_port=order["port"],
            smtp_port=sink.port,
            log_level="warn",
        )
        running = server.start()
        signal.signal(signal.SIGINT, raise_keyboard_interrupt)
        try:
            with server.environment(order["database"]) as env:
                point_letters_here(env, order["port"])
            Shell().shell(order["database"])
        finally:
            running.stop()


def point_letters_here(env, port):
    """Unless ``./setup/run`` serves this database already."""
    current = env["ir.config_parameter"].sudo().get_param("report.url") or ""
    if ports.is_free(urlsplit(current).port or port):
        server.set_address(env, f"http://127.0.0.1:{port}")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
