from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .charges_common import ChargesCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestChargesInStep(ChargesCommon):
    """Whatever happens to a bill or an item, notice and ledger stay in step."""

    def setUp(self):
        super().setUp()
        self.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": self.fee.ids}
        )
        self.item = self._create_item(1000, 30)

    def _dun(self):
        self.before = self._get_balances()
        self.notice = self._issue_first(self.item)
        self.bill = self.notice.charge_move_id
        self.fee_charge = self.notice.charge_ids.filtered(lambda c: c.kind == "fee")
        return self.notice

    def _credit_in_odoo(self, move, amount=None):
        credit = move._reverse_moves([{"date": DAY, "invoice_date": DAY}])
        if amount:
            credit.invoice_line_ids[1:].unlink()
            credit.invoice_line_ids.price_unit = amount
        credit.action_post()
        (move | credit).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()
        return credit

    def test_part_credited_in_odoo_is_not_credited_twice(self):
        self._dun()
        self._credit_in_odoo(self.bill, 12)

        with self.assertRaisesRegex(UserError, "not been credited yet"):
            self.fee_charge._waive("goodwill")
        self.assertEqual(self.bill.amount_residual, 3.34)

    def test_bill_that_was_written_off_is_not_credited(self):
        self._dun()
        loss = self.env["account.dunning.writeoff.line"]
        self.patch(
            type(loss),
            "search_count",
            lambda lines, domain, **kwargs: (
                self._get_items(self.bill).id
                in dict((leaf[0], leaf[2]) for leaf in domain).values()
            ),
        )

        with self.assertRaisesRegex(UserError, "Take the loss back first"):
            self.notice.action_reverse()

    def test_tax_is_part_of_what_the_notice_asks(self):
        tax = self.company_data["default_tax_sale"]
        self.company.account_fiscal_country_id = tax.country_id
        self.debtor.country_id = tax.country_id
        self.company.dunning_fee_product_id = self.env.ref(
            "account_dunning_advanced.product_fee"
        ).copy({"taxes_id": [Command.set(tax.ids)]})
        self._dun()

        self.assertEqual(self.bill.amount_total, self.notice.amount_interest + 5)
        self.assertTrue(self.bill.amount_tax)
        # and all of it is given back
        self.notice.action_reverse()
        self.assertEqual(self._get_balances(), self.before)

    def test_fiscal_position_of_the_customer_counts(self):
        tax = self.company_data["default_tax_sale"]
        self.company.account_fiscal_country_id = tax.country_id
        self.debtor.country_id = tax.country_id
        self.company.dunning_fee_product_id = self.env.ref(
            "account_dunning_advanced.product_fee"
        ).copy({"taxes_id": [Command.set(tax.ids)]})
        position = self.env["account.fiscal.position"].create(
            {"name": "Exempt", "company_id": self.company.id}
        )
        none = tax.copy({"amount": 0, "name": "None"})
        none.write(
            {
                "fiscal_position_ids": [Command.set(position.ids)],
                "original_tax_ids": [Command.set(tax.ids)],
            }
        )
        self.debtor.with_company(self.company).property_account_position_id = position
        self._dun()

        self.assertEqual(self.bill.amount_tax, 0)

    def test_reversing_at_another_rate_restores_the_books(self):
        foreign = self.setup_other_currency(
            "EUR", rates=[("2020-01-01", 2.0), ("2024-07-01", 4.0)]
        )
        partner = self._create_debtor("Abroad")
        self.item = self._create_item(1000, 30, partner, currency=foreign)
        self._dun()

        self.notice.action_reverse()

        self.assertEqual(self._get_balances(), self.before)

    def test_collector_reverses_within_what_may_be_waived(self):
        self._dun()

        with self.assertRaisesRegex(UserError, "waive up to"):
            self.notice.with_user(self.collector).action_reverse()
        self.company.dunning_waive_limit = 20
        self.notice.with_user(self.collector).action_reverse()
        self.assertEqual(self.notice.state, "reversed")

    def test_waivers_of_a_collector_count_together(self):
        self.company.dunning_waive_limit = 6
        self._dun()
        second = self._issue_first(self.item, DAY + timedelta(days=20))
        fee = second.charge_ids.filtered(lambda c: c.kind == "fee")
        self.fee_charge.with_user(self.collector)._waive("goodwill")

        with self.assertRaisesRegex(UserError, "makes"):
            fee.with_user(self.collector)._waive("goodwill")

    def test_collector_does_not_undo_a_managers_waiver(self):
        self._dun()
        self.fee_charge.with_user(self.manager)._waive("goodwill")

        with self.assertRaisesRegex(UserError, "waived it"):
            self.fee_charge.with_user(self.collector).action_reinstate()

    def test_what_was_waived_together_comes_back_together(self):
        self._dun()
        self.notice.charge_ids._waive("goodwill")

        with self.assertRaisesRegex(UserError, "come back"):
            self.fee_charge.action_reinstate()
        self.notice.charge_ids.action_reinstate()
        self.assertEqual(self.bill.amount_residual, 15.34)

    def test_what_was_decided_is_told_on_the_notice(self):
        self._dun()
        self.fee_charge._waive("first time in years")

        self.assertIn("first time in years", self.notice.message_ids[0].body)

    def test_waived_charge_falls_with_its_notice(self):
        self._dun()
        self.fee_charge._waive("goodwill")
        self.notice.action_reverse()

        self.assertEqual(self.fee_charge.state, "reversed")
        self.assertFalse(self.item.dunning_interest_date)

    def test_mark_of_a_bill_is_not_set_by_hand(self):
        self._dun()
        clerk = (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Clerk",
                    "login": "clerk",
                    "group_ids": [
                        Command.link(self.env.ref("account.group_account_invoice").id)
                    ],
                    "company_id": self.company.id,
                    "company_ids": [Command.set(self.company.ids)],
                }
            )
        )

        for move, value in (
            (self.item.move_id, self.notice.id),
            (self.bill, False),
        ):
            with self.assertRaises(AccessError):
                move.with_user(clerk).write({"dunning_notice_id": value})
        marks = (
            "dunning_notice_id",
            "dunning_promise_id",
            "dunning_dispute_id",
            "dunning_offer_id",
        )
        note = {"move_type": "out_refund", "partner_id": self.debtor.id}
        for mark in marks:
            with self.subTest(mark):
                # a credit note of a dispute lowers the interest from its ground on
                record = self.env[self.bill[mark]._name].search([], limit=1)
                Move = self.env["account.move"].with_user(clerk)
                with self.assertRaises(AccessError):
                    self.item.move_id.with_user(clerk).write({mark: record.id})
                with self.assertRaises(AccessError):
                    Move.create({**note, mark: record.id})
                by_default = Move.with_context(
                    **{f"default_{mark}": self.notice.id}
                ).create(note)
                self.assertFalse(by_default[mark])
        with self.assertRaises(AccessError):
            self.notice.with_user(self.collector).write(
                {"charge_credit_ids": [Command.unlink(self.bill.id)]}
            )

    def test_charged_item_is_not_deleted(self):
        self._dun()
        self.item.move_id.button_draft()

        with self.assertRaisesRegex(UserError, "charged"):
            self.item.move_id.unlink()

    def test_credited_invoice_takes_its_charges_along(self):
        self._dun()
        self._credit_in_odoo(self.item.move_id)
        self.assertEqual(self.item.move_id.payment_state, "reversed")

        self.env["account.dunning.notice"]._bill_waiting(self.company)

        self.assertEqual(set(self.notice.charge_ids.mapped("state")), {"reversed"})
        self.assertEqual(self.bill.payment_state, "reversed")
        self.assertFalse(self.item.dunning_interest_date)

    def test_shown_charges_are_not_billed_by_a_later_notice(self):
        self.policy.charge_posting = "show"
        self._dun()
        self.policy.charge_posting = "post"

        second = self._issue_first(self.item, DAY + timedelta(days=20))

        states = {
            charge.state for charge in second.charge_ids if charge.carried_from_id
        }
        self.assertEqual(states, {"shown"})
        self.assertAlmostEqual(second.charge_move_id.amount_total, 6.87 + 5)

    def test_days_of_a_reversed_first_notice_are_charged_by_the_next_one(self):
        first = self._dun()
        second = self._issue_first(self.item, DAY + timedelta(days=20))
        first.action_reverse()

        third = self._issue_first(self.item, DAY + timedelta(days=40))

        interest = third.charge_ids.filtered(lambda c: c.kind == "interest")
        rows = sorted((c.date_from, c.date_to) for c in interest)
        self.assertEqual(rows[0], (DAY - timedelta(days=29), DAY))
        self.assertEqual(rows[1], (DAY + timedelta(days=21), DAY + timedelta(days=40)))
        self.assertEqual(len(rows), 2)
        self.assertEqual(second.state, "issued")

    def test_reversing_the_first_notice_takes_back_what_was_carried(self):
        self.policy.charge_posting = "when_paid"
        first = self._dun()
        second = self._issue_first(self.item, DAY + timedelta(days=20))

        first.action_reverse()

        self.assertEqual(set(first.charge_ids.mapped("state")), {"reversed"})
        self.assertAlmostEqual(second.amount_interest + second.amount_fee, 6.87 + 5)
        self._pay(self.item, 1000, DAY + timedelta(days=21))
        self.env["account.dunning.notice"]._bill_waiting(self.company)
        self.assertAlmostEqual(second.charge_move_id.amount_total, 11.87)

    def test_second_notice_charges_as_the_first_when_that_is_reversed(self):
        """Interest from the reminder on: there is none before the only reminder."""
        self.policy.interest_id = self.env["account.dunning.interest"].create(
            {
                "name": "From the reminder",
                "code": "from_reminder",
                "mode": "fixed",
                "margin": 10,
                "start_basis": "notice",
                "for_company": True,
            }
        )
        self.first.charge_ids = False
        self.second.charge_ids = False
        first = self._issue_first(self.item)
        second = self._issue_first(self.item, DAY + timedelta(days=14))
        # 14 days at 10 %
        self.assertAlmostEqual(second.amount_interest, 3.84)

        first.action_reverse()

        self.assertEqual(second.amount_interest, 0)
        self.assertEqual(set(second.charge_ids.mapped("state")), {"reversed"})
        # and the next one charges from there on
        third = self._issue_first(self.item, DAY + timedelta(days=28))
        interest = third.charge_ids.filtered(lambda charge: charge.kind == "interest")
        self.assertEqual(min(interest.mapped("date_from")), DAY + timedelta(days=15))

    def test_fee_falls_where_the_second_reminder_is_the_first_now(self):
        """Belgium: the first reminder of a consumer is free."""
        consumer = self._create_consumer(country="base.be")
        item = self._create_item(1000, 60, consumer)
        first = self._issue_first(item)
        self.assertFalse(first.amount_fee)
        second = self._issue_first(item, DAY + timedelta(days=21))
        self.assertTrue(second.amount_fee)

        first.action_reverse()

        self.assertFalse(second.amount_fee)

    def test_paid_items_are_billed_though_others_are_open(self):
        self.policy.charge_posting = "when_paid"
        other = self._create_item(500, 20)
        self._dun()
        self._pay(self.item, 1000)

        self.env["account.dunning.notice"]._bill_waiting(self.company)

        waiting = self.notice.charge_ids.filtered(lambda c: c.state == "waiting")
        self.assertEqual(waiting.move_line_id, other)

    def test_item_settled_before_the_sending_costs_nothing(self):
        self._create_item(500, 20)
        self._dun()
        self._pay(self.item, 1000)

        self.notice.action_send()

        mine = self.notice.charge_ids.filtered(lambda c: c.move_line_id == self.item)
        self.assertEqual(set(mine.mapped("state")), {"reversed"})
        self.assertEqual(self.notice.amount_total, 500 + self.notice.amount_interest)


