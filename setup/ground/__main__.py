"""Entry of every command: turns a Problem into one message and exit code 1."""

import errno
import importlib
import os
import signal
import sys

from . import say

COMMANDS = (
    *("run", "test", "shell", "lint", "build", "screenshots"),
    *("core-tests", "bench", "crash", "terms"),
)


def main(arguments):
    name, *rest = arguments
    if name not in COMMANDS:
        raise say.Problem(f"There is no command {name}.", [f"use {COMMANDS}"])
    # What we start must not see our own path: it has its own.
    os.environ.pop("PYTHONPATH", None)
    module = importlib.import_module(f"ground.commands.{name.replace('-', '_')}")
    return module.main(rest)


def explain(error):
    """A failing system call as a Problem with its ways out, or None."""
    place = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return say.Problem(
            f"The disk is full{place}.",
            ["free some space", *say.OTHER_FOLDERS],
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return say.Problem(
            f"No permission to write{place}.",
            ["call it as the user who owns that folder", *say.OTHER_FOLDERS],
        )
    return None


def terminate(_signal, _frame):
    """Ends like Ctrl-C, so that locks, servers and clones are cleaned up."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, terminate)
    try:
        sys.exit(main(sys.argv[1:]) or 0)
    except say.Problem as problem:
        say.problem(problem)
        sys.exit(1)
    except OSError as error:
        problem = explain(error)
        if problem is None:
            raise
        say.problem(problem)
        sys.exit(1)
    except KeyboardInterrupt:
        say.line("\nInterrupted. Call it again: it goes on where it can.")
        sys.exit(130)
