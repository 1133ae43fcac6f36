from datetime import date
from io import BytesIO
from unittest.mock import patch

from freezegun import freeze_time
from openpyxl import load_workbook
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import DAY, DunningCommon

MAY_1, MAY_31 = date(2024, 5, 1), date(2024, 5, 31)


@tagged("post_install", "-at_install")
class TestCustomerStatement(DunningCommon, MailCase):
    """What a customer is told of the account ties to the ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Statement = cls.env["account.dunning.customer.statement"]
        cls.gold = cls.setup_other_currency(
            "XAF", rounding=0.01, rates=[("2023-01-01", 2.0), ("2024-05-10", 4.0)]
        )

    def _read(self, date_from=MAY_1, date_to=MAY_31, partner=None):
        return {
            part["currency"]: part
            for part in self.Statement._get_statement(
                partner or self.debtor, self.company, date_from, date_to
            )
        }

    def _create(self, user=None, **values):
        return self.Statement.with_user(user or self.collector).create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date_from": MAY_1,
                "date_to": MAY_31,
                **values,
            }
        )

    def _sell(self, amount, day, **values):
        return self._create_item(
            amount, 0, day=date(2024, 5, 20), invoice_date=day, **values
        )

    def _book_a_story(self):
        """Two invoices, a part payment before May, a payment and a credit in it."""
        old = self._sell(100, date(2024, 4, 1))
        self._pay(old, 30, date(2024, 4, 15))
        self._sell(200, date(2024, 5, 2))
        self._pay(old, 70, date(2024, 5, 12))
        self._create_credit(15, invoice_date=date(2024, 5, 15), day=date(2024, 5, 15))

    # === THE ACCOUNT === #

    def test_opening_activity_closing(self):
        self._book_a_story()

        part = self._read()[self.company.currency_id]

        self.assertEqual((part["opening"], part["closing"]), (70, 185))
        self.assertEqual(
            [(row["kind"], row["amount"], row["balance"]) for row in part["rows"]],
            [("Invoice", 200, 270), ("Payment", -70, 200), ("Credit note", -15, 185)],
        )
        self.assertEqual(sorted(item["residual"] for item in part["items"]), [-15, 200])
        self.assertEqual(part["overdue"], 185)

    def test_one_days_closing_is_the_next_days_opening(self):
        self._book_a_story()
        company_currency = self.company.currency_id
        for day in (date(2024, 4, 20), date(2024, 5, 2), date(2024, 5, 12)):
            before = self._read(date(2024, 1, 1), day)[company_currency]
            after = self._read(day.replace(day=day.day + 1), DAY)[company_currency]
            with self.subTest(day=day):
                self.assertEqual(before["closing"], after["opening"])

    def test_every_part_ties_to_its_open_items(self):
        self._book_a_story()
        item = self._sell(400, date(2024, 5, 3), currency=self.gold)
        self._pay(item, 100, date(2024, 5, 6))
        # the rest in company currency, at another rate
        self._pay_in(item, 75, self.company.currency_id, date(2024, 5, 14))
        self.assertTrue(item.reconciled)
        late = self._sell(40, date(2024, 5, 4), currency=self.gold)
        self._pay_in(late, 5, self.company.currency_id, date(2024, 6, 2))

        for day in (date(2024, 5, 5), date(2024, 5, 10), MAY_31, DAY):
            for currency, part in self._read(date_to=day).items():
                with self.subTest(day=day, currency=currency.name):
                    self.assertEqual(
                        part["closing"],
                        currency.round(sum(i["residual"] for i in part["items"])),
                    )
        gold = self._read()[self.gold]
        self.assertEqual(gold["closing"], 40)
        self.assertIn(
            "Settled in another currency or account",
            [row["kind"] for row in gold["rows"]],
        )

    def _pay_in(self, item, amount, currency, day):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": item.partner_id.id,
                "amount": amount,
                "currency_id": currency.id,
                "date": day,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        lines = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == item.account_id
        )
        (lines + item).reconcile()

    def test_company_total_ties_to_the_receivable_account(self):
        self._book_a_story()
        [(balance,)] = self.env["account.move.line"]._read_group(
            [
                ("account_type", "=", "asset_receivable"),
                ("partner_id", "=", self.debtor.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", MAY_31),
            ],
            [],
            ["balance:sum"],
        )
        self.assertEqual(self._read()[self.company.currency_id]["closing"], balance)

    def test_drafts_other_customers_and_other_companies_are_not_in_it(self):
        self._sell(100, date(2024, 5, 2), partner=self._create_debtor("Other"))
        self._sell(100, date(2024, 5, 2), company=self.setup_other_company()["company"])
        self._sell(100, date(2024, 5, 2)).move_id.button_draft()

        self.assertFalse(self._read())

    def test_contacts_are_part_of_their_company(self):
        contact = self._create_debtor("C", parent_id=self.debtor.id, is_company=False)
        self._sell(100, date(2024, 5, 2), partner=contact)
        for partner in (self.debtor, contact):
            part = self._read(partner=partner)[self.company.currency_id]
            self.assertEqual(part["closing"], 100)

    # === PAPER AND SPREADSHEET === #

    def test_form_shows_the_account_before_it_is_saved(self):
        self._book_a_story()
        with Form(self.Statement.with_user(self.collector)) as form:
            form.partner_id = self.debtor
            form.date_from, form.date_to = MAY_1, MAY_31
            self.assertIn("185.00", form.preview)

    def test_page_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.debtor.lang = "fr_FR"
        self._book_a_story()

        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html(
                "account_dunning_advanced.report_customer_statement",
                self._create().ids,
            )[0]
            .decode()
        )

        self.assertIn("185,00", html)
        self.assertIn("31/05/2024", html)

    def test_spreadsheet_adds_up(self):
        self._book_a_story()
        self._sell(400, date(2024, 5, 3), currency=self.gold)
        statement = self._create()

        action = statement.action_export()
        export = self.env["account.dunning.export"].browse(
            int(action["url"].rpartition("/")[2])
        )
        target = BytesIO()
        export.with_user(self.collector)._write_xlsx(target)
        book = load_workbook(target, data_only=True)

        self.assertEqual(len(book.worksheets), 4)
        activity, items = book.worksheets[:2]
        amounts = [
            row[4].value
            for row in activity.iter_rows(min_row=6)
            if isinstance(row[4].value, int | float)
        ]
        self.assertEqual(sum(amounts[:-1]), amounts[-1])
        self.assertEqual(amounts[-1], 185)
        self.assertEqual(items.cell(items.max_row, 7).value, 185)

    # === SENDING === #

    def _no_pdf(self):
        return patch.object(
            type(self.env["ir.actions.report"]),
            "_render_qweb_pdf",
            lambda *args, **kwargs: (b"%PDF-1.4 statement", "pdf"),
        )

    def _get_mails(self):
        return self.env["mail.mail"].search(
            [("model", "=", self.Statement._name)], order="id"
        )

    def test_sent_through_the_gate_with_the_pdf(self):
        self._book_a_story()
        statement = self._create()
        with self._no_pdf():
            statement.action_send()

        mail = self._get_mails()
        self.assertEqual(statement.state, "sent")
        self.assertEqual(mail.recipient_ids, self.debtor)
        self.assertEqual(len(mail.attachment_ids), 1)
        self.assertEqual(mail.dunning_contact_id.partner_id, self.debtor)
        with self.assertRaises(UserError):
            statement.action_send()
        with self.assertRaises(UserError):
            statement.unlink()

    def test_who_wants_no_email_gets_none(self):
        row = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        row.no_email = True
        with self._no_pdf():
            self._create()._send()
        self.assertEqual(self._get_mails().state, "cancel")

    def test_without_an_address_it_is_not_sent(self):
        self.debtor.email = False
        with self.assertRaises(UserError):
            self._create().action_send()

    # === EVERY MONTH === #

    def _work(self, day="2024-06-03 12:00:00"):
        with freeze_time(day), self._no_pdf(), self.enter_registry_test_mode():
            cron = self.env.ref("account_dunning_advanced.ir_cron_statement")
            cron.method_direct_trigger()
        return self.Statement.search([("company_id", "=", self.company.id)])

    def test_nobody_gets_statements_by_default(self):
        self._book_a_story()
        self.assertFalse(self._work())

    def test_monthly_by_policy_once(self):
        self._book_a_story()
        self.policy.statement_monthly = True
        quiet = self._create_debtor("Quiet")

        statement = self._work()

        self.assertRecordValues(
            statement,
            [
                {
                    "partner_id": self.debtor.id,
                    "date_from": MAY_1,
                    "date_to": MAY_31,
                    "state": "sent",
                    "is_scheduled": True,
                }
            ],
        )
        self.assertNotIn(quiet, statement.partner_id)
        self.assertEqual(self._work(), statement)
        self.assertEqual(len(self._get_mails()), 1)

    def test_two_jobs_at_once_make_it_once(self):
        values = {
            "partner_id": self.debtor.id,
            "date_from": MAY_1,
            "date_to": MAY_31,
            "company_id": self.company.id,
            "is_scheduled": True,
        }
        self.Statement.sudo().create(values)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.Statement.sudo().create(values)

    def test_customers_decide_before_their_policy(self):
        table = [
            # policy, customer, gets one
            (True, False, True),
            (True, "never", False),
            (False, "monthly", True),
            (False, False, False),
        ]
        for by_policy, by_customer, expected in table:
            with self.subTest(policy=by_policy, customer=by_customer):
                self.policy.statement_monthly = by_policy
                partner = self._create_debtor("P")
                partner.with_company(self.company).dunning_statement = by_customer
                self._sell(100, date(2024, 5, 2), partner=partner)
                sent = self._work()
                self.assertEqual(partner in sent.partner_id, expected)

    def test_not_at_the_end_of_the_month(self):
        self._book_a_story()
        self.policy.statement_monthly = True
        self.assertFalse(self._work("2024-06-11 12:00:00"))

    def test_one_without_address_does_not_stop_the_others(self):
        self.policy.statement_monthly = True
        mute = self._create_debtor("Mute", email=False)
        for partner in (mute, self.debtor):
            self._sell(100, date(2024, 5, 2), partner=partner)

        states = {s.partner_id: s.state for s in self._work()}

        self.assertEqual(states, {mute: "dropped", self.debtor: "sent"})

    # === RIGHTS === #

    def test_strangers_and_employees_neither_read_nor_send_it(self):
        statement = self._create()
        with self.assertRaises(AccessError):
            statement.state = "sent"
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "stranger",
            "account_dunning_advanced.group_dunning_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        employee = new_test_user(self.env, "employee", "base.group_user")
        self.env.invalidate_all()
        for user in (stranger, employee):
            for method in ("action_print", "action_send", "action_export"):
                with (
                    self.subTest(user=user.login, method=method),
                    self.assertRaises(AccessError),
                ):
                    getattr(statement.with_user(user), method)()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                statement.with_user(user).read(["preview"])
        # not of another company either
        with self.assertRaises(AccessError):
            self._create(company_id=other.id)
