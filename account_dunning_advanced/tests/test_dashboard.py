import json
import re

from odoo.exceptions import AccessError, RedirectWarning
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open

from ..models.account_dunning_dashboard import FILE
from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestDashboard(DunningCommon):
    """What the spreadsheet names is there; that it opens is tested in ``tests/``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with file_open(FILE) as file:
            cls.content = json.load(file)

    def _assertField(self, model, path):
        for name in path.split(":")[0].split("."):
            if name not in ("__count", "id"):
                self.assertIn(name, self.env[model]._fields, f"{model}: {path}")

    def _get_sources(self):
        """(model, domain, fields) of pivots, lists and charts."""
        for pivot in self.content["pivots"].values():
            names = [measure["id"] for measure in pivot["measures"]]
            yield pivot["model"], pivot["domain"], names
        for source in self.content["lists"].values():
            names = [*source["columns"], *(key["name"] for key in source["orderBy"])]
            yield source["model"], source["domain"], names
        for figure in self.content["sheets"][0]["figures"]:
            meta = figure["data"].get("metaData")
            if meta:
                names = [*meta["groupBy"], meta["measure"]]
                yield meta["resModel"], figure["data"]["searchParams"]["domain"], names

    def test_every_field_and_domain_is_there(self):
        for model, domain, names in self._get_sources():
            with self.subTest(model=model):
                for name in names:
                    self._assertField(model, name)
                self.env[model].with_user(self.collector).search_count(domain)

    def test_every_formula_names_a_list_or_pivot_that_is_there(self):
        for sheet in self.content["sheets"]:
            for formula in sheet["cells"].values():
                for name, keys in (("LIST", "lists"), ("PIVOT.VALUE", "pivots")):
                    for number in re.findall(rf"{name}\((\d+)", formula):
                        self.assertIn(number, self.content[keys])

    def test_every_menu_is_there(self):
        for menu in self.content["chartOdooMenusReferences"].values():
            self.assertTrue(self.env.ref(menu, raise_if_not_found=False), menu)

    def test_without_odoos_dashboards_the_way_there_is_told(self):
        if "spreadsheet.dashboard" in self.env:
            self.skipTest("they are installed here")
        with self.assertRaises(RedirectWarning):
            self.env["account.dunning.dashboard"].with_user(
                self.collector
            ).action_open()

    def test_strangers_are_refused(self):
        user = new_test_user(self.env, "dashboard_stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.env["account.dunning.dashboard"].with_user(user).action_open()

    def test_only_the_last_check_of_a_company_counts(self):
        old, new = (
            self.env["account.dunning.check"]._check_company(self.company)
            for _number in range(2)
        )

        self.assertEqual((old | new).mapped("is_last"), [False, True])
        last = self.env["account.dunning.check"].search(
            [("is_last", "=", True), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(last, new)
        self.assertIn(old, old.search([("is_last", "=", False)]))
