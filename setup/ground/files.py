"""Locks, space and folders that are there whole or not at all."""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

from . import say

GIB = 1 << 30


@contextlib.contextmanager
def lock(path):
    """Holds an exclusive lock; says so when another call has to be waited for.

    The kernel drops the lock when its holder dies: an interrupted call leaves
    none behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say.step(f"Waiting for another call that holds {path}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def whole_folder(final):
    """Yields a scratch folder that becomes ``final`` when all went well."""
    scratch = final.with_name(f"{final.name}.part")
    remove(scratch)
    scratch.mkdir(parents=True)
    yield scratch
    remove(final)
    scratch.rename(final)


def remove(path):
    """Removes a file or a folder that may not be there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_whole(path, text, mode=0o644):
    """Writes a file by way of a scratch name, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.part{os.getpid()}")
    with open(
        scratch, "w", opener=lambda name, flags: os.open(name, flags, mode)
    ) as out:
        out.write(text)
    scratch.replace(path)


def require_space(folder, needed):
    """A Problem now is better than a full disk in the middle of an install."""
    free = shutil.disk_usage(existing_parent(folder)).free
    if free < needed:
        raise say.Problem(
            f"{folder} needs {needed / GIB:.1f} GiB of disk space and has "
            f"{free / GIB:.1f} GiB.",
            ["free some space", *say.OTHER_FOLDERS],
        )


def require_writable(folder):
    """A Problem when the folder cannot be made or written to."""
    parent = existing_parent(folder)
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise say.Problem(
            f"No permission to write to {folder}.",
            ["call it as the user who owns that folder", *say.OTHER_FOLDERS],
        )


def existing_parent(path):
    """The folder itself, or the nearest one above it that is there."""
    path = Path(path)
    while not path.exists():
        path = path.parent
    return path
