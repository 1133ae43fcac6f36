"""Databases: made in layers, copied from templates, rebuilt when sources change.

    base (Odoo's own modules)  ->  template (with our addons)  ->  what is used

A database carries the key it was made for in its comment. It is built under
another name and renamed at the end: an interrupted build leaves nothing in use.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess

from . import addons, files, say

BASE_MODULES = ("account", "account_payment", "payment_demo", "portal", "sms")
# The first one becomes the language of everybody.
DEMO_LANGUAGES = ("en_US", "de_DE", "fr_FR", "ja_JP", "ko_KR")
CLONE = re.compile(r"dunning_test_(\d+)")


class Databases:
    def __init__(self, settings, odoo):
        self.checkout = settings.checkout
        self.state = settings.state
        self.odoo = odoo

    # === SQL === #

    def execute(self, *statements, database="postgres"):
        """Rows of the last statement. psycopg2 lives in the environment, not here."""
        done = subprocess.run(
            self.odoo.command("-m", "ground.inside.run_sql"),
            input=json.dumps(
                {
                    "connection": self.odoo.server.connection,
                    "database": database,
                    "statements": statements,
                }
            ),
            env=self.odoo.environ(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = " ".join(done.stderr.split("OperationalError: ")[-1].split())
            raise say.Problem(
                f"PostgreSQL refused: {said[-300:]}",
                ["see DUNNING_PG_DSN, when you set it, and the rights of its user"],
            )
        return json.loads(done.stdout)

    def keys(self):
        """{database: the key it was made for}."""
        return dict(
            self.execute(
                "SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') "
                "FROM pg_database WHERE NOT datistemplate"
            )
        )

    def drop(self, *names):
        if names:
            self.execute(
                *(f'DROP DATABASE IF EXISTS "{n}" WITH (FORCE)' for n in names)
            )
        for name in names:
            files.remove(self._filestore(name))

    def clone(self, template, name):
        self.drop(name)
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._clone_filestore(template, name)

    def rename(self, old, new, key):
        self.drop(new)
        if self._filestore(old).exists():
            self._filestore(old).rename(self._filestore(new))
        self.execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
        self.set_key(new, key)

    def set_key(self, name, key):
        self.execute(f"COMMENT ON DATABASE \"{name}\" IS '{key}'")

    def _filestore(self, name):
        return self.odoo.data_dir / "filestore" / name

    def _clone_filestore(self, template, name):
        # Files are named by their content and never written again: links will do.
        if self._filestore(template).exists():
            shutil.copytree(
                self._filestore(template), self._filestore(name), copy_function=os.link
            )

    # === LAYERS === #

    def ensure_base(self, *, demo):
        """Odoo's own modules: made once an Odoo."""
        name = "dunning_base_demo" if demo else "dunning_base"
        key = make_key(
            self.odoo.source.fingerprint(), BASE_MODULES, demo and DEMO_LANGUAGES
        )
        if self.keys().get(name) != key:
            say.step(f"Making the database {name}: Odoo's own modules, once")
            with self._building(name, key) as scratch:
                self.execute(
                    f'CREATE DATABASE "{scratch}" TEMPLATE template0 '
                    "ENCODING 'UTF8' LC_COLLATE 'C'"
                )
                self.odoo.install(
                    scratch,
                    BASE_MODULES,
                    demo=demo,
                    languages=DEMO_LANGUAGES if demo else (),
                )
        return name, key

    def ensure_template(self, *, demo):
        """The base with our addons installed: made when their sources changed.

        They are installed from scratch each time: an upgrade would leave behind
        what a source no longer brings.
        """
        with files.lock(self.state / "database.lock"):
            base, base_key = self.ensure_base(demo=demo)
            name = "dunning_template_demo" if demo else "dunning_template"
            key = make_key(base_key, addons.fingerprint(self.checkout))
            if self.keys().get(name) != key:
                say.step(f"Making the database {name}: our addons")
                with self._building(name, key) as scratch:
                    self.clone(base, scratch)
                    log = self.odoo.install(
                        scratch, addons.names(self.checkout), demo=demo
                    )
                    report_log(log)
            return name, key

    def ensure_copy(self, name, key, template):
        """True when ``name`` had to be made anew from its template."""
        if self.keys().get(name) == key:
            return False
        with (
            files.lock(self.state / "database.lock"),
            self._building(name, key) as scratch,
        ):
            self.clone(template, scratch)
        return True

    def ensure_filled(self, name, key, fill):
        """Have ``fill(scratch name)`` make a database, when its key has changed."""
        if self.keys().get(name) != key:
            with self._building(name, key) as scratch:
                fill(scratch)

    def _building(self, name, key):
        return _Building(self, name, key)

    def drop_stale_clones(self):
        """Clones of test runs that were killed."""
        stale = []
        for name in self.keys():
            found = CLONE.match(name)
            if found and not _is_running(int(found[1])):
                stale.append(name)
        self.drop(*stale)


class _Building:
    """A database under a scratch name, renamed when all went well."""

    def __init__(self, databases, name, key):
        self.databases = databases
        self.name = name
        self.key = key
        self.scratch = f"{name}_building"

    def __enter__(self):
        self.databases.drop(self.scratch)
        return self.scratch

    def __exit__(self, kind, _error, _traceback):
        if kind is None:
            self.databases.rename(self.scratch, self.name, self.key)


def report_log(log):
    """Shows what Odoo complained about; a failed demo is an error like any other."""
    complaint = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ")
    for text in log.read_text(encoding="utf-8", errors="replace").splitlines():
        found = complaint.match(text)
        if found:
            say.line(f"    {text}")
        # A demo that fails is rolled back and no more than a warning to Odoo.
        if found and (found[1] != "WARNING" or "demo data failed" in text):
            raise say.Problem(
                "Odoo logged an error while it installed the addons.", [f"read {log}"]
            )


def make_key(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
