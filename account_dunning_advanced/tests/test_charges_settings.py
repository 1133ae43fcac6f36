from freezegun import freeze_time

from odoo.exceptions import RedirectWarning, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from .charges_common import ChargesCommon, PlannedCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestChargesSettings(ChargesCommon):
    """What is missing is said when charges are set up, with a link to the setting."""

    def test_journal_is_asked_for(self):
        self.company.dunning_charge_journal_id = False

        with self.assertRaises(RedirectWarning) as caught:
            self.first.charge_ids = self.fee

        message, action_id, _label = caught.exception.args[:3]
        self.assertIn("journal", message)
        self.assertEqual(action_id, self.env.ref("account.action_account_config").id)

    def test_account_is_asked_for(self):
        journal = self.company_data["default_journal_sale"]
        product = self.env.ref("account_dunning_advanced.product_fee").copy()
        self.company.dunning_fee_product_id = product
        journal.default_account_id = False
        product.categ_id.property_account_income_categ_id = False
        self.company.income_account_id = False

        with self.assertRaisesRegex(RedirectWarning, "income account"):
            self.first.charge_ids = self.fee

    def test_each_copy_of_a_charge_has_a_code_of_its_own(self):
        copies = self.fee.copy() | self.fee.copy()

        self.assertEqual(
            copies.mapped("code"), ["Reminder fee (copy)", "Reminder fee (copy) (copy)"]
        )

    def test_charges_that_are_only_shown_need_nothing(self):
        self.company.dunning_charge_journal_id = False
        self.policy.charge_posting = "show"

        self.first.charge_ids = self.fee

        notice = self._issue_first(self._create_item(1000, 30))
        self.assertEqual(notice.amount_total, 1005)
        self.assertFalse(notice.charge_move_id)
        with self.assertRaises(RedirectWarning):
            self.policy.charge_posting = "post"

    def test_what_is_in_use_is_not_taken_away(self):
        journal = self.company_data["default_journal_sale"].copy()
        product = self.env.ref("account_dunning_advanced.product_fee").copy()
        self.company.write(
            {
                "dunning_charge_journal_id": journal.id,
                "dunning_fee_product_id": product.id,
            }
        )

        def remove():
            self.company.dunning_charge_journal_id = False

        def archive():
            journal.action_archive()

        def archive_product():
            product.action_archive()

        def archive_template():
            product.product_tmpl_id.action_archive()

        acts = (remove, archive, archive_product, archive_template)
        self.first.charge_ids = self.fee
        for act in acts:
            with self.subTest(act.__name__), self.cr.savepoint() as savepoint:
                with self.assertRaises(RedirectWarning):
                    act()
                    self.env.flush_all()
                savepoint.rollback()
                self.env.invalidate_all(flush=False)
        # twin: nobody charges, nothing is needed
        self.first.charge_ids = False
        for act in acts:
            act()
        self.assertFalse(journal.active or product.active)

    def test_interest_on_plans_is_billed_too(self):
        self.company.dunning_charge_journal_id = False
        with self.assertRaisesRegex(RedirectWarning, "journal"):
            self.policy.promise_interest_rate = 5
        self.policy.promise_interest_rate = 0


