"""Bundles of evidence: files with their digests, and a program that checks them.

The archive is the same for the same files: names are sorted and no clock is read.

>>> data = pack([File("a.txt", b"one"), File("b/c.txt", b"two")])
>>> check(data)
[]
>>> import io, zipfile
>>> sorted(zipfile.ZipFile(io.BytesIO(data)).namelist())
['MANIFEST.sha256', 'a.txt', 'b/c.txt', 'verify.py']
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

MANIFEST = "MANIFEST.sha256"
VERIFIER = "verify.py"
#: The first day that an archive can name: the files' own days are in the index.
EPOCH = (1980, 1, 1, 0, 0, 0)

#: Runs with nothing but Python; it reads the archive or the folder it was unpacked to.
VERIFIER_SOURCE = '''#!/usr/bin/env python3
"""Check that no file of this bundle was changed, added or taken away.

    python3 verify.py [bundle.zip | folder]

Without an argument the folder of this program is checked. What is printed as the
digest of the manifest can be compared with the one on the index, that of the archive
with the one that was noted in the case when it was made.
"""

import hashlib
import sys
import zipfile
from pathlib import Path

MANIFEST = "MANIFEST.sha256"
NOT_LISTED = {MANIFEST, "verify.py"}


def read(place):
    if place.is_dir():
        return {
            path.relative_to(place).as_posix(): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file()
        }
    print("archive", hashlib.sha256(place.read_bytes()).hexdigest())
    with zipfile.ZipFile(place) as archive:
        names = archive.namelist()
        if len(set(names)) < len(names):
            raise ValueError("two files have one name")
        return {name: archive.read(name) for name in names}


def main():
    place = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    try:
        files = read(place)
        manifest = files[MANIFEST]
    except Exception as error:  # a changed byte can break an archive in any way
        print("CHANGED: the bundle cannot be read:", repr(error))
        return 1
    listed = {}
    for line in manifest.decode("utf-8", "replace").splitlines():
        digest, _space, name = line.partition("  ")
        listed[name] = digest
    faults = ["missing: " + name for name in listed if name not in files]
    faults += [
        "added: " + name for name in files if name not in listed.keys() | NOT_LISTED
    ]
    faults += [
        "changed: " + name
        for name, digest in listed.items()
        if name in files and hashlib.sha256(files[name]).hexdigest() != digest
    ]
    for fault in sorted(faults):
        print(fault)
    print("manifest", hashlib.sha256(manifest).hexdigest())
    print("CHANGED" if faults else "genuine: %d files" % len(listed))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
'''


@dataclass(frozen=True)
class File:
    """A file of a bundle; ``title`` and ``date`` are for its index."""

    name: str
    content: bytes
    title: str = ""
    date: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def manifest(files: Iterable[File]) -> bytes:
    """Return the digests of files as ``sha256sum`` writes them.

    >>> manifest([File("a", b"")])[:12]
    b'e3b0c44298fc'
    """
    lines = (f"{file.digest}  {file.name}\n" for file in _sorted(files))
    return "".join(lines).encode()


def pack(files: Iterable[File]) -> bytes:
    """Return an archive of files with their manifest and the verifier.

    :raise ValueError: two files have one name.
    """
    files = _sorted(files)
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        raise ValueError("two files of the bundle have one name")
    extra = [
        File(MANIFEST, manifest(files)),
        File(VERIFIER, VERIFIER_SOURCE.encode()),
    ]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in [*files, *extra]:
            info = zipfile.ZipInfo(file.name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, file.content)
    return stream.getvalue()


def check(data: bytes) -> list[str]:
    """Return the names of files whose content is not what the manifest says."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        lines = archive.read(MANIFEST).decode().splitlines()
        pairs = [line.split("  ", 1) for line in lines]
        return [
            name
            for digest, name in pairs
            if hashlib.sha256(archive.read(name)).hexdigest() != digest
        ]


def _sorted(files: Iterable[File]) -> list[File]:
    return sorted(files, key=lambda file: file.name)
