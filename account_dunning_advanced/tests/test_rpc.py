import re
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from requests import HTTPError

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import DunningCommon

DEVELOP = Path(__file__).parent.parent / "readme" / "DEVELOP.md"


@tagged("post_install", "-at_install")
class TestRpc(DunningCommon, HttpCase):
    """The contract over HTTP, as an integrator calls it."""

    def setUp(self):
        super().setUp()
        today = self.company._dunning_today()
        self.item = self._create_item(1000, 30, day=today)
        self.key = self._create_key(self.collector)

    def _create_key(self, user):
        keys = self.env["res.users.apikeys"].with_user(user)
        return keys._generate("rpc", "Test", fields.Datetime.now() + timedelta(days=1))

    def _get_example(self):
        text = DEVELOP.read_text(encoding="utf-8")
        [example] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        return example.replace("https://books.example.com", self.base_url()).replace(
            "the API key of a collector", self.key
        )

    def _execute(self, example):
        names = {}
        self.env.flush_all()
        with self._own_requests():
            code = compile(example, str(DEVELOP), "exec")
            exec(code, names)  # pylint: disable=exec-used
        self.env.invalidate_all()
        return names

    def _own_requests(self):
        """Have the example ask this test's server, which lets in nobody else."""
        own = SimpleNamespace(post=self.opener.post)
        return patch.dict(sys.modules, {"requests": own})

    def test_example_of_the_handbook_runs(self):
        found = self._execute(self._get_example())

        self.assertEqual(len(found["notices"]), 1)
        self.assertEqual(found["notices"][0]["amount_total"], 1000)
        self.assertIn("dun", {verdict["reason"] for verdict in found["verdicts"]})
        promise = self.env["account.dunning.promise"].browse(found["promise"])
        self.assertEqual(promise.state, "active")
        self.assertEqual(promise.create_uid, self.collector)
        self.assertEqual(self.item.dunning_level_id, self.first)

    def test_forging_is_refused(self):
        example, _rest = self._get_example().split("[run] =")
        call = self._execute(example)["call"]
        notice = self._run(self.company._dunning_today()).notice_ids
        self.env.flush_all()

        with self._own_requests(), self.assertRaisesRegex(HTTPError, "403"):
            call(notice._name, "write", ids=notice.ids, vals={"state": "issued"})
        self.env.invalidate_all()
        self.assertEqual(notice.state, "draft")
