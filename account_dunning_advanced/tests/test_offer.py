from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DAY, DunningCommon

LAST_DAY = DAY + timedelta(days=10)


class OfferCommon(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(DAY))
        cls.expense = cls.company_data["default_account_expense"]
        cls.product = cls.env["product.product"].create(
            {"name": "Early settlement", "type": "service"}
        )
        cls.reward = cls._create_reward()
        cls.first.reward_id = cls.reward

    @classmethod
    def _create_reward(cls, **values):
        return cls.env["account.dunning.reward"].create(
            {
                "name": "3 % within 10 days",
                "company_id": cls.company.id,
                "percent": 3,
                "valid_days": 10,
                "product_id": cls.product.id,
                "account_id": cls.expense.id,
                **values,
            }
        )

    def _offer(self, *items, **values):
        """Dun items; return the one offer that is made."""
        run = self._run(issue=True, user=self.collector, **values)
        return run.notice_ids.offer_ids.sudo(False)

    def _cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_dunning_advanced.ir_cron_offers"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def _pay_on(self, item, amount, days):
        """Enter a payment on the day it is dated, so many days after the notice."""
        day = DAY + timedelta(days=days)
        with freeze_time(day):
            return self._pay(item, amount, day)


@tagged("post_install", "-at_install")
class TestOffer(OfferCommon):
    """Settling early is rewarded by itself, once, and only in time."""

    # === OFFERING === #

    def test_notice_makes_the_offer_of_its_level(self):
        item = self._create_item(1000, 30)

        offer = self._offer()

        self.assertRecordValues(
            offer,
            [
                {
                    "state": "open",
                    "partner_id": self.debtor.id,
                    "level_id": self.first.id,
                    "date_from": DAY,
                    "date_to": LAST_DAY,
                    "amount_asked": 1000,
                    "amount_discount": 30,
                    "amount_company": 30,
                }
            ],
        )
        self.assertEqual(offer.line_ids.move_line_id, item)

    def test_letter_and_mail_say_it_in_one_sentence(self):
        self._create_item(1000, 30)
        notice = self._offer().notice_id
        sentence = notice._get_offer_sentence()

        letter = self.env["ir.qweb"]._render(
            "account_dunning_advanced.report_notice_document",
            {"notice": notice, "docs": notice},
        )
        template = self.env.ref("account_dunning_advanced.mail_template_notice")
        mail = template._render_field("body_html", notice.ids)[notice.id]

        self.assertIn("970.00", sentence)
        self.assertIn("06/24/2024", sentence)
        self.assertIn("30.00", sentence)
        self.assertIn(sentence, letter)
        self.assertIn("970.00", mail)

    def test_letter_without_offer_says_nothing(self):
        self.first.reward_id = False
        self._create_item(1000, 30)

        notice = self._run(issue=True).notice_ids

        self.assertFalse(notice.offer_ids)
        self.assertEqual(notice._get_offer_sentence(), "")

    def test_customers_own_terms_win(self):
        own = self._create_reward(name="Five", percent=5)
        self.debtor.with_company(self.company).dunning_reward_id = own
        self._create_item(1000, 30)
        other = self._create_debtor("Other")
        self._create_item(1000, 30, partner=other)

        offers = self._run(issue=True).notice_ids.offer_ids

        self.assertEqual(
            {offer.partner_id: offer.amount_discount for offer in offers},
            {self.debtor: 50, other: 30},
        )

    def test_settings_of_the_level_count_as_they_were_proposed(self):
        self._create_item(1000, 30)
        run = self._run()
        self.first.reward_id = False

        run.action_approve()
        run.action_issue()

        self.assertTrue(run.notice_ids.offer_ids)

    def test_below_the_floor_nothing_is_offered(self):
        self.reward.min_amount = 500
        for amount, made in ((499.99, False), (500, True)):
            partner = self._create_debtor(f"Owes {amount}")
            self._create_item(amount, 30, partner=partner)
            with self.subTest(amount=amount):
                offer = self._offer(partner_ids=partner.ids)
                self.assertEqual(bool(offer), made)

    def test_offer_that_would_leave_nothing_to_pay_is_not_made(self):
        self.reward.write({"kind": "amount", "amount": 30})
        self._create_item(30, 30)

        self.assertFalse(self._offer())

    def test_amount_is_offered_in_the_companys_currency_only(self):
        self.reward.write({"kind": "amount", "amount": 30})
        gold = self.setup_other_currency("EUR")
        self._create_item(1000, 30)
        self._create_item(1000, 30, currency=gold)

        offers = self._run(issue=True).notice_ids.offer_ids

        self.assertEqual(offers.currency_id, self.company.currency_id)
        self.assertEqual(offers.amount_discount, 30)

    def test_credit_that_the_notice_takes_off_is_not_discounted(self):
        self._create_item(1000, 30)
        self._create_credit(400)

        offer = self._offer()

        self.assertEqual(offer.amount_discount, 18)
        self.assertEqual(offer._get_amount_to_pay(), 582)

    def test_budget_is_not_exceeded(self):
        self.reward.budget_amount = 70
        partners = [self._create_debtor(f"P{number}") for number in range(4)]
        for partner, amount in zip(partners, (1000, 1000, 1000, 300), strict=True):
            self._create_item(amount, 30, partner=partner)

        offers = self._run(issue=True).notice_ids.offer_ids.sorted("partner_id")

        # 30 + 30, the next 30 does not fit, 9 does
        self.assertEqual(
            [offer.state for offer in offers], ["open", "open", "refused", "open"]
        )
        self.assertIn("70.00", offers[2].note)
        self.assertEqual(offers[2].notice_id._get_offer_sentence(), "")
        self.assertEqual((self.reward.budget_used, self.reward.budget_left), (69, 1))

    def test_what_lapsed_gives_its_budget_back(self):
        self.reward.budget_amount = 30
        self._create_item(1000, 30)
        self._offer()
        with freeze_time(LAST_DAY + timedelta(days=1)):
            self._cron()

        self.reward.invalidate_recordset()
        self.assertEqual(self.reward.budget_used, 0)

    def test_budget_begins_anew_with_the_year(self):
        self._create_item(1000, 30)
        self._offer()
        next_year = DAY + timedelta(days=365)

        self.assertEqual(self.reward._get_used(DAY), 30)
        self.assertEqual(self.reward._get_used(next_year), 0)
        self.reward.budget_period = "total"
        self.assertEqual(self.reward._get_used(next_year), 30)

    def test_item_is_not_promised_a_discount_twice(self):
        self.reward.pause_ladder = False
        self.second.write({"reward_id": self.reward.id, "delay_days": 8})
        self.second.interval_days = 1
        self._create_item(1000, 30)
        self._offer()

        with freeze_time(DAY + timedelta(days=2)):
            run = self._run(DAY + timedelta(days=2), issue=True)

        self.assertEqual(run.notice_ids.level_id, self.second)
        self.assertFalse(run.notice_ids.offer_ids)

    # === SETTLING === #

    def test_paid_in_time_the_rest_is_credited_by_itself(self):
        table = [
            # (payment, days after the notice): state, left, cost
            ([(970, 0)], "taken", 0, 30),
            ([(970, 10)], "taken", 0, 30),
            ([(970, 11)], "lapsed", 30, 0),
            ([(969.99, 5)], "open", 30.01, 0),
            ([(500, 2)], "open", 500, 0),
            ([(500, 2), (470, 10)], "taken", 0, 30),
            ([(500, 2), (470, 11)], "lapsed", 30, 0),
            ([(990, 5)], "taken", 0, 30),
        ]
        for number, (payments, state, left, cost) in enumerate(table):
            partner = self._create_debtor(f"Story {number}")
            item = self._create_item(1000, 30, partner=partner)
            offer = self._offer(partner_ids=partner.ids)
            for amount, days in payments:
                self._pay_on(item, amount, days)
            with self.subTest(payments=payments):
                self.assertEqual(offer.state, state)
                self.assertAlmostEqual(item.amount_residual, left)
                self.assertEqual(offer.amount_cost, cost)
                self.assertEqual(len(offer.credit_move_ids), 1 if cost else 0)

    def test_credit_note_is_a_document_of_the_invoice(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        self._pay_on(item, 970, 3)

        credit = offer.credit_move_ids
        self.assertRecordValues(
            credit,
            [
                {
                    "move_type": "out_refund",
                    "state": "posted",
                    "payment_state": "paid",
                    "partner_id": self.debtor.id,
                    "reversed_entry_id": item.move_id.id,
                    "invoice_date": DAY + timedelta(days=3),
                    "amount_total": 30,
                }
            ],
        )
        self.assertEqual(credit.invoice_line_ids.account_id, self.expense)
        self.assertEqual(item.move_id.payment_state, "paid")
        self.assertEqual(offer.rate_taken, 100)
        self.assertIn(credit.name, offer.notice_id.message_ids[0].body)

    def test_payment_in_full_is_rewarded_by_an_open_credit(self):
        item = self._create_item(1000, 30)
        offer = self._offer()

        self._pay_on(item, 1000, 3)

        self.assertEqual(offer.state, "taken")
        self.assertEqual(offer.credit_move_ids.amount_residual, 30)

    def test_over_payment_keeps_both_credits_open(self):
        item = self._create_item(1000, 30)
        offer = self._offer()

        self._pay_on(item, 1100, 3)

        credits_ = self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.debtor.id),
                ("account_id", "=", item.account_id.id),
                ("reconciled", "=", False),
            ]
        )
        self.assertEqual(offer.state, "taken")
        self.assertEqual(sum(credits_.mapped("amount_residual")), -130)

    def test_payment_entered_late_counts_by_its_day(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        with freeze_time(LAST_DAY + timedelta(days=1)):
            self._cron()
            self.assertEqual(offer.state, "lapsed")

        with freeze_time(LAST_DAY + timedelta(days=4)):
            self._pay(item, 970, LAST_DAY)

        self.assertEqual(offer.state, "taken")
        self.assertTrue(item.reconciled)

    def test_offer_is_open_on_its_last_day_and_lapses_on_the_next(self):
        self._create_item(1000, 30)
        offer = self._offer()
        for days, state in ((10, "open"), (11, "lapsed")):
            with freeze_time(DAY + timedelta(days=days)), self.subTest(days=days):
                self._cron()
                self.assertEqual(offer.state, state)

    def test_payment_of_another_invoice_earns_nothing(self):
        item = self._create_item(1000, 30)
        other = self._create_item(970, -5)
        offer = self._offer()

        self._pay_on(other, 970, 3)

        self.assertEqual(offer.state, "open")
        self.assertEqual(item.amount_residual, 1000)

    def test_goods_sent_back_lower_the_discount(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        back = self._create_credit(500)
        (item + back).reconcile()
        self.assertEqual(offer.state, "open")

        self._pay_on(item, 485, 3)

        self.assertEqual(offer.amount_cost, 15)
        self.assertTrue(item.reconciled)

    def test_two_invoices_are_settled_together(self):
        one, two = self._create_item(600, 30), self._create_item(400, 20)
        offer = self._offer()
        self._pay_on(one, 600, 2)
        self.assertEqual(offer.state, "open")

        self._pay_on(two, 370, 4)

        # a credit note for each invoice, whichever of them is short
        self.assertEqual(offer.state, "taken")
        self.assertEqual(
            {
                move.reversed_entry_id: move.amount_total
                for move in offer.credit_move_ids
            },
            {one.move_id: 18, two.move_id: 12},
        )
        self.assertTrue(one.reconciled and two.reconciled)
        self.assertEqual(sum(offer.credit_move_ids.mapped("amount_residual")), 0)

    def test_taxes_are_lowered_in_proportion(self):
        self.product.taxes_id = False
        tax = self.company_data["default_tax_sale"]
        taxed = [Command.set(tax.ids)]
        item = self._create_item(
            1,
            30,
            invoice_line_ids=[
                Command.create({"name": "A", "price_unit": 700.01, "tax_ids": taxed}),
                Command.create(
                    {"name": "B", "price_unit": 133.33, "tax_ids": [Command.clear()]}
                ),
            ],
        )
        offer = self._offer()
        discount = offer.amount_discount

        self._pay_on(item, item.amount_residual - discount, 3)

        credit, invoice = offer.credit_move_ids, item.move_id
        self.assertTrue(item.reconciled)
        self.assertEqual(credit.amount_total, discount)
        self.assertAlmostEqual(
            credit.amount_tax / credit.amount_total,
            invoice.amount_tax / invoice.amount_total,
            2,
        )

    def test_tax_in_the_price_is_lowered_in_proportion(self):
        tax = self.company_data["default_tax_sale"].copy(
            {"name": "Included", "price_include_override": "tax_included"}
        )
        item = self._create_item(
            1,
            30,
            invoice_line_ids=[
                Command.create(
                    {
                        "name": "A",
                        "price_unit": 1000,
                        "tax_ids": [Command.set(tax.ids)],
                    }
                )
            ],
        )
        offer = self._offer()

        self._pay_on(item, 970, 3)

        self.assertEqual(offer.credit_move_ids.amount_total, 30)
        self.assertEqual(
            offer.credit_move_ids.amount_tax, round(30 - 30 / (1 + tax.amount / 100), 2)
        )

    def test_foreign_currency_is_credited_in_its_own(self):
        gold = self.setup_other_currency(
            "EUR", rates=[("2024-01-01", 3.0), ("2024-06-20", 2.0)]
        )
        item = self._create_item(3000, 30, currency=gold)
        offer = self._offer()
        self.assertEqual((offer.amount_discount, offer.amount_company), (90, 30))
        with freeze_time(DAY + timedelta(days=8)):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=item.move_id.ids
            ).create(
                {
                    "amount": 2910,
                    "currency_id": gold.id,
                    "payment_date": DAY + timedelta(days=8),
                    "payment_difference_handling": "open",
                }
            )._create_payments()

        self.assertEqual(offer.state, "taken")
        self.assertTrue(item.reconciled)
        self.assertEqual(item.amount_residual, 0)
        self.assertEqual(offer.credit_move_ids.currency_id, gold)
        self.assertEqual(offer.credit_move_ids.amount_total, 90)
        # at the rate of the day it is credited
        self.assertEqual(offer.amount_cost, 45)

    def test_charges_alone_may_be_discounted(self):
        self.reward.write({"base": "charges", "percent": 50})
        item, charge = self._create_item(1000, 30), self._create_item(20, 30)
        earlier = self._run(issue=True, partner_ids=self.collector.partner_id.ids)
        self.assertFalse(earlier.notice_ids)
        with patch.object(
            type(item),
            "_get_claim_kind",
            lambda line: "fee" if line == charge else "principal",
        ):
            offer = self._offer()
        self.assertEqual((offer.amount_base, offer.amount_discount), (20, 10))

        self._pay_on(item, 1000, 2)
        self.assertEqual(offer.state, "open")
        self._pay_on(charge, 10, 3)

        self.assertEqual(offer.state, "taken")
        self.assertEqual(offer.credit_move_ids.reversed_entry_id, charge.move_id)
        self.assertFalse(offer.credit_move_ids.invoice_line_ids.tax_ids)

    # === UNDOING === #

    def test_undone_payment_takes_the_discount_back(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        self._pay_on(item, 970, 3)
        credit = offer.credit_move_ids

        with freeze_time(DAY + timedelta(days=5)):
            item.remove_move_reconcile()

        self.assertEqual(offer.state, "open")
        self.assertEqual(item.amount_residual, 1000)
        self.assertEqual(credit.amount_residual, 0)
        self.assertEqual(credit.reversal_move_ids.state, "posted")
        self.assertFalse(offer.credit_move_ids)
        self.assertEqual(offer.amount_cost, 0)

    def test_undone_and_matched_again_is_credited_again(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        payment = self._pay_on(item, 970, 3)
        with freeze_time(LAST_DAY + timedelta(days=5)):
            item.remove_move_reconcile()
            self.assertEqual(offer.state, "lapsed")

            (item + self._get_items(payment.move_id)).reconcile()

        self.assertEqual(offer.state, "taken")
        self.assertEqual(offer.amount_cost, 30)
        self.assertTrue(item.reconciled)

    def test_credit_note_that_is_unmatched_is_not_made_twice(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        self._pay_on(item, 970, 3)
        credit = self._get_items(offer.credit_move_ids)

        credit.remove_move_reconcile()
        self._cron()

        self.assertEqual(offer.state, "taken")
        self.assertEqual(len(offer.credit_move_ids), 1)
        self.assertEqual(item.amount_residual, 30)

    def test_credited_once_even_when_judged_twice(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        self._pay_on(item, 970, 3)

        offer.sudo()._judge()
        offer.sudo()._judge()

        self.assertEqual(len(offer.credit_move_ids), 1)
        # the twin: without looking at the state, the database still refuses
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            offer.sudo()._create_credit_notes({offer.line_ids: 30}, DAY)
            self.env.flush_all()

    def test_reversed_notice_withdraws_its_open_offer(self):
        item = self._create_item(1000, 30)
        offer = self._offer()

        offer.notice_id.with_user(self.collector).action_reverse()
        self._pay_on(item, 970, 3)

        self.assertEqual(offer.state, "withdrawn")
        self.assertEqual(item.amount_residual, 30)

    def test_reversed_notice_leaves_what_was_taken(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        self._pay_on(item, 970, 3)

        offer.notice_id.action_reverse()

        self.assertEqual(offer.state, "taken")

    # === WHAT CANNOT BE POSTED === #

    def test_locked_period_waits_and_posts_nothing(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        payment_day = DAY + timedelta(days=3)
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.debtor.id,
                "amount": 970,
                "date": payment_day,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        self.company.sale_lock_date = payment_day
        moves = self.env["account.move"].search_count([])

        with freeze_time(payment_day):
            (item + self._get_items(payment.move_id)).reconcile()

        self.assertEqual(offer.state, "to_credit")
        self.assertIn("locked", offer.note)
        self.assertEqual(item.amount_residual, 30)
        self.assertEqual(self.env["account.move"].search_count([]), moves)
        self.assertEqual(len(offer.notice_id.activity_ids), 1)

        with freeze_time(payment_day):
            self._cron()
        self.assertEqual(len(offer.notice_id.activity_ids), 1)
        with freeze_time(payment_day + timedelta(days=1)):
            self._cron()
        self.assertEqual((offer.state, offer.note), ("taken", False))
        self.assertTrue(item.reconciled)

    def test_failure_in_the_middle_leaves_nothing_half_posted(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        moves = self.env["account.move"].search_count([])

        with patch.object(
            type(offer), "_match", side_effect=UserError("No matching today")
        ):
            self._pay_on(item, 970, 3)

        self.assertEqual((offer.state, offer.note), ("to_credit", "No matching today"))
        # the payment's entry alone
        self.assertEqual(self.env["account.move"].search_count([]), moves + 1)
        self.assertEqual(item.amount_residual, 30)

    def test_discount_that_cannot_be_taken_back_is_tried_again(self):
        item = self._create_item(1000, 30)
        offer = self._offer()
        self._pay_on(item, 970, 3)
        day = DAY + timedelta(days=4)
        self.company.sale_lock_date = day
        with freeze_time(day):
            item.remove_move_reconcile()
        self.assertEqual(offer.state, "taken")
        self.assertTrue(offer.note)

        with freeze_time(day + timedelta(days=1)):
            self._cron()

        self.assertEqual((offer.state, offer.note), ("open", False))

    def test_terms_that_could_not_be_credited_are_refused(self):
        for vals in (
            {"percent": 0},
            {"percent": 100},
            {"kind": "amount", "amount": 0},
            {"valid_days": -1},
        ):
            with (
                self.subTest(vals),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
            ):
                self._create_reward(**vals)
        with self.assertRaises(ValidationError):
            self._create_reward(journal_id=self.company_data["default_journal_bank"].id)
        with (
            patch.object(
                type(self.product),
                "_get_product_accounts",
                lambda product: {"income": None},
            ),
            self.assertRaises(ValidationError),
        ):
            self._create_reward(account_id=False)

    def test_level_takes_rewards_of_its_company_only(self):
        other = self.setup_other_company()["company"]
        foreign = self.reward.copy(
            {
                "company_id": other.id,
                "account_id": False,
                "journal_id": self.env["account.journal"]
                .search([("company_id", "=", other.id), ("type", "=", "sale")], limit=1)
                .id,
            }
        )
        with self.assertRaises(ValidationError):
            self.first.reward_id = foreign

    # === DUNNING MEANWHILE === #

    def test_next_level_waits_while_the_offer_is_open(self):
        item = self._create_item(1000, 30)
        self._offer()
        table = {7: "offer", 10: "offer", 11: "dun"}
        for days, reason in table.items():
            with self.subTest(days=days):
                verdict = self.assertReason(item, reason, DAY + timedelta(days=days))
                if reason == "offer":
                    self.assertEqual(verdict.reason_date, LAST_DAY)
                    self.assertIn("30.00", verdict.explanation)

    def test_ladder_goes_on_where_the_terms_say_so(self):
        self.reward.pause_ladder = False
        item = self._create_item(1000, 30)
        self._offer()

        self.assertReason(item, "dun", DAY + timedelta(days=7))

    def test_notice_is_not_stopped_by_its_own_offer(self):
        self._create_item(1000, 30)
        notice = self._offer().notice_id

        notice.with_user(self.collector).action_send()

        self.assertEqual(notice.delivery_state, "done")
        self.assertEqual(notice.amount_total, 1000)

    # === WHO MAY WHAT === #

    def test_collector_may_not_withdraw_what_was_promised(self):
        self._create_item(1000, 30)
        offer = self._offer()

        with self.assertRaises(AccessError):
            offer.with_user(self.collector).action_withdraw()
        offer.with_user(self.manager).action_withdraw()

        self.assertEqual(offer.state, "withdrawn")
        with self.assertRaises(UserError):
            offer.with_user(self.manager).action_withdraw()

    def test_offers_cannot_be_forged(self):
        self._create_item(1000, 30)
        offer = self._offer()
        for user in (self.collector, self.manager):
            for vals in ({"state": "taken"}, {"amount_discount": 900}, {"value": 90}):
                with (
                    self.subTest(user=user.login, vals=vals),
                    self.assertRaises(AccessError),
                ):
                    offer.with_user(user).write(vals)

    def test_who_matches_a_payment_cannot_keep_the_discount_back(self):
        """Nor with a context from outside, nor for want of rights on offers."""
        item = self._create_item(1000, 30)
        offer = self._offer()
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.debtor.id,
                "amount": 970,
                "date": DAY,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()

        (item + self._get_items(payment.move_id)).with_user(
            self.collector
        ).with_context(dunning_judging=True).reconcile()

        self.assertEqual(offer.state, "taken")

    # === MANY === #

    def test_queries_do_not_grow_with_the_offers(self):
        def issue(count):
            partners = self.env["res.partner"]
            for number in range(count):
                partner = self._create_debtor(f"Q{count} {number}")
                partners |= partner
                self._create_item(100, 30, partner=partner)
            run = self._run(partner_ids=partners.ids)
            run.action_approve()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run.action_issue()
            self.env.flush_all()
            self.assertEqual(len(run.notice_ids.offer_ids), count)
            return self.env.cr.sql_log_count - before

        issue(2)
        few, many = issue(3), issue(25)

        self.assertAlmostEqual(many, few, delta=2)
