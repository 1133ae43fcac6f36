from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from ..engine import reference
from .common import DAY, DunningCommon

#: Find the invoices that a word of a bank line may name.
WORD_INDEXES = (
    "account_move_dunning_name_idx",
    "account_move_dunning_reference_idx",
    "account_dunning_notice_bare_name_idx",
)


@tagged("post_install", "-at_install")
class TestMoneyUnderWay(DunningCommon):
    """Money that is seen but not yet matched is not asked for once more."""

    def _pay_without_entries(self):
        """Have payments wait for the bank statement without an entry of their own.

        That is how they work where full accounting is installed beside Community.
        """
        journal = self.company_data["default_journal_bank"]
        journal.inbound_payment_method_line_ids.payment_account_id = False
        self.startPatcher(
            patch.object(
                type(self.env["account.move"]),
                "_get_invoice_in_payment_state",
                lambda move: "in_payment",
            )
        )

    def test_bank_line_that_names_the_invoice(self):
        item = self._create_item(100, 30)
        line = self._create_bank_line(40, f"Payment of {item.move_id.name}, thanks")

        verdict = self.assertReason(item, "in_payment")

        self.assertEqual(verdict.cause_model, "account.bank.statement.line")
        self.assertEqual(verdict.cause_id, line.id)

    def test_bank_line_in_small_letters_names_it_too(self):
        item = self._create_item(100, 30)
        self._create_bank_line(100, item.move_id.name.lower())

        self.assertReason(item, "in_payment")

    def test_invoices_that_are_named_are_looked_up(self):
        """What bank lines cost does not grow with the invoices of the company."""
        self._create_bank_line(100, "INV/1")
        plan = self._explain_bank_invoices()

        for index in WORD_INDEXES:
            with self.subTest(index=index):
                self.assertIn(index, plan)
        self.assertEqual(len(self._get_lookups(plan)), len(WORD_INDEXES))

    def test_other_words_would_not_be_looked_up(self):
        self._create_bank_line(100, "INV/1")
        self.startPatcher(
            patch.object(reference, "bare", lambda column: SQL("lower(%s)", column))
        )

        self.assertFalse(self._get_lookups(self._explain_bank_invoices()))

    def _get_lookups(self, plan):
        """Return the lines of a plan in which an index is asked for a word.

        An index may be read as a whole as well, where it is smaller than its table.
        """
        return [
            line
            for line in plan.splitlines()
            if "Index Cond" in line and "bank_word" in line
        ]

    def _explain_bank_invoices(self):
        """Return the plan of the look for invoices in books of millions.

        What a test has is so little, and its statistics so much a matter of what ran
        before, that any way may look the cheapest: the planner is told that there is
        much, until the test is over.
        """
        self.env.flush_all()
        ((superuser,),) = self.env.execute_query(
            SQL("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        )
        if not superuser:
            self.skipTest("only a superuser may tell PostgreSQL how much there is")
        self.env.cr.execute(
            SQL(
                """
                UPDATE pg_class
                   SET relpages = 1, reltuples = 10000000
                 WHERE relkind = 'r'
                   AND relname IN (
                       'account_move',
                       'account_move_line',
                       'account_dunning_notice',
                       'account_dunning_notice_line'
                   )
                """
            )
        )
        for way in ("seqscan", "hashjoin", "mergejoin"):
            self.env.cr.execute(
                SQL("SET LOCAL %s = off", SQL.identifier(f"enable_{way}"))
            )
        Assessment = self.env["account.dunning.assessment"]
        rows = self.env.execute_query(
            SQL(
                "EXPLAIN WITH %s SELECT * FROM bank_invoice",
                SQL(", ").join(
                    SQL("%s AS (%s)", SQL.identifier(name), select)
                    for name, select in Assessment._get_bank_sources(
                        self.company
                    ).items()
                ),
            )
        )
        return "\n".join(line for (line,) in rows)

    def test_invoice_number_is_found_however_it_is_written(self):
        for before, after in (
            ("Payment:", ""),
            ("(", ")"),
            ("Rg.Nr.", ""),
            ("ref ", "/thanks"),
            ("", "."),
        ):
            item = self._create_item(100, 30)
            label = f"{before}{item.move_name}{after}"
            with self.subTest(label=label):
                self._create_bank_line(100, label)
                self.assertReason(item, "in_payment")
        for separator in ("-", " "):
            item = self._create_item(100, 30)
            label = item.move_name.replace("/", separator)
            with self.subTest(label=label):
                self._create_bank_line(100, label)
                self.assertReason(item, "in_payment")

    def test_number_is_not_taken_for_the_beginning_of_a_longer_one(self):
        item = self._create_item(100, 30)
        self._create_bank_line(100, item.move_name + "1")

        self.assertReason(item, "dun")

    def test_structured_reference_without_its_marks(self):
        item = self._create_item(100, 30, payment_reference="+++123/4567/89012+++")
        self._create_bank_line(100, "123456789012")

        self.assertReason(item, "in_payment")

    def test_word_that_is_no_number_names_nothing(self):
        item = self._create_item(100, 30, payment_reference="RENT")
        self._create_bank_line(1, "rent")

        self.assertReason(item, "dun")

    def test_settled_invoice_that_is_named_does_not_take_the_money_away(self):
        settled = self._create_item(50, 60)
        self._pay(settled, 50)
        item = self._create_item(100, 30)
        self._create_bank_line(100, settled.move_name, self.debtor)

        self.assertReason(item, "in_payment")

    def test_money_beyond_the_named_invoice_covers_the_others(self):
        named, other = self._create_item(100, 40), self._create_item(200, 30)
        self._create_bank_line(250, named.move_name, self.debtor)

        self.assertReason(named, "in_payment")
        self.assertEqual(self.assertReason(other, "dun").amount_dunned, 50)

    def test_sender_who_is_known_by_name_only(self):
        item = self._create_item(100, 30)
        self._create_bank_line(100, "Transfer", partner_name=self.debtor.name)

        self.assertReason(item, "in_payment")

    def test_bank_line_that_quotes_a_reference_with_blanks(self):
        item = self._create_item(100, 30, payment_reference="RF18 5390 0754 7034")
        self._create_bank_line(100, "RF18 5390 0754 7034")

        self.assertReason(item, "in_payment")

    def test_bank_line_that_names_the_debtor_covers_its_amount(self):
        old, young = self._create_item(100, 30), self._create_item(100, 20)
        self._create_bank_line(130, "Transfer", self.debtor)

        self.assertReason(old, "in_payment")
        self.assertEqual(self.assertReason(young, "dun").amount_dunned, 70)

    def test_bank_account_names_the_debtor(self):
        self.debtor.bank_ids = [Command.create({"acc_number": "DE02 1203 0000 0000"})]
        item = self._create_item(100, 30)
        self._create_bank_line(100, "Transfer", account_number="DE02120300000000")

        self.assertReason(item, "in_payment")

    def test_bank_line_and_credit_add_up(self):
        item = self._create_item(100, 30)
        self._create_bank_line(30, "Transfer", self.debtor)
        self._create_credit(50)

        self.assertEqual(self.assertReason(item, "dun").amount_dunned, 20)

    def test_bank_line_that_quotes_the_notice(self):
        item = self._create_item(100, 90)
        notice = self._run(issue=True).notice_ids
        self._create_bank_line(100, f"Ref {notice.name}")

        self.assertReason(item, "in_payment")

    def test_money_going_out_and_matched_lines_do_not_count(self):
        item = self._create_item(100, 30)
        self._create_bank_line(-100, item.move_id.name, self.debtor)

        self.assertReason(item, "dun")

    def test_other_debtors_money_does_not_count(self):
        item = self._create_item(100, 30)
        self._create_bank_line(100, "Transfer", self._create_debtor("Other"))

        self.assertReason(item, "dun")

    def test_payment_in_process_without_entry(self):
        item = self._create_item(100, 30)
        self._pay_without_entries()
        payment = self._pay(item, 100)
        self.assertFalse(payment.move_id)
        self.assertTrue(item.amount_residual)

        verdict = self.assertReason(item, "in_payment")

        self.assertIn(payment.name, verdict.explanation)

    def test_cancelled_payment_does_not_count(self):
        item = self._create_item(100, 30)
        self._pay_without_entries()
        self._pay(item, 100).action_cancel()

        self.assertReason(item, "dun")

    def test_day_of_the_bank_line_does_not_matter(self):
        # money that came in after the day judged is no reason to ask for it today
        item = self._create_item(100, 60, day=DAY)
        self._create_bank_line(100, item.move_id.name, date="2024-07-01")

        self.assertReason(item, "in_payment")

    def test_bank_line_matched_in_part_counts_for_the_rest(self):
        item = self._create_item(100, 30)
        line = self._create_bank_line(100, "transfer", self.debtor)
        self.assertReason(item, "in_payment")
        _liquidity, suspense, _other = line._seek_for_lines()

        # 70 of it turned out to be for something else
        line.move_id.with_context(skip_readonly_check=True).write(
            {
                "line_ids": [
                    Command.update(suspense.id, {"credit": 30, "amount_currency": -30}),
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "credit": 70,
                            "amount_currency": -70,
                        }
                    ),
                ]
            }
        )

        verdict = self.assertReason(item, "dun")
        self.assertEqual(verdict.amount_dunned, 70)
