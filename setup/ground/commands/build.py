"""``./setup/build [FOLDER]``: a wheel of each addon, into dist/ or FOLDER."""

import os
import shutil
import tempfile
from pathlib import Path

from .. import addons, files, processes, say, settings
from ..python_env import PythonEnv

HELP = """\
Usage: ./setup/build [FOLDER]

Builds the wheel of each addon with whool into FOLDER (dist/ by default).
"""
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


def main(arguments):
    if arguments[:1] in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    configured = settings.read()
    target = Path(arguments[0] if arguments else configured.checkout / "dist")
    env = PythonEnv(configured, extra=["requirements-test.txt"])
    with files.lock(configured.cache / "install.lock"):
        env.ensure()
    target.mkdir(parents=True, exist_ok=True)
    for name in addons.names(configured.checkout):
        build(configured, env, name, target.absolute())
    for wheel in sorted(target.glob("odoo_addon_*.whl")):
        say.line(f"    {wheel}")
    return 0


def build(configured, env, name, target):
    """Builds one addon from a copy of its folder.

    Within a repository whool takes only the files that git knows. A copy gives what
    is there. The version is that of the manifest, not followed by a count of commits,
    for which it would want git.
    """
    addon = configured.checkout / name
    if not (addon / "pyproject.toml").exists():
        raise say.Problem(f"{addon} has no pyproject.toml.", ["see setup/README.md"])
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / name
        shutil.copytree(addon, copy, ignore=LEFT_OUT)
        pip = (env.python, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation")
        processes.run_long(
            [*pip, "--no-index", "--wheel-dir", target, copy],
            f"Building {name}",
            configured.logs / "build.log",
            env={**os.environ, "WHOOL_POST_VERSION_STRATEGY_OVERRIDE": "none"},
        )
