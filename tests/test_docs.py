"""The documents are true: their examples run, their links and pictures are there."""

import re
import types
import xmlrpc.client
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock, patch

import pytest

from odoo import api
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tests.common import Transport

from odoo.addons.account_dunning_advanced.models.account_dunning_gate import (
    DECISIONS_KEY,
)
from odoo.addons.account_dunning_advanced.tests.common import DAY, DunningCommon

CHECKOUT = Path(__file__).resolve().parent.parent
GUIDE = CHECKOUT / "docs/integrator.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SECRET = "a-long-enough-secret"


def get_documents():
    """Return the Markdown of the checkout; what is built or cached is not ours."""
    folders = (
        "*.md",
        "docs/**/*.md",
        "setup/**/*.md",
        "tests/**/*.md",
        "*/readme/*.md",
    )
    return sorted(path for folder in folders for path in CHECKOUT.glob(folder))


def to_anchor(heading):
    """Return the anchor that GitHub gives a heading.

    >>> to_anchor("Is this letter genuine?")
    'is-this-letter-genuine'
    """
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.strip().replace(" ", "-")


def find_broken_links(path):
    """Return the links of a document that lead nowhere within the checkout."""
    broken = []
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if re.match(r"\w+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in _get_anchors(target)):
            broken.append(link)
    return broken


def _get_anchors(path):
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    return {to_anchor(heading) for heading in HEADING.findall(text)}


@pytest.mark.parametrize(
    "path", get_documents(), ids=lambda path: str(path.relative_to(CHECKOUT))
)
def test_links_and_pictures_are_there(path):
    assert not find_broken_links(path)


def test_link_that_leads_nowhere_is_found(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(
        "# Here\n[a](#here) [b](#there) ![c](none.png) [d](https://x.org)\n"
    )

    assert find_broken_links(path) == ["#there", "none.png"]


def get_examples():
    """Return the guide's examples: those for RPC, and those of an addon."""
    blocks = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    of_addons = [block for block in blocks if "_inherit" in block]
    return [block for block in blocks if block not in of_addons], of_addons


@tagged("standard", "post_install", "-at_install")
class TestExamplesOverRpc(DunningCommon, HttpCase):
    """What the guide does from outside, done by an administrator of dunning."""

    def test_examples_run_as_they_stand(self):
        item = self._create_item(300, 30)
        user = new_test_user(
            self.env,
            "integrator",
            groups="account.group_account_manager,base.group_allow_export",
            password=SECRET,
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.policy.search([("id", "!=", self.policy.id)]).active = False
        names = {
            "url": self.base_url(),
            "db": self.env.cr.dbname,
            "login": user.login,
            "password": SECRET,
            "day": str(DAY),
            "later": str(self.company._dunning_today() + timedelta(days=10)),
            "partner_id": self.debtor.id,
        }
        examples, _of_addons = get_examples()
        server = xmlrpc.client.ServerProxy

        def connect(url, **options):
            return server(url, transport=Transport(self), **options)

        with patch("xmlrpc.client.ServerProxy", connect):
            for example in examples:
                exec(compile(example, str(GUIDE), "exec"), names)  # noqa: S102

        self.env.invalidate_all()
        self.assertEqual(item.dunning_level_id, self.first)
        self.assertEqual(names["dunned"][0]["move_line_id"], item.id)
        self.assertEqual(
            self.env["account.dunning.promise"].browse(names["promise_id"]).state,
            "active",
        )
        hold = self.env["account.dunning.hold"].browse(names["hold_id"])
        self.assertNotEqual(hold.state, "active")
        level = self.env["account.dunning.level"].browse(names["level_id"])
        self.assertFalse(level.charge_interest)


@tagged("standard", "post_install", "-at_install")
class TestExamplesOfAddons(DunningCommon):
    """What the guide has an addon do: its classes stand before the model's own."""

    def _extend(self, word):
        """Put the classes of the examples that say a word on top of the models'."""
        shim = types.SimpleNamespace(AbstractModel=object, Model=object)
        models = self.env.registry.models
        found = [example for example in get_examples()[1] if word in example]
        self.assertTrue(found)
        for example in found:
            names = {"api": api, "fields": Mock(), "models": shim}
            code = re.sub(r"^from odoo import .*$", "", example, flags=re.MULTILINE)
            exec(compile(code, str(GUIDE), "exec"), names)  # noqa: S102
            for value in names.values():
                if isinstance(value, type) and hasattr(value, "_inherit"):
                    name = value._inherit
                    stacked = _stack(value, models[name])
                    patcher = patch.dict(models, {name: stacked})
                    patcher.start()
                    self.addCleanup(patcher.stop)

    def test_reason_is_one_more(self):
        item = self._create_item(100, 30)
        tag = self.env["res.partner.category"].create({"name": "On strike"})
        self._extend("strike")

        self.assertEqual(item._dunning_reasons(DAY), {item.id: "dun"})
        self.debtor.category_id = tag

        [verdict] = [
            found
            for found in self.env["account.dunning.policy"]
            .browse(self.policy.id)
            .simulate(DAY)
            if found["move_line_id"] == item.id
        ]
        self.assertEqual(verdict["reason"], "strike")
        row = {"reason": "strike"}
        explanation, remedy = self.env["account.dunning.verdict"]._explain_strike(row)
        self.assertIn("strike", explanation)
        self.assertTrue(remedy)

    def test_channel_reaches_who_has_it(self):
        reached = self._create_debtor("Fax only", email=False, phone="+1 555 0100")
        item = self._create_item(100, 30, partner=reached)
        self._extend("channel_fax")
        # what the field of the example makes
        self.env.cr.execute("ALTER TABLE account_dunning_level ADD channel_fax boolean")

        before = item._dunning_reasons(DAY)
        self.env.cr.execute("UPDATE account_dunning_level SET channel_fax = TRUE")

        self.assertEqual(before, {item.id: "no_address"})
        self.assertEqual(item._dunning_reasons(DAY), {item.id: "dun"})
        notice = self.env["account.dunning.notice"]
        self.assertEqual(notice._get_delivery_channels()["fax"], "channel_fax")
        [notice] = self._run(DAY, issue=True).notice_ids
        decision = self.env["account.dunning.gate"]._check(
            self.company, reached, "letter"
        )
        key = {(notice._name, notice.id): decision}
        notice.with_context(**{DECISIONS_KEY: key})._deliver_fax()
        self.assertIn("Sent by fax", notice.message_ids[:1].body)
        contact = self.env["account.dunning.contact"].search(
            [("notice_id", "=", notice.id)]
        )
        self.assertEqual(contact.channel, "other")

    def test_check_finds_what_it_looks_for(self):
        self._create_item(100, 30, partner=self._create_debtor("No phone"))
        self.env["account.dunning.debtor"]._refresh(self.company)
        self._extend("_find_phones")

        check = self.env["account.dunning.check"]._check_company(self.company)

        self.assertIn("has no phone", " ".join(check.finding_ids.mapped("text")))


def _stack(example, base):
    """Return a model class with the example's methods before the model's own."""
    for name, value in list(vars(example).items()):
        if isinstance(value, Mock):  # a field, which needs an installed addon
            delattr(example, name)
    return type(base)(base.__name__, (example, base), {"_register": False})
