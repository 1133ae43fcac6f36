from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import LegalCommon


@tagged("post_install", "-at_install")
class TestCaseForm(LegalCommon):
    """What a clerk types, through the views."""

    def test_clerk_types_a_case(self):
        item = self._create_top_item(1000)

        with Form(self.env["account.legal.case"].with_user(self.clerk)) as form:
            form.partner_id = self.debtor
        case = form.record
        case.action_fill_items()

        self.assertEqual(case.move_line_ids, item)
        self.assertTrue(case.step_ids)

    def test_clerk_says_what_came_of_a_step(self):
        step = self.procedure.step_ids[0]
        outcome = self.env["account.legal.procedure.outcome"].create(
            {"step_id": step.id, "name": "Objection", "kind": "objection"}
        )
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.current_step_id.action_start()

        with Form(case) as form, form.step_ids.edit(0) as line:
            line.outcome_id = outcome
        self.assertEqual(case.step_ids[0].outcome_id, outcome)
        self.assertTrue(case.step_ids[0].has_outcomes)

        action = case.current_step_id.action_ask()
        self.assertEqual(action["res_id"], case.step_ids[0].id)
        with self.assertRaises(UserError):
            case.step_ids[1].action_ask()

    def test_lists_of_the_menus_stand_without_a_case(self):
        """A list that asks for the record around it breaks where there is none."""
        actions = self.env["ir.actions.act_window"].search(
            [("res_model", "=like", "account.legal.%"), ("path", "!=", False)]
        )
        self.assertIn("legal-insolvencies", actions.mapped("path"))
        for action in actions:
            views = self.env[action.res_model].get_views([(False, "list")])
            arch = etree.fromstring(views["views"]["list"]["arch"])
            asked = [
                node.get("name")
                for node in arch.iterchildren()
                for value in node.attrib.values()
                if "parent." in value
            ]
            self.assertFalse(asked, action.path)

    def test_manager_types_a_fee(self):
        with Form(self.env["account.legal.fee"].with_user(self.manager)) as form:
            form.name = "Filing"
            form.code = "filing"
        version = Form(
            self.env["account.legal.fee.version"]
            .with_user(self.manager)
            .with_context(default_fee_id=form.record.id),
        )
        version.amount = 12
        version.save()
        self.assertEqual(form.record.compute_fee(1, "2024-06-14"), 12)

    def test_clerk_types_a_placement_and_a_letter(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        agency = self._create_debtor("Agency", legal_role="agency")
        with Form(self.env["account.legal.placement"].with_user(self.clerk)) as form:
            form.case_id = case
            form.agency_id = agency
        self.assertEqual(case.agency_id, agency)
        with Form(self.env["account.legal.letter"].with_user(self.clerk)) as form:
            form.case_id = case
            form.document_id = self.env.ref(
                "account_dunning_legal.account_legal_document_demand_generic"
            )
        self.assertIn("1,000.00", form.record.body)
