"""The virtual environment with the pinned packages."""

import hashlib
import platform
import sys

from . import files, processes, say

SPACE = 1 * files.GIB
WAYS = (
    "see that pip reaches a package index (pip config, proxy variables)",
    "call it again: what was downloaded is kept by pip",
)


class PythonEnv:
    """One environment a set of base requirements; others are added to it.

    A stamp written last tells a whole environment from a half-made one. An
    environment cannot be built elsewhere and moved: its scripts hold its path.
    """

    def __init__(self, settings, base="requirements.txt", name="venv", extra=()):
        self.setup = settings.checkout / "setup"
        self.log = settings.logs / f"pip-{name}.log"
        self.base = base
        self.extra = tuple(extra)
        # The base prefix: we may be run by the environment itself, from a test.
        key = f"{platform.python_version()}:{sys.base_prefix}:{self._digest(base)}"
        digest = hashlib.sha256(key.encode()).hexdigest()[:12]
        self.folder = settings.cache / f"{name}-{digest}"

    @property
    def python(self):
        return self.folder / "bin/python"

    def plan(self):
        missing = [name for name in (self.base, *self.extra) if not self._has(name)]
        return [
            f"Python packages of setup/{name} ({self._count(name)} pinned), into "
            f"{self.folder}"
            for name in missing
        ]

    def ensure(self):
        if not self._has(self.base):
            files.require_space(self.folder, SPACE)
            say.step("Making the Python environment")
            files.remove(self.folder)
            self._make()
        for name in (self.base, *self.extra):
            if not self._has(name):
                self._install(name)

    def _make(self):
        processes.run_long(
            [sys.executable, "-m", "venv", self.folder],
            "Making the environment",
            self.log,
            ways=["install the module venv (Debian: apt-get install python3-venv)"],
        )

    def _install(self, name):
        # All packages are pinned with their hashes: nothing is left to resolve.
        processes.run_long(
            [
                *(self.python, "-m", "pip", "install", "--require-hashes"),
                *("--no-deps", "--no-input", "-r", self.setup / name),
            ],
            f"Installing setup/{name}",
            self.log,
            progress=lambda text: processes.last_line(text)[:40],
            ways=WAYS,
        )
        files.write_whole(self._stamp(name), "")

    def _has(self, name):
        return self._stamp(name).exists() and self.python.exists()

    def _stamp(self, name):
        return self.folder / f"{name}.{self._digest(name)}"

    def _digest(self, name):
        return hashlib.sha256((self.setup / name).read_bytes()).hexdigest()[:12]

    def _count(self, name):
        lines = (self.setup / name).read_text(encoding="utf-8").splitlines()
        return sum("==" in line for line in lines)