@tagged("post_install", "-at_install")
class TestChargesToTheCent(ChargesCommon):
    """However often charges are waived and come back, the books follow to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.level_ids.write({"charge_interest": True})
        cls.tax = cls.company_data["default_tax_sale"]
        cls.company.account_fiscal_country_id = cls.tax.country_id
        cls.policy.interest_id = cls.env.ref("account_dunning_advanced.interest_de_b2b")
        cls.debtor.country_id = cls.tax.country_id

    def _set_tax(self, kind, percent):
        tax = self.tax.copy({"name": f"{kind} {percent} %", "amount": percent})
        self.company[f"dunning_{kind}_product_id"] = self.env.ref(
            f"account_dunning_advanced.product_{kind}"
        ).copy({"taxes_id": [Command.set(tax.ids)]})

    def test_waived_reinstated_and_reversed(self):
        self.first.charge_ids = self.fee
        for waived in ("fee", "interest"):
            with self.subTest(waived):
                item = self._create_item(1000, 30, self._create_debtor(waived))
                before = self._get_balances()
                notice = self._issue_first(item)
                issued = self._get_balances()
                charges = notice.charge_ids.filtered(lambda c, k=waived: c.kind == k)

                for _again in range(2):
                    charges._waive("goodwill")
                    charges.action_reinstate()
                    self.assertEqual(self._get_balances(), issued)
                charges._waive("for good")
                notice.action_reverse()

                self.assertEqual(self._get_balances(), before)
                self.assertFalse(notice.charge_move_id.amount_residual)

    def test_reinstated_and_reversed_without_another_waiver(self):
        before = self._get_balances()
        item = self._create_item(1000, 30)
        invoiced = self._get_balances()
        notice = self._issue_first(item)
        notice.charge_ids._waive("goodwill")
        notice.charge_ids.action_reinstate()

        notice.action_reverse()

        self.assertEqual(self._get_balances(), invoiced)
        self.assertNotEqual(invoiced, before)

    def test_reinstating_at_another_rate_restores_the_books(self):
        foreign = self.setup_other_currency(
            "EUR", rates=[("2020-01-01", 2.0), ("2024-07-01", 4.0)]
        )
        item = self._create_item(1000, 30, currency=foreign)
        before = self._get_balances()
        notice = self._issue_first(item)
        issued = self._get_balances()
        with freeze_time("2024-08-01"):
            notice.charge_ids._waive("goodwill")
            notice.charge_ids.action_reinstate()
            self.assertEqual(self._get_balances(), issued)

            notice.action_reverse()

        self.assertEqual(self._get_balances(), before)

    def test_fee_with_tax_is_what_the_notice_asks(self):
        """5.10 with 19 % is 4.29 and 0.81, though 19 % of 4.29 are 0.82."""
        self._set_tax("fee", 19)
        self.policy.level_ids.charge_interest = False
        for cents in (510, 500, 505, 520, 750, 1000, 1530, 1):
            with self.subTest(cents):
                self.first.charge_ids = self._create_charge(
                    f"Fee {cents}", amount=cents / 100
                )
                item = self._create_item(1000, 30, self.debtor.copy())
                before = self._get_balances()
                notice = self._issue_first(item)
                bill = notice.charge_move_id

                self.assertEqual(round(bill.amount_total * 100), cents)
                self.assertEqual(bill.amount_total, notice.amount_fee)
                notice.charge_ids._waive("goodwill")
                self.assertEqual(self._get_balances(), before)

    def test_stretches_with_tax_sum_to_their_bill(self):
        self._set_tax("interest", 19)
        self._set_tax("fee", 7)
        self.first.charge_ids = self.fee
        rate = self.setup_other_currency("EUR", rates=[("2020-01-01", 3.7)])
        late = date(2024, 7, 20)  # the rate falls on 1 July: two stretches
        for amount, currency in [
            (1000, None), (1111.11, None), (873.5, None), (873.5, rate), (640, rate),
        ]:  # fmt: skip
            with self.subTest(amount=amount, currency=currency):
                item = self._create_item(
                    amount, 60, self.debtor.copy(), day=late, currency=currency
                )
                before = self._get_balances()
                notice = self._issue_first(item, late)
                bill = notice.charge_move_id
                charges = notice.charge_ids
                self.assertGreater(len(charges), 2)
                asked = sum(charges.mapped("amount"))
                self.assertAlmostEqual(bill.amount_total, asked)

                for charge in charges:
                    charge._waive("goodwill")
                    asked -= charge.amount
                    self.assertAlmostEqual(bill.amount_residual, asked)

                self.assertEqual(self._get_balances(), before)

    def test_taxed_bill_credited_by_an_accountant_counts_as_waived(self):
        self._set_tax("interest", 19)
        notice = self._issue_first(self._create_item(1000, 30))
        bill = notice.charge_move_id
        self.assertTrue(bill.amount_tax)

        bill._reverse_moves([{"invoice_date": DAY}]).action_post()

        self.assertEqual(set(notice.charge_ids.mapped("state")), {"waived"})
