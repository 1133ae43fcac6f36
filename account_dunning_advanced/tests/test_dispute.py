import random
from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, LockError, UserError, ValidationError
from odoo.tests import Form, tagged

from .charges_common import ChargesCommon
from .common import DAY, DunningCommon

TODAY = "2024-06-14 10:00:00"


class DisputeCommon(DunningCommon):
    """Items that the customer objects to, and who decides about them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wrong_price = cls.env.ref(
            "account_dunning_advanced.account_dunning_dispute_reason_wrong_price"
        )

    def _dispute(self, items, amount=None, user=None, **values):
        return (
            self.env["account.dunning.dispute"]
            .with_user(user or self.collector)
            .create(
                {
                    "partner_id": items[:1].partner_id.id,
                    "move_line_ids": [Command.set(items.ids)],
                    "reason_id": self.wrong_price.id,
                    **({"amount": amount} if amount else {}),
                    **values,
                }
            )
        )

    def _get_asked(self, item, day=DAY):
        """Return what a run would ask for an item."""
        return self._judge(item, day).amount_dunned


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
class TestDisputeDecision(DisputeCommon):
    """What is not owed is credited; what is owed is asked for again."""

    @freeze_time(TODAY)
    def test_upheld_whole_is_reversed_and_reconciled(self):
        item = self._create_item(100, 30)
        dispute = self._dispute(item)

        dispute.action_uphold()

        self.assertEqual(dispute.state, "upheld")
        self.assertRecordValues(
            dispute.credit_ids,
            [
                {
                    "state": "posted",
                    "move_type": "out_refund",
                    "amount_total": 100.0,
                    "reversed_entry_id": item.move_id.id,
                    "create_uid": self.collector.id,
                }
            ],
        )
        self.assertTrue(item.reconciled)
        self.assertEqual(item.move_id.payment_state, "reversed")

    @freeze_time(TODAY)
    def test_part_credit_has_the_invoices_taxes_in_ratio(self):
        tax = self.env["account.tax"].create(
            {"name": "19", "amount": 19, "company_id": self.company.id}
        )
        table = (
            # disputed, expected tax; of (100 + 19) + 33.33 without tax = 152.33
            (10.00, 1.25),
            (33.33, 4.16),
            (0.01, None),
            (152.32, None),
        )
        for amount, expected in table:
            with self.subTest(amount=amount):
                item = self._create_item(
                    100,
                    30,
                    invoice_line_ids=[
                        Command.create(
                            {"name": "A", "price_unit": 100, "tax_ids": tax.ids}
                        ),
                        Command.create(
                            {
                                "name": "B",
                                "price_unit": 33.33,
                                "tax_ids": [Command.clear()],
                            }
                        ),
                    ],
                )
                dispute = self._dispute(item, amount)
                dispute.action_uphold()

                self.assertEqual(dispute.credit_ids.amount_total, amount)
                if expected:
                    self.assertAlmostEqual(
                        dispute.credit_ids.amount_tax, expected, delta=0.01
                    )
                self.assertAlmostEqual(item.amount_residual, 152.33 - amount)

    @freeze_time(TODAY)
    def test_upheld_after_payment_leaves_the_credit_open(self):
        item = self._create_item(100, 30)
        dispute = self._dispute(item)
        self._pay(item, 100)
        self.assertTrue(item.reconciled)

        dispute.action_uphold()

        credit = self._get_items(dispute.credit_ids)
        self.assertEqual(credit.amount_residual, -100)

    @freeze_time(TODAY)
    def test_credited_by_hand_is_not_credited_twice(self):
        item = self._create_item(100, 30)
        dispute = self._dispute(item)
        by_hand = item.move_id._reverse_moves([{"invoice_date": DAY}])
        by_hand._post(soft=False)
        self.assertTrue(item.reconciled)

        dispute.action_uphold()

        self.assertEqual(dispute.state, "upheld")
        self.assertEqual(dispute.credit_ids, by_hand)
        self.assertEqual(item.move_id.reversal_move_ids, by_hand)

    @freeze_time(TODAY)
    def test_part_credited_by_hand_is_not_credited_twice(self):
        """400 of 1,000 disputed; a clerk credits them, then the dispute is upheld."""
        item = self._create_item(1000, 30)
        dispute = self._dispute(item, 400)
        by_hand = item.move_id._reverse_moves([{"invoice_date": DAY}])
        by_hand.invoice_line_ids.price_unit = 400
        by_hand._post(soft=False)

        dispute.action_uphold()

        self.assertEqual(dispute.credit_ids, by_hand)
        self.assertEqual(item.amount_residual, 600)

    @freeze_time(TODAY)
    def test_part_credit_has_half_of_a_tax_by_the_piece(self):
        """10 pieces at 100, 19 % and 2 a piece, half of it: 500, 95 and 10."""
        percent = self.company_data["default_tax_sale"].copy(
            {"name": "Percent", "amount": 19}
        )
        piece = percent.copy(
            {"name": "Piece", "amount_type": "fixed", "amount": 2, "sequence": 99}
        )
        move = self.init_invoice(
            "out_invoice",
            partner=self.debtor,
            invoice_date=DAY - timedelta(days=40),
            amounts=[100],
            taxes=percent + piece,
        )
        move.invoice_line_ids.quantity = 10
        move.action_post()
        self.assertEqual(move.amount_total, 1210)
        dispute = self._dispute(self._get_items(move), 605)

        dispute.action_uphold()

        taxes = {
            line.tax_line_id.name: line.balance
            for line in dispute.credit_ids.line_ids.filtered("tax_line_id")
        }
        self.assertEqual(dispute.credit_ids.amount_untaxed, 500)
        self.assertEqual(sorted(taxes.values()), [10, 95])

    @freeze_time(TODAY)
    def test_foreign_currency_is_credited_in_the_items_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2024-01-01", 2.0)])
        item = self._create_item(100, 30, currency=euro)
        dispute = self._dispute(item, 40)
        self.assertEqual(dispute.currency_id, euro)
        self.assertEqual(self._get_asked(item), 60)

        dispute.action_uphold()

        self.assertEqual(dispute.credit_ids.currency_id, euro)
        self.assertEqual(item.amount_residual_currency, 60)
        self.assertEqual(item.amount_residual, 30)

    @freeze_time(TODAY)
    def test_several_invoices_get_a_credit_note_each(self):
        items = self._create_item(100, 40) | self._create_item(100, 30)
        dispute = self._dispute(items, 150)

        dispute.action_uphold()

        self.assertEqual(
            sorted(dispute.credit_ids.mapped("amount_total")), [50.0, 100.0]
        )
        self.assertEqual(sum(items.mapped("amount_residual")), 50)

    @freeze_time(TODAY)
    def test_part_is_upheld_and_the_rest_resumes(self):
        self.company.dunning_dispute_tolerance_days = 0
        item = self._create_item(100, 30)
        dispute = self._dispute(item, 80)
        action = dispute.action_uphold_part()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.amount = 30
        wizard.save().action_apply()

        self.assertEqual(dispute.state, "partly")
        self.assertEqual(dispute.credit_ids.amount_total, 30)
        self.assertEqual(item.amount_residual, 70)
        self.assertEqual(self._get_asked(item), 70)

    @freeze_time(TODAY)
    def test_a_part_is_more_than_nothing_and_less_than_all(self):
        dispute = self._dispute(self._create_item(100, 30))
        for amount in (0, -1, 100, 101):
            with self.subTest(amount=amount), self.assertRaises(UserError):
                dispute._uphold_part(amount)

    @freeze_time(TODAY)
    def test_rejected_item_is_dunned_after_the_tolerance_where_it_stood(self):
        item = self._create_item(100, 30)
        self._run(DAY - timedelta(days=10), issue=True)
        self.assertEqual(item.dunning_level_id, self.first)
        dispute = self._dispute(item)
        dispute.action_reject()
        self.assertEqual(dispute.date_tolerance, DAY + timedelta(days=7))
        self.assertEqual(item.dunning_level_id, self.first)
        table = {0: "disputed", 7: "disputed", 8: "dun"}

        for offset, reason in table.items():
            with self.subTest(offset=offset):
                verdict = self.assertReason(item, reason, DAY + timedelta(days=offset))
        self.assertEqual(verdict.level_id, self.second)
        self.assertEqual(verdict.amount_dunned, 100)

    @freeze_time(TODAY)
    def test_rejected_dispute_can_be_reopened_with_a_reason(self):
        item = self._create_item(100, 30)
        dispute = self._dispute(item)
        dispute.action_reject()
        with self.assertRaisesRegex(UserError, "Say why"):
            dispute._reopen(" ")

        dispute._reopen("A delivery note turned up")

        self.assertEqual(dispute.state, "open")
        self.assertFalse(dispute.date_tolerance)
        self.assertReason(item, "disputed", DAY + timedelta(days=20))
        self.assertIn("delivery note", dispute.message_ids[0].body)

    @freeze_time(TODAY)
    def test_decided_twice_makes_one_credit_note(self):
        dispute = self._dispute(self._create_item(100, 30))
        dispute.action_uphold()
        for method in ("action_uphold", "action_reject"):
            with self.subTest(method), self.assertRaisesRegex(UserError, "is upheld"):
                getattr(dispute.with_user(self.manager), method)()
        self.assertEqual(len(dispute.credit_ids), 1)

    @freeze_time(TODAY)
    def test_two_users_at_once_wait_for_the_lock(self):
        dispute = self._dispute(self._create_item(100, 30))

        def refuse(records, **kwargs):
            raise LockError("Cannot grab a lock on records")

        self.patch(type(dispute), "lock_for_update", refuse)
        with self.assertRaises(LockError):
            dispute.action_uphold()
        self.assertFalse(dispute.credit_ids)

    @freeze_time(TODAY)
    def test_customer_is_told_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.debtor.lang = "fr_FR"
        template = self.env.ref("account_dunning_advanced.mail_template_dispute")
        template.with_context(lang="fr_FR").subject = "Contestation {{ object.id }}"
        dispute = self._dispute(self._create_item(100, 30), answer="Sorry!")

        dispute.action_uphold()

        mail = self.env["mail.mail"].search(
            [("model", "=", dispute._name), ("res_id", "=", dispute.id)]
        )
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.subject, f"Contestation {dispute.id}")
        self.assertEqual(mail.recipient_ids, self.debtor)
        self.assertIn("Sorry!", mail.body_html)

    @freeze_time(TODAY)
    def test_no_mail_where_it_is_not_wanted_or_not_possible(self):
        self.debtor.email = False
        unreachable = self._dispute(self._create_item(100, 30))
        unwanted = self._dispute(self._create_item(100, 30), tell_customer=False)
        (unreachable | unwanted).action_reject()

        mails = self.env["mail.mail"].search(
            [("model", "=", "account.dunning.dispute")]
        )
        self.assertFalse(mails.filtered(lambda m: m.res_id in unwanted.ids))
        self.assertIn("no e-mail", unreachable.message_ids[0].body)

    @freeze_time(TODAY)
    def test_entry_that_is_no_invoice_is_not_credited(self):
        account = self.company_data["default_account_receivable"]
        move = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "partner_id": self.debtor.id,
                            "debit": 50,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "credit": 50,
                        }
                    ),
                ]
            }
        )
        move.action_post()
        dispute = self._dispute(self._get_items(move))
        with self.assertRaisesRegex(UserError, "is no invoice"):
            dispute.action_uphold()

    @freeze_time(TODAY)
    def test_ladder_goes_on_for_what_was_rightly_asked(self):
        item = self._create_item(100, 40)
        self._run(DAY - timedelta(days=20), issue=True)

        self._dispute(item, 30).action_uphold()

        self.assertEqual(item.dunning_level_id, self.first)
        self._run(DAY, issue=True)
        self.assertEqual(item.dunning_level_id, self.second)

    @freeze_time(TODAY)
    def test_upheld_whole_starts_the_ladder_anew(self):
        item = self._create_item(100, 40)
        self._run(DAY - timedelta(days=10), issue=True)
        dispute = self._dispute(item)
        dispute.action_uphold()

        self.assertFalse(item.dunning_level_id)
        self.assertEqual(item.dunning_cycle, 1)
        # the customer bought again what was credited: the credit is undone
        item.remove_move_reconcile()
        self._get_items(dispute.credit_ids).move_id.button_draft()
        dispute.credit_ids.button_cancel()
        self.assertEqual(self._judge(item).level_id, self.first)


@tagged("post_install", "-at_install")
class TestDisputeCharges(ChargesCommon, DisputeCommon):
    """What notices charged on something not owed is undone, in the ledger too."""

    def setUp(self):
        super().setUp()
        self.policy.level_ids.write({"charge_interest": True})
        self.first.charge_ids = self.fee
        self.company.dunning_waive_limit = 1000

    def _charged(self, amount=1000):
        item = self._create_item(amount, 30)
        notice = self._issue_first(item)
        self.assertTrue(notice.charge_move_id)
        return item, notice

    @freeze_time(TODAY)
    def test_upheld_whole_leaves_nothing_in_the_books(self):
        before = self._get_balances()
        item, notice = self._charged()

        self._dispute(item).action_uphold()

        self.assertEqual(self._get_balances(), before)
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})
        self.assertFalse(item.dunning_interest_date)
        self.assertEqual(notice.charge_move_id.payment_state, "reversed")

    @freeze_time(TODAY)
    def test_upheld_after_the_fee_was_paid_leaves_a_credit(self):
        item, notice = self._charged()
        bill = self._get_items(notice.charge_move_id)
        paid = bill.amount_residual
        self._pay(bill, paid)

        self._dispute(item).action_uphold()

        credit = self._get_items(notice.charge_ids.credit_move_id)
        self.assertEqual(credit.amount_residual, -paid)

    @freeze_time(TODAY)
    def test_interest_of_the_days_charged_is_worked_out_anew_on_the_rest(self):
        """1,000.00 since 15 May, 400.00 of it not owed: 30 days on 600.00."""
        item, notice = self._charged()
        wrong = notice.charge_ids.filtered(lambda charge: charge.kind == "interest")
        self._dispute(item, 400).action_uphold()

        self.assertEqual(set(wrong.mapped("state")), {"reversed"})
        right = notice.charge_ids.filtered(
            lambda charge: charge.kind == "interest" and charge.state == "posted"
        )
        self.assertEqual(set(right.mapped("base")), {600.0})
        self.assertEqual(
            (min(right.mapped("date_from")), max(right.mapped("date_to"))),
            (min(wrong.mapped("date_from")), max(wrong.mapped("date_to"))),
        )
        for was, became in zip(wrong.sorted("date_from"), right, strict=True):
            self.assertAlmostEqual(became.amount, was.amount * 0.6, delta=0.01)
        self.assertAlmostEqual(notice.amount_interest, sum(right.mapped("amount")))
        # the rest was rightly asked for
        fee = notice.charge_ids.filtered(lambda charge: charge.kind == "fee")
        self.assertEqual(fee.state, "posted")
        self.assertEqual(item.dunning_level_id, self.first)

    @freeze_time(TODAY)
    def test_next_notice_charges_the_rest_from_where_it_was_charged(self):
        item, _notice = self._charged()
        self._dispute(item, 400).action_uphold()

        later = self._issue_first(item, DAY + timedelta(days=8))

        charges = later.charge_ids.filtered(lambda c: c.kind == "interest")
        self.assertEqual(set(charges.mapped("base")), {600.0})
        self.assertEqual(min(charges.mapped("date_from")), DAY + timedelta(days=1))

    @freeze_time(TODAY)
    def test_interest_of_what_was_paid_before_the_decision_stays(self):
        """Paid in full while disputed: 400.00 come back, and their interest."""
        item, notice = self._charged()
        dispute = self._dispute(item, 400)
        self._pay(item, 1000)
        dispute.action_uphold()

        credit = self._get_items(item.move_id.reversal_move_ids)
        self.assertEqual(credit.amount_residual, -400)
        owed = notice.charge_ids.filtered(
            lambda charge: charge.kind == "interest" and charge.state == "posted"
        )
        self.assertEqual(set(owed.mapped("base")), {600.0})

    @freeze_time(TODAY)
    def test_what_was_credited_by_hand_meanwhile_bears_no_interest(self):
        item, notice = self._charged()
        dispute = self._dispute(item)
        credit = item.move_id._reverse_moves([{"date": DAY, "invoice_date": DAY}])
        credit.action_post()
        self.assertTrue(item.reconciled)
        dispute.action_uphold()

        self.assertEqual(dispute.credit_ids & credit, credit)
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})

    @freeze_time(TODAY)
    def test_fee_of_a_notice_stays_with_what_it_rightly_asked(self):
        item, other = self._create_item(1000, 40), self._create_item(500, 30)
        notice = self._issue_first(item)
        self.assertIn(other, notice.line_ids.move_line_id)

        self._dispute(item).action_uphold()

        states = {
            (charge.kind, charge.move_line_id): charge.state
            for charge in notice.charge_ids
        }
        self.assertEqual(states["interest", item], "reversed")
        self.assertEqual(states["interest", other], "posted")
        self.assertEqual(states["fee", item], "posted")

    @freeze_time(TODAY)
    def test_disputed_bill_of_charges_reverses_the_charges(self):
        _item, notice = self._charged()
        bill = self._get_items(notice.charge_move_id)
        dispute = self._dispute(bill)
        self.assertReason(bill, "disputed", DAY + timedelta(days=10))

        dispute.action_uphold()

        # given up: what fell for another reason comes back with the next notice
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"waived"})
        self.assertTrue(bill.reconciled)
        self.assertEqual(dispute.credit_ids, notice.charge_ids.credit_move_id)

    @freeze_time(TODAY)
    def test_lump_sum_and_fee_of_a_notice_fall_only_with_all_they_stand_for(self):
        """Two items; the notice's fee stands while one of them was rightly asked."""
        lump_sum = self._create_charge(
            "Lump sum", kind="lump_sum", amount=40, basis="item"
        )
        self.first.charge_ids += lump_sum
        one, two = self._create_item(1000, 40), self._create_item(500, 30)
        notice = self._issue_first(one)

        def get_states(kind):
            charges = notice.charge_ids.filtered(lambda charge: charge.kind == kind)
            return charges.mapped("state")

        self._dispute(one, 0.01).action_uphold()
        # a cent less is owed, and the debtor was late with the rest
        self.assertEqual(get_states("lump_sum"), ["posted", "posted"])
        self.assertEqual(get_states("fee"), ["posted"])
        self._dispute(one).action_uphold()
        self.assertEqual(sorted(get_states("lump_sum")), ["posted", "reversed"])
        self.assertEqual(get_states("fee"), ["posted"])
        self._dispute(two).action_uphold()
        self.assertEqual(set(get_states("lump_sum")), {"reversed"})
        self.assertEqual(get_states("fee"), ["reversed"])

    @freeze_time(TODAY)
    def test_whole_charges_of_a_bill_are_given_up(self):
        _item, notice = self._charged()
        bill = self._get_items(notice.charge_move_id)
        fee = notice.charge_ids.filtered(lambda charge: charge.kind == "fee")
        with self.assertRaisesRegex(UserError, "given up as a whole"):
            self._dispute(bill, fee.amount / 2).action_uphold()
        self.env["account.dunning.dispute"].search([("state", "=", "open")]).unlink()

        self._dispute(bill, fee.amount).action_uphold()

        self.assertEqual(fee.state, "waived")
        self.assertAlmostEqual(
            bill.amount_residual,
            sum(
                notice.charge_ids.filtered(lambda c: c.state == "posted").mapped(
                    "amount"
                )
            ),
        )
        # nothing stands in the way of taking back the rest
        notice.action_reverse()
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})

    @freeze_time(TODAY)
    def test_collector_gives_up_charges_within_the_limit_only(self):
        self.company.dunning_waive_limit = 1
        _item, notice = self._charged()
        dispute = self._dispute(self._get_items(notice.charge_move_id))
        dispute.user_id = self.collector
        with self.assertRaisesRegex(UserError, "You may waive up to"):
            dispute.with_user(self.collector).action_uphold()
        with self.assertRaisesRegex(UserError, "You may waive up to"):
            notice.run_id.with_user(self.collector).action_reverse()

    @freeze_time(TODAY)
    def test_what_was_upheld_is_known_to_charges_that_come_back(self):
        """400 of 1,000 upheld: 30 days on 600, by whatever way they are owed again."""
        right = self._get_right_interest()

        def waive_and_reinstate(notice):
            interest = notice.charge_ids.filtered(lambda c: c.kind == "interest")
            interest._waive("goodwill")
            yield
            notice.charge_ids.filtered(lambda c: c.state == "waived")._reinstate()

        def reverse_the_next_one(notice):
            item = notice.line_ids.move_line_id
            later = self._issue_first(item, DAY + timedelta(days=14))
            yield
            later.action_reverse()

        for posting, way in (
            ("post", waive_and_reinstate),
            ("when_paid", waive_and_reinstate),
            ("when_paid", reverse_the_next_one),
            ("show", reverse_the_next_one),
        ):
            with (
                self.subTest(posting=posting, way=way.__name__),
                self.env.cr.savepoint() as savepoint,
            ):
                self.policy.charge_posting = posting
                item = self._create_item(1000, 30)
                notice = self._issue_first(item)
                steps = way(notice)
                next(steps)
                self._dispute(item, 400).action_uphold()
                next(steps, None)
                owed = notice.charge_ids.filtered(
                    lambda charge: charge.kind == "interest"
                    and charge.state in ("shown", "waiting", "posted")
                )
                self.assertAlmostEqual(sum(owed.mapped("amount")), right, delta=0.02)
                savepoint.rollback()
                self.env.invalidate_all()

    def _get_right_interest(self):
        """Return the interest of an item of 600 on its first notice."""
        with self.env.cr.savepoint() as savepoint:
            notice = self._issue_first(self._create_item(600, 30))
            right = notice.amount_interest
            savepoint.rollback()
            self.env.invalidate_all()
        return right


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
