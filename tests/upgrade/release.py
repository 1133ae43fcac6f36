"""A release of the past: its wheels built, installed, and a database filled by it."""

import dataclasses
import datetime
import subprocess
from pathlib import Path

from ground import addons, files, processes
from ground.commands import build
from ground.database import make_key
from ground.odoo_command import Odoo
from protection import shell

FOLDER = Path(__file__).parent
LANGUAGES = ("de_DE",)


def read_releases():
    """Return [(version, commit)], the oldest first."""
    lines = (FOLDER / "releases.txt").read_text().splitlines()
    return [tuple(line.split()) for line in lines if not line.startswith("#")]


class Release:
    """An Odoo with the addons of a release, on the PostgreSQL of this checkout.

    It is used like the ground itself where scripts are run.
    """

    def __init__(self, ground, version, commit):
        self.ground = ground
        self.version = version
        self.commit = commit
        self.site = ground.settings.cache / f"release-{version}-{commit[:12]}"
        self.settings = dataclasses.replace(
            ground.settings, checkout=self.site / "odoo/addons"
        )
        self.odoo = Odoo(
            self.settings,
            *(ground.source, ground.env, ground.wkhtmltopdf, ground.server),
        )

    def is_known(self):
        """Say whether this clone has the commit, and git to read it."""
        return self._git("cat-file", "-e", f"{self.commit}^{{commit}}") is not None

    def _git(self, *arguments):
        checkout = self.ground.settings.checkout
        return processes.output(["git", *arguments], cwd=checkout)

    # === WHEELS === #

    def install(self, scratch):
        """Build the wheels as ``./setup/build`` does, and install them with pip."""
        if self.site.exists():
            return
        tree, wheels = scratch / "tree", scratch / "wheels"
        self._unpack(tree)
        settings = dataclasses.replace(self.ground.settings, checkout=tree)
        for name in addons.names(tree):
            build.build(settings, self.ground.env, name, wheels)
        with files.whole_folder(self.site) as site:
            processes.run_long(
                self.odoo.command(
                    *("-m", "pip", "install", "--no-index", "--no-deps"),
                    *("--target", site, *wheels.glob("*.whl")),
                ),
                f"Installing the wheels of {self.version}",
                self.settings.logs / "pip-release.log",
            )

    def _unpack(self, tree):
        tree.mkdir()
        archive = tree.with_suffix(".tar")
        command = ("git", "archive", "--output", archive, self.commit)
        subprocess.run(command, cwd=self.ground.settings.checkout, check=True)
        subprocess.run(["tar", "-xf", archive, "-C", tree], check=True)

    # === DATABASE === #

    def ensure_database(self):
        """Return the name of a database that the release has filled, today."""
        databases = self.ground.databases
        base, base_key = databases.ensure_base(demo=False)
        paths = (shell.FOLDER / "fill.py", FOLDER / "use.py")
        script = "\n".join(path.read_text() for path in paths)
        key = make_key(base_key, self.commit)
        installed = f"dunning_release_{self.version.replace('.', '_')}"
        filled = f"{installed}_filled"

        def install(scratch):
            databases.clone(base, scratch)
            names = addons.names(self.settings.checkout)
            self.odoo.install(scratch, names, languages=LANGUAGES)

        def fill(scratch):
            databases.clone(installed, scratch)
            assert "USED" in shell.run(self, scratch, script)

        databases.ensure_filled(installed, key, install)
        today = datetime.date.today()
        databases.ensure_filled(filled, make_key(key, script, today), fill)
        return filled
