"""Bad input to the commands of setup/: one message, ways out, nothing half-made."""

import errno
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple
from pathlib import Path

import pytest
from ground import (
    __main__,
    addons,
    debian,
    files,
    odoo_source,
    pdf,
    ports,
    postgres,
    say,
    settings,
    system_packages,
)
from ground.commands import core_tests, lint
from ground.inside import pytest_ground

CHECKOUT = settings.CHECKOUT
TOOLS = ("sh", "dirname", "env", "id")
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def folders(tmp_path):
    """Variables that keep a call of the commands out of everything real."""
    return {
        "DUNNING_CACHE": str(tmp_path / "cache"),
        "DUNNING_STATE": str(tmp_path / "state"),
        "DUNNING_VAR": str(tmp_path / "var"),
    }


@pytest.fixture
def configured(folders):
    return settings.read(folders)


@pytest.fixture
def programs(tmp_path):
    """A PATH with a Python and hardly anything else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name))
    add_program(folder, "python3", f'exec {sys.executable} "$@"')
    return folder


def add_program(folder, name, body):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def call(command, *arguments, **environ):
    """Calls one of the commands as a user does, with these variables only."""
    return subprocess.run(
        [CHECKOUT / "setup" / command, *arguments],
        env=environ,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def assert_refused(done, *words):
    """One message with ways out, exit code 1, no traceback."""
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("Cannot go on:") == 1, done.stderr
    assert "Ways out:\n  - " in done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def assert_untouched(folders):
    """The call has left nothing that the next one could trip over."""
    assert not [path for path in folders.values() if Path(path).exists()]


def make_odoo(folder, version="(19, 0, 0, FINAL, 0, '')"):
    release = folder / "odoo/release.py"
    release.parent.mkdir(parents=True)
    release.write_text(f"FINAL = 'final'\nversion_info = {version}\n")
    return folder


# === NO ODOO === #


def test_no_odoo_to_be_had_names_ways_out(folders, programs):
    done = call("run", "--no-serve", PATH=str(programs), HOME="/", **folders)

    assert_refused(done, "Odoo 19", "apt-get", "DUNNING_ODOO")
    assert_untouched(folders)


@pytest.mark.parametrize(
    "series", ["(18, 0, 0, FINAL, 0, '')", "('saas~19', 2, 0, FINAL)"]
)
def test_wrong_series_is_refused(folders, programs, tmp_path, series):
    odoo = make_odoo(tmp_path / "other", series)

    done = call("test", PATH=str(programs), HOME="/", DUNNING_ODOO=str(odoo), **folders)

    assert_refused(done, "the addons are for 19.0", str(odoo))
    assert_untouched(folders)


def test_folder_without_odoo_is_refused(folders, programs, tmp_path):
    done = call(
        "shell", PATH=str(programs), HOME="/", DUNNING_ODOO=str(tmp_path), **folders
    )

    assert_refused(done, "holds no Odoo", str(tmp_path))
    assert_untouched(folders)


@pytest.mark.parametrize("below", [".", "usr/lib/python3/dist-packages"])
def test_odoo_is_found_in_a_checkout_and_in_an_unpacked_package(tmp_path, below):
    root = make_odoo(tmp_path / below)

    assert odoo_source.find_root(tmp_path) == root
    assert odoo_source.series(root) == (19, 0)


# === PYTHON === #


def test_python_that_is_too_old_is_refused(folders, programs):
    old = add_program(programs, "python3.9", "exit 1")

    done = call("run", PATH=str(programs), HOME="/", DUNNING_PYTHON=str(old), **folders)

    assert_refused(done, "3.10 to 3.13", str(old), "DUNNING_PYTHON")
    assert_untouched(folders)


def test_only_old_pythons_are_refused(folders, programs):
    for name in ("python3", "python3.10", "python3.11", "python3.12", "python3.13"):
        add_program(programs, name, "exit 1")
    text = (CHECKOUT / "setup/ground/start").read_text()
    start = add_program(programs, "start", "")
    start.write_text(text.replace("/usr/bin/python3", "no-python"))

    done = subprocess.run(
        [start, "run"],
        env={"PATH": str(programs), **folders},
        capture_output=True,
        text=True,
        check=False,
    )

    assert_refused(done, "Odoo 19 needs Python 3.10 to 3.13")
    assert_untouched(folders)


# === SPACE AND PERMISSION === #


def test_too_little_space_is_said_before_anything_is_fetched(configured, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(1, 1, 5 << 20))
    monkeypatch.setattr(debian, "available", lambda: True)

    with pytest.raises(say.Problem, match="disk space") as caught:
        odoo_source.OdooSource(configured).ensure()

    assert any("DUNNING_CACHE" in way for way in caught.value.ways)
    assert not configured.cache.exists()


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EACCES, "No permission"),
        (errno.EROFS, "No permission"),
    ],
)
def test_system_calls_that_fail_are_explained(number, words):
    problem = __main__.explain(OSError(number, "text", "/some/file"))

    assert words in problem.what
    assert "/some/file" in problem.what
    assert problem.ways


def test_programming_errors_are_not_explained_away():
    assert __main__.explain(OSError(errno.EINVAL, "text")) is None


def test_folder_that_cannot_be_written_is_refused(folders, programs, tmp_path):
    (tmp_path / "file").touch()
    folders["DUNNING_CACHE"] = str(tmp_path / "file/cache")

    done = call("run", PATH=str(programs), HOME="/", **folders)

    assert_refused(done, "No permission to write", folders["DUNNING_CACHE"])
    assert not Path(folders["DUNNING_STATE"]).exists()


@pytest.fixture
def bare_system(monkeypatch):
    """A system that has nothing of what we need, and a user who is not root."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(postgres, "find_programs", lambda: None)
    monkeypatch.setattr(system_packages, "_font", lambda language: lambda: False)


