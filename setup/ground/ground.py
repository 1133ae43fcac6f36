"""Puts the parts together: says what is missing, installs it, starts PostgreSQL."""

import contextlib

from . import files, postgres, say, settings
from .database import Databases
from .odoo_command import Odoo
from .odoo_source import OdooSource
from .pdf import Wkhtmltopdf
from .python_env import PythonEnv
from .system_packages import SystemPackages


class Ground:
    def __init__(self, *, for_tests=False):
        self.settings = settings.read()
        extra = ["requirements-test.txt"] if for_tests else []
        self.packages = SystemPackages(self.settings, for_tests=for_tests)
        self.source = OdooSource(self.settings)
        self.env = PythonEnv(self.settings, extra=extra)
        self.wkhtmltopdf = Wkhtmltopdf(self.settings, self.env)
        self.server = postgres.connect(self.settings)
        self.odoo = Odoo(
            self.settings, self.source, self.env, self.wkhtmltopdf, self.server
        )
        self.databases = Databases(self.settings, self.odoo)

    def output_folder(self, database):
        """Where the letters and mails of a database lie."""
        return self.settings.var / database.removeprefix("dunning_")

    def check(self):
        """Everything that can be known to fail, before anything is done."""
        for folder in (self.settings.cache, self.settings.var, self.settings.state):
            files.require_writable(folder)
        for part in (self.source, self.wkhtmltopdf, self.server, self.packages):
            part.check()

    @contextlib.contextmanager
    def ready(self):
        """Everything installed and PostgreSQL running."""
        self.check()
        with files.lock(self.settings.cache / "install.lock"):
            self._install()
        with self.server.running():
            yield self

    def _install(self):
        parts = (self.packages, self.source, self.env, self.server)
        plan = [line for part in parts for line in part.plan()]
        if plan:
            say.step("About to install")
            for line in plan:
                say.line(f"    - {line}")
            say.line("    Nothing else on this machine is changed.")
        for part in (self.packages, self.source, self.env, self.wkhtmltopdf):
            part.ensure()
