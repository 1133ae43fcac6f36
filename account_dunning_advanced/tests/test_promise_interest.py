from datetime import date, timedelta
from decimal import Decimal

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import Form, tagged

from ..engine import promise as engine
from .promise_common import PromiseCommon, at, day


@tagged("post_install", "-at_install")
class TestPromiseInterest(PromiseCommon):
    """A plan may cost interest for the time that it gives.

    1,000 from 14 June 2024 in two parts of 500, after 30 and 60 days, at 7.3 % a year:
    1000 × 7.3 % × 30/365 = 6.00, then 500 × 7.3 % × 30/365 = 3.00.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dunning_charge_journal_id = cls.company_data["default_journal_sale"]
        cls.policy.promise_interest_rate = 7.3

    def setUp(self):
        super().setUp()
        freezer = at(0)
        freezer.start()
        self.addCleanup(freezer.stop)

    def _plan(self, user=None, **values):
        wizard = (
            self.env["account.dunning.promise.create"]
            .with_user(user or self.collector)
            .with_context(
                **self.item.with_user(user or self.collector).action_dunning_promise()[
                    "context"
                ]
            )
        )
        with Form(wizard) as form:
            form.kind = "plan"
            form.number = 2
            form.date_first = day(30)
            form.shift = False
            for name, value in values.items():
                form[name] = value
        return form.record

    def _confirm(self, **values):
        wizard = self._plan(**values)
        return self.env["account.dunning.promise"].browse(
            wizard.action_apply()["res_id"]
        )

    def test_interest_is_part_of_the_instalments_and_billed(self):
        wizard = self._plan()
        self.assertIn("$ 6.00 interest", wizard.preview.replace("\xa0", " "))

        plan = self._confirm()

        # 14 June + 30 days = 14 July; the second part a month later: 31 days
        self.assertRecordValues(
            plan.line_ids,
            [
                {"date": day(30), "amount": 506.0, "amount_interest": 6.0},
                {"date": date(2024, 8, 14), "amount": 503.1, "amount_interest": 3.1},
            ],
        )
        bill = plan.interest_move_id
        self.assertRecordValues(
            bill,
            [
                {
                    "state": "posted",
                    "amount_total": 9.1,
                    "amount_tax": 0.0,
                    "partner_id": self.debtor.id,
                    "invoice_date_due": date(2024, 8, 14),
                }
            ],
        )
        self.assertIn("30 days at 7.3 %", bill.invoice_line_ids[0].name)
        self.assertEqual(plan.amount_open, 1009.1)
        self.assertEqual(plan.move_line_ids, self.item | self._get_items(bill))
        self.assertEqual(self._get_items(bill)._get_claim_kind(), "interest")

    def test_kept_when_items_and_interest_are_paid(self):
        plan = self._confirm()
        self._match(self.item, 506, 30)
        self._match(self.item, 494, 61)
        self.assertEqual(plan.state, "active")
        self._match(self._get_items(plan.interest_move_id), 9.1, 61)
        self.assertEqual(plan.state, "kept")
        # as agreed, though the first 6.00 were matched with the item
        self.assertFalse(plan.interest_move_id.reversal_move_ids)

    def test_cancelled_the_interest_of_days_to_come_is_credited(self):
        plan = self._confirm()
        bill = plan.interest_move_id
        with at(40):
            plan.with_user(self.collector).action_cancel()

        # of the second part's 31 days 10 have passed: 3.10 × 10/31 = 1.00
        self.assertEqual(bill.reversal_move_ids.amount_total, 2.1)
        self.assertEqual(bill.amount_residual, 7.0)

    def test_broken_it_is_credited_and_stays_broken(self):
        plan = self._confirm()
        self._match(self.item, 100, 10)
        with at(40):
            plan._judge()
            self.assertEqual(plan.state, "partial")
            # 100 came 20 days early, 21 of 31 days of the second part do not come
            credits = plan.interest_move_id.reversal_move_ids
            self.assertEqual(credits.mapped("amount_total"), [2.1, 0.4])
            # its own credit keeps nothing, however often it is judged
            plan._judge()
            self.assertEqual(plan.state, "partial")
            self.assertEqual(plan.amount_settled, 0)
            self.assertEqual(plan.interest_move_id.reversal_move_ids, credits)

    def test_the_bill_starts_no_level_and_bears_no_interest(self):
        plan = self._confirm()
        interest = self._get_items(plan.interest_move_id)
        with at(40):
            plan.with_user(self.collector).action_cancel()
        run = self._run(day(40))
        verdict = run.verdict_ids.filtered(lambda v: v.move_line_id == interest)
        self.assertFalse(verdict.level_id)
        with at(90):
            later = self._run(day(90), issue=True)
        line = later.notice_ids.line_ids.filtered(lambda x: x.move_line_id == interest)
        self.assertTrue(line.is_charge)

    def test_without_interest_nothing_is_billed(self):
        plan = self._confirm(interest_rate=0)
        self.assertEqual(plan.line_ids.mapped("amount"), [500, 500])
        self.assertFalse(plan.interest_move_id)

    def test_only_plans_bear_interest(self):
        wizard = self._plan()
        wizard.kind = "promise"
        promise = self.env["account.dunning.promise"].browse(
            wizard.action_draft()["res_id"]
        )
        self.assertFalse(promise.amount_interest)
        with self.assertRaisesRegex(UserError, "Only a payment plan"):
            promise.line_ids.amount_interest = 5
            promise.action_confirm()

    def test_what_was_agreed_is_not_changed_by_hand(self):
        plan = self._confirm().with_user(self.collector)
        for values in (
            {"interest_rate": 1},
            {"line_ids": [(1, plan.line_ids[0].id, {"amount_interest": 1})]},
        ):
            with self.assertRaises(UserError):
                plan.write(values)
        with self.assertRaises(AccessError):
            plan.write({"interest_move_id": False})
        with self.assertRaisesRegex(UserError, "cancel that instead"):
            plan.interest_move_id.sudo().button_draft()
        with self.assertRaises(AccessError):
            self.env["account.move"].with_user(self.manager).create(
                {"move_type": "out_invoice", "dunning_promise_id": plan.id}
            )

    def test_missing_journal_is_said_before_anything_is_agreed(self):
        # the journal is not taken away from a policy that has plans bear interest
        self.policy.promise_interest_rate = 0
        self.company.dunning_charge_journal_id = False
        wizard = self._plan(self.manager, interest_rate=5)
        with self.assertRaises(RedirectWarning):
            wizard.action_apply()

    def test_broken_then_paid_in_time_after_all(self):
        """Booked late: the plan goes on, and what was credited is owed again."""
        plan = self._confirm()
        interest = self._get_items(plan.interest_move_id)
        with at(40):
            plan._judge()
            self.assertEqual(plan.state, "broken")
        with at(45):
            self._match(self.item, 506, 30)
        self.assertEqual(plan.state, "active")
        self.assertEqual(interest.amount_residual, 9.1)
        with at(61):
            self._match(self.item, 494, 61)
            self._match(interest, 9.1, 61)
        self.assertEqual(plan.state, "kept")

    def test_days_of_the_plan_bear_no_other_interest(self):
        self.company.country_id = self.env.ref("base.de")
        self.company.account_fiscal_country_id = self.env.ref("base.de")
        plan = self._confirm()
        self.policy.level_ids.charge_interest = True
        with at(40):
            plan._judge()
        with at(45):
            notice = self._run(day(45), issue=True).notice_ids
        days = [
            (charge.date_from, charge.date_to)
            for charge in notice.charge_ids.sorted("date_from")
            if charge.move_line_id == self.item
        ]
        # before the plan, and after it was broken on the 40th day
        self.assertEqual(days[0], (self.item.date_maturity + timedelta(1), day(0)))
        self.assertEqual(min(first for first, _last in days[1:]), day(41))
        self.assertEqual(days[-1][1], day(45))

    def test_more_than_the_policy_says_needs_a_manager(self):
        plan = self._confirm(interest_rate=9)
        self.assertEqual(plan.state, "draft")
        self.assertTrue(plan.needs_approval)
        plan.with_user(self.manager).action_confirm()
        self.assertEqual(plan.state, "active")

    def test_no_more_than_the_law_allows(self):
        """The cap of the rule that holds by law is a cap on plans too."""
        self.env["account.dunning.interest"].create(
            {
                "name": "At most 20 %",
                "code": "capped",
                "mode": "fixed",
                "margin": 5,
                "cap": 20,
                "source": "Usury Act, § 1",
                "company_id": self.company.id,
                "country_id": self.company.account_fiscal_country_id.id,
                "for_company": True,
            }
        )
        with self.assertRaisesRegex(UserError, "Usury Act"):
            self._confirm(interest_rate=99)

    def test_interest_by_hand(self):
        """Against an independent sum: simple interest, day by day, in fractions."""
        plan = [
            engine.Instalment(date(2024, 1, 31), Decimal("333.33")),
            engine.Instalment(date(2024, 2, 29), Decimal("333.33")),
            engine.Instalment(date(2024, 4, 1), Decimal("333.34")),
        ]
        parts = engine.bear_interest(
            plan, Decimal("9.5"), date(2024, 1, 1), rounding=Decimal("0.01")
        )
        # 1000 × 9.5 % × 30/365; 666.67 × 29/365; 333.34 × 32/365
        self.assertEqual([str(part.amount) for part in parts], ["7.81", "5.03", "2.78"])
