from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import LockError, UserError
from odoo.tests import Form, tagged

from .common import DAY
from .dispute_common import TODAY, DisputeCommon


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
