"""What the operating system has to bring, and apt-get to bring it."""

import ctypes.util
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import postgres, processes, say
from .files import remove

# PostgreSQL's Debian package starts a server of its own unless it is told not to.
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/odoo-dunning-suite.conf")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Need:
    what: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]
    way_out: str | None = None


def _module(*names):
    return lambda: all(importlib.util.find_spec(name) for name in names)


def _library(*names):
    return lambda: all(ctypes.util.find_library(name) for name in names)


def _program(*names):
    return lambda: any(shutil.which(name) for name in names)


def _font(language):
    return lambda: bool(
        (processes.output(["fc-list", f":lang={language}"]) or "").strip()
    )


def needs(settings, *, for_tests):
    """What this call needs of the system, with what the user has pointed us at."""
    yield Need("Python's venv", ("python3-venv",), _module("venv", "ensurepip"))
    yield Need("libmagic", ("libmagic1",), _library("magic"))
    if not settings.pg_bin and not settings.pg_dsn:
        yield Need(
            f"PostgreSQL {postgres.OLDEST} or newer",
            ("postgresql",),
            lambda: bool(postgres.find_programs()),
            "set DUNNING_PG_BIN to the folder of PostgreSQL's programs, or "
            "DUNNING_PG_DSN to a server you may create databases on",
        )
    if not settings.wkhtmltopdf:
        yield Need(
            "libraries of wkhtmltopdf",
            ("libxrender1", "libfontconfig1", "libxext6", "libx11-6"),
            _library("Xrender", "fontconfig", "Xext", "X11"),
            "set DUNNING_WKHTMLTOPDF to a wkhtmltopdf with patched Qt",
        )
    yield Need("fonts for Latin", ("fontconfig", "fonts-dejavu-core"), _font("de"))
    for language in ("ko", "ja"):
        yield Need(
            f"fonts for the language {language}",
            ("fontconfig", "fonts-noto-cjk"),
            _font(language),
        )
    if for_tests:
        yield Need("Chromium", ("chromium",), _program(*BROWSERS))
        yield Need("tools to read PDFs", ("poppler-utils",), _program("pdftoppm"))


class SystemPackages:
    def __init__(self, settings, *, for_tests=False):
        self.log = settings.logs / "apt.log"
        self.missing = [
            need for need in needs(settings, for_tests=for_tests) if not need.is_there()
        ]
        self.packages = sorted(
            {name for need in self.missing for name in need.packages}
        )

    def check(self):
        """A Problem when something is missing that we cannot install."""
        if not self.missing or (
            shutil.which("apt-get") and self._elevation() is not None
        ):
            return
        reason = (
            "this user may not install packages"
            if shutil.which("apt-get")
            else "there is no apt-get to install it"
        )
        raise say.Problem(
            f"Missing: {', '.join(need.what for need in self.missing)}; and {reason}.",
            [
                "have an administrator install it; with Debian's names: "
                f"apt-get install {' '.join(self.packages)}",
                *(need.way_out for need in self.missing if need.way_out),
            ],
        )

    def plan(self):
        if not self.packages:
            return []
        return [f"Debian packages, for the whole machine: {' '.join(self.packages)}"]

    def ensure(self):
        if not self.packages:
            return
        say.step("Installing Debian packages")
        apt = [*self._elevation(), "apt-get"]
        # A machine may have sources that fail; what counts is the install.
        subprocess.run([*apt, "update", "-q"], stdout=subprocess.DEVNULL, check=False)
        with _no_cluster(self._elevation()):
            processes.run_long(
                [
                    *apt,
                    *("install", "-q", "-y", "--no-install-recommends"),
                    *self.packages,
                ],
                "Installing",
                self.log,
                progress=lambda text: processes.last_line(text)[:40],
                ways=[f"install them yourself: {' '.join(self.packages)}"],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )

    @staticmethod
    def _elevation():
        """What to put before a command that needs root; None when there is no way."""
        if os.geteuid() == 0:
            return []
        if not shutil.which("sudo"):
            return None
        quiet = processes.output(["sudo", "-n", "true"]) is not None
        return ["sudo"] if quiet or sys.stdin.isatty() else None


class _no_cluster:
    """Keeps PostgreSQL's package from making and starting a server of its own."""

    def __init__(self, elevation):
        self.elevation = elevation
        self.needed = not shutil.which("pg_createcluster")

    def __enter__(self):
        if self.needed:
            script = 'mkdir -p "${1%/*}" && echo create_main_cluster = false > "$1"'
            subprocess.run(
                [*self.elevation, "sh", "-c", script, "sh", NO_CLUSTER], check=True
            )

    def __exit__(self, *_exception):
        if self.needed and self.elevation:
            subprocess.run([*self.elevation, "rm", "-f", NO_CLUSTER], check=True)
        elif self.needed:
            remove(NO_CLUSTER)
