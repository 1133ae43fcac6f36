from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import DAY
from .writeoff_common import WriteoffCommon


@tagged("post_install", "-at_install")
class TestWriteoffProposal(WriteoffCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"dunning_writeoff_below": 10, "dunning_writeoff_days": 90})

    def _propose(self, day=DAY):
        return (
            self.env["account.dunning.writeoff"]
            .with_user(self.collector)
            ._propose(self.company, day)
        )

    def test_small_and_old_enough(self):
        table = {
            (9.99, 90): True,
            (9.99, 89): False,
            (10.00, 90): False,
            (9.99, -5): False,
        }
        items = {
            key: self._create_item(*key, partner=self._create_debtor(str(key)))
            for key in table
        }
        lines = self._propose().line_ids

        for key, item in items.items():
            with self.subTest(key):
                self.assertEqual(item in lines.move_line_id, table[key])
        self.assertEqual(lines.why, "Overdue for 90 days, below $\xa010.00")

    def test_cost_above_the_expected_return(self):
        self.company.dunning_writeoff_cost = 30
        self.env["account.dunning.allowance.rate"].create(
            [
                {"company_id": self.company.id, "days_from": days, "percent": percent}
                for days, percent in ((0, 5), (180, 50))
            ]
        )
        # (amount, days): 50 × 95 % > 30, 50 × 50 % < 30, 60 × 50 % = 30
        table = {(50, 100): False, (50, 180): True, (60, 180): False}
        items = {
            key: self._create_item(*key, partner=self._create_debtor(str(key)))
            for key in table
        }
        lines = self._propose().line_ids

        self.assertEqual(lines.move_line_id, items[50, 180])
        self.assertIn(
            "collecting costs $\xa030.00, expected return $\xa025.00", lines.why
        )

    def test_debtor_with_a_credit_is_left_out(self):
        # the credit is to be matched, not the debt to be given up
        self._create_item(5, 100)
        self._create_credit(3)

        self.assertFalse(self._propose())

    def test_proposed_once(self):
        item = self._create_item(5, 100)
        first = self._propose()
        self.assertEqual(first.line_ids.move_line_id, item)

        self.assertFalse(self._propose())
        first.action_cancel()
        self.assertTrue(self._propose())

    def test_button_opens_the_draft_or_says_that_there_is_nothing(self):
        Request = self.env["account.dunning.writeoff"].with_user(self.collector)
        self.assertEqual(Request.action_propose()["tag"], "display_notification")
        self._create_item(5, 100)

        action = Request.action_propose()

        request = Request.browse(action["res_id"])
        self.assertEqual((request.state, request.line_count), ("draft", 1))

    def test_nothing_without_limits(self):
        self.company.dunning_writeoff_below = 0
        self._create_item(5, 100)

        self.assertFalse(self._propose())


@tagged("post_install", "-at_install")
class TestWriteoffWizard(WriteoffCommon):
    def _apply(self, records):
        action = records.with_user(self.collector)._fields and (
            records.with_user(self.collector).action_write_off()
            if records._name == "account.dunning.debtor"
            else records.with_user(self.collector).action_dunning_write_off()
        )
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.reason_id = self.uneconomic
        return self.env["account.dunning.writeoff"].browse(
            wizard.save().action_apply()["res_id"]
        )

    def test_from_items_invoices_and_debtors(self):
        mine, other = self._create_item(10, 100), self._create_item(20, 50)
        self._create_item(99, 50, partner=self._create_debtor("Else"))
        self._create_credit(5)
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        for records, items in (
            (mine, mine),
            (mine.move_id, mine),
            (debtor, mine | other),
        ):
            with self.subTest(records._name):
                request = self._apply(records)
                self.assertEqual(request.line_ids.move_line_id, items)
                self.assertEqual(request.user_id, self.collector)
                request.action_cancel()

    def test_items_whose_loss_was_unmatched_are_left_out(self):
        item = self._create_item(5, 100)
        self._write_off(item)
        item.remove_move_reconcile()
        self.company.write({"dunning_writeoff_below": 10, "dunning_writeoff_days": 90})

        with self.assertRaisesRegex(UserError, "None of this is open"):
            self._apply(item)
        Request = self.env["account.dunning.writeoff"].with_user(self.collector)
        self.assertFalse(Request._propose(self.company, DAY))

    def test_items_of_other_requests_are_left_out(self):
        item = self._create_item(10, 100)
        self._request(item)

        with self.assertRaisesRegex(UserError, "None of this is open"):
            self._apply(item)
