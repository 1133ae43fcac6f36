"""``./setup/lint [CHECK] [FILE …]``: what pre-commit and CI check.

One table for both, so that they cannot differ: .pre-commit-config.yaml calls
this command. The tools lie in an environment of their own, pinned by hash.
"""

import os
import subprocess
from dataclasses import dataclass

from .. import addons, files, processes, say, settings
from ..python_env import PythonEnv

HELP = """\
Usage: ./setup/lint [--fix] [CHECK] [FILE …]

Checks the sources; without arguments everything that CI checks. With --fix mends
what can be mended. The checks:
"""


@dataclass(frozen=True)
class Check:
    name: str
    program: str
    arguments: tuple = ()
    suffixes: tuple = ()  # of the files it takes; none for folders of addons
    mending: tuple = ()  # arguments instead, for --fix


TEXT = (".py", ".xml", ".csv", ".js", ".scss", ".md", ".ini", ".cfg", ".toml", ".yaml")
CHECKS = (
    Check("ruff", "ruff", ("check", "--no-fix"), (".py",), ("check", "--fix")),
    Check("ruff-format", "ruff", ("format", "--check"), (".py",), ("format",)),
    Check("pylint-odoo", "pylint", ("--disable=missing-readme",)),
    Check("oca-module", "oca-checks-odoo-module", mending=("--fix",)),
    # the pretty format leaves out what reads the same in both languages, which would
    # look like a term that nobody has translated
    Check("oca-po", "oca-checks-po", ("--disable=po-pretty-format",), (".po", ".pot")),
    Check("xml", "check-xml", (), (".xml",)),
    Check("yaml", "check-yaml", (), (".yaml", ".yml")),
    Check("toml", "check-toml", (), (".toml",)),
    Check("merge-conflict", "check-merge-conflict", (), TEXT),
    Check("debug-statements", "debug-statement-hook", (), (".py",)),
    Check("whitespace", "trailing-whitespace-fixer", (), TEXT),
    Check("end-of-file", "end-of-file-fixer", (), TEXT),
    Check("line-endings", "mixed-line-ending", ("--fix=lf",), TEXT),
)


def main(arguments):
    if arguments[:1] in (["--help"], ["-h"]):
        print(HELP + "".join(f"    {check.name}\n" for check in CHECKS), end="")
        return 0
    mend = "--fix" in arguments
    arguments = [argument for argument in arguments if argument != "--fix"]
    names = {check.name: check for check in CHECKS}
    chosen = CHECKS
    if arguments and arguments[0] in names:
        chosen = [names[arguments[0]]]
        arguments = arguments[1:]
    configured = settings.read()
    env = PythonEnv(configured, "requirements-lint.txt", "lint")
    with files.lock(configured.cache / "install.lock"):
        env.ensure()
    sources = Sources(configured.checkout, arguments)
    failed = [check.name for check in chosen if not run(check, env, sources, mend)]
    if failed:
        say.line(f"Failed: {', '.join(failed)}")
    return bool(failed)


class Sources:
    """The files to look at: those named, or all that git knows or could know."""

    def __init__(self, checkout, named):
        self.checkout = checkout
        self.named = named

    def of(self, check):
        found = self.named or self._all()
        if check.suffixes:
            return [name for name in found if name.endswith(check.suffixes)]
        modules = addons.names(self.checkout)
        touched = {name.split(os.sep)[0] for name in found}
        return [name for name in modules if name in touched]

    def _all(self):
        listed = processes.output(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.checkout,
        )
        if listed is None:  # no git, or an archive of the sources
            return [
                str(path.relative_to(self.checkout))
                for path in self.checkout.rglob("*")
                if path.is_file()
            ]
        names = filter(None, listed.split("\0"))
        return [name for name in names if (self.checkout / name).is_file()]


def run(check, env, sources, mend):
    """True when the check finds nothing."""
    paths = sources.of(check)
    if not paths:
        return True
    options = check.mending if mend and check.mending else check.arguments
    done = subprocess.run(
        [env.folder / "bin" / check.program, *options, *paths],
        cwd=sources.checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={
            **os.environ,
            "PATH": f"{env.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        },
    )
    say.line(f"{check.name:<18} {'failed' if done.returncode else 'ok'}")
    if done.returncode:
        say.line(done.stdout.rstrip())
    return not done.returncode
