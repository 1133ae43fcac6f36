from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import DAY
from .writeoff_common import WriteoffCommon


@tagged("post_install", "-at_install")
class TestWriteoff(WriteoffCommon):
    """An item is given up by one and approved by another, and stands in the ledger."""

    def test_a_small_item_is_written_off_by_the_collector_alone(self):
        item = self._create_item(100, 200)
        request = self._request(item)

        request.action_submit()
        request.action_post()

        self.assertEqual(request.state, "posted")
        self.assertFalse(request.approved_by_id)
        self.assertTrue(item.reconciled)
        self.assertEqual(item.move_id.payment_state, "paid")
        entry = request.line_ids.entry_id
        self.assertRecordValues(
            entry.line_ids.sorted("balance"),
            [
                {"account_id": item.account_id.id, "balance": -100},
                {"account_id": self.bad_debts.id, "balance": 100},
            ],
        )
        self.assertEqual(entry.date, DAY)
        self.assertEqual(entry.line_ids.partner_id, self.debtor)
        self.assertEqual(request.line_ids.amount_loss, 100)

    def test_part_of_an_item_is_written_off(self):
        item = self._create_item(100, 200)

        self._write_off(item, amount=40)

        self.assertEqual(item.amount_residual, 60)
        self.assertReason(item, "dun")

    def test_what_is_written_off_is_not_dunned(self):
        item = self._create_item(100, 30)
        self.assertReason(item, "dun")

        request = self._write_off(item)

        self.assertFalse(self._judge(item))
        self.assertEqual(item._dunning_reasons(DAY), {item.id: "not_open"})
        request.with_user(self.manager).action_reverse()
        self.assertReason(item, "dun")

    def test_late_payment_of_what_was_written_off(self):
        item, other = self._create_item(100, 200), self._create_item(50, 200)
        before = self._trial_balance()
        request = self._write_off(item | other)
        line = request.line_ids.filtered(lambda line: line.move_line_id == item)

        line.with_user(self.manager).action_reverse()
        self.assertEqual(item.amount_residual, 100)
        self.assertRecordValues(
            request.line_ids, [{"state": "reversed"}, {"state": "posted"}]
        )
        self.assertEqual(request.state, "posted")
        self._pay(item, 100)

        self.assertTrue(item.reconciled)
        request.with_user(self.manager).action_reverse()
        self.assertEqual(request.state, "reversed")
        self.assertEqual(other.amount_residual, 50)
        after = self._trial_balance()
        self.assertEqual(
            after[item.account_id.id][0], before[item.account_id.id][0] - 100
        )
        self.assertNotIn(self.bad_debts.id, after)

    def test_reversing_restores_the_trial_balance(self):
        items = self._create_item(100, 200) | self._create_item(70, 100)
        before = self._trial_balance()
        request = self._write_off(items)
        self.assertNotEqual(self._trial_balance(), before)

        request.with_user(self.manager).action_reverse()

        self.assertEqual(self._trial_balance(), before)
        self.assertEqual(items.mapped("amount_residual"), [100, 70])
        self.assertEqual(request.amount_total, 0)

    def test_odoos_own_reversal_is_noted(self):
        item = self._create_item(100, 200)
        request = self._write_off(item)

        entry = request.line_ids.entry_id
        entry._reverse_moves([{"date": DAY}], cancel=True)

        self.assertEqual(request.state, "reversed")
        self.assertEqual(request.line_ids.reversal_id.reversed_entry_id, entry)
        self.assertEqual(item.amount_residual, 100)

    def test_debtor_knows_the_story_and_the_new_figures(self):
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        item = self._create_item(100, 200)

        request = self._write_off(item)
        self.assertIn("Uneconomic", debtor.message_ids[0].body)
        self.assertIn(item.move_id.name, debtor.message_ids[0].body)
        self.assertEqual(debtor.amount_overdue, 0)

        request.with_user(self.manager).action_reverse()
        self.assertIn("reversed", debtor.message_ids[0].body)
        self.assertEqual(debtor.amount_overdue, 100)

    def test_typed_into_the_form(self):
        item, other = self._create_item(100, 200), self._create_item(50, 200)
        form = Form(self.env["account.dunning.writeoff"].with_user(self.collector))
        form.reason_id = self.uneconomic
        with form.line_ids.new() as line:
            line.move_line_id = item
            self.assertEqual(line.amount, 100)
            line.amount = 40
        with form.line_ids.new() as line:
            line.move_line_id = other
        request = form.save()

        self.assertEqual(request.line_ids.mapped("amount"), [40, 50])
        self.assertEqual(request.amount_total, 90)

    def test_entries_are_reversed_not_edited(self):
        request = self._write_off(self._create_item(100, 200))

        with self.assertRaisesRegex(UserError, "reverse that instead"):
            request.line_ids.entry_id.button_draft()

    def test_item_that_is_deleted_leaves_the_request(self):
        item = self._create_item(100, 200)
        request = self._request(item)

        item.move_id.button_draft()
        item.move_id.with_context(force_delete=True).unlink()

        self.assertFalse(request.line_ids)


