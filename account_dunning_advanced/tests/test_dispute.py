import random
from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import DAY
from .dispute_common import TODAY, DisputeCommon


@tagged("post_install", "-at_install")
class TestDispute(DisputeCommon):
    """While a dispute is open its part is not dunned; the rest is."""

    @freeze_time(TODAY)
    def test_disputed_item_is_not_dunned_and_says_why(self):
        item = self._create_item(100, 30)
        dispute = self._dispute(item)

        verdict = self.assertReason(item, "disputed")

        self.assertEqual(verdict.reason_amount, 100)
        self.assertEqual(verdict.action_open_cause()["res_id"], dispute.id)
        for part in (dispute.display_name, "100.00", self.collector.name, "07/01/2024"):
            self.assertIn(part, verdict.explanation)

    @freeze_time(TODAY)
    def test_contract_fields_alone_are_enough(self):
        item = self._create_item(100, 30)
        dispute = self.env["account.dunning.dispute"].create(
            {
                "partner_id": self.debtor.id,
                "move_line_ids": [Command.set(item.ids)],
                "amount": 40,
                "reason": "wrong_price",
                "user_id": self.collector.id,
                "deadline": DAY,
                "state": "open",
            }
        )

        self.assertEqual(dispute.reason_id, self.wrong_price)
        self.assertEqual(dispute.cause, "sales")
        self.assertEqual(dispute.company_id, self.company)
        self.assertEqual(dispute.date_ground, item.move_id.invoice_date)
        self.assertEqual(self._get_asked(item), 60)

    @freeze_time(TODAY)
    def test_rest_of_a_partly_disputed_item_is_dunned(self):
        item = self._create_item(100, 30)
        dispute = self._dispute(item, 30)

        verdict = self.assertReason(item, "dun")

        self.assertEqual(verdict.amount_dunned, 70)
        self.assertEqual(verdict.amount_covered, 30)
        self.assertIn(dispute.display_name, verdict.explanation)

    @freeze_time(TODAY)
    def test_several_disputes_on_one_item_add_up(self):
        item = self._create_item(100, 30)
        self._dispute(item, 30)
        self._dispute(item, 20)
        self.assertEqual(self._get_asked(item), 50)

        self._dispute(item)
        self.assertReason(item, "disputed")
        with self.assertRaisesRegex(ValidationError, "more than is open|above zero"):
            self._dispute(item, 1)

    @freeze_time(TODAY)
    def test_amount_over_several_items_is_taken_oldest_first(self):
        old, young = self._create_item(100, 40), self._create_item(100, 30)
        self._dispute(young | old, 130)

        self.assertReason(old, "disputed")
        self.assertEqual(self._get_asked(young), 70)

    @freeze_time(TODAY)
    def test_instalments_are_disputed_one_by_one(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two instalments",
                "line_ids": [
                    Command.create({"value_amount": 50, "nb_days": days})
                    for days in (0, 10)
                ],
            }
        )
        first, second = self._create_item(100, 40, invoice_payment_term_id=term.id)
        dispute = self._dispute(second)
        self.assertReason(second, "disputed")
        self.assertReason(first, "dun")

        dispute.action_uphold()

        self.assertTrue(second.reconciled)
        self.assertEqual(first.amount_residual, 50)

    @freeze_time(TODAY)
    def test_changed_amount_counts_at_once(self):
        item = self._create_item(100, 30)
        dispute = self._dispute(item, 30)
        dispute.amount = 80

        self.assertEqual(self._get_asked(item), 20)
        self.assertEqual(dispute.line_ids.amount, 80)

    @freeze_time(TODAY)
    def test_only_items_of_one_customer_and_currency(self):
        item = self._create_item(100, 30)
        others = {
            "customer": self._create_item(100, 30, self._create_debtor("Other")),
            "currency": self._create_item(
                100, 30, currency=self.setup_other_currency("EUR")
            ),
        }
        for what, other in others.items():
            with self.subTest(what), self.assertRaises(ValidationError):
                self._dispute(item | other)

    @freeze_time(TODAY)
    def test_disputed_after_approval_is_dropped_at_issue(self):
        whole, part = self._create_item(100, 30), self._create_item(100, 30)
        run = self._run()
        run.action_approve()
        self._dispute(whole)
        self._dispute(part, 40)

        run.action_issue()

        self.assertFalse(whole.dunning_level_id)
        self.assertEqual(run.notice_ids.amount_total, 60)
        self.assertEqual(set(run.change_ids.mapped("reason")), {"disputed"})

    @freeze_time(TODAY)
    def test_disputed_between_issue_and_sending_is_not_sent(self):
        item = self._create_item(100, 30)
        notice = self._run(issue=True).notice_ids
        self._dispute(item)

        notice._deliver()

        self.assertEqual(notice.delivery_state, "skipped")

    # === ESCALATION === #

    def test_overdue_dispute_is_escalated_once(self):
        boss = self.manager
        self.company.dunning_user_id = boss
        with freeze_time(TODAY):
            dispute = self._dispute(self._create_item(100, 30))
        # ten working days; 19 June is a holiday of the company's country
        self.assertEqual(dispute.deadline, date(2024, 7, 1))
        table = {"2024-07-01 10:00": 0, "2024-07-02 10:00": 1, "2024-07-03 10:00": 1}

        for moment, count in table.items():
            with self.subTest(moment), freeze_time(moment):
                self.env["account.dunning.dispute"]._escalate(self.company)
                told = dispute.activity_ids.filtered(lambda a: a.user_id == boss)
                self.assertEqual(len(told), count)
        with freeze_time("2024-07-06 10:00"):
            # a new deadline can be missed anew
            dispute.deadline = date(2024, 7, 5)
            self.env["account.dunning.dispute"]._escalate(self.company)
            told = dispute.activity_ids.filtered(lambda a: a.user_id == boss)
            self.assertEqual(len(told), 2)

    @freeze_time(TODAY)
    def test_owner_is_asked_until_the_decision(self):
        dispute = self._dispute(self._create_item(100, 30), user_id=self.manager.id)
        self.assertEqual(dispute.activity_ids.user_id, self.manager)

        dispute.with_user(self.manager).action_reject()

        self.assertFalse(dispute.activity_ids)

    # === RIGHTS === #

    @freeze_time(TODAY)
    def test_state_and_figures_cannot_be_forged(self):
        dispute = self._dispute(self._create_item(100, 30))
        for user in (self.collector, self.manager):
            for record, vals in (
                (dispute, {"state": "upheld"}),
                (dispute, {"amount_upheld": 1}),
                (dispute, {"date_tolerance": DAY}),
                (dispute.line_ids, {"amount": 1}),
            ):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    record.with_user(user).write(vals)
        dispute.action_reject()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            dispute.amount = 10
        with self.assertRaises(UserError):
            dispute.with_user(self.manager).unlink()

    @freeze_time(TODAY)
    def test_owners_decide_up_to_the_limit_and_managers_all(self):
        self.company.dunning_dispute_limit = 50
        small = self._dispute(self._create_item(50, 30))
        large = self._dispute(self._create_item(51, 30))
        others = self._dispute(self._create_item(10, 30), user_id=self.manager.id)

        small.action_uphold()
        with self.assertRaisesRegex(UserError, "up to"):
            large.action_uphold()
        with self.assertRaisesRegex(UserError, "decided by"):
            others.action_uphold()
        (large | others).with_user(self.manager).action_uphold()

        self.assertEqual(set((small | large | others).mapped("state")), {"upheld"})

    @freeze_time(TODAY)
    def test_who_is_no_collector_decides_nothing(self):
        dispute = self._dispute(self._create_item(100, 30))
        clerk = self._create_user("clerk", "group_dunning_user")
        clerk.group_ids = self.env.ref("account.group_account_invoice")
        for method in ("action_uphold", "action_reject"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(dispute.with_user(clerk), method)()

    # === SOURCES === #

    @freeze_time(TODAY)
    def test_from_an_invoice_paid_short(self):
        item = self._create_item(100, 30)
        self._pay(item, 70)
        action = item.move_id.action_dunning_dispute()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        self.assertEqual(wizard.amount_open, 30)
        wizard.reason_id = self.wrong_price
        action = wizard.save().action_apply()

        dispute = self.env["account.dunning.dispute"].browse(action["res_id"])
        self.assertEqual(dispute.amount, 30)
        self.assertReason(item, "disputed")

    @freeze_time(TODAY)
    def test_many_customers_at_once(self):
        items = self._create_item(100, 30) | self._create_item(50, 30)
        items |= self._create_item(20, 30, self._create_debtor("Other"))
        for records in (
            items,
            items.move_id,
            items.partner_id,
            self._run(issue=True).notice_ids,
        ):
            with self.subTest(records._name), self.env.cr.savepoint() as savepoint:
                action = self.env["account.dunning.dispute.create"]._open(records)
                wizard = (
                    self.env["account.dunning.dispute.create"]
                    .with_user(self.collector)
                    .with_context(**action["context"])
                    .create({"reason_id": self.wrong_price.id})
                )
                wizard.action_apply()
                disputes = self.env["account.dunning.dispute"].search(
                    [("move_line_ids", "in", items.ids)]
                )
                self.assertEqual(sorted(disputes.mapped("amount")), [20, 150])
                savepoint.rollback()
                self.env.invalidate_all()

    @freeze_time(TODAY)
    def test_reply_to_a_notice_is_taken_over(self):
        self._create_item(100, 30)
        notice = self._run(issue=True).notice_ids
        notice.message_post(
            body="We never ordered this.",
            message_type="email",
            author_id=self.debtor.id,
        )

        context = notice.with_user(self.collector).action_dispute()["context"]

        self.assertIn("never ordered", context["default_description"])

    def test_wizard_refuses_what_cannot_be_disputed(self):
        with self.assertRaises(UserError):
            self.env["account.dunning.dispute.create"].create(
                {
                    "res_model": "res.users",
                    "res_ids": self.collector.ids,
                    "reason_id": self.wrong_price.id,
                }
            ).action_apply()


@tagged("post_install", "-at_install")
class TestDisputeProperty(DisputeCommon):
    """At no time is what is disputed in a notice that was issued after it."""

    def test_no_notice_asks_for_what_is_disputed(self):
        rng = random.Random(20240614)
        items = self.env["account.move.line"]
        for number in range(3):
            debtor = self._create_debtor(f"Debtor {number}")
            for _item in range(3):
                items |= self._create_item(rng.randint(50, 500), 40, debtor)
        for step in range(5):
            day = DAY + timedelta(days=8 * step)
            with freeze_time(f"{day} 10:00:00"):
                self._stir(rng, items)
                run = self._run(day)
                run.action_approve()
                self._stir(rng, items)
                run.action_issue()
                self._check(run)

    def _stir(self, rng, items):
        """Open, decide and reopen some disputes, and take some payments."""
        Dispute = self.env["account.dunning.dispute"]
        for item, free in items._get_undisputed().items():
            if free > 1 and rng.random() < 0.2:
                self._dispute(item, rng.choice([None, round(free / 3, 2)]))
            elif not item.reconciled and rng.random() < 0.05:
                self._pay(item, round(item.amount_residual / 2, 2))
        for dispute in Dispute.search([("move_line_ids", "in", items.ids)]):
            draw = rng.random()
            if dispute.state == "open" and draw < 0.1:
                dispute.action_uphold()
            elif dispute.state == "open" and draw < 0.2:
                dispute._uphold_part(round(dispute.amount / 2, 2))
            elif dispute.state == "open" and draw < 0.3:
                dispute.action_reject()
            elif dispute.state == "rejected" and draw < 0.2:
                if sum(dispute.move_line_ids._get_undisputed().values()) >= (
                    dispute.amount
                ):
                    dispute._reopen("Once more")

    def _check(self, run):
        lines = run.notice_ids.line_ids.filtered(lambda line: line.state == "issued")
        for line in lines:
            open_disputes = self.env["account.dunning.dispute.line"].search(
                [
                    ("move_line_id", "=", line.move_line_id.id),
                    ("dispute_id.state", "=", "open"),
                ]
            )
            disputed = sum(open_disputes.mapped("amount"))
            self.assertLessEqual(
                round(line.amount_dunned + disputed, 2),
                round(line.move_line_id.amount_residual_currency, 2),
            )
