from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestMultiCompany(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company()["company"]
        cls.other_policy = cls.env["account.dunning.policy"].create(
            {
                "name": "Other",
                "company_id": cls.other.id,
                "level_ids": [(0, 0, {"name": "Other 1", "delay_days": 1})],
            }
        )
        cls.other.dunning_policy_id = cls.other_policy

    def test_run_sees_only_its_companys_ledger(self):
        mine = self._create_item(100, 30)
        theirs = self._create_item(70, 30, company=self.other)

        run = self._run()
        other_run = self._run(company_id=self.other.id)

        self.assertEqual(run.verdict_ids.move_line_id, mine)
        self.assertEqual(other_run.verdict_ids.move_line_id, theirs)
        self.assertEqual(other_run.notice_ids.level_id, self.other_policy.level_ids)

    def test_credit_of_another_company_does_not_cover(self):
        item = self._create_item(100, 30)
        self._create_credit(100, company=self.other)

        self.assertReason(item, "dun")

    def test_customers_policy_and_level_are_the_companys(self):
        self.debtor.dunning_policy_id = self._create_policy("Mine")
        theirs = self._create_item(70, 30, company=self.other)
        self._create_item(100, 30)
        self._run(issue=True)

        self.assertTrue(self.debtor.dunning_level_id)
        self.assertFalse(self.debtor.with_company(self.other).dunning_level_id)
        run = self._run(company_id=self.other.id, issue=True)
        self.assertEqual(run.verdict_ids.policy_id, self.other_policy)
        self.assertEqual(
            self.debtor.with_company(self.other).dunning_level_id,
            theirs.dunning_level_id,
        )

    def test_user_of_one_company_sees_nothing_of_the_other(self):
        self._create_item(70, 30, company=self.other)
        run = self._run(company_id=self.other.id)

        for record in (run, run.notice_ids, run.verdict_ids, self.other_policy):
            with self.subTest(record._name), self.assertRaises(AccessError):
                record.with_user(self.collector).read(["display_name"])

    def test_numbers_are_each_companys_own(self):
        self._create_item(100, 30)
        self._create_item(70, 30, company=self.other)

        mine = self._run(issue=True).notice_ids
        theirs = self._run(company_id=self.other.id, issue=True).notice_ids

        self.assertEqual(mine.name, theirs.name)
        self.assertNotEqual(
            self.company.dunning_sequence_id, self.other.dunning_sequence_id
        )

    def test_branch_uses_its_parents_policy(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        branch.dunning_policy_id = self.policy
        scope = self.env["account.dunning.assessment"]._get_scope(branch, DAY)

        self.assertIn(self.policy.id, scope.policy_ids)
        self.assertNotIn(self.other_policy.id, scope.policy_ids)

    def test_what_is_dunned_in_the_time_zone_of_the_company(self):
        self.company.partner_id.tz = "Asia/Seoul"
        self.other.partner_id.tz = "America/Los_Angeles"

        with freeze_time("2024-06-14 16:00:00"):
            self.assertEqual(str(self.company._dunning_today()), "2024-06-15")
            self.assertEqual(str(self.other._dunning_today()), "2024-06-14")