@tagged("post_install", "-at_install")
class TestChargesNotPosted(ChargesCommon):
    """What cannot be booked leaves the notice unissued, with the reason."""

    def _issue(self):
        self.first.charge_ids = self.fee
        self.item = self._create_item(1000, 30)
        self.free = self._create_item(
            500,
            30,
            self._create_debtor("Free"),
            dunning_policy_id=self._create_policy("No charges").id,
        )
        run = self._run()
        run.action_approve()
        return run

    def assertUnissued(self, run, words):
        before = self._get_balances()
        run.action_issue()
        notice = run.notice_ids.filtered("error")
        self.assertRecordValues(
            notice,
            [{"partner_id": self.debtor.id, "state": "draft", "charge_move_id": False}],
        )
        self.assertIn(words, notice.error)
        self.assertFalse(self.item.dunning_level_id)
        self.assertFalse(self.item.dunning_interest_date)
        self.assertEqual(self._get_balances(), before)
        self.assertFalse(
            self.env["account.move"].search([("dunning_notice_id", "=", notice.id)])
        )
        # the others got theirs
        self.assertTrue(self.free.dunning_level_id)
        self.assertEqual(run.state, "issued")

    def test_locked_period_stops_the_issue_until_it_is_open(self):
        run = self._issue()
        self.company.sale_lock_date = DAY

        self.assertUnissued(run, "is locked")

        self.company.sale_lock_date = False
        run.action_retry()
        self.assertEqual(self.item.dunning_level_id, self.first)
        self.assertEqual(self.item.move_id.dunning_level_id, self.first)

    def test_archived_journal_stops_the_issue(self):
        self.company.dunning_charge_journal_id = self.company_data[
            "default_journal_sale"
        ].copy()
        run = self._issue()
        self._set_behind(self.company.dunning_charge_journal_id, "active", False)

        self.assertUnissued(run, "archived")

    def test_journal_that_was_taken_away_stops_the_issue(self):
        run = self._issue()
        self._set_behind(self.company, "dunning_charge_journal_id", None)

        self.assertUnissued(run, "Choose the journal")

    def _set_behind(self, record, name, value):
        """Set what the settings refuse to set, as an import or a script might."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s",
                SQL.identifier(record._table),
                SQL.identifier(name),
                value,
                record.id,
            )
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestChargesSetUp(PlannedCommon):
    """What cannot bill charges is refused where it is chosen."""

    def test_journal_must_be_of_sales(self):
        self.first.charge_ids = self.fee

        with self.assertRaisesRegex(ValidationError, "not a sales journal"):
            self.company.dunning_charge_journal_id = self.company_data[
                "default_journal_purchase"
            ]

    def test_archived_product_is_refused(self):
        product = self.env.ref("account_dunning_advanced.product_fee").copy()
        product.active = False

        with self.assertRaisesRegex(ValidationError, "is archived"):
            self.company.dunning_fee_product_id = product

    def test_product_that_is_archived_later_is_told(self):
        product = self.env.ref("account_dunning_advanced.product_fee").copy()
        self.company.dunning_fee_product_id = product
        product.active = False

        with self.assertRaisesRegex(RedirectWarning, "is archived"):
            self.first.charge_ids = self.fee

    def test_archived_account_of_a_charge_is_refused(self):
        self.first.charge_ids = self.fee
        account = self.company_data["default_account_revenue"].copy({"name": "Gone"})
        product = self.env.ref("account_dunning_advanced.product_fee").copy(
            {"property_account_income_id": account.id}
        )
        account.active = False

        with self.assertRaisesRegex(RedirectWarning, "is archived"):
            self.fee.product_id = product


@tagged("post_install", "-at_install")
class TestChargesOfABranch(PlannedCommon):
    """A branch charges by the terms of the company above it."""

    def test_branch_charges_interest_and_fee(self):
        branch = self.env["res.company"].create(
            {
                "name": "Branch",
                "parent_id": self.company.id,
                "country_id": self.env.ref("base.de").id,
            }
        )
        # Odoo loads the chart of the branch, and takes its fiscal country from there
        self.cr.precommit.run()
        branch.account_fiscal_country_id = self.company.account_fiscal_country_id
        self.env.user.company_ids |= branch
        self.env = self.env(
            context={
                **self.env.context,
                "allowed_company_ids": [branch.id, self.company.id],
            }
        )
        self.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": self.fee.ids}
        )
        branch.dunning_policy_id = self.policy
        item = self._create_item(1000, 30, company=branch)

        with freeze_time(DAY):
            run = (
                self.env["account.dunning.run"]
                .with_company(branch)
                .create({"company_id": branch.id, "date": DAY})
            )
            run.action_propose()
            run.action_approve()
            run.action_issue()

        notice = run.notice_ids
        self.assertEqual(notice.line_ids.move_line_id, item)
        self.assertEqual(notice.state, "issued", notice.error)
        self.assertAlmostEqual(notice.amount_interest, 10.34)
        self.assertEqual(notice.amount_fee, 5)
