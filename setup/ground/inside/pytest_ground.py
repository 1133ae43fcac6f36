"""Keeps a test run from being green because nothing ran."""

import pytest

NO_TESTS = pytest.ExitCode.NO_TESTS_COLLECTED


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
