from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
@freeze_time("2024-06-14 10:00:00")
class TestCron(DunningCommon):
    """The daily job proposes for each company and issues what policies let it issue."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.company"].search([]).dunning_daily = False
        cls.company.write({"dunning_daily": True, "dunning_user_id": cls.manager.id})

    def _propose_daily(self):
        self.env["account.dunning.run"]._propose_daily_safely(self.company)
        return self.env["account.dunning.run"].search(
            [("company_id", "=", self.company.id), ("is_automatic", "=", True)]
        )

    def test_policy_that_asks_first_waits_for_a_person(self):
        self._create_item(100, 30)

        run = self._propose_daily()

        self.assertRecordValues(
            run, [{"state": "proposed", "notice_count": 1, "user_id": self.manager.id}]
        )
        self.assertEqual(run.activity_ids.user_id, self.manager)

    def test_policy_that_issues_by_itself_does(self):
        self.policy.auto_issue = True
        item = self._create_item(100, 30)

        run = self._propose_daily()

        self.assertTrue(run.issue_started)
        self.assertEqual(run.state, "approved")
        run._issue_all()
        self.assertEqual(run.state, "issued")
        self.assertEqual(item.dunning_level_id, self.first)

    def test_level_that_needs_approval_waits_beside_the_automatic_ones(self):
        self.policy.auto_issue = True
        self.last.needs_approval = True
        old = self._create_item(100, 90)
        old.write({"dunning_level_id": self.second.id, "dunning_date": "2024-05-01"})
        new = self._create_item(40, 30, self._create_debtor("New"))

        runs = self._propose_daily()

        by_scope = {run.approval_scope: run for run in runs}
        self.assertEqual(by_scope["automatic"].notice_ids.partner_id, new.partner_id)
        self.assertEqual(by_scope["manual"].notice_ids.partner_id, self.debtor)
        self.assertEqual(by_scope["manual"].state, "proposed")

    def test_untouched_proposal_is_renewed_not_piled_up(self):
        self._create_item(100, 30)
        first = self._propose_daily()

        with freeze_time("2024-06-15 10:00:00"):
            again = self._propose_daily()

        self.assertEqual(first, again)
        self.assertEqual(str(again.date), "2024-06-15")

    def test_edited_proposal_is_left_alone(self):
        self._create_item(100, 30)
        run = self._propose_daily()
        run.notice_ids.line_ids._adjust("drop", "by phone")

        with freeze_time("2024-06-15 10:00:00"):
            self._propose_daily()

        self.assertEqual(str(run.date), "2024-06-14")
        self.assertEqual(run.notice_ids.state, "cancelled")

    def test_nothing_to_dun_leaves_no_run(self):
        self._create_item(100, 3)

        self.assertFalse(self._propose_daily())

    def test_one_companys_error_is_told_and_does_not_stop_the_others(self):
        other = self.setup_other_company()["company"]
        other.write({"dunning_daily": True, "dunning_user_id": self.manager.id})
        self._create_item(100, 30)
        Run = type(self.env["account.dunning.run"])
        propose = Run._propose_daily

        def fail_for_other(records, company):
            if company == other:
                raise ValueError("broken ledger")
            return propose(records, company)

        with (
            patch.object(Run, "_propose_daily", fail_for_other),
            self.assertLogs("odoo.addons.account_dunning_advanced", "ERROR"),
            self.enter_registry_test_mode(),
        ):
            self.env.ref(
                "account_dunning_advanced.ir_cron_propose"
            ).method_direct_trigger()

        run = self.env["account.dunning.run"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(run.notice_count, 1)
        message = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("partner_ids", "in", self.manager.partner_id.ids),
                    ("subject", "ilike", "failed"),
                ]
            )
        )
        self.assertIn("broken ledger", message.body)

    def test_refresh_brings_debtors_up_to_date(self):
        item = self._create_item(100, 30)
        self._run()
        debtor = self.env["account.dunning.debtor"].search(
            [("partner_id", "=", self.debtor.id)]
        )
        self.assertEqual(debtor.amount_overdue, 100)
        self._pay(item, 100)

        with self.enter_registry_test_mode():
            self.env.ref(
                "account_dunning_advanced.ir_cron_refresh_debtors"
            ).method_direct_trigger()

        self.assertEqual(debtor.amount_overdue, 0)
