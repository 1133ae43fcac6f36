"""Small ledgers imported: what becomes of a row, and what is refused."""

import tempfile
from datetime import date
from pathlib import Path

from ledger import LedgerError, import_ledger

from odoo.tests import TransactionCase, tagged

COLUMNS = (
    "invoiceNumber,customerID,InvoiceDate,DueDate,InvoiceAmount,SettledDate,"
    "Disputed,countryCode,customerName,currency"
)
AS_OF = date(2012, 12, 31)
TODAY = date(2025, 3, 3)


@tagged("standard", "post_install", "-at_install")
class TestLedgerImport(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # No chart of accounts: the import sees to it.
        cls.company = cls.env["res.company"].create({"name": "Small Ledger"})
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids})
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.path = Path(folder, "ledger.csv")

    def _import(self, *rows, as_of=AS_OF, columns=COLUMNS, **options):
        self.path.write_text("\n".join([columns, *rows]), encoding="utf-8")
        return import_ledger(self.env, self.path, as_of, today=TODAY, **options)

    def _refuse(self, *rows, **options):
        """Import rows that must be refused; return the error."""
        before = self._count_everything()
        with self.assertRaises(LedgerError) as refused:
            self._import(*rows, **options)
        self.assertEqual(self._count_everything(), before)
        return refused.exception

    def _count_everything(self):
        return {
            model: self.env[model].with_context(active_test=False).search_count([])
            for model in ("account.move", "account.payment", "res.partner")
        }

    def _find(self, number):
        return self.env["account.move"].search(
            [
                ("ref", "=", number),
                ("company_id", "=", self.company.id),
                ("move_type", "=", "out_invoice"),
            ]
        )

    # === ROWS === #

    def test_open_row_is_an_unpaid_invoice(self):
        self._import("A-1,C-1,12/1/2012,12/31/2012,100.10,,No,DE,Beispiel GmbH,")

        invoice = self._find("A-1")
        self.assertRecordValues(
            invoice,
            [
                {
                    "move_type": "out_invoice",
                    "state": "posted",
                    "payment_state": "not_paid",
                    "payment_reference": "A-1",
                    "invoice_date": date(2025, 2, 1),
                    "invoice_date_due": TODAY,
                    "amount_total": 100.10,
                    "amount_residual": 100.10,
                    "amount_tax": 0.0,
                    "currency_id": self.company.currency_id.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(invoice.partner_id.name, "Beispiel GmbH")
        self.assertEqual(invoice.partner_id.country_code, "DE")
        self.assertEqual(invoice.partner_id.email, "c-1@example.com")
        self.assertTrue(invoice.partner_id.street)
        self.assertTrue(invoice.partner_id.city)

    def test_settled_on_the_day_is_paid_and_the_day_after_is_not(self):
        report = self._import(
            "A-1,C-1,12/1/2012,12/31/2012,5,12/31/2012,,,,",
            "A-2,C-1,12/1/2012,12/31/2012,5,1/1/2013,,,,",
        )

        self.assertEqual(self._find("A-1").payment_state, "paid")
        self.assertEqual(self._find("A-2").payment_state, "not_paid")
        self.assertEqual((report.payments, report.open_items), (1, 1))

    def test_row_after_the_day_is_posted_in_the_future(self):
        report = self._import("A-1,C-1,1/31/2013,3/2/2013,5,2/1/2013,,,,")

        invoice = self._find("A-1")
        self.assertEqual((invoice.state, invoice.payment_state), ("posted", "not_paid"))
        self.assertEqual(invoice.invoice_date, date(2025, 4, 3))
        self.assertEqual(report.future_items, 1)
        self.assertIn("so not due", "\n".join(report.lines()))

    def test_paid_amounts_leave_no_cent(self):
        rows = [
            f"A-{n},C-1,1/1/2012,2/1/2012,{n}.{n:02},3/1/2012,,,," for n in range(1, 30)
        ]

        self._import(*rows)

        lines = self.env["account.move.line"].search(
            [
                ("company_id", "=", self.company.id),
                ("account_id.account_type", "=", "asset_receivable"),
            ]
        )
        self.assertEqual(set(lines.mapped("amount_residual")), {0.0})
        self.assertTrue(all(lines.mapped("reconciled")))

    def test_foreign_currency_is_activated_and_paid_in_kind(self):
        currency = self.env.ref("base.CHF")
        currency.active = False

        report = self._import(
            "A-1,C-1,1/1/2012,2/1/2012,10,3/1/2012,,,,chf",
            "A-2,C-1,1/1/2012,2/1/2012,20,,,,,CHF",
        )

        self.assertTrue(currency.active)
        self.assertEqual(self._find("A-1").payment_state, "paid")
        self.assertEqual(self._find("A-2").currency_id, currency)
        self.assertEqual(self._find("A-2").amount_residual, 20)
        self.assertEqual(
            {k: str(v) for k, v in report.open_amounts.items()}, {"CHF": "20"}
        )

    def test_disputed_open_row_is_kept(self):
        report = self._import(
            "A-1,C-1,1/1/2012,2/1/2012,10,3/1/2012,Yes,,,",
            "A-2,C-1,1/1/2012,2/1/2012,20,,Yes,,,",
            "A-3,C-1,1/1/2012,2/1/2012,30,,No,,,",
        )

        self.assertEqual(report.disputed_open, 1)
        self.assertIn("disputed", self._find("A-2").narration)
        self.assertFalse(self._find("A-3").narration)
        if "account.dunning.dispute" in self.env:
            dispute = self.env["account.dunning.dispute"].search(
                [("partner_id", "=", self._find("A-2").partner_id.id)]
            )
            self.assertEqual((dispute.state, dispute.amount), ("open", 20))
            self.assertEqual(dispute.move_line_ids.move_id.ref, "A-2")

    def test_mapping_is_obeyed(self):
        self._import(
            "A-1;C-1;01.12.2012;31.12.2012;1.234,50;",
            columns="No;Kunde;Datum;Faellig;Betrag;Bezahlt",
            mapping="invoice=No,customer=Kunde,invoice_date=Datum,due_date=Faellig,"
            "amount=Betrag,settled_date=Bezahlt,date_format=%d.%m.%Y,decimal=comma",
        )

        self.assertEqual(self._find("A-1").amount_total, 1234.50)

    # === THE BOOKS === #

    def test_company_without_chart_gets_one(self):
        self.assertFalse(self.company.chart_template)

        self._import("A-1,C-1,12/1/2012,12/31/2012,5,,,,,")

        self.assertEqual(self.company.chart_template, "generic_coa")

    def test_customer_that_is_there_is_taken(self):
        partner = self.env["res.partner"].create({"name": "Known", "ref": "C-1"})

        report = self._import("A-1,C-1,12/1/2012,12/31/2012,5,,,,,")

        self.assertEqual(self._find("A-1").partner_id, partner)
        self.assertEqual((report.customers, report.new_customers), (1, 0))
        self.assertFalse(partner.email, "a contact of the user's is left as it is")

    def test_customer_of_another_company_is_not_taken(self):
        other = self.env.ref("base.main_company")
        partner = self.env["res.partner"].create(
            {"name": "Theirs", "ref": "C-1", "company_id": other.id}
        )

        self._import("A-1,C-1,12/1/2012,12/31/2012,5,,,,,")

        self.assertNotEqual(self._find("A-1").partner_id, partner)

    def test_payments_are_at_the_bank_and_wait_for_no_statement(self):
        self._import("A-1,C-1,1/1/2012,2/1/2012,5,3/1/2012,,,,")

        payment = self.env["account.payment"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(payment.state, "paid")
        self.assertTrue(payment.is_matched)
        bank = payment.journal_id.default_account_id
        self.assertEqual(payment.move_id.line_ids.account_id & bank, bank)

    # === AGAIN === #

    def test_rows_imported_before_are_skipped_and_new_ones_added(self):
        self._import("A-1,C-1,12/1/2012,12/31/2012,5,,,,,")

        report = self._import(
            "A-1,C-1,12/1/2012,12/31/2012,5,,,,,",
            "A-2,C-1,12/1/2012,12/31/2012,6,,,,,",
        )

        self.assertEqual((report.skipped, report.invoices), (1, 1))
        self.assertEqual(report.new_customers, 0)
        self.assertEqual(len(self._find("A-1")), 1)
        self.assertIn("were imported before", "\n".join(report.lines()))

    def test_number_that_meant_something_else_is_refused(self):
        self._import("A-1,C-1,12/1/2012,12/31/2012,5,,,,,")

        error = self._refuse(
            "A-2,C-1,12/1/2012,12/31/2012,5,,,,,",
            "A-1,C-1,12/1/2012,12/31/2012,7,,,,,",
        )

        self.assertEqual((error.line, error.value), (3, "A-1"))

    # === WHAT IS REFUSED === #

    def test_one_wrong_row_keeps_all_out(self):
        error = self._refuse(
            "A-1,C-1,12/1/2012,12/31/2012,5,,,,,",
            "A-2,C-1,12/1/2012,12/32/2012,5,,,,,",
        )

        self.assertEqual((error.line, error.column), (3, "DueDate"))

    def test_currency_that_does_not_exist(self):
        error = self._refuse("A-1,C-1,12/1/2012,12/31/2012,5,,,,,QQQ")

        self.assertEqual(
            (error.line, error.column, error.value), (2, "currency", "QQQ")
        )

    def test_amount_finer_than_the_currency(self):
        error = self._refuse(
            "A-1,C-1,12/1/2012,12/31/2012,5.00,,,,,USD",
            "A-2,C-1,12/1/2012,12/31/2012,5.5,,,,,JPY",
        )

        self.assertEqual((error.line, error.value), (3, "5.5"))
        self.assertIn("JPY has 0 decimals", error.message)

    def test_day_that_is_none(self):
        error = self._refuse("A-1,C-1,12/1/2012,12/31/2012,5,,,,,", as_of="31.12.2012")

        self.assertEqual(error.value, "31.12.2012")

    def test_failure_halfway_leaves_nothing(self):
        before = self._count_everything()

        def fail(what, done, total):
            if what == "payments":
                raise RuntimeError("the lights went out")

        with self.assertRaises(RuntimeError):
            self._import("A-1,C-1,1/1/2012,2/1/2012,5,3/1/2012,,,,", progress=fail)

        self.assertEqual(self._count_everything(), before)