def test_user_who_may_not_install_gets_the_command_for_one_who_may(
    configured, monkeypatch, bare_system
):
    monkeypatch.setattr(shutil, "which", {"apt-get": "/usr/bin/apt-get"}.get)

    with pytest.raises(say.Problem, match="may not install") as caught:
        system_packages.SystemPackages(configured).check()

    ways = "\n".join(caught.value.ways)
    assert "apt-get install fontconfig fonts-dejavu-core fonts-noto-cjk" in ways
    assert "DUNNING_PG_BIN" in ways


def test_system_without_apt_gets_the_names_of_the_parts(
    configured, monkeypatch, bare_system
):
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(say.Problem, match="PostgreSQL 13 or newer.*no apt-get"):
        system_packages.SystemPackages(configured).check()


def test_what_the_user_points_at_is_not_installed(folders, bare_system):
    folders["DUNNING_PG_BIN"] = "/opt/postgresql/bin"
    missing = system_packages.SystemPackages(settings.read(folders)).packages

    assert "postgresql" not in missing


# === POINTED AT THE WRONG THING === #


def test_wkhtmltopdf_without_patched_qt_is_refused(tmp_path):
    program = add_program(tmp_path, "wkhtmltopdf", "echo wkhtmltopdf 0.12.6")

    with pytest.raises(say.Problem, match="headers and footers"):
        pdf.require_patched(program)


def test_wkhtmltopdf_that_does_not_run_is_refused(tmp_path):
    with pytest.raises(say.Problem, match="does not run"):
        pdf.require_patched(tmp_path / "nothing")


@pytest.mark.parametrize("answer", ["exit 1", "echo postgres (PostgreSQL) 12.3"])
def test_postgresql_that_is_none_or_too_old_is_refused(folders, tmp_path, answer):
    add_program(tmp_path, "postgres", answer)
    folders["DUNNING_PG_BIN"] = str(tmp_path)

    with pytest.raises(say.Problem, match="no PostgreSQL 13 or newer"):
        postgres.connect(settings.read(folders)).check()


@pytest.mark.parametrize(
    "dsn, found",
    [
        ("postgresql://me:a%40b@db:5433", ("db", "5433", "me", "a@b")),
        ("postgresql://me@/?host=/run/pg", ("/run/pg", "", "me", "")),
        ("host=/run/pg user=me password='a b'", ("/run/pg", "", "me", "a b")),
    ],
)
def test_server_is_read_from_its_dsn(dsn, found):
    assert tuple(settings.parse_dsn(dsn).values()) == found


def test_dsn_without_a_host_is_refused():
    with pytest.raises(say.Problem, match="no host or no user"):
        settings.parse_dsn("dbname=odoo")


@pytest.mark.parametrize("port", ["http", "80", "70000", "-1"])
def test_port_that_is_none_is_refused(port):
    with pytest.raises(say.Problem, match="DUNNING_PORT"):
        settings.read({"DUNNING_PORT": port})


