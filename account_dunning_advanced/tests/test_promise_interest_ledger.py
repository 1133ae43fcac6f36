from datetime import timedelta

from odoo.fields import Command
from odoo.tests import Form, tagged

from .charges_common import ChargesCommon
from .common import DAY
from .dispute_common import DisputeCommon
from .promise_common import PromiseCommon, at, day


class PlanCommon(PromiseCommon):
    """A plan of 1,000 in one instalment after 365 days, at 12 %: 120.00."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dunning_charge_journal_id = cls.company_data["default_journal_sale"]
        cls.policy.promise_interest_rate = 12

    def setUp(self):
        super().setUp()
        freezer = at(0)
        freezer.start()
        self.addCleanup(freezer.stop)

    def _plan(self, records=None, instalments=1, **values):
        """Take a plan as a collector does, from items or with the debtor's button."""
        records = (records or self.item).with_user(self.collector)
        is_debtor = records._name == "account.dunning.debtor"
        action = (
            records.action_promise() if is_debtor else records.action_dunning_promise()
        )
        wizard = (
            self.env["account.dunning.promise.create"]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        with Form(wizard) as form:
            form.kind = "plan"
            form.number = instalments
            form.date_first = day(365)
            form.shift = False
            for name, value in values.items():
                form[name] = value
        return self.env["account.dunning.promise"].browse(
            form.record.action_apply()["res_id"]
        )

    def _get_owed(self, plan):
        """Return what of the interest is still to be paid."""
        return plan.interest_move_id.amount_residual


@tagged("post_install", "-at_install")
class TestPlanInterestByLedger(PlanCommon):
    """The interest of a plan is owed on what was open on each day."""

    def test_paid_early_the_interest_of_later_days_falls(self):
        # (paid on day, how much, owed of the interest afterwards)
        table = [
            (0, 1000, 0.0),
            (1, 1000, 0.33),  # 1,000 × 12 % × 1/365
            (100, 1000, 32.88),
            (100, 600, 67.73),  # 1,000 for 100 days, 400 for 265
            (365, 1000, 120.0),
        ]
        for on, amount, owed in table:
            with self.subTest(on=on, amount=amount):
                item = self._create_item(1000, 30)
                plan = self._plan(item)
                self.assertEqual(plan.amount_interest, 120)
                with at(on):
                    self._match(item, amount, on)

                self.assertAlmostEqual(self._get_owed(plan), owed)
                self.assertAlmostEqual(plan.line_ids.amount_due, 1000 - amount + owed)
                with at(on):
                    if amount < 1000:
                        plan.action_cancel()
                    elif owed:
                        self.assertEqual(plan.state, "active")
                        bill = self._get_items(plan.interest_move_id)
                        self._match(bill, bill.amount_residual, on)
                        self.assertEqual(plan.state, "kept")
                    else:
                        self.assertEqual(plan.state, "kept")

    def test_payment_that_bounces_brings_the_interest_back(self):
        plan = self._plan()
        with at(1):
            credit = self._match(self.item, 1000, 1)
            self.assertAlmostEqual(self._get_owed(plan), 0.33)

            credit.remove_move_reconcile()

        self.assertAlmostEqual(self._get_owed(plan), 120)
        self.assertEqual(plan.line_ids.amount_credited, 0)

    def test_cancelled_after_it_was_paid_early_nothing_is_credited_twice(self):
        plan = self._plan()
        with at(1):
            self._match(self.item, 1000, 1)
            plan.action_cancel()

        self.assertAlmostEqual(self._get_owed(plan), 0.33)
        self.assertEqual(len(plan.interest_move_id.reversal_move_ids), 1)

    def test_closed_books_do_not_stop_the_payment(self):
        """The credit note waits, the collector is told, and the night books it."""
        plan = self._plan()
        self.company.sale_lock_date = day(20)
        with at(10):
            self._match(self.item, 1000, 21)
        self.assertTrue(self.item.reconciled)
        self.assertEqual(self._get_owed(plan), 120)
        self.assertIn("could not be credited", plan.activity_ids.summary)

        self._night(22)

        # 21 days
        self.assertAlmostEqual(self._get_owed(plan), 6.9)

    def test_backdated_it_is_not_charged_for_days_of_a_notice(self):
        """From 16 May on, while n1 charged until 14 June: 335 days are left."""
        self.company.country_id = self.env.ref("base.de")
        self.company.account_fiscal_country_id = self.env.ref("base.de")
        self.policy.level_ids.charge_interest = True
        run = self._run(day(0), issue=True)
        charged = run.notice_ids.charge_ids
        self.assertEqual(max(charged.mapped("date_to")), day(0))

        plan = self._agree(
            kind="plan",
            date=day(-29),
            interest_rate=12,
            line_ids=[
                Command.create(
                    {"date": day(335), "amount": 1119.67, "amount_interest": 119.67}
                )
            ],
        )

        # 1,000 × 12 % × 335/365, not 364 days
        self.assertAlmostEqual(plan.amount_interest, 110.14)
        self.assertAlmostEqual(plan.interest_move_id.amount_total, 110.14)
        self.assertIn("335 days", plan.interest_move_id.invoice_line_ids.name)

    def test_taken_over_the_last_day_charged_is_known(self):
        self.item.sudo().dunning_interest_date = day(265)
        self.assertAlmostEqual(self._plan().amount_interest, 32.88)

    def test_invented_interest_is_lowered_on_confirming(self):
        """500.00 for what is 10.00: 1,000.00, 50 days at 7.3 %."""
        # (rate, agreed, billed)
        for rate, agreed, billed in [(7.3, 500, 10), (0, 500, 0), (7.3, 4, 4)]:
            with self.subTest(rate=rate, agreed=agreed):
                item = self._create_item(1000, 30)
                plan = self._agree(
                    items=item,
                    kind="plan",
                    interest_rate=rate,
                    line_ids=[
                        Command.create(
                            {
                                "date": day(50),
                                "amount": 1000 + agreed,
                                "amount_interest": agreed,
                            }
                        )
                    ],
                )

                self.assertEqual(plan.state, "active")
                self.assertAlmostEqual(plan.interest_move_id.amount_total, billed)
                self.assertAlmostEqual(plan.amount_total, 1000 + billed)
                text = plan.interest_move_id.invoice_line_ids.name or ""
                self.assertEqual("50 days at 7.3 %" in text, billed == 10)

    def test_interest_of_an_earlier_plan_bears_none(self):
        first = self._plan()
        with at(100):
            first.with_user(self.collector).action_cancel()
            self.assertAlmostEqual(self._get_owed(first), 32.88)
            debtor = self.env["account.dunning.debtor"]._get_or_create(
                self.debtor, self.company
            )

            second = self._plan(debtor, date_first=day(465))

        self.assertIn(self._get_items(first.interest_move_id), second.move_line_ids)
        self.assertAlmostEqual(second.amount_total, 1000 + 32.88 + 120)
        self.assertAlmostEqual(second.interest_move_id.amount_total, 120)


@tagged("post_install", "-at_install")
class TestPlanInterestOnCharges(PlanCommon, ChargesCommon):
    def test_bills_of_charges_are_paid_in_the_plan_and_bear_nothing(self):
        """1,010.34 with the interest of n1: 12 % on 1,000 are 120.00, not 121.24."""
        self.policy.level_ids.charge_interest = True
        notice = self._issue_first(self.item)
        bill = self._get_items(notice.charge_move_id)
        self.assertTrue(bill)
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )

        plan = self._plan(debtor)

        charged = bill.amount_residual
        self.assertEqual(
            plan.item_ids.move_line_id - plan.interest_move_id.line_ids,
            self.item | bill,
        )
        self.assertAlmostEqual(plan.amount_interest, 120)
        self.assertAlmostEqual(plan.amount_total, 1120 + charged)


