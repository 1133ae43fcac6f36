"""Keeps a test run from being green because nothing ran, and workers from colliding."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_odoo

import odoo

from .. import files

NO_TESTS = pytest.ExitCode.NO_TESTS_COLLECTED
make_worker_database = pytest_odoo._worker_db_name


@contextmanager
def worker_database():
    """Copy the database for a worker of pytest-xdist, one after another.

    PostgreSQL copies no database that another copy is being made of.
    """
    making = make_worker_database()
    config = Path(os.environ["DUNNING_TEST_CONFIG"])
    with files.lock(config.with_suffix(".lock")):
        name = making.__enter__()
    try:
        yield name
    finally:
        making.__exit__(None, None, None)


@contextmanager
def worker_filestore(original, name):
    """Give a worker files of its own.

    Shared ones would be cleared away by the first worker that needs them no more.
    """
    if original == name:
        yield
        return
    filestore = odoo.tools.config.filestore
    if Path(filestore(original)).exists():
        shutil.copytree(filestore(original), filestore(name), copy_function=os.link)
    try:
        yield
    finally:
        shutil.rmtree(filestore(name), ignore_errors=True)


pytest_odoo._worker_db_name = worker_database
pytest_odoo._shared_filestore = worker_filestore


class Ran:
    """Counts the tests that were carried out, not those skipped."""

    count = 0


def pytest_runtest_logreport(report):
    if report.when == "call" and not report.skipped:
        Ran.count += 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    if session.config.option.collectonly or hasattr(session.config, "workerinput"):
        return
    if not Ran.count and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = NO_TESTS


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    if exitstatus == NO_TESTS and not config.option.collectonly:
        terminalreporter.write_line("No test ran: that counts as a failure.", red=True)
