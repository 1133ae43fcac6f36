from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DAY
from .writeoff_common import WriteoffCommon


@tagged("post_install", "-at_install")
class TestWriteoffApproval(WriteoffCommon):
    def test_a_large_item_does_not_go_in_slices(self):
        item = self._create_item(2000, 200)
        for state in ("approved", "to_approve"):
            request = self._request(item, amount=300)
            request.action_submit()
            self.assertEqual(request.state, state)
            if state == "approved":
                request.action_post()

        # what somebody else approved does not stand in the way of the next small one
        request.with_user(self.manager).action_approve()
        request.with_user(self.manager).action_post()
        last = self._request(item, amount=200)
        last.action_submit()
        self.assertEqual(last.state, "approved")

    def test_other_items_of_the_customer_count_for_a_year(self):
        table = {
            # (day of the first, other customer): state of the second
            (DAY - timedelta(days=20), False): "to_approve",
            (DAY - timedelta(days=20), True): "approved",
            (date(2023, 6, 15), False): "to_approve",
            (date(2023, 6, 14), False): "approved",
        }
        other = self._create_debtor("Other")
        for (day, is_other), state in table.items():
            with (
                self.subTest(day=day, is_other=is_other),
                self.env.cr.savepoint() as savepoint,
            ):
                first = self._request(self._create_item(300, 500), date=day)
                first.action_submit()
                first.action_post()
                partner = other if is_other else self.debtor
                second = self._request(self._create_item(300, 90, partner=partner))
                second.action_submit()
                self.assertEqual(second.state, state)
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_slices_of_one_item_count_however_long_ago(self):
        item = self._create_item(1000, 1000)
        first = self._request(item, amount=300, date=DAY - timedelta(days=800))
        first.action_submit()
        first.action_post()

        second = self._request(item, amount=300)
        second.action_submit()

        self.assertEqual(second.state, "to_approve")

    def test_what_waits_to_be_posted_counts_and_what_was_reversed_does_not(self):
        first = self._request(self._create_item(300, 200))
        first.action_submit()
        second = self._request(self._create_item(300, 100))
        second.action_submit()
        self.assertEqual(second.state, "to_approve")

        second.action_reset()
        first.action_post()
        first.with_user(self.manager).action_reverse()
        second.action_submit()

        self.assertEqual(second.state, "approved")

    def test_limit_decides_who_approves(self):
        table = {499.99: "approved", 500: "approved", 500.01: "to_approve"}
        for amount, state in table.items():
            with self.subTest(amount=amount):
                request = self._request(self._create_item(amount, 200))
                request.action_submit()
                self.assertEqual(request.state, state)
                request.action_cancel()

    def test_collector_does_not_approve(self):
        request = self._request(self._create_item(1000, 200))
        request.action_submit()

        with self.assertRaisesRegex(UserError, "above the limit"):
            request.action_approve()
        with self.assertRaisesRegex(UserError, "cannot be posted"):
            request.action_post()
        request.with_user(self.manager).action_approve()
        with self.assertRaisesRegex(UserError, "above the limit"):
            request.action_post()

        request.with_user(self.manager).action_post()
        self.assertEqual(request.approved_by_id, self.manager)

    def test_nobody_approves_an_own_request(self):
        item = self._create_item(1000, 200)
        made = self._request(item, user=self.manager)
        # neither by having made it, nor by having submitted it
        made.with_user(self.collector).action_submit()
        with self.assertRaisesRegex(UserError, "somebody else"):
            made.action_approve()
        made.action_reset()
        made.with_user(self.other_manager).action_submit()
        with self.assertRaisesRegex(UserError, "somebody else"):
            made.with_user(self.other_manager).action_approve()
        made.action_cancel()

        sent = self._request(item)
        sent.action_submit()
        sent.with_user(self.manager).action_approve()
        self.assertEqual(sent.state, "approved")

    def test_what_was_submitted_does_not_change(self):
        request = self._request(self._create_item(1000, 200))
        line = request.line_ids
        item = self._create_item(5, 200)
        request.action_submit()

        for user in (self.collector, self.manager):
            for record, vals in (
                (request, {"date": DAY - timedelta(days=1)}),
                (request, {"reason_id": self._create_reason(code=user.login).id}),
                (request, {"line_ids": [Command.create({"move_line_id": item.id})]}),
                (line, {"amount": 1}),
            ):
                with (
                    self.subTest(user=user.login, vals=list(vals)),
                    self.assertRaisesRegex(UserError, "cannot be changed"),
                ):
                    record.with_user(user).write(vals)
            with self.assertRaisesRegex(UserError, "cannot be changed"):
                line.with_user(user).unlink()
            with self.assertRaisesRegex(UserError, "draft or cancelled"):
                request.with_user(user).unlink()

        request.action_reset()
        line.amount = 1
        request.action_submit()
        self.assertEqual(request.state, "approved")

    def test_responsible_is_asked(self):
        self.company.dunning_user_id = self.manager
        request = self._request(self._create_item(1000, 200))

        request.action_submit()

        self.assertEqual(request.activity_ids.user_id, self.manager)
        request.with_user(self.manager).action_approve()
        self.assertFalse(request.activity_ids)

    def test_collector_does_not_reverse(self):
        request = self._write_off(self._create_item(10, 200))

        for record in (request, request.line_ids):
            with self.assertRaisesRegex(UserError, "administrator"):
                record.with_user(self.collector).action_reverse()

    def test_states_and_amounts_cannot_be_forged(self):
        request = self._request(self._create_item(1000, 200))
        for user in (self.collector, self.manager):
            for record, vals in (
                (request, {"state": "approved"}),
                (request, {"approved_by_id": user.id}),
                (request, {"user_id": self.other_manager.id}),
                (request.line_ids, {"state": "posted"}),
                (request.line_ids, {"tax_relief": 5}),
                (request.line_ids, {"amount_company": 5}),
            ):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    record.with_user(user).write(vals)
