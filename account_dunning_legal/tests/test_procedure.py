from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestProcedure(LegalCommon):
    def _find(self, country=None, company=None, day=TODAY):
        partner = self._create_debtor(
            "Customer", country_id=country and self.env.ref(f"base.{country}").id
        )
        return self.env["account.legal.procedure"]._find_for(
            partner, company or self.company, day
        )

    def _create(self, **values):
        return self.env["account.legal.procedure"].create(
            {"name": "Own", "code": "own", **values}
        )

    def test_country_chooses_the_procedure(self):
        self.procedure.active = False
        for country, code in (
            ("kr", "kr"),
            ("jp", "jp"),
            ("de", "de"),
            ("fr", "fr"),
            ("uk", "gb"),
            ("br", "generic"),
            (None, "generic"),
        ):
            with self.subTest(country=country):
                self.assertEqual(self._find(country).code, code)

    def test_own_procedure_comes_before_the_shared_one(self):
        own = self._create(
            country_id=self.env.ref("base.kr").id, company_id=self.company.id
        )
        other = self.setup_other_company()["company"]

        self.assertEqual(self._find("kr"), own)
        self.assertEqual(self._find("kr", company=other).code, "kr")

    def test_branch_uses_the_procedure_of_its_head_office(self):
        own = self._create(
            country_id=self.env.ref("base.kr").id, company_id=self.company.id
        )
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.assertEqual(self._find("kr", company=branch), own)

    def test_procedure_holds_in_its_dates_only(self):
        own = self._create(
            country_id=self.env.ref("base.br").id,
            date_from="2024-01-01",
            date_to="2024-12-31",
        )
        self.procedure.active = False
        for day, found in (
            ("2023-12-31", "generic"),
            ("2024-01-01", "own"),
            ("2024-12-31", "own"),
            ("2025-01-01", "generic"),
        ):
            with self.subTest(day=day):
                self.assertEqual(self._find("br", day=day).code, found)
        self.assertEqual(own.code, "own")

    def test_every_fact_that_ships_names_its_source(self):
        procedures = self.env["account.legal.procedure"].search(
            [("company_id", "=", False)]
        )
        self.assertGreaterEqual(
            set(procedures.mapped("code")), {"kr", "jp", "de", "fr", "gb", "generic"}
        )
        for record in (*procedures, *procedures.step_ids):
            with self.subTest(record=record.display_name):
                self.assertTrue(record.source)
                self.assertTrue(record.name)
        for procedure in procedures.filtered(lambda way: not way.is_insolvency):
            self.assertTrue(procedure.step_ids.filtered("document"))

    def test_step_of_a_running_case_is_not_deleted(self):
        self._open_case(self._create_top_item(1000), self.clerk)
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            self.procedure.unlink()

    def test_case_can_be_made_with_a_hand_made_procedure(self):
        procedure = self._create(step_ids=[Command.create({"name": "Talk"})])
        case = self._create_case(self._create_top_item(1000), procedure_id=procedure.id)
        self.assertEqual(case.step_ids.name, "Talk")
        with self.assertRaises(UserError):
            case.step_ids.action_start()
