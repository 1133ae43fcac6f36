from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import DunningCommon

JUNE = date(2024, 6, 30)


@tagged("post_install", "-at_install")
class TestKpi(DunningCommon):
    """A month's figures, read off the ledger and the records of the month."""

    def setUp(self):
        super().setUp()
        self.Kpi = self.env["account.dunning.kpi"]

    def _compute(self, day=JUNE):
        return self.Kpi._compute_month(self.company, day, day)

    def _sell(self, amount, day, term=30, **values):
        """Post an invoice of a day; return its receivable item."""
        return self._create_item(
            amount,
            0,
            day=day + timedelta(days=term),
            invoice_date=day,
            **values,
        )

    def test_month_is_named_in_the_order_of_the_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        kpi = self._compute()
        alone = new_test_user(self.env, "alone")
        several = new_test_user(self.env, "several")
        other = self.env["res.company"].sudo().create({"name": "Other"})
        several.company_ids = [Command.link(other.id)]
        for user, lang, name in (
            (alone, "en_US", "June 2024"),
            (alone, "ja_JP", "2024年6月"),
            (several, "en_US", f"June 2024, {self.company.name}"),
        ):
            with self.subTest(user=user.login, lang=lang):
                seen = kpi.with_user(user).sudo().with_context(lang=lang)
                self.assertEqual(seen.display_name, name)

    # === DAYS === #

    def test_days_of_a_month(self):
        # 91 days with sales of 9,100: 100 a day
        self._sell(3000, date(2024, 4, 10))
        self._sell(3100, date(2024, 5, 10), 20)
        late = self._sell(1000, date(2024, 6, 5), 10)
        self._sell(2000, date(2024, 6, 20))
        self._pay(late, 400, date(2024, 6, 25))

        kpi = self._compute()

        # 8,700 open, of it 3,000 + 3,100 + 600 overdue
        self.assertEqual((kpi.amount_open, kpi.amount_overdue), (8700, 6700))
        self.assertAlmostEqual(kpi.overdue_ratio, 6700 / 8700)
        self.assertEqual((kpi.amount_sales, kpi.amount_collected), (3000, 400))
        self.assertAlmostEqual(kpi.dso, 87)
        self.assertAlmostEqual(kpi.dso_best, 20)
        self.assertAlmostEqual(kpi.days_delinquent, 67)
        # June 3,000: 30 days; May 3,100: 31; 2,600 of April's 3,000: 26
        self.assertAlmostEqual(kpi.dso_countback, 87)
        # 400 paid ten days late
        self.assertAlmostEqual(kpi.days_beyond_terms, 10)
        # of 6,100 + 3,000 - 2,000 that were due, 400 came
        self.assertAlmostEqual(kpi.cei, 400 / 7100)

    def test_charges_are_no_sales_and_credits_are(self):
        self._sell(1000, date(2024, 6, 5))
        self._sell(200, date(2024, 6, 6), move_type="out_refund")
        bill = self._sell(50, date(2024, 6, 7))
        self._create_item(10, 30, partner=self._create_debtor("B"))
        notice = self._run(date(2024, 6, 14), issue=True).notice_ids
        self.assertEqual(len(notice), 1)
        bill.move_id.sudo().dunning_notice_id = notice

        self.assertEqual(self._compute().amount_sales, 800)

    def test_charges_are_collectable_like_sales(self):
        item = self._create_item(10, 30, day=date(2024, 6, 14))
        notice = self._run(date(2024, 6, 14), issue=True).notice_ids
        bill = self._sell(50, date(2024, 6, 17))
        bill.move_id.sudo().dunning_notice_id = notice
        self._pay(item, 5, date(2024, 6, 20))

        # of the 10 that were due, 5 came
        self.assertEqual(self._compute().cei, 0.5)

    def test_open_credits_do_not_hide_what_is_overdue(self):
        self._sell(100, date(2024, 5, 1), 15)
        self._sell(300, date(2024, 6, 1), 60)
        self._sell(350, date(2024, 6, 2), 0, move_type="out_refund")

        kpi = self._compute()

        self.assertEqual((kpi.amount_open, kpi.amount_overdue), (50, 100))
        self.assertEqual(kpi.overdue_ratio, 0.25)
        # nor are they made out to be better than perfect
        self.assertGreaterEqual(kpi.days_delinquent, 0)
        self.assertLessEqual(kpi.cei, 1)

    def test_what_was_written_off_is_no_cash(self):
        item = self._sell(100, date(2024, 6, 1), 5)
        credit = self._sell(100, date(2024, 6, 20), 0, move_type="out_refund")
        (item | credit).reconcile()

        kpi = self._compute()

        self.assertEqual(kpi.amount_collected, 0)
        self.assertEqual(kpi.days_beyond_terms, 0)

    def test_a_running_month_is_as_of_its_day(self):
        self._sell(100, date(2024, 6, 5))
        self._sell(100, date(2024, 6, 25))

        kpi = self._compute(date(2024, 6, 10))

        self.assertEqual((kpi.date, kpi.date_as_of), (JUNE, date(2024, 6, 10)))
        self.assertEqual(kpi.amount_open, 100)
        again = self._compute()
        self.assertEqual(again, kpi)
        self.assertEqual(again.amount_open, 200)

    def test_what_cannot_be_measured_does_not_count_in_averages(self):
        self._compute(date(2024, 4, 30))
        self._sell(100, date(2024, 6, 5))
        self._compute()

        [(average,)] = self.Kpi._read_group(
            [("company_id", "=", self.company.id)], [], ["dso:avg"]
        )
        self.assertAlmostEqual(average, 91)

    # === AGE === #

    def test_rolling_and_curing(self):
        paid = self._sell(100, date(2024, 4, 1), 30)
        rolled = self._sell(300, date(2024, 4, 1), 30)
        self._sell(600, date(2024, 6, 1), 30)
        self._pay(paid, 100, date(2024, 6, 10))
        self._pay(rolled, 100, date(2024, 6, 11))

        kpi = self._compute()

        # 400 were 30 days late; 200 of them are 60 days late now, 200 were settled
        line = kpi.roll_line_ids
        self.assertEqual(line.bucket_id.display_name, "1–30 days")
        self.assertEqual((line.amount_base, line.amount, line.rate), (400, 200, 0.5))
        self.assertEqual(kpi.cure_rate, 0.5)

    # === PROMISES AND DISPUTES === #

    def test_promises_kept_by_number_and_amount(self):
        item = self._sell(1000, date(2024, 4, 1), 30)
        promise = self.env["account.dunning.promise"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date": date(2024, 6, 1),
                "move_line_ids": [Command.set(item.ids)],
                "line_ids": [
                    Command.create({"date": date(2024, 6, day), "amount": amount})
                    for day, amount in ((5, 300), (10, 100), (15, 100), (28, 500))
                ],
            }
        )
        lines = promise.line_ids.sorted("date")
        for line, state in zip(lines, ("kept", "broken", "partial"), strict=False):
            line.sudo().state = state

        kpi = self._compute()

        self.assertEqual(kpi.promise_count, 3)
        self.assertAlmostEqual(kpi.promise_kept_rate, 1 / 3)
        self.assertAlmostEqual(kpi.promise_kept_amount_rate, 0.6)
        self.assertAlmostEqual(kpi.promise_partial_rate, 1 / 3)

    def test_disputes_count_with_their_days_and_their_share(self):
        item = self._sell(1000, date(2024, 4, 1), 30)
        other = self._sell(1000, date(2024, 4, 1), 30)
        open_dispute, decided = self.env["account.dunning.dispute"].create(
            [
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "date": date(2024, 6, 1),
                    "move_line_ids": [Command.set(line.ids)],
                    "amount": 500,
                    "reason": "Damaged",
                }
                for line in (item, other)
            ]
        )
        decided.sudo().write({"state": "rejected", "date_decided": date(2024, 6, 13)})

        kpi = self._compute()

        self.assertEqual(kpi.dispute_days, 12)
        self.assertEqual(kpi.dispute_ratio, 0.25)
        self.assertEqual(open_dispute.state, "open")

    # === NOTICES === #

    def test_cash_counts_for_the_last_notice_before_it(self):
        item = self._sell(100, date(2024, 5, 1), 15)
        other = self._sell(200, date(2024, 5, 1), 15, partner=self._create_debtor("B"))
        first = self._run(date(2024, 6, 1), issue=True)
        self._run(date(2024, 6, 10), issue=True)
        self.assertEqual(len(first.notice_ids), 2)
        self._pay(item, 100, date(2024, 6, 20))
        self._pay(other, 60, date(2024, 6, 5))
        self._pay(other, 50, date(2024, 7, 20))  # too late

        kpi = self._compute()

        lines = {line.level_id: line for line in kpi.level_line_ids}
        self.assertEqual(
            {level: (line.amount_base, line.amount) for level, line in lines.items()},
            {self.first: (300, 60), self.second: (300, 100)},
        )
        self.assertEqual(kpi.amount_after_notice, 160)
        self.assertEqual(kpi.notice_count, 4)

    def test_notice_for_what_was_paid_before_is_false(self):
        item = self._sell(100, date(2024, 5, 1), 15)
        self._sell(100, date(2024, 5, 1), 15, partner=self._create_debtor("B"))
        run = self._run(date(2024, 6, 1), issue=True)
        # made before what happens next, which in a test is the same moment
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_dunning_notice SET create_date = '2024-06-01' "
            "WHERE id = ANY(%s)",
            (run.notice_ids.ids,),
        )

        self.assertEqual(self._compute().false_dun_rate, 0)
        self._pay(item, 100, date(2024, 5, 30))  # booked afterwards
        self.assertEqual(self._compute().false_dun_rate, 0.5)

    def test_payment_after_the_notice_makes_it_no_false_one(self):
        item = self._sell(100, date(2024, 5, 1), 15)
        self._run(date(2024, 6, 1), issue=True)
        self._pay(item, 100, date(2024, 6, 2))

        self.assertEqual(self._compute().false_dun_rate, 0)

    def test_cost_of_contacts_by_cash(self):
        self.company.dunning_cost_call = 5
        item = self._sell(100, date(2024, 5, 1), 15)
        self._run(date(2024, 6, 1), issue=True)
        self._pay(item, 100, date(2024, 6, 20))
        self.env["account.dunning.contact"].create(
            [
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "channel": "call",
                    "direction": direction,
                    "date": datetime(2024, 6, 3, 12),
                }
                for direction in ("out", "out", "in")
            ]
        )

        self.assertAlmostEqual(self._compute().cost_per_unit, 0.1)

    def test_hours_until_a_reply_is_read(self):
        replies = (
            self.env["account.dunning.reply"]
            .sudo()
            .create(
                [
                    {
                        "company_id": self.company.id,
                        "partner_id": self.debtor.id,
                        "date": datetime(2024, 6, 3, hour),
                        "kind": kind,
                    }
                    for hour, kind in (
                        (8, "promise"),
                        (10, "unknown"),
                        (1, "out_of_office"),
                    )
                ]
            )
        )
        noon = datetime(2024, 6, 3, 12)
        with patch.object(type(self.env.cr), "now", lambda cr: noon):
            replies.action_done()

        self.assertAlmostEqual(self._compute().response_hours, 3)

    # === JOB AND RIGHTS === #

    @freeze_time("2024-06-14 12:00:00")
    def test_job_keeps_the_last_months_of_every_company(self):
        other = self.setup_other_company()["company"]
        with self.enter_registry_test_mode():
            self.env.ref("account_dunning_advanced.ir_cron_kpi").method_direct_trigger()
        for company in (self.company, other):
            kpis = self.Kpi.search([("company_id", "=", company.id)])
            self.assertEqual(
                kpis.mapped("date"), [JUNE, date(2024, 5, 31), date(2024, 4, 30)]
            )

    def test_managers_compute_collectors_read_employees_do_not(self):
        self._sell(100, date(2024, 6, 5))
        kpi = self._compute()
        employee = new_test_user(self.env, "employee", "base.group_user")

        self.assertEqual(kpi.with_user(self.collector).amount_open, 100)
        with self.assertRaises(AccessError):
            kpi.with_user(self.collector).action_compute()
        with self.assertRaises(AccessError):
            kpi.with_user(employee).read(["dso"])
        for user in (self.collector, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                kpi.with_user(user).dso = 1
        kpi.with_user(self.manager).browse().action_compute()
        self.assertGreater(self.Kpi.search_count([]), 1)

    def test_strangers_do_not_see_figures(self):
        kpi = self._compute()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "stranger",
            "account_dunning_advanced.group_dunning_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.Kpi.with_user(stranger).search([]) & kpi)

    def test_a_collector_sees_no_colleagues_figures(self):
        colleague = self._create_user("colleague", "group_dunning_user")
        for user in (self.collector, colleague):
            partner = self._create_debtor(user.login)
            self.env["account.dunning.debtor"].create(
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "user_id": user.id,
                }
            )
            self._sell(100, date(2024, 5, 1), 15, partner=partner)
        self._run(date(2024, 6, 1), issue=True)
        kpi = self._compute()

        for user, seen in {
            self.collector: self.collector,
            self.manager: self.collector + colleague,
        }.items():
            with self.subTest(user=user.login):
                self.env.invalidate_all()
                lines = kpi.with_user(user).collector_line_ids
                self.assertEqual(set(lines.user_id.ids), set(seen.ids))

    def test_digest_tells_collectors_what_came_in_and_is_overdue(self):
        item = self._sell(100, date(2024, 5, 1), 15)
        self._pay(item, 30, date(2024, 6, 10))
        digest = self.env["digest.digest"].create(
            {"name": "D", "company_id": self.company.id}
        )
        digest = digest.with_user(self.collector).with_context(
            start_datetime=datetime(2024, 6, 1), end_datetime=datetime(2024, 6, 30)
        )
        self.assertEqual(digest.kpi_dunning_collected_value, 30)
        self.assertEqual(digest.kpi_dunning_overdue_value, 70)
        # the day on which one period ends and the next begins counts once
        amounts = []
        for start, end in ((3, 10), (10, 17)):
            digest.invalidate_recordset()
            amounts.append(
                digest.with_context(
                    start_datetime=datetime(2024, 6, start),
                    end_datetime=datetime(2024, 6, end),
                ).kpi_dunning_collected_value
            )
        self.assertEqual(amounts, [30, 0])
        employee = new_test_user(self.env, "employee", "base.group_user")
        with self.assertRaises(AccessError):
            digest.with_user(employee)._compute_kpi_dunning_overdue_value()
