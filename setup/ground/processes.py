"""Runs other programs: quietly into a log, with signs of life on the screen."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

from . import say

TICK = 0.5  # seconds between two looks at a running program
QUIET = 15  # seconds without a terminal before the next sign of life
LAST_LINES = 15

MODULE = re.compile(r"(?:Loading|Computing) module (\w+) \((\d+)/(\d+)\)")


def run_long(command, title, log, *, progress=None, ways=(), accepted=(0,), **options):
    """Runs a program into ``log`` and shows how it gets on.

    :param callable progress: turns the last lines of the log into a few words.
    :param list ways: the ways out to name when it fails.
    :param tuple accepted: the exit codes that are no failure.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with log.open("ab") as out:
        begin = out.tell()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            **options,
        )
        with _ended(process):
            _watch(process, title, log, progress, start)
    if process.returncode not in accepted:
        raise say.Problem(
            f"{title} failed ({command[0]}, exit code {process.returncode}).\n"
            + indent(tail(log, begin)),
            [f"read the whole log: {log}", *ways],
        )
    say.line(f"    {title}: {time.monotonic() - start:.0f} s")


def run_attached(command, **options):
    """Runs a program on our own terminal and returns its exit code.

    Ctrl-C is the program's to handle: it reaches both of us, and we wait. A
    SIGTERM reaches us alone and is passed on.
    """
    process = None

    def pass_on(_signal, _frame):
        if process:
            process.terminate()

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        process = subprocess.Popen(
            [str(part) for part in command], preexec_fn=_default_signals, **options
        )
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _default_signals():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _watch(process, title, log, progress, start):
    last = time.monotonic()
    terminal = sys.stdout.isatty()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(TICK)
            break
        if not terminal and time.monotonic() - last < QUIET:
            continue
        last = time.monotonic()
        detail = progress(tail(log, 0, 4000)) if progress else ""
        words = f"    {title}: {last - start:.0f} s {detail}"
        print(f"\r{words:<78.78}" if terminal else words, end="" if terminal else "\n")
        sys.stdout.flush()
    if terminal:
        print(f"\r{'':<78}\r", end="")


@contextlib.contextmanager
def _ended(process):
    """Leaves no program behind when we are interrupted."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def tail(log, begin, size=100_000):
    """The end of a log, from where a program began to write."""
    with log.open("rb") as handle:
        end = handle.seek(0, os.SEEK_END)
        handle.seek(max(begin, end - size))
        return handle.read().decode(errors="replace")


def indent(text):
    lines = text.strip().splitlines()[-LAST_LINES:]
    return "\n".join(f"    | {line}" for line in lines)


def odoo_progress(text):
    """How far Odoo is, from its log."""
    found = MODULE.findall(text)
    return "{} ({}/{})".format(*found[-1]) if found else ""


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""


def output(command, **options):
    """Standard output of a short program, or None when it fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
            **options,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout
