"""wkhtmltopdf for many letters: one process after another's letters, several at once.

A process reads a line of arguments for each letter from its standard input and writes a
file for each, so that nothing has to be taken apart afterwards, a crash loses one
letter, and memory stays that of one. Handing it all letters in one call, as Odoo does,
made it crash at 200.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# What a letter may take, in seconds, before its process is given up.
PATIENCE = 10
# A process that starts, and a machine that is busy.
PATIENCE_AT_START = 60
# The subst() of Odoo's layout finds the header by this name: the first, here the only.
PAGE = "report.body.tmp.0.html"


@dataclass(frozen=True)
class Letter:
    """The pages of one letter."""

    body: str
    header: str
    footer: str


def write_pages(folder: Path, letters: Iterable[Letter]) -> list[Path]:
    """Write each letter's pages into a folder of its own; return the folders."""
    folders = []
    for number, letter in enumerate(letters):
        own = folder / str(number)
        own.mkdir()
        (own / PAGE).write_text(letter.body, encoding="utf-8")
        (own / "header.html").write_text(letter.header, encoding="utf-8")
        (own / "footer.html").write_text(letter.footer, encoding="utf-8")
        folders.append(own)
    return folders


def print_letters(
    program: str, arguments: Sequence[str], folders: Sequence[Path]
) -> list[bytes | None]:
    """Print letters that were written to folders.

    :param arguments: those of the paper format.
    :return: a PDF for each letter, None where there is none: the process crashed.
    """
    lines = [
        " ".join(
            [
                *map(_quote, arguments),
                *("--header-html", _quote(folder / "header.html")),
                *("--footer-html", _quote(folder / "footer.html")),
                _quote(folder / PAGE),
                _quote(folder / "letter.pdf"),
            ]
        )
        for folder in folders
    ]
    # what counts is which letters are there, however the program ended
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [program, "--read-args-from-stdin"],
            input="\n".join(lines) + "\n",
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_AT_START + PATIENCE * len(lines),
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    return [_read(folder / "letter.pdf") for folder in folders]


def _quote(argument):
    text = str(argument)
    if '"' in text or "\n" in text:
        raise ValueError(f"{text} cannot be handed to wkhtmltopdf")
    return f'"{text}"' if " " in text else text


def _read(path):
    """A whole PDF, or None: the last one may have been cut off."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if b"%%EOF" in content[-32:] else None
