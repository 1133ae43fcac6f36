from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DAY
from .test_debtor_figures import WorklistCommon


@tagged("post_install", "-at_install")
class TestFactoring(WorklistCommon):
    """Who is to pay a factor is not asked to pay us."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.factor = cls.env["res.partner"].create(
            {"name": "First Factoring", "is_company": True}
        )
        cls.account, cls.own_account = cls.env["res.partner.bank"].create(
            [
                {"acc_number": "BE71096123456769", "partner_id": cls.factor.id},
                {
                    "acc_number": "BE68539007547034",
                    "partner_id": cls.company.partner_id.id,
                },
            ]
        )
        cls.other = cls._create_debtor("Not assigned")

    def _assign(self, user=None, day=DAY, **values):
        claims = {} if "move_line_ids" in values else {"partner_ids": self.debtor.ids}
        return (
            self.env["account.dunning.factoring"]
            .with_user(user or self.manager)
            .create(
                {
                    "name": "Framework contract 118",
                    "company_id": self.company.id,
                    "factor_id": self.factor.id,
                    "date_from": day,
                    **claims,
                    **values,
                }
            )
        )

    def _assign_openly(self, **values):
        return self._assign(dunning="factor", bank_account_id=self.account.id, **values)

    def test_what_the_factor_collects_is_not_dunned(self):
        item, other = self._create_item(100, 30), self._create_item(80, 30, self.other)
        self._assign()

        verdict = self.assertReason(item, "factored")
        self.assertIn("First Factoring", verdict.explanation)
        self.assertIn("Framework contract 118", verdict.explanation)
        self.assertReason(other, "dun")

    def test_single_items_are_taken_and_the_others_are_dunned(self):
        sold, kept = self._create_item(100, 30), self._create_item(60, 30)
        self._assign(move_line_ids=[Command.set(sold.ids)])

        self.assertReason(sold, "factored")
        notice = self._run(issue=True).notice_ids
        self.assertEqual(notice.line_ids.move_line_id, kept)
        self.assertEqual(notice.amount_total, 60)

    def test_assignment_counts_from_its_first_to_its_last_day(self):
        item = self._create_item(100, 30)
        self._assign(date_to=DAY + timedelta(days=9))
        for days, reason in (
            (-1, "dun"),
            (0, "factored"),
            (9, "factored"),
            (10, "dun"),
        ):
            with self.subTest(days=days):
                self.assertEqual(
                    item._dunning_reasons(DAY + timedelta(days=days)),
                    {item.id: reason},
                )

    def test_who_was_first_has_the_claim(self):
        item = self._create_item(100, 30)
        second = self.env["res.partner"].create({"name": "Second Factoring"})
        self._assign(factor_id=second.id, day=DAY - timedelta(days=5))
        self._assign(day=DAY - timedelta(days=50))

        verdict = self.assertReason(item, "factored")

        self.assertIn("First Factoring", verdict.explanation)

    def test_customer_who_is_archived_is_to_pay_the_factor_all_the_same(self):
        self._create_item(100, 30)
        clerk = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": self.debtor.id}
        )
        factoring = self._assign_openly(partner_ids=[Command.set(clerk.ids)])
        clerk.active = False
        self.env.invalidate_all()

        notice = self._run(issue=True).notice_ids

        self.assertEqual(notice.factoring_id, factoring)
        self.assertEqual(notice._get_bank_account(), self.account)

    def test_issuing_in_a_branch_meets_the_contract_of_the_company_above(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        row = self.Debtor.create(
            {"partner_id": self.debtor.id, "company_id": branch.id}
        )

        before = self._get_version(row)
        self._assign()

        self.assertNotEqual(self._get_version(row), before)

    def _get_version(self, row):
        """Return which version of the row the database has."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT ctid::text FROM account_dunning_debtor WHERE id = %s", [row.id]
        )
        return self.env.cr.fetchone()

    def test_claims_given_back_are_dunned_again(self):
        item = self._item(100, 30)
        factoring = self._assign(day=self.today)
        self.assertReason(item, "factored", self.today)

        factoring.action_end()

        self.assertEqual(factoring.state, "ended")
        self.assertReason(item, "dun", self.today)

    def test_silent_assignment_changes_nothing_for_the_customer(self):
        item = self._create_item(100, 30)
        self._assign(dunning="own")

        self.assertReason(item, "dun")
        notice = self._run(issue=True).notice_ids
        self.assertFalse(notice.factoring_id)
        self.assertEqual(notice._get_creditor_sentence(), "")
        self.assertEqual(notice._get_bank_account(), self.own_account)

    def test_notice_in_the_factors_name_asks_for_money_to_its_account(self):
        self._create_item(100, 30)
        self._create_item(80, 30, self.other)
        factoring = self._assign_openly()
        run = self._run()
        drafts = {notice.partner_id: notice for notice in run.notice_ids}
        self.assertEqual(drafts[self.debtor]._get_bank_account(), self.account)

        run.action_approve()
        run.action_issue()

        notices = {notice.partner_id: notice for notice in run.notice_ids}
        ours, theirs = notices[self.other], notices[self.debtor]
        self.assertEqual(theirs.factoring_id, factoring)
        self.assertEqual(theirs._get_bank_account(), self.account)
        self.assertIn("First Factoring", theirs._get_creditor_sentence())
        self.assertFalse(ours.factoring_id)
        self.assertEqual(ours._get_bank_account(), self.own_account)

        # what was written stays as it was written
        factoring.action_end()
        self.assertEqual(theirs._get_bank_account(), self.account)

    def test_letter_and_mail_name_the_creditor(self):
        self._create_item(100, 30)
        self._assign_openly(kind="pledged")
        notice = self._run(issue=True).notice_ids
        html = self.env["ir.actions.report"]._render_qweb_html(
            "account_dunning_advanced.account_dunning_notice_report", notice.ids
        )[0]
        self.assertIn(b"are pledged to First Factoring", html)
        self.assertIn(b"BE71096123456769", html)
        self.assertNotIn(b"BE68539007547034", html)
        template = self.env.ref("account_dunning_advanced.mail_template_notice")
        body = template._render_field("body_html", notice.ids)[notice.id]
        self.assertIn("are pledged to First Factoring", body)
        self.assertNotIn("Our account", body)

    def test_delay_of_a_factors_claim_is_not_charged_by_us(self):
        self.company.dunning_charge_journal_id = self.company_data[
            "default_journal_sale"
        ]
        fee = self.env["account.dunning.charge"].create(
            {
                "name": "Fee",
                "code": "fee_of_a_notice",
                "currency_id": self.company.currency_id.id,
                "amount": 5,
            }
        )
        self.env["account.dunning.terms"].create(
            {"company_id": self.company.id, "clause": "General terms, § 7"}
        )
        self.policy.level_ids.charge_ids = fee
        self._create_item(100, 30)
        self._create_item(80, 30, self.other)
        run = self._run()
        charged = {notice.partner_id: notice.amount_fee for notice in run.notice_ids}
        self.assertEqual(charged, {self.debtor: 5, self.other: 5})
        self._assign_openly()

        run.action_approve()
        run.action_issue()

        charged = {notice.partner_id: notice.amount_fee for notice in run.notice_ids}
        self.assertEqual(charged, {self.debtor: 0, self.other: 5})

    def test_assigned_between_plan_and_issue_is_not_issued(self):
        self._create_item(100, 30)
        run = self._run()
        run.action_approve()
        self._assign()

        run.action_issue()

        self.assertFalse(run.notice_ids.filtered(lambda n: n.state == "issued"))
        self.assertEqual(run.change_ids.mapped("reason"), ["factored"])

    def test_debtor_page_shows_it_while_it_lasts(self):
        self._item(100, 30)
        row = self._row()
        factoring = self._assign(day=self.today)
        self.env.cr.precommit.run()

        seen = row.with_user(self.collector)
        self.assertIn("First Factoring", seen.factoring_text)
        self.assertRecordValues(row, [{"stage": "hold", "next_step": "wait"}])

        factoring.action_end()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        self.assertFalse(seen.factoring_text)
        self.assertEqual(row.stage, "late")

    def test_debtor_rests_as_long_as_the_factor_collects(self):
        """A hold of a week does not end a contract without end, nor one of a month."""
        self._item(100, 30)
        row = self._row()
        self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "reason": "Asked for a week",
                "date_from": self.today,
                "date_to": self.today + timedelta(days=7),
            }
        )
        factoring = self._assign(day=self.today)
        self.env.cr.precommit.run()

        self.assertRecordValues(row, [{"next_step": "wait", "next_step_date": False}])

        last = self.today + timedelta(days=30)
        factoring.date_to = last
        self.env.cr.precommit.run()
        self.assertEqual(row.next_step_date, last + timedelta(days=1))

    def test_debtor_page_names_single_items(self):
        sold, _kept = self._item(100, 30), self._item(60, 30)
        self._assign(day=self.today, move_line_ids=[Command.set(sold.ids)])

        row = self._row()

        self.assertIn(sold.move_id.name, row.factoring_text)
        self.assertEqual(row.stage, "late")
        self.assertFalse(self._row(self.other).factoring_text)

    def test_contract_says_what_it_is_about(self):
        item = self._create_item(100, 30)
        with self.assertRaisesRegex(ValidationError, "which claims"):
            self._assign(partner_ids=[])
        with self.assertRaisesRegex(ValidationError, "account to which"):
            self._assign(dunning="factor")
        with self.assertRaisesRegex(ValidationError, "Single items"):
            self._assign_openly(move_line_ids=[Command.set(item.ids)])
        revenue = item.move_id.invoice_line_ids
        with self.assertRaisesRegex(ValidationError, "is not a claim"):
            self._assign(move_line_ids=[Command.set(revenue.ids)])

    def test_collector_sees_contracts_and_changes_none(self):
        factoring = self._assign()
        self.assertTrue(factoring.with_user(self.collector).name)
        with self.assertRaises(AccessError):
            self._assign(user=self.collector)
        with self.assertRaises(AccessError):
            factoring.with_user(self.collector).action_end()
