"""A backup of the database and of its files is restored elsewhere, and is whole."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from protection import shell

CHECK = """
company = env["res.company"].search([("name", "=", "Books to Keep")])
env["ir.cron"].browse(env["account.dunning.check"]._get_job_ids()).write(
    {"active": True, "nextcall": "2999-01-01"}
)
check = env["account.dunning.check"]._check_company(company)
print("CHECKED", check.state, check.finding_ids.mapped("text"))
letters = env["account.dunning.notice"].search([("attachment_id", "!=", False)])
whole = [notice.attachment_id.raw[:4] for notice in letters]
print("LETTERS", len(whole), set(whole))
"""


@pytest.fixture
def databases(ground):
    names = [f"dunning_test_{os.getpid()}_{part}" for part in ("kept", "restored")]
    template, _key = ground.databases.ensure_template(demo=False)
    ground.databases.clone(template, names[0])
    yield names
    ground.databases.drop(*names)


def filestore(ground, database):
    return Path(ground.odoo.data_dir) / "filestore" / database


def call(ground, *command):
    subprocess.run([*map(str, command)], env=ground.odoo.environ(), check=True)


def back_up(ground, database, folder):
    """The commands of the addon's readme."""
    call(ground, "pg_dump", "-Fc", "-f", folder / "books.dump", database)
    # after the dump: a file that is named there is never removed for a day or more
    shutil.copytree(filestore(ground, database), folder / "filestore")


def restore(ground, database, folder):
    call(ground, "createdb", database)
    call(ground, "pg_restore", "--no-owner", "-d", database, folder / "books.dump")
    shutil.copytree(folder / "filestore", filestore(ground, database))


def test_restored_backup_passes_the_self_check(ground, databases, tmp_path):
    kept, restored = databases
    shell.fill(ground, kept)
    back_up(ground, kept, tmp_path)

    restore(ground, restored, tmp_path)

    said = shell.run(ground, restored, CHECK)
    assert "CHECKED ok []" in said, said
    assert "LETTERS 2 {b'%PDF'}" in said, said
    assert shell.read_ledger(ground, restored) == shell.read_ledger(ground, kept)

    # the twin: why the filestore is part of a backup
    shutil.rmtree(filestore(ground, restored))
    assert "b'%PDF'" not in shell.run(ground, restored, CHECK)