@tagged("post_install", "-at_install")
class TestPlanInterestDisputed(PlanCommon, DisputeCommon):
    def test_what_is_upheld_never_bore_interest(self):
        """By the day of the dispute's ground, as notices reckon it."""
        # (upheld, owed of the interest, state)
        table = [(400, 72, "active"), (1000, 0, "kept"), (0, 120, "active")]
        for upheld, owed, state in table:
            with self.subTest(upheld=upheld):
                item = self._create_item(1000, 30)
                plan = self._plan(item)
                with at(50):
                    if upheld:
                        dispute = self._dispute(item, upheld, self.manager)
                        dispute.action_uphold()
                    else:
                        plan._judge()

                self.assertAlmostEqual(self._get_owed(plan), owed)
                self.assertEqual(plan.state, state)
                self.assertAlmostEqual(plan.line_ids.amount_due, 1000 - upheld + owed)

    def test_credit_of_today_lowers_the_days_to_come(self):
        plan = self._plan()
        with at(100):
            credit = self._create_credit(400, day=DAY + timedelta(days=100))
            (self.item | credit).reconcile()

        # 1,000 for days up to the credit's own, 600 for the others
        days = (credit.date - DAY).days
        owed = (1000 * days + 600 * (365 - days)) * 0.12 / 365
        self.assertAlmostEqual(self._get_owed(plan), owed, 2)
