from odoo.tests import tagged

from .common import LegalCommon


@tagged("post_install", "-at_install")
class TestLegalRetention(LegalCommon):
    """Papers of cases and knowledge of debtors go when they are of no use any more."""

    def setUp(self):
        super().setUp()
        # a country without rules of its own
        self.company.account_fiscal_country_id = self.env.ref("base.lu")
        self.Rule = self.env["account.dunning.retention"]
        self.rules = self.Rule._get_rules(self.company).grouped("kind")
        self.finding = self.env["account.legal.finding"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "kind": "vehicle",
                "date": "2010-01-01",
                "source": "Register",
                "name": "A blue van",
            }
        )

    def test_open_case_keeps_everything_about_its_debtor(self):
        rule = self.rules["finding"]
        self.assertEqual(rule._get_due(self.company), self.finding)
        item = self._create_top_item(100)
        case = self._open_case(item)
        self.assertIn(self.debtor.id, self.Rule._get_needed_since(self.company))
        self.assertFalse(rule._get_due(self.company))

        self._pay(item, 100)
        case.sudo()._unguarded().write({"state": "closed", "date_closed": "2024-06-14"})

        self.assertNotIn(self.debtor.id, self.Rule._get_needed_since(self.company))

    def test_finding_is_deleted(self):
        erasure = self.rules["finding"]._erase(self.finding, self.company)
        self.assertFalse(self.finding.exists())
        self.assertEqual((erasure.kind, erasure.count), ("finding", 1))

    def test_guarantor_gets_the_own_part_of_a_case_and_no_other(self):
        """Of two who vouch for their company, each may know of the own vouching."""
        case = self._open_case(self._create_top_item(100))
        managers = self.env["res.partner"].create(
            [
                {"name": name, "parent_id": self.debtor.id, "type": "contact"}
                for name in ("Gerda Guarantor", "Karl Codebtor")
            ]
        )
        parties = self.env["account.legal.party"].create(
            [{"case_id": case.id, "partner_id": partner.id} for partner in managers]
        )
        Personal = self.env["account.dunning.personal"]
        for manager, party in zip(managers, parties, strict=True):
            with self.subTest(manager=manager.name):
                about, _naming = Personal._collect(manager)
                self.assertEqual(about["account.legal.party"], party)
                self.assertFalse(about["account.legal.case"])

        about, _naming = Personal._collect(self.debtor)
        self.assertEqual(about["account.legal.party"], parties)
        self.assertEqual(about["account.legal.case"], case)

    def test_case_loses_its_papers_and_keeps_its_account(self):
        item = self._create_top_item(100)
        case = self._open_case(item)
        guarantor = self._create_debtor("Guarantor")
        self.env["account.legal.party"].create(
            {"case_id": case.id, "partner_id": guarantor.id, "role": "guarantor"}
        )
        self.env["account.legal.hearing"].create(
            {"case_id": case.id, "name": "First hearing", "date": "2013-01-01"}
        )
        claims = case.claim_ids
        self._pay(item, 100)
        case.sudo()._unguarded().write({"state": "closed", "date_closed": "2013-06-14"})
        self.assertEqual(self.rules["case"]._get_due(self.company), case)

        self.rules["case"]._erase(case, self.company)

        self.assertFalse(case.party_ids)
        self.assertFalse(case.hearing_ids)
        self.assertFalse(case.message_ids)
        self.assertTrue(claims)
        self.assertEqual(case.claim_ids & claims, claims)
        self.assertFalse(self.rules["case"]._get_due(self.company))
