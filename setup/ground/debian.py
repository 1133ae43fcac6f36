"""Takes single packages from Debian without installing them.

A private apt folder with its own lists leaves the machine's apt as it is, and
works without root. The mirror is the one that the machine's apt already uses.
"""

import hashlib
import shutil
import subprocess

from . import processes, say
from .files import remove, write_whole

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES = ("bookworm", "sid")
FIELDS = ("IDENTIFIER", "COMPONENT", "LABEL", "RELEASE", "REPO_URI")


def available():
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


def mirror():
    """Address of the Debian mirror of this machine's apt, or None."""
    template = "|".join(f"$({field})" for field in FIELDS)
    text = processes.output(["apt-get", "indextargets", "--format", template]) or ""
    found = []
    for row in text.splitlines():
        identifier, component, label, release, uri = row.split("|")
        if (identifier, component) != ("Packages", "main") or "-" in release:
            continue
        # Before the first `apt-get update` a target has no label yet.
        if label == "Debian" or uri.rstrip("/").endswith("/debian"):
            found.append((label != "Debian", uri))
    return min(found)[1] if found else None


class WrongContent(say.Problem):
    """The pinned version with other content: no other version makes up for it."""


class PackageSource:
    """Downloads packages of Debian's suites into the cache."""

    def __init__(self, settings, ways):
        self.folder = settings.cache / "apt"
        self.downloads = settings.cache / "downloads"
        self.log = settings.logs / "apt.log"
        self.ways = ways

    def fetch(self, wanted):
        """Paths of the packages, by name; downloads those not in the cache.

        :param list wanted: of (name, version, sha256).
        """
        self.downloads.mkdir(parents=True, exist_ok=True)
        missing = self.missing(wanted)
        if missing:
            self._update()
            try:
                self._fetch(missing, pinned=True)
            except WrongContent:
                raise
            except say.Problem:
                for row in self.missing(missing):
                    self._fetch_any(row)
        return {name: self._path(name, version) for name, version, _digest in wanted}

    def missing(self, wanted):
        return [row for row in wanted if not self._is_there(*row)]

    def _is_there(self, name, version, digest):
        """Verified; what came as another version was verified by apt."""
        path = self._path(name, version)
        if not path.exists():
            return False
        return path.with_suffix(".newer").exists() or sha256(path) == digest

    def _path(self, name, version):
        return self.downloads / f"{name}_{version.replace(':', '%3a')}.deb"

    def _fetch_any(self, row):
        """Takes another version where the pinned one is gone.

        Debian keeps one version a suite. A newer revision is still verified, by
        apt's own signatures, but it is not the one that was tested.
        """
        try:
            self._fetch([row], pinned=True)
        except WrongContent:
            raise
        except say.Problem:
            self._fetch([row], pinned=False)
            say.line(f"    {row[0]} {row[1]} is gone: took the version of today")

    def _fetch(self, rows, *, pinned):
        scratch = self.folder / "download"
        remove(scratch)
        scratch.mkdir(parents=True)
        targets = [f"{row[0]}={row[1]}" if pinned else row[0] for row in rows]
        processes.run_long(
            [*self._apt(), "download", *targets],
            f"Downloading {len(rows)} packages: {rows[0][0]} …",
            self.log,
            ways=self.ways,
            cwd=scratch,
        )
        for name, version, digest in rows:
            self._keep(scratch, name, version, digest if pinned else None)

    def _keep(self, scratch, name, version, digest):
        (found,) = scratch.glob(f"{name}_*.deb")
        if digest and sha256(found) != digest:
            raise WrongContent(
                f"The package {name} {version} is not the one this was made for "
                f"(sha256 {sha256(found)} instead of {digest}).",
                self.ways,
            )
        path = self._path(name, version)
        if not digest:
            path.with_suffix(".newer").touch()
        found.replace(path)

    def _update(self):
        """Fetches the lists of the suites, once a call."""
        if getattr(self, "updated", False):
            return
        uri = mirror()
        if not uri:
            raise say.Problem("apt on this machine names no Debian mirror.", self.ways)
        for name in ("lists/partial", "archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / "status", "")
        write_whole(
            self.folder / "sources.list",
            "".join(f"deb [signed-by={KEYRING}] {uri} {s} main\n" for s in SUITES),
        )
        processes.run_long(
            [*self._apt(), "update"],
            "Reading Debian's package lists",
            self.log,
            ways=self.ways,
        )
        self.updated = True

    def _apt(self):
        folder = self.folder
        options = {
            "Dir::Etc::SourceList": folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": folder / "lists",
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder,
            "Dir::Cache::Archives": folder / "archives",
            "APT::Sandbox::User": "",  # its user could not enter the cache
            "Acquire::Languages": "none",
        }
        return ["apt-get", *(f"-o{key}={value}" for key, value in options.items())]


def sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def extract(package, folder):
    subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
