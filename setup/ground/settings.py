"""Where everything lies and what the user has pointed us at.

The environment variables are documented in setup/README.md.
"""

import getpass
import hashlib
import os
import shlex
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from .say import Problem

CHECKOUT = Path(__file__).resolve().parents[2]
NAME = "odoo-dunning-suite"
DEFAULT_PORT = 8069


@dataclass(frozen=True)
class Settings:
    checkout: Path
    cache: Path  # downloads and what is made of them; may be shared by checkouts
    state: Path  # PostgreSQL's data and Odoo's filestore, of this checkout and user
    var: Path  # what a user wants to look at: letters, mails, logs
    odoo: Path | None
    pg_bin: Path | None
    pg_dsn: str | None
    wkhtmltopdf: Path | None
    port: int

    @property
    def logs(self):
        return self.var / "log"


def read(environ=os.environ):
    """The settings of this call."""
    return Settings(
        checkout=CHECKOUT,
        cache=_path(environ, "DUNNING_CACHE") or _default_cache(environ),
        state=_path(environ, "DUNNING_STATE") or _default_state(environ),
        var=_path(environ, "DUNNING_VAR") or CHECKOUT / "var",
        odoo=_path(environ, "DUNNING_ODOO"),
        pg_bin=_path(environ, "DUNNING_PG_BIN"),
        pg_dsn=environ.get("DUNNING_PG_DSN") or None,
        wkhtmltopdf=_path(environ, "DUNNING_WKHTMLTOPDF"),
        port=_port(environ),
    )


def _path(environ, name):
    value = environ.get(name)
    return Path(value).expanduser().absolute() if value else None


def _default_cache(environ):
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME


def _default_state(environ):
    """A folder per checkout and user that PostgreSQL's user can enter.

    PostgreSQL refuses to run as root; the user it runs as instead can seldom
    enter root's home or checkout, so root's state lies under /var/lib.
    """
    digest = hashlib.sha256(f"{getpass.getuser()}:{CHECKOUT}".encode()).hexdigest()
    key = f"{CHECKOUT.name}-{digest[:8]}"
    if os.geteuid() == 0:
        return Path("/var/lib") / NAME / key
    share = environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(share) / NAME / key


def _port(environ):
    value = environ.get("DUNNING_PORT") or str(DEFAULT_PORT)
    if not value.isdigit() or not 1024 <= int(value) <= 65535:
        raise Problem(
            f"DUNNING_PORT is {value!r}, which is no port.",
            ["set it to a number between 1024 and 65535", "unset it"],
        )
    return int(value)


def parse_dsn(dsn):
    """Host, port, user and password of a libpq URL or of key=value pairs."""
    if "://" in dsn:
        url = urllib.parse.urlsplit(dsn)
        query = dict(urllib.parse.parse_qsl(url.query))
        found = {
            "host": url.hostname or query.get("host"),
            "port": url.port or query.get("port"),
            "user": url.username,
            "password": url.password and urllib.parse.unquote(url.password),
        }
    else:
        found = dict(part.split("=", 1) for part in shlex.split(dsn) if "=" in part)
    if not found.get("host") or not found.get("user"):
        raise Problem(
            "DUNNING_PG_DSN names no host or no user.",
            ["set it like postgresql://USER:PASSWORD@HOST:PORT", "unset it"],
        )
    return {
        key: str(found.get(key) or "") for key in ("host", "port", "user", "password")
    }