# === ARGUMENTS OF RUN === #


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--ledger", "x.csv"], "--ledger and --as-of go together"),
        (["--as-of", "2012-12-31"], "--ledger and --as-of go together"),
        (["--ledger", "x.csv", "--as-of", "soon"], "'soon' is no date"),
        (
            ["--ledger", "/no/file", "--as-of", "2012-12-31"],
            "There is no file /no/file",
        ),
        (["--map", "amount=Sum"], "--map says how a ledger is read"),
    ],
)
def test_arguments_are_checked_first(folders, programs, arguments, words):
    done = call("run", *arguments, PATH=str(programs), HOME="/", **folders)

    assert_refused(done, words)
    assert_untouched(folders)


def test_malformed_ledger_is_refused_before_anything_is_made(
    folders, programs, tmp_path
):
    ledger = tmp_path / "ledger.csv"
    ledger.write_text(
        "invoiceNumber,customerID,InvoiceDate,DueDate,InvoiceAmount,SettledDate\n"
        "1,C,1/3/2012,2/2/2012,50.39,1/23/2012\n"
        "2,C,1/3/2012,2/31/2012,50.39,1/23/2012\n"
    )

    done = call(
        *("run", "--ledger", str(ledger), "--as-of", "2012-12-31"),
        **{"PATH": str(programs), "HOME": "/", **folders},
    )

    assert_refused(done, f"{ledger}, line 3", "DueDate", "2/31/2012")
    assert_untouched(folders)


# === DOWNLOADS === #


@pytest.fixture
def fake_apt(programs, monkeypatch):
    """An apt that has a mirror, and packages that hold other than they should."""
    targets = "Packages|main|Debian|bookworm|mirror://here/debian/"
    add_program(
        programs,
        "apt-get",
        f"""case "$*" in
        *indextargets*) echo '{targets}';;
        *download*) echo other > odoo-19_1_all.deb;;
        esac""",
    )
    monkeypatch.setenv("PATH", str(programs))


def test_package_that_is_not_the_pinned_one_is_refused(configured, fake_apt):
    source = debian.PackageSource(configured, ["a way out"])

    with pytest.raises(say.Problem, match="not the one this was made for"):
        source.fetch([("odoo-19", "19.0.0", "0" * 64)])

    assert not list((configured.cache / "downloads").iterdir())


def test_newer_revision_is_taken_when_the_pinned_one_is_gone(
    configured, programs, monkeypatch, capsys
):
    add_program(
        programs,
        "apt-get",
        """case "$*" in
        *indextargets*) echo 'Packages|main|Debian|bookworm|mirror://here/debian/';;
        *download*=*) exit 100;;
        *download*) echo newer > odoo-19_2_all.deb;;
        esac""",
    )
    monkeypatch.setenv("PATH", str(programs))
    wanted = [("odoo-19", "19.0.0", "0" * 64)]
    source = debian.PackageSource(configured, ["a way out"])

    found = source.fetch(wanted)

    assert found["odoo-19"].read_text() == "newer\n"
    assert "took the version of today" in capsys.readouterr().out
    assert not source.missing(wanted)


def test_package_in_the_cache_is_verified_and_not_fetched_again(configured, programs):
    path = configured.cache / "downloads/odoo-19_19.0.0.deb"
    path.parent.mkdir(parents=True)
    path.write_text("whole")
    source = debian.PackageSource(configured, ["a way out"])

    found = source.fetch([("odoo-19", "19.0.0", debian.sha256(path))])

    assert found == {"odoo-19": path}
    assert not (configured.cache / "apt").exists()


def test_mirror_is_the_one_that_apt_uses(programs, monkeypatch):
    rows = [
        "Packages|main||nodistro|https://node.example/",
        "Packages|main|Debian-Security|bookworm-security|https://a.example/security/",
        "Packages|contrib|Debian|bookworm|https://a.example/debian/",
        "Packages|main|Debian|bookworm|https://a.example/debian/",
    ]
    add_program(programs, "apt-get", "\n".join(f"echo '{row}'" for row in rows))
    monkeypatch.setenv("PATH", str(programs))

    assert debian.mirror() == "https://a.example/debian/"


def test_dangling_links_of_the_package_are_a_problem(tmp_path):
    odoo_source.complete(tmp_path)  # twin: a prefix without links is whole
    (tmp_path / "jquery.js").symlink_to("nowhere")

    with pytest.raises(say.Problem, match="links to 1 files"):
        odoo_source.complete(tmp_path)


# === INTERRUPTED AND AT ONCE === #


