"""What the user reads: steps, progress, and problems with their ways out."""

import sys

OTHER_FOLDERS = (
    "set DUNNING_CACHE, DUNNING_STATE or DUNNING_VAR to a folder elsewhere",
)


class Problem(Exception):
    """Something only the user can solve: what is wrong, and the ways out."""

    def __init__(self, what, ways=()):
        super().__init__(what)
        self.what = what
        self.ways = tuple(ways)


def line(text=""):
    print(text, flush=True)


def step(text):
    line(f"==> {text}")


def problem(problem):
    """Prints a Problem on standard error, apart from any progress line."""
    print(f"\nCannot go on: {problem.what}", file=sys.stderr)
    if problem.ways:
        print("Ways out:", file=sys.stderr)
    for way in problem.ways:
        print(f"  - {way}", file=sys.stderr)
    sys.stderr.flush()
