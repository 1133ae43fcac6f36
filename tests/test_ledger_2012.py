"""A year of a real ledger, imported and dunned, against the file alone.

What is expected is worked out here from the CSV with nothing but the standard
library: neither the importer's parser nor anything of Odoo has a say in it.
"""

import csv
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest import SkipTest

from ledger import import_ledger

from odoo.tests import TransactionCase, new_test_user, tagged

LEDGER = Path(__file__).resolve().parents[2] / "shared/data/receivables_2012.csv"
AS_OF = datetime(2012, 12, 31).date()


def read_expected():
    """Return {invoice number: row} with dates, and the amount in cents' precision."""
    with LEDGER.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for column in ("InvoiceDate", "DueDate", "SettledDate"):
            row[column] = datetime.strptime(row[column], "%m/%d/%Y").date()
        row["InvoiceAmount"] = Decimal(row["InvoiceAmount"])
    return {row["invoiceNumber"]: row for row in rows}


@tagged("standard", "post_install", "-at_install")
class TestLedger2012(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not LEDGER.is_file():
            raise SkipTest(f"no {LEDGER.name} in ../shared/data beside the checkout")
        cls.rows = read_expected()
        cls.expected = {
            number: row["InvoiceAmount"]
            for number, row in cls.rows.items()
            if row["SettledDate"] > AS_OF
        }
        # In a company of its own, whatever else the database holds.
        cls.company = cls.env["res.company"].create({"name": "Ledger 2012"})
        cls.env.user.company_ids += cls.company
        cls.collector = new_test_user(
            cls.env,
            "ledger_collector",
            groups="account_dunning_advanced.group_dunning_user",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.progress = []
        env = cls.env(context={"allowed_company_ids": cls.company.ids})
        cls.report = import_ledger(
            env, LEDGER, AS_OF, progress=lambda *step: cls.progress.append(step)
        )
        cls.today = cls.report.today

    def _find_open_items(self):
        return self.env["account.move.line"].search(
            [
                ("company_id", "=", self.company.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("amount_residual", "!=", 0),
            ]
        )

    def _shifted(self, day):
        return day + (self.today - AS_OF)

    # === THE IMPORT === #

    def test_all_rows_are_posted_invoices(self):
        invoices = self.env["account.move"].search(
            [("company_id", "=", self.company.id), ("move_type", "=", "out_invoice")]
        )

        self.assertEqual(len(invoices), 1277)
        self.assertEqual(set(invoices.mapped("state")), {"posted"})
        self.assertEqual(
            {
                invoice.ref: (
                    invoice.partner_id.ref,
                    invoice.invoice_date,
                    invoice.invoice_date_due,
                    cents(invoice.amount_total),
                )
                for invoice in invoices
            },
            {
                number: (
                    row["customerID"],
                    self._shifted(row["InvoiceDate"]),
                    self._shifted(row["DueDate"]),
                    row["InvoiceAmount"],
                )
                for number, row in self.rows.items()
            },
        )

    def test_open_items_are_those_of_the_file_to_the_cent(self):
        items = self._find_open_items()

        self.assertEqual(
            {item.move_id.ref: cents(item.amount_residual) for item in items},
            self.expected,
        )
        self.assertEqual(len(items), 99)
        for item in items:
            due = self.rows[item.move_id.ref]["DueDate"]
            self.assertEqual(item.date_maturity, self._shifted(due))

    def test_settled_rows_are_paid_on_their_day(self):
        payments = self.env["account.payment"].search(
            [("company_id", "=", self.company.id)]
        )

        self.assertEqual(set(payments.mapped("state")), {"paid"})
        self.assertTrue(all(payments.mapped("is_matched")), "the money is at the bank")
        self.assertTrue(all(payments.mapped("is_reconciled")))
        self.assertEqual(
            set(payments.reconciled_invoice_ids.mapped("payment_state")), {"paid"}
        )
        self.assertEqual(
            {
                payment.memo: (payment.date, cents(payment.amount))
                for payment in payments
            },
            {
                number: (self._shifted(row["SettledDate"]), row["InvoiceAmount"])
                for number, row in self.rows.items()
                if row["SettledDate"] <= AS_OF
            },
        )
        for payment in payments:
            self.assertEqual(payment.reconciled_invoice_ids.ref, payment.memo)

    def test_report_counts_what_is_there(self):
        disputed = [
            number for number in self.expected if self.rows[number]["Disputed"] == "Yes"
        ]

        self.assertEqual(self.report.rows, 1277)
        self.assertEqual(self.report.invoices, 1277)
        self.assertEqual(self.report.payments, 1277 - 99)
        self.assertEqual(self.report.customers, 100)
        self.assertEqual(self.report.open_items, len(self.expected))
        self.assertEqual(self.report.open_amounts, {"USD": sum(self.expected.values())})
        self.assertEqual(self.report.disputed_open, len(disputed))
        self.assertEqual(self.progress[-1], ("payments", 1178, 1178))

    def test_a_second_import_changes_nothing(self):
        before = self.env["account.move"].search_count([])

        env = self.env(context={"allowed_company_ids": self.company.ids})
        report = import_ledger(env, LEDGER, AS_OF)

        self.assertEqual(
            (report.skipped, report.invoices, report.payments), (1277, 0, 0)
        )
        self.assertEqual(self.env["account.move"].search_count([]), before)

    # === THE RUN === #

    def _propose(self):
        run = self.env["account.dunning.run"].with_user(self.collector)
        run = run.with_company(self.company).create(
            {"company_id": self.company.id, "date": self.today}
        )
        run.action_propose()
        return run

    def _get_first_level(self):
        levels = self.company.dunning_policy_id.level_ids.sorted("sequence")
        self.assertEqual(levels[0].day_basis, "due")
        return levels[0]

    def _expect_dunned(self):
        """Return the open items on which the first level's day has come."""
        delay = timedelta(days=self._get_first_level().delay_days)
        disputes = self.env.get("account.dunning.dispute") is not None
        return {
            number: amount
            for number, amount in self.expected.items()
            if self.rows[number]["DueDate"] + delay <= AS_OF
            and not (disputes and self.rows[number]["Disputed"] == "Yes")
        }

    def test_every_open_item_has_one_verdict(self):
        run = self._propose()

        verdicts = Counter(run.verdict_ids.mapped("move_line_id.id"))

        self.assertEqual(verdicts, Counter(self._find_open_items().ids))
        self.assertEqual(run.item_count, 99)
        for verdict in run.verdict_ids:
            amount = self.expected[verdict.move_id.ref]
            self.assertEqual(cents(verdict.amount_residual), amount)

    def test_dunned_is_what_was_due_for_the_first_level(self):
        expected = self._expect_dunned()
        run = self._propose()

        dunned = run.verdict_ids.filtered(lambda verdict: verdict.reason == "dun")

        self.assertTrue(expected)
        self.assertEqual(
            {verdict.move_id.ref: cents(verdict.amount_dunned) for verdict in dunned},
            expected,
        )
        self.assertEqual(dunned.level_id, self._get_first_level())

    def test_what_is_not_dunned_is_not_due(self):
        run = self._propose()

        left = run.verdict_ids.filtered(lambda verdict: verdict.reason != "dun")

        self.assertEqual(
            {verdict.move_id.ref for verdict in left if verdict.reason == "not_due"},
            set(self.expected) - self._expect_dunned().keys() - self._expect_disputed(),
        )
        self.assertLessEqual(set(left.mapped("reason")), {"not_due", "disputed"})

    def _expect_disputed(self):
        """Return the items due for the first level that are held by a dispute."""
        if "account.dunning.dispute" not in self.env:
            return set()
        delay = timedelta(days=self._get_first_level().delay_days)
        return {
            number
            for number in self.expected
            if self.rows[number]["Disputed"] == "Yes"
            and self.rows[number]["DueDate"] + delay <= AS_OF
        }

    def test_notices_ask_each_customer_for_the_sum_to_the_cent(self):
        expected = Counter()
        for number, amount in self._expect_dunned().items():
            expected[self.rows[number]["customerID"]] += amount
        run = self._propose()

        run.action_approve()
        run.action_issue()

        self.assertEqual(run.state, "issued")
        self.assertEqual(set(run.notice_ids.mapped("state")), {"issued"})
        self.assertEqual(
            {
                notice.partner_id.ref: cents(notice.amount_total)
                for notice in run.notice_ids
            },
            dict(expected),
        )
        self.assertEqual(
            set(run.notice_ids.line_ids.move_line_id.mapped("dunning_level_id.id")),
            {self._get_first_level().id},
        )

    def test_the_same_day_nothing_is_dunned_twice(self):
        first = self._propose()
        first.action_approve()
        first.action_issue()

        second = self._propose()

        self.assertFalse(second.notice_ids)
        self.assertEqual(second.item_count, 99)


def cents(amount):
    """Return a float of Odoo as the decimal that it stands for."""
    return Decimal(f"{amount:.2f}")