def test_interrupted_folder_is_not_there_and_made_anew(tmp_path):
    final = tmp_path / "odoo"
    with pytest.raises(KeyboardInterrupt), files.whole_folder(final) as scratch:
        (scratch / "half").touch()
        raise KeyboardInterrupt
    assert not final.exists()

    with files.whole_folder(final) as scratch:
        (scratch / "whole").touch()

    assert [path.name for path in final.iterdir()] == ["whole"]
    assert [path.name for path in tmp_path.iterdir()] == ["odoo"]


def test_second_call_waits_for_the_first(tmp_path):
    order = []

    def first():
        with files.lock(tmp_path / "lock"):
            entered.set()
            time.sleep(0.3)
            order.append("first")

    entered = threading.Event()
    thread = threading.Thread(target=first)
    thread.start()
    entered.wait()
    with files.lock(tmp_path / "lock"):
        order.append("second")
    thread.join()

    assert order == ["first", "second"]


def test_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert not ports.is_free(port)
        assert ports.next_free(port) > port
    assert ports.is_free(port)


# === WHAT CHANGES A TEMPLATE === #


@pytest.mark.parametrize(
    "path, changes",
    [
        ("addon/models/move.py", True),
        ("addon/views/move_views.xml", True),
        ("addon/static/src/scss/portal.scss", True),
        ("addon/i18n/ko.po", True),
        ("addon/tests/test_move.py", False),
        ("addon/readme/USAGE.md", False),
        ("addon/static/description/icon.png", False),
        ("addon/__pycache__/move.pyc", False),
        ("tests/test_move.py", False),
    ],
)
def test_template_is_rebuilt_for_sources_that_it_depends_on(tmp_path, path, changes):
    (tmp_path / "addon").mkdir()
    (tmp_path / "addon/__manifest__.py").write_text("{'name': 'Addon'}")
    before = addons.fingerprint(tmp_path)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("new")

    assert (addons.fingerprint(tmp_path) != before) is changes


# === A RUN WITHOUT TESTS === #


@pytest.mark.parametrize(
    "body, code",
    [("pass", 0), ("import pytest; pytest.skip('not here')", 5), ("assert 0", 1)],
)
def test_run_in_which_no_test_ran_is_no_success(tmp_path, body, code):
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body}\n")
    path = [str(Path(pytest_ground.__file__).parents[2]), os.environ["PYTHONPATH"]]

    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "no:odoo",
                "-p",
                "no:cacheprovider",
            ),
            *("-p", "ground.inside.pytest_ground", "-c", os.devnull, tmp_path),
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code, done.stdout


# === ODOO'S OWN TESTS === #

LOG = """\
2026-11-21 23:05:01,000 1 INFO db odoo.tests: Starting TestMove.test_post ...
2026-11-21 23:05:02,000 1 ERROR db odoo.addons.account.tests: FAIL: TestMove.test_post
2026-11-21 23:05:03,000 1 ERROR db odoo.x: ERROR: Subtest TestMove.test_tax (rate=0.2)
2026-11-21 23:05:03,000 1 ERROR db odoo.x: ERROR: Subtest TestMove.test_tax (rate=0.3)
2026-11-21 23:05:04,000 1 ERROR db odoo.tests.result: {} when loading database 'db'
"""


def read_log(totals="1 failed, 2 error(s) of 90 tests"):
    return core_tests.Result.from_log(LOG.format(totals))


def test_failing_tests_are_read_from_the_log_once_each():
    assert read_log().ran == 90
    assert read_log().failed == ["TestMove.test_post", "TestMove.test_tax"]


def test_log_in_which_no_test_ran_is_a_problem():
    with pytest.raises(say.Problem, match="No test of Odoo ran"):
        read_log("0 failed, 0 error(s) of 0 tests")


@pytest.mark.parametrize(
    "ran, failed, code",
    [
        (90, ["TestMove.test_post", "TestMove.test_tax"], 0),
        (90, ["TestMove.test_tax"], 0),
        (90, ["TestMove.test_other"], 1),
        (89, [], 1),
    ],
)
def test_only_a_new_name_or_fewer_tests_fail_the_comparison(ran, failed, code):
    assert core_tests.compare(read_log(), core_tests.Result(ran, failed)) == code


# === ONE LIST OF CHECKS === #


def test_pre_commit_calls_every_check_that_ci_runs():
    hooks = (CHECKOUT / ".pre-commit-config.yaml").read_text()

    called = re.findall(r"entry: \./setup/lint (\S+)", hooks)

    assert called == [check.name for check in lint.CHECKS]
