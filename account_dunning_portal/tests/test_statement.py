from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningPortalCommon


@tagged("post_install", "-at_install")
class TestStatement(DunningPortalCommon):
    def _assert_total(self, total, **expected):
        self.assertEqual({name: total[name] for name in expected}, expected)

    def test_credit_lowers_what_is_to_be_paid_now(self):
        self._create_overdue_invoice(1000, 40)
        self._create_posted("out_refund", 300, 1)

        totals, items = self._get_statement()

        self._assert_total(
            totals[self.company.currency_id],
            open=1000,
            overdue=1000,
            credit=300,
            balance=700,
            to_pay=700,
        )
        self.assertEqual(sorted(item["residual"] for item in items), [-300, 1000])

    def test_credit_larger_than_what_is_owed_asks_for_nothing(self):
        self._create_overdue_invoice(100, 40)
        self._create_posted("out_refund", 300, 1)

        totals, _items = self._get_statement()

        self._assert_total(totals[self.company.currency_id], balance=-200, to_pay=0)

    def test_credit_counts_even_if_the_policy_does_not_net(self):
        self.company.dunning_policy_id = self.company.dunning_policy_id.copy(
            {"netting": "none"}
        )
        self._create_overdue_invoice(100, 40)
        self._create_posted("out_refund", 300, 1)

        totals, _items = self._get_statement()

        self._assert_total(totals[self.company.currency_id], to_pay=0)

    def test_item_that_is_not_due_is_open_and_not_to_be_paid_now(self):
        self._create_overdue_invoice(80, -10)

        totals, items = self._get_statement()

        self._assert_total(
            totals[self.company.currency_id], open=80, overdue=0, to_pay=0
        )
        self.assertEqual(items[0]["status"]["text"], "Not due yet")

    def test_due_today_is_not_overdue(self):
        self._create_overdue_invoice(80, 0)

        totals, _items = self._get_statement()

        self._assert_total(totals[self.company.currency_id], open=80, overdue=0)

    def test_currencies_are_not_added_up(self):
        other = self.setup_other_currency("EUR")
        self._create_overdue_invoice(100, 40)
        self._create_overdue_invoice(70, 40, currency_id=other.id)

        totals, _items = self._get_statement()

        self._assert_total(totals[self.company.currency_id], open=100, to_pay=100)
        self._assert_total(totals[other], open=70, to_pay=70)

    def test_instalments_have_their_own_due_dates(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Half now, half in two months",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50}),
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": 60}
                    ),
                ],
            }
        )
        self._create_overdue_invoice(1000, 10, invoice_payment_term_id=terms.id)

        totals, items = self._get_statement()

        self._assert_total(
            totals[self.company.currency_id], open=1000, overdue=500, to_pay=500
        )
        self.assertEqual(
            {(item["instalment"], item["days_overdue"] > 0) for item in items},
            {("Instalment 1 of 2", True), ("Instalment 2 of 2", False)},
        )

    def test_invoice_of_a_contact_belongs_to_the_company(self):
        self._create_overdue_invoice(100, 40, partner=self.colleague)

        _totals, items = self._get_statement(self.contact)

        self.assertEqual(len(items), 1)

    def test_subsidiary_is_an_account_of_its_own(self):
        subsidiary = self._create_customer(
            "Daughter", is_company=True, parent_id=self.customer.id
        )
        self._create_overdue_invoice(100, 40, partner=subsidiary)

        _totals, items = self._get_statement()

        self.assertFalse(items)

    def test_opening_balance_and_payment_on_account_are_shown(self):
        receivable = self.company_data["default_account_receivable"]
        revenue = self.company_data["default_account_revenue"]
        for amount in (500, -200):
            self.env["account.move"].create(
                {
                    "date": self.today,
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": receivable.id,
                                "partner_id": self.customer.id,
                                "balance": amount,
                            }
                        ),
                        Command.create({"account_id": revenue.id, "balance": -amount}),
                    ],
                }
            ).action_post()

        totals, items = self._get_statement()

        self._assert_total(totals[self.company.currency_id], open=500, credit=200)
        self.assertEqual([item["url"] for item in items], [False, False])

    def _create_transaction(self, invoice, code, **values):
        provider = self.env["payment.provider"].create({"name": "Test", "code": "none"})
        # the code of a provider whose addon is not installed
        self.env.cr.execute(
            "UPDATE payment_provider SET code = %s WHERE id = %s", [code, provider.id]
        )
        method = self.env["payment.method"].sudo().search([], limit=1)
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "amount": 100,
                "currency_id": invoice.currency_id.id,
                "partner_id": self.customer.id,
                "reference": f"under way {invoice.id}",
                "state": "pending",
                "invoice_ids": [Command.link(invoice.id)],
            }
        )
        transaction.write(values)
        return transaction

    def test_payment_under_way_is_not_asked_for(self):
        invoice = self._create_overdue_invoice(100, 40)
        self._create_transaction(invoice, "none")

        totals, items = self._get_statement()

        self._assert_total(
            totals[self.company.currency_id], open=100, in_payment=100, to_pay=0
        )
        self.assertEqual(items[0]["status"]["text"], "Payment under way")

    def test_payment_on_our_pages_is_handed_out_to_who_began_it(self):
        """Payments of other documents are Odoo's own, and not told by dunning."""
        invoice = self._create_overdue_invoice(100, 40)
        item = invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        ours = self._create_transaction(
            invoice, "none", dunning_item_ids=[Command.link(item.id)]
        )
        other = self._create_overdue_invoice(100, 40)
        self._create_transaction(other, "none")
        clerk, colleague = self.env["res.partner"].create(
            [{"name": name, "parent_id": self.customer.id} for name in ("A", "B")]
        )
        Personal = self.env["account.dunning.personal"]

        for partner in (self.customer, clerk):
            ours.partner_id = partner
            about, _naming = Personal._collect(partner)
            self.assertEqual(about["payment.transaction"], ours)
        about, _naming = Personal._collect(colleague)
        self.assertFalse(about["payment.transaction"])

    def test_transfer_that_was_only_announced_is_waited_for_a_week(self):
        for days, under_way in ((6, 100), (8, 0)):
            with self.subTest(days=days):
                invoice = self._create_overdue_invoice(100, 40)
                transaction = self._create_transaction(
                    invoice,
                    "custom",
                    last_state_change=fields.Datetime.now() - timedelta(days=days),
                )
                totals, _items = self._get_statement()
                total = totals[self.company.currency_id]
                self.assertEqual(total["in_payment"], under_way)
                transaction.state = "cancel"
                invoice._reverse_moves(cancel=True)

    def test_notice_shows_what_is_left_of_it_today(self):
        invoice = self._create_overdue_invoice(100, 40)
        paid = self._create_overdue_invoice(50, 40)
        notice = self._issue_notice()
        self._register_payment(paid)
        self._create_posted("out_refund", 30, 1)

        Statement = self.env["account.dunning.statement"].sudo()
        rows = Statement._get_rows(self.customer, self.company)
        lines = Statement._get_notice_lines(notice)
        items = Statement._prepare_notice_items(lines, rows)

        self.assertEqual(
            {item["name"]: (item["asked"], item["to_pay"]) for item in items},
            {invoice.name: (100, 70), paid.name: (50, 0)},
        )

    def test_internal_stop_is_not_told_to_the_customer(self):
        invoice = self._create_overdue_invoice(100, 40)
        invoice.no_followup = True

        _totals, items = self._get_statement()

        self.assertEqual(items[0]["status"]["text"], "Overdue")

    def test_statement_costs_the_same_for_many_items(self):
        def count_queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._get_statement()
            return self.env.cr.sql_log_count - before

        self._create_overdue_invoice(100, 40)
        count_queries()
        few = count_queries()
        for number in range(10):
            self._create_overdue_invoice(100 + number, 40)

        self.assertLessEqual(count_queries(), few)

    def test_sums_of_the_database_are_those_of_the_items(self):
        """A page adds up in groups what it does not list; the sums are the same."""
        self._create_mixed_ledger()
        Statement = self.env["account.dunning.statement"].sudo()
        scope = (self.customer, self.company)
        alone = list(Statement._get_rows(*scope).values())
        self.assertEqual(len(alone), 12)
        for shown in ([], [row["line_id"] for row in alone[:3]]):
            groups = Statement._get_positions(*scope, shown)
            self.assertLess(len(groups), len(alone))
            self.assertEqual(
                Statement._get_totals(*scope, groups),
                Statement._get_totals(*scope, alone),
            )
            rows = Statement._index(groups)
            self.assertEqual(sorted(rows), sorted(shown))
            for item_id in shown:
                self.assertIn(rows[item_id], alone)

    def test_each_amount_follows_from_the_assessment(self):
        """What the statement works out in SQL, once more item by item."""
        self._create_mixed_ledger()
        objected = dict(
            self.env["account.dunning.dispute.line"]._read_group(
                [], ["move_line_id"], ["amount:sum"]
            )
        )
        rows = (
            self.env["account.dunning.statement"]
            .sudo()
            ._get_rows(self.customer, self.company)
        )
        reasons = {row["reason"] for row in rows.values()}
        self.assertGreaterEqual(
            reasons,
            {"dun", "disputed", "promise", "in_payment", "credit_covers", "not_due"},
        )
        for item_id, row in rows.items():
            with self.subTest(row=row):
                item = self.env["account.move.line"].browse(item_id)
                disputed = min(row["residual"], objected.get(item, 0))
                self.assertEqual(row["disputed"], disputed)
                self.assertAlmostEqual(row["disputable"], row["residual"] - disputed)
                moving = row["reason"] == "in_payment"
                self.assertAlmostEqual(
                    row["payable"],
                    0 if moving else row["residual"] - row["credited"] - disputed,
                )
                is_open = not moving and row["reason"] != "promise"
                rest = min(row["residual"] - row["covered"], row["residual"] - disputed)
                self.assertAlmostEqual(row["unsettled"], rest if is_open else 0)

    def test_positions_of_a_mixed_ledger_are_those_of_runs(self):
        """The shorter statement of the pages says the same as the one of the runs."""
        self._create_mixed_ledger()
        at_the_end = {"below_minimum": "dun", "no_address": "dun"}

        positions = (
            self.env["account.dunning.statement"]
            .sudo()
            ._get_rows(self.customer, self.company)
        )

        verdicts = self.env["account.dunning.assessment"]._assess(
            self.company, self.today, self.customer
        )
        self.assertEqual(len(verdicts), len(positions))
        for verdict in verdicts:
            position = positions[verdict["line_id"]]
            with self.subTest(verdict=verdict):
                self.assertEqual(
                    position["reason"],
                    at_the_end.get(verdict["reason"], verdict["reason"]),
                )
                for name in ("date_due", "days_overdue", "currency_id", "move_id"):
                    self.assertEqual(position[name], verdict[name])
                for name in ("residual", "covered"):
                    self.assertAlmostEqual(position[name], float(verdict[name]))

    def _create_mixed_ledger(self):
        """Some of everything: two currencies and addresses, disputes, credits, …"""
        euro = self.setup_other_currency("EUR")
        half = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (0, 60)
                ],
            }
        )
        self._create_overdue_invoice(1000, 10, invoice_payment_term_id=half.id)
        for amount, days in ((100.10, 95), (200.20, 65), (300.30, 35)):
            self._create_overdue_invoice(amount, days)
        for amount, days in ((70, 40), (90, -20)):
            self._create_overdue_invoice(
                amount, days, partner=self.colleague, currency_id=euro.id
            )
        self._create_posted("out_refund", 150, 1)
        self._register_payment(self._create_overdue_invoice(50, 20), amount=20)
        self._create_transaction(self._create_overdue_invoice(60, 20), "none")
        promised = self._create_overdue_invoice(80, 30)
        self.env["account.dunning.promise"].create(
            {
                "partner_id": self.customer.id,
                "move_line_ids": self._get_receivable(promised).ids,
                "line_ids": [Command.create({"date": self.today, "amount": 80})],
            }
        ).action_confirm()
        for amount, disputed in ((400, 400), (500, 123.45)):
            move = self._create_overdue_invoice(amount, 30)
            self.env["account.dunning.dispute"].create(
                {
                    "partner_id": self.customer.id,
                    "move_line_ids": self._get_receivable(move).ids,
                    "amount": disputed,
                }
            )

    def _get_receivable(self, move):
        return move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def test_positions_are_those_of_the_assessment(self):
        """The shorter statement says what the whole one says, but for the ladder."""
        promised = self._create_overdue_invoice(10, 50)
        for amount, days in ((100, 40), (200, 20), (300, -5), (400, 1)):
            self._create_overdue_invoice(amount, days)
        self._create_overdue_invoice(500, 30).no_followup = True
        self._create_posted("out_refund", 250, 1)
        self.env["account.dunning.promise"].create(
            {
                "partner_id": self.customer.id,
                "move_line_ids": promised.line_ids.filtered(
                    lambda line: line.account_type == "asset_receivable"
                ).ids,
                "line_ids": [(0, 0, {"date": self.today, "amount": 10})],
            }
        ).action_confirm()
        ladder = {"below_minimum": "dun", "no_address": "dun"}

        rows = (
            self.env["account.dunning.statement"]
            .sudo()
            ._get_rows(self.customer, self.company)
        )

        judged = self.env["account.dunning.assessment"]._assess(
            self.company, self.today, self.customer
        )
        self.assertEqual(len(judged), 6)
        for verdict in judged:
            row = rows[verdict["line_id"]]
            self.assertEqual(
                row["reason"], ladder.get(verdict["reason"], verdict["reason"])
            )
            for name in ("move_id", "currency_id", "date_due", "days_overdue"):
                self.assertEqual(row[name], verdict[name])
            self.assertLessEqual(row["credited"], row["covered"])
            for name in ("residual", "covered"):
                self.assertEqual(row[name], float(verdict[name]))
        self.assertGreater(len({row["reason"] for row in rows.values()}), 3)
