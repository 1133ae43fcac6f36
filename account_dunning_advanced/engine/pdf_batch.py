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


class Printers:
    """Processes that print letters while the next ones are being written.

    Each gets its letters line by line and ends with the block; what it takes to start
    one is paid once, however many letters follow.
    """

    def __init__(self, program: str, count: int):
        self.processes = [_start(program) for _number in range(count)]
        self.lines = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, _error, _traceback):
        # what counts is which letters are there, however a process ends
        patience = 0 if kind else PATIENCE_AT_START + PATIENCE * self.lines
        for process in self.processes:
            with contextlib.suppress(OSError):
                process.stdin.close()
        for process in self.processes:
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def print(self, arguments: Sequence[str], folders: Sequence[Path]) -> None:
        """Have letters printed that were written to folders; does not wait for them.

        :param arguments: those of the paper format.
        """
        for folder in folders:
            process = self.processes[self.lines % len(self.processes)]
            self.lines += 1
            with contextlib.suppress(OSError):  # it crashed before
                process.stdin.write(_make_line(arguments, folder))
                process.stdin.flush()


def _start(program):
    return subprocess.Popen(
        [program, "--read-args-from-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )


def _make_line(arguments, folder):
    parts = [
        *arguments,
        *("--header-html", folder / "header.html"),
        *("--footer-html", folder / "footer.html"),
        *(folder / PAGE, folder / "letter.pdf"),
    ]
    return " ".join(map(_quote, parts)) + "\n"


def _quote(argument):
    text = str(argument)
    if '"' in text or "\n" in text:
        raise ValueError(f"{text} cannot be handed to wkhtmltopdf")
    return f'"{text}"' if " " in text else text


def read_letter(folder: Path) -> bytes | None:
    """Return a letter that was printed, or None: a process may have crashed at it."""
    try:
        content = (folder / "letter.pdf").read_bytes()
    except OSError:
        return None
    return content if b"%%EOF" in content[-32:] else None