@tagged("post_install", "-at_install")
class TestWriteoffCurrency(WriteoffCommon):
    def setUp(self):
        super().setUp()
        self.gold = self.setup_other_currency(
            "XAF",
            rounding=0.01,
            rates=[("2023-01-01", 2.0), ("2024-06-01", 4.0)],
        )

    def test_foreign_item_at_the_rate_of_the_day(self):
        # booked 120 at 2 for 1 = 60; on the day worth 30: 30 are lost in exchange
        before_all = self._trial_balance()
        item = self._create_item(120, 200, currency=self.gold)
        self.assertEqual(item.balance, 60)
        before = self._trial_balance()

        request = self._write_off(item)

        self.assertTrue(item.reconciled)
        self.assertFalse(item.amount_residual)
        after = self._trial_balance()
        self.assertEqual(after[self.bad_debts.id], (30.0, 120.0))
        self.assertEqual(
            after.get(item.account_id.id), before_all.get(item.account_id.id)
        )
        self.assertEqual(request.line_ids.amount_loss, 30)
        request.with_user(self.manager).action_reverse()
        self.assertEqual(item.amount_residual_currency, 120)
        self.assertEqual(item.amount_residual, 60)
        self.assertEqual(self._trial_balance(), before)

    def test_part_of_a_foreign_item(self):
        item = self._create_item(120, 200, currency=self.gold)

        self._write_off(item, amount=40)

        self.assertEqual(item.amount_residual_currency, 80)
        self.assertEqual(item.amount_residual, 40)

    def test_approval_limit_counts_company_currency(self):
        item = self._create_item(1200, 200, currency=self.gold)  # booked at 600
        request = self._request(item)

        request.action_submit()

        self.assertEqual(request.amount_total, 600)
        self.assertEqual(request.state, "to_approve")

    def test_approval_limit_counts_the_rate_of_the_day(self):
        # booked 400 at 2 for 1; at a half for 1, 1600 are lost
        self.gold.rate_ids.filtered(lambda rate: rate.rate == 4).rate = 0.5
        request = self._request(self._create_item(800, 200, currency=self.gold))

        request.action_submit()

        self.assertEqual(request.amount_total, 400)
        self.assertEqual(request.state, "to_approve")

    def test_a_new_rate_leads_to_the_approver_on_posting(self):
        rate = self.gold.rate_ids.filtered(lambda rate: rate.rate == 4)
        request = self._request(self._create_item(800, 200, currency=self.gold))
        request.action_submit()
        self.assertEqual(request.state, "approved")
        rate.rate = 0.5

        request.action_post()

        self.assertEqual(request.state, "to_approve")
        self.assertFalse(request.line_ids.entry_id)
        request.with_user(self.manager).action_approve()
        request.with_user(self.manager).action_post()
        self.assertEqual(request.amount_total, 1600)


@tagged("post_install", "-at_install")
class TestWriteoffAccess(WriteoffCommon):
    MODELS = {
        # model: operations allowed to (collector, manager)
        "account.dunning.writeoff.reason": ("r", "rwcu"),
        "account.dunning.writeoff": ("rwcu", "rwcu"),
        "account.dunning.writeoff.line": ("rwcu", "rwcu"),
        "account.dunning.allowance": ("r", "rwcu"),
        "account.dunning.allowance.line": ("r", "r"),
        "account.dunning.allowance.rate": ("r", "rwcu"),
    }
    OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}

    def test_each_group_may_do_what_its_work_needs(self):
        employee = new_test_user(self.env, "employee", "base.group_user")
        portal = new_test_user(self.env, "portal_user", "base.group_portal")
        for model, allowed in self.MODELS.items():
            for user, letters in zip(
                (self.collector, self.manager, employee, portal),
                (*allowed, "", ""),
                strict=True,
            ):
                for letter, operation in self.OPERATIONS.items():
                    with self.subTest(model=model, user=user.login, op=operation):
                        access = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(access, letter in letters)

    def test_public_methods_refuse_who_may_not(self):
        request = self._request(self._create_item(10, 200))
        employee = new_test_user(
            self.env,
            "employee",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for method in (
            "action_submit",
            "action_approve",
            "action_reset",
            "action_cancel",
            "action_post",
            "action_reverse",
            "action_propose",
        ):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(request.with_user(employee), method)()
        with self.assertRaises(AccessError):
            request.line_ids.with_user(employee).action_reverse()

    def test_requests_are_the_companys_own(self):
        other = self.setup_other_company()["company"]
        request = self._request(self._create_item(10, 200))
        stranger = new_test_user(
            self.env,
            "stranger",
            "account_dunning_advanced.group_dunning_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )

        found = request.with_user(stranger).search([])

        self.assertFalse(found)
        with self.assertRaises(AccessError):
            request.with_user(stranger).action_submit()
