"""Takes single packages from Debian without installing them.

A private apt folder with its own lists leaves the machine's apt as it is, and
works without root. The mirror is the one that the machine's apt already uses.
"""

import hashlib
import os
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
        return {
            name: self._fetch(name, version, digest) for name, version, digest in wanted
        }

    def missing(self, wanted):
        return [row for row in wanted if not self._path(*row[:2]).exists()]

    def _path(self, name, version):
        return self.downloads / f"{name}_{version.replace(':', '%3a')}.deb"

    def _fetch(self, name, version, digest):
        path = self._path(name, version)
        if path.exists() and sha256(path) == digest:
            return path
        self._update()
        scratch = self.folder / "download"
        remove(scratch)
        scratch.mkdir(parents=True)
        pinned = self._download(scratch, name, version)
        found = list(scratch.glob("*.deb"))
        if pinned and sha256(found[0]) != digest:
            raise say.Problem(
                f"The package {name} {version} is not the one this was made for "
                f"(sha256 {sha256(found[0])} instead of {digest}).",
                self.ways,
            )
        found[0].replace(path)
        return path

    def _download(self, scratch, name, version):
        """True for the pinned version, False for another one of the suite.

        Debian keeps one version a suite. A newer revision is still verified, by
        apt's own signatures, but it is not the one that was tested.
        """
        size = "122 MB" if name == "odoo-19" else "small"
        for target, pinned in ((f"{name}={version}", True), (name, False)):
            try:
                processes.run_long(
                    [*self._apt(), "download", target],
                    f"Downloading {target} ({size})",
                    self.log,
                    cwd=scratch,
                )
            except say.Problem as problem:
                failure = problem
                continue
            if not pinned:
                say.line(f"    {name} {version} is gone: took {os.listdir(scratch)[0]}")
            return pinned
        raise say.Problem(
            f"Debian's {name} is not to be had.\n{failure.what}", self.ways
        )

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
