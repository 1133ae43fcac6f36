from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import DAY, DunningCommon

MAY = date(2024, 5, 31)


@tagged("post_install", "-at_install")
class TestAging(DunningCommon):
    """What was open on any past day, by age; it ties to the ledger to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold = cls.setup_other_currency(
            "XAF", rounding=0.01, rates=[("2023-01-01", 2.0), ("2024-05-01", 4.0)]
        )

    def _aging(self, day=DAY, user=None):
        # another day is another request
        self.env.invalidate_all()
        return (
            self.env["account.dunning.aging"]
            .with_user(user or self.collector)
            .with_context(dunning_aging_date=str(day))
        )

    def _sum_by(self, name, day=DAY, user=None):
        groups = self._aging(day, user)._read_group([], [name], ["amount:sum"])
        return {group.display_name: amount for group, amount in groups}

    def _due(self, amount, due, **values):
        return self._create_item(amount, (DAY - due).days, **values)

    def _get_balance(self, day, company=None):
        """Return what the receivable accounts say, the plain way."""
        [(balance,)] = self.env["account.move.line"]._read_group(
            [
                ("account_type", "=", "asset_receivable"),
                ("company_id", "=", (company or self.company).id),
                ("parent_state", "=", "posted"),
                ("date", "<=", day),
            ],
            [],
            ["balance:sum"],
        )
        return balance

    def assertTiesToLedger(self, day):
        rows = self._aging(day).search([])
        self.assertAlmostEqual(
            sum(rows.mapped("amount")), self._get_balance(day), places=2
        )
        return rows

    # === AGE === #

    def test_item_falls_into_the_group_of_its_age(self):
        table = {  # days overdue: group
            -20: "Not due",
            0: "Not due",
            1: "1–30 days",
            30: "1–30 days",
            31: "31–60 days",
            60: "31–60 days",
            61: "61–90 days",
            91: "91–180 days",
            180: "91–180 days",
            181: "Over 180 days",
            2000: "Over 180 days",
        }
        for days, label in table.items():
            with self.subTest(days=days):
                item = self._create_item(10, days, invoice_date=date(2010, 1, 1))
                row = self._aging().browse(item.id)
                self.assertEqual(row.bucket_id.display_name, label)
                self.assertEqual(row.days_overdue, days)
                self.assertEqual(row.amount_overdue, 10 if days > 0 else 0)

    def test_company_has_groups_of_its_own(self):
        self.env["account.dunning.aging.bucket"].with_user(self.manager).create(
            [
                {"company_id": self.company.id, "days_from": days}
                for days in (-30, 1, 15)
            ]
        )
        self._create_item(1, 0)
        self._create_item(2, 14)
        self._create_item(4, 15)

        self.assertEqual(
            self._sum_by("bucket_id"),
            {"Not due": 1, "1–14 days": 2, "Over 14 days": 4},
        )

    def test_age_is_of_the_day_asked_for(self):
        item = self._due(100, date(2024, 5, 1), invoice_date=date(2024, 2, 1))
        table = {date(2024, 4, 30): -1, date(2024, 5, 2): 1, MAY: 30}
        for day, days in table.items():
            with self.subTest(day=day):
                self.assertEqual(self._aging(day).browse(item.id).days_overdue, days)

    # === WHAT WAS OPEN === #

    def test_later_payments_do_not_count(self):
        item = self._due(100, date(2024, 5, 1))
        self._pay(item, 30, date(2024, 5, 20))
        self._pay(item, 70, date(2024, 6, 3))
        self.assertTrue(item.reconciled)

        amounts = {
            day: self._aging(day).search([]).mapped("amount")
            for day in (date(2024, 5, 19), MAY, date(2024, 6, 2), date(2024, 6, 3))
        }

        self.assertEqual(list(amounts.values()), [[100], [70], [70], []])

    def test_two_days_that_are_read_in_one_go_are_kept_apart(self):
        item = self._due(100, date(2024, 5, 1))
        self._pay(item, 30, date(2024, 5, 20))
        row = self.env["account.dunning.aging"].browse(item.id)

        told = [
            (of_day.amount, of_day.days_overdue)
            for day in ("2024-05-19", "2024-05-31")
            for of_day in [row.with_context(dunning_aging_date=day)]
        ]

        self.assertEqual(told, [(100, 18), (70, 30)])

    def test_what_was_unmatched_later_is_open_on_every_day(self):
        item = self._due(100, date(2024, 5, 1))
        self._pay(item, 100, date(2024, 5, 20))
        self.assertFalse(self._aging(MAY).search([]))

        item.remove_move_reconcile()

        rows = self.assertTiesToLedger(MAY)
        self.assertEqual(sorted(rows.mapped("amount")), [-100, 100])

    def test_drafts_and_cancelled_documents_do_not_count(self):
        self._create_item(1, 30)
        drafted = self._create_item(2, 30)
        cancelled = self._create_item(4, 30)
        (drafted + cancelled).move_id.button_draft()
        cancelled.move_id.button_cancel()

        self.assertEqual(self._aging().search([]).mapped("amount"), [1])

    def test_ties_to_the_ledger_on_any_day(self):
        other = self._create_debtor("Other")
        for number, currency in enumerate((None, self.gold, None, self.gold)):
            item = self._due(
                90.01 + number,
                date(2024, 3, 1 + number),
                currency=currency,
                partner=other if number % 2 else None,
            )
            for part, month in ((30.33, 3), (20, 4), (number and 39.68 + number, 5)):
                if part:
                    self._pay(item, part, date(2024, month, 20))
        credit = self._create_credit(7.77, day=date(2024, 4, 10))
        open_item = self._due(50, date(2024, 3, 15))
        (credit | open_item).reconcile()
        self._create_credit(11, day=date(2024, 4, 12), currency=self.gold)
        # a line without a customer
        self.env["account.move"].create(
            {
                "date": date(2024, 4, 1),
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for account, balance in (
                        (self.company_data["default_account_receivable"], 5),
                        (self.company_data["default_account_revenue"], -5),
                    )
                ],
            }
        ).action_post()
        self.assertTrue(
            self.env["account.move"].search_count(
                [("journal_id", "=", self.company.currency_exchange_journal_id.id)]
            ),
            "no exchange difference: the test would prove less",
        )

        for day in (date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), MAY, DAY):
            with self.subTest(day=day):
                self.assertTiesToLedger(day)

    def test_foreign_item_shows_both_amounts(self):
        item = self._due(200, date(2024, 4, 1), currency=self.gold)
        self._pay(item, 50, date(2024, 4, 20))

        row = self._aging(date(2024, 4, 30)).browse(item.id)

        self.assertEqual((row.amount, row.amount_currency), (75, 150))
        self.assertEqual(row.currency_id, self.gold)

    # === WHO AND WHERE === #

    def test_contacts_count_for_their_company(self):
        contact = self._create_debtor("C", parent_id=self.debtor.id, is_company=False)
        self._create_item(100, 30, partner=contact)

        self.assertEqual(self._sum_by("partner_id"), {"Debtor": 100})

    def test_sums_by_country_people_currency_and_company(self):
        self.debtor.country_id = self.env.ref("base.jp")
        row = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        row.user_id = self.collector
        self._create_item(100, 30, invoice_user_id=self.manager.id)
        for name, label in {
            "country_id": "Japan",
            "collector_id": self.collector.display_name,
            "salesperson_id": self.manager.display_name,
            "currency_id": self.company.currency_id.display_name,
            "company_id": self.company.display_name,
        }.items():
            with self.subTest(name=name):
                self.assertEqual(self._sum_by(name), {label: 100})

    def test_drill_down_adds_up_to_the_total(self):
        for days in (-5, 10, 45):
            self._create_item(100 + days, days)
        groups = self._aging()._read_group([], ["bucket_id"], ["amount:sum"])
        self.assertEqual(len(groups), 3)
        for bucket, amount in groups:
            rows = self._aging().search([("bucket_id", "=", bucket.id)])
            self.assertEqual(sum(rows.mapped("amount")), amount)
            action = rows[0].action_open_document()
            self.assertEqual(action["res_id"], rows[0].move_id.id)

    def test_today_without_a_date(self):
        item = self._create_item(100, 30)
        rows = self.env["account.dunning.aging"].with_user(self.collector)
        today = self.company._dunning_today()
        self.assertEqual(
            rows.browse(item.id).days_overdue, (today - item.date_maturity).days
        )

    def test_a_day_that_is_no_date_is_refused(self):
        with self.assertRaises(UserError):
            self._aging("soon").search([])

    def test_asking_for_a_day_opens_the_report_as_of_it(self):
        wizard = (
            self.env["account.dunning.aging.open"]
            .with_user(self.collector)
            .create({"date": MAY})
        )
        action = wizard.action_open()
        self.assertEqual(action["context"]["dunning_aging_date"], "2024-05-31")
        self.assertIn("05/31/2024", action["name"])

    # === RIGHTS === #

    def test_other_companies_are_not_seen(self):
        other = self.setup_other_company()["company"]
        self._create_item(100, 30, company=other)
        self._create_item(7, 30)

        self.assertEqual(self._sum_by("company_id"), {self.company.display_name: 7})
        stranger = new_test_user(
            self.env,
            "stranger",
            "account_dunning_advanced.group_dunning_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertEqual(
            self._sum_by("company_id", user=stranger), {other.display_name: 100}
        )

    def test_employees_and_clerks_see_nothing(self):
        for group in ("base.group_user", "base.group_portal"):
            user = new_test_user(self.env, f"nobody {group}", group)
            with self.subTest(group=group), self.assertRaises(AccessError):
                self._aging(user=user).search([])

    def test_only_managers_set_age_groups(self):
        Bucket = self.env["account.dunning.aging.bucket"]
        with self.assertRaises(AccessError):
            Bucket.with_user(self.collector).create({"days_from": 5})
        Bucket.with_user(self.manager).create({"days_from": 5})
