"""Addons of OCA from PyPI, alone: Odoo and what they need are here already."""

from . import files, processes
from .database import make_key


def fetch(ground, requirements):
    """Return the folder of the addons that a file with hashes names; once a file.

    :return: a folder for PYTHONPATH, whose ``odoo/addons`` is one for the addons path.
    :raise Problem: they cannot be had.
    """
    name = requirements.stem.removeprefix("requirements-")
    key = make_key(requirements.read_text(encoding="utf-8"))
    folder = ground.settings.cache / f"{name}-{key}"
    if not folder.exists():
        with files.whole_folder(folder) as scratch:
            processes.run_long(
                ground.odoo.command(
                    *("-m", "pip", "install", "--no-deps", "--no-input"),
                    *("--require-hashes", "--target", scratch),
                    *("-r", requirements),
                ),
                f"Installing OCA's addons ({name})",
                ground.settings.logs / f"pip-{name}.log",
            )
    return folder
