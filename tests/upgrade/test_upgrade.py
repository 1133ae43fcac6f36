"""Books that each release has filled are upgraded, and are what they were.

What may not change is not listed: every row that the addons keep is compared, and every
column that they put on rows of Odoo. What is to change is told here.
"""

import json
import os
import re
import types

import pytest
from ground import addons, processes
from ground.ground import Ground
from protection import shell

from . import rows
from .release import FOLDER, Release, read_releases

NOTICE_MAIL = """
    SELECT template.body_html, template.subject
      FROM mail_template template JOIN ir_model_data data
        ON data.res_id = template.id AND data.model = 'mail.template'
     WHERE data.name = 'mail_template_notice'"""


@pytest.fixture(scope="module", params=read_releases(), ids=lambda release: release[0])
def upgraded(request, tmp_path_factory):
    """The books before and after an upgrade from a release; what was logged."""
    ground = Ground()
    release = Release(ground, *request.param)
    if not release.is_known():
        pytest.skip(f"this clone has no commit {release.commit} ({release.version})")
    release.install(tmp_path_factory.mktemp("release"))
    database = f"dunning_test_{os.getpid()}_upgrade"
    ground.databases.clone(release.ensure_database(), database)
    before = look(release, database)
    log = upgrade(ground, database, release)
    after = look(ground, database)
    yield types.SimpleNamespace(
        ground=ground, database=database, before=before, after=after, log=log
    )
    ground.databases.drop(database)


def look(ground, database):
    """Return what the books hold and say; ``ground`` runs the addons to ask."""
    printed = shell.run(ground, database, (FOLDER / "look.py").read_text())
    said, screens, lost = (
        re.search(f"^{word} (.*)$", printed, re.M)[1]
        for word in ("SAID", "SCREENS", "LOST")
    )
    databases = Ground().databases
    return types.SimpleNamespace(
        said=json.loads(said),
        screens=screens,
        lost=json.loads(lost),
        ledger=shell.read_ledger(types.SimpleNamespace(databases=databases), database),
        rows=rows.read(databases, database),
        named=rows.read_named(databases, database),
        mail=databases.execute(NOTICE_MAIL, database=database)[0],
    )


def upgrade(ground, database, release):
    """Upgrade as an administrator does; return the log."""
    log = ground.settings.logs / f"upgrade-{release.version}.log"
    log.unlink(missing_ok=True)
    names = ",".join(addons.names(ground.settings.checkout))
    processes.run_long(
        ground.odoo.command(
            *("-m", "odoo", "--config", ground.odoo.configure(database)),
            *("--database", database, "--update", names, "--stop-after-init"),
            *("--max-cron-threads", "0", "--no-http"),
        ),
        f"Upgrading from {release.version}",
        log,
        env=ground.odoo.environ(),
        cwd=ground.settings.checkout,
    )
    return log.read_text()


def changes(upgraded, after=None):
    """Return what has changed, but for the texts that an upgrade renews."""
    found = rows.compare(
        upgraded.before.rows, after or upgraded.after.rows, upgraded.after.named
    )
    return [text for text in found if not re.search("mail_template.*: body_html", text)]


def test_nothing_is_lost_and_nothing_changes(upgraded):
    assert upgraded.after.ledger == upgraded.before.ledger
    assert not changes(upgraded)


def test_lost_level_would_be_found(upgraded):
    """The twin: an upgrade that forgets how far an item was dunned."""
    lost = upgraded.after.lost
    place = ("account_move_line, our columns", lost["item"])
    row = {**upgraded.after.rows[place], "dunning_level_id": None}

    (found,) = changes(upgraded, {**upgraded.after.rows, place: row})

    assert "our columns" in found and "dunning_level_id was" in found
    # and without this test the self-check tells
    state, texts = lost["check"]
    assert state == "error" and "stands at level" in texts[0]


def test_the_next_run_decides_as_it_would_have(upgraded):
    before, after = upgraded.before.said, upgraded.after.said
    reasons = {verdict["reason"] for verdict in before["verdicts"]}
    assert {"dun", "promise", "disputed", "hold_debtor", "legal"} <= reasons, reasons
    known = before["verdicts"][0].keys()
    told = [{name: row[name] for name in known} for row in after["verdicts"]]
    assert told == before["verdicts"]


def test_records_say_what_they_said(upgraded):
    before, after = upgraded.before.said, upgraded.after.said
    for name in ("charges", "promises"):
        assert after[name] == before[name], name
    assert len(after["charges"]) == 10
    assert all("5.00" in text for text in after["charges"])
    assert {"kept", "broken"} <= {state for _kind, state in after["promises"]}
    assert after["chain"] == before["chain"] == 0
    assert after["link"] is True


def test_self_check_is_well(upgraded):
    assert upgraded.before.said["check"] == ["ok", []]
    assert upgraded.after.said["check"] == ["ok", []]


def test_texts_are_renewed_where_nobody_wrote_them_anew(upgraded):
    """The e-mail names a factor; the user's own words stay."""
    before, after = upgraded.before.mail, upgraded.after.mail
    assert "_get_creditor_sentence" not in before[0]["en_US"]
    assert "_get_creditor_sentence" in after[0]["en_US"]
    assert after[0]["de_DE"] == before[0]["de_DE"] == "<p>Unser eigener Text</p>"
    assert after[1] == before[1]


def test_every_screen_opens(upgraded):
    assert upgraded.after.screens == "True"


def test_upgrade_complains_of_nothing(upgraded):
    assert "Running migration [19.0.1.1.0>]" in upgraded.log
    assert not re.findall(
        r"^\S+ \S+ \d+ (?:WARNING|ERROR|CRITICAL) .*$", upgraded.log, re.M
    )
