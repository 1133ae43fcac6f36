"""A private PostgreSQL: own data folder, own socket, no network port.

It listens on a socket in its own folder only, so that it cannot be in the way of
another server, nor another server in its way.
"""

import contextlib
import fcntl
import functools
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import files, processes, say, settings

OLDEST = 13
PORT = 5432  # only part of the socket's name
ROLE = "odoo"
SPACE = 2 * files.GIB
LONGEST_SOCKET = 100  # the kernel allows 107 characters
WAYS = (
    "set DUNNING_PG_BIN to the folder of the programs of PostgreSQL 13 or newer "
    "(initdb, pg_ctl, postgres)",
    "set DUNNING_PG_DSN to a server you may create databases on, like "
    "postgresql://USER:PASSWORD@HOST:PORT",
)
CONFIGURATION = """
# --- written by setup/ground/postgres.py ---
listen_addresses = ''
port = {port}
unix_socket_directories = '{run}'
unix_socket_permissions = 0700
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 128MB
max_connections = 100
max_wal_size = 2GB
# The last transactions before a crash of the machine may be lost, nothing more.
synchronous_commit = off
jit = off
"""


def find_programs():
    """The folder of the newest PostgreSQL programs of this system, or None."""
    found = []
    for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb"):
        major = initdb.parts[-3]
        if major.isdigit() and int(major) >= OLDEST:
            found.append((int(major), initdb.parent))
    if found:
        return max(found)[1]
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def connect(configured):
    """The server of this call: the user's own or a private one."""
    return ForeignServer(configured) if configured.pg_dsn else Cluster(configured)


class ForeignServer:
    """A server the user points at: ours are only the databases we make there."""

    def __init__(self, configured):
        self.connection = settings.parse_dsn(configured.pg_dsn)
        self.programs = configured.pg_bin or find_programs()

    def check(self):
        pass

    def plan(self):
        return []

    @contextlib.contextmanager
    def running(self):
        yield


class Cluster:
    def __init__(self, configured):
        self.programs = configured.pg_bin or find_programs()
        self.given = configured.pg_bin
        self.state = configured.state
        self.log = configured.logs / "postgres.log"

    @property
    def home(self):
        return self.state / f"postgresql-{self.major}"

    @functools.cached_property
    def owner(self):
        """Whom the data belong to: looked up late, after packages were installed."""
        data = self.home / "data"
        if data.exists() and os.geteuid() == 0:
            return pwd.getpwuid(data.stat().st_uid)
        return _new_owner()

    @functools.cached_property
    def major(self):
        text = processes.output([self.programs / "postgres", "--version"]) or ""
        found = re.search(r"(\d+)", text)
        if not found or int(found[1]) < OLDEST:
            raise say.Problem(
                f"{self.programs} holds no PostgreSQL {OLDEST} or newer.", WAYS
            )
        return int(found[1])

    @property
    def socket(self):
        run = self.home / "run"
        if len(str(run)) <= LONGEST_SOCKET - len(".s.PGSQL.5432.lock"):
            return run
        return Path(tempfile.gettempdir()) / f"{settings.NAME}-{self.state.name}"

    @property
    def connection(self):
        return {
            "host": str(self.socket),
            "port": str(PORT),
            "user": ROLE,
            "password": "",
        }

    def check(self):
        """A Problem when the programs cannot be used; none yet may be installed."""
        if self.given:
            assert self.major
        files.require_writable(self.state)

    def plan(self):
        if self.programs and (self.home / "data").exists():
            return []
        return [f"a private PostgreSQL cluster in {self.state}, on a socket of its own"]

    @contextlib.contextmanager
    def running(self):
        """Starts the server if it is not, stops it when nobody uses it any more."""
        self.programs = self.programs or find_programs()
        if not self.programs:
            raise say.Problem("There is no PostgreSQL.", WAYS)
        self._make_state()
        with (self.state / "postgresql.users").open("a") as users:
            with files.lock(self.state / "postgresql.lock"):
                fcntl.flock(users, fcntl.LOCK_SH)
                self._ensure_data()
                self._start()
            try:
                yield
            finally:
                with files.lock(self.state / "postgresql.lock"):
                    self._stop_unless_used(users)

    def _make_state(self):
        """Makes the folder so that the owner of the data can enter it."""
        for folder in (self.state.parent, self.state):
            if not folder.exists():
                folder.mkdir(parents=True)
                folder.chmod(0o755)  # whatever the umask

    def _stop_unless_used(self, users):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        self._run("pg_ctl", "-D", self.home / "data", "-m", "fast", "-w", "stop")

    def _ensure_data(self):
        if (self.home / "data").exists():
            return
        files.require_space(self.state, SPACE)
        say.step(f"Making a private PostgreSQL cluster in {self.home}")
        self._make_folder(self.home)
        scratch = self.home / "data.part"
        files.remove(scratch)
        self._run(
            "initdb",
            *("-D", scratch, "-U", ROLE, "--auth=trust"),
            *("--encoding=UTF8", "--locale=C.UTF-8"),
        )
        with (scratch / "postgresql.conf").open("a") as conf:
            conf.write(CONFIGURATION.format(port=PORT, run=self.socket))
        scratch.rename(self.home / "data")

    def _make_folder(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        if self.owner:
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        folder.chmod(0o700)

    def _start(self):
        data = self.home / "data"
        if self._run("pg_ctl", "-D", data, "status", check=False) == 0:
            return
        self._make_folder(self.socket)
        log = self.home / "server.log"
        self._run("pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "start")

    def _run(self, program, *arguments, check=True):
        """Runs one of PostgreSQL's programs as the user who owns the data."""
        identity = {}
        if self.owner:
            identity = {
                "user": self.owner.pw_uid,
                "group": self.owner.pw_gid,
                "extra_groups": [],
            }
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            done = subprocess.run(
                [str(self.programs / program), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": "/"},
                check=False,
                **identity,
            )
        if check and done.returncode:
            raise say.Problem(
                f"PostgreSQL's {program} failed.\n"
                + processes.indent(processes.tail(self.log, 0, 4000)),
                [
                    f"read {self.log} and {self.home / 'server.log'}",
                    "as root, set DUNNING_STATE to a folder that the user postgres "
                    "can enter",
                    *WAYS,
                ],
            )
        return done.returncode


def _new_owner():
    """Root's cluster belongs to another user: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise say.Problem("Root has no user to run PostgreSQL as.", WAYS)
