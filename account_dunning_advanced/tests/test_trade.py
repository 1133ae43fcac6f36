from datetime import timedelta

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestTrade(DunningCommon):
    """What being late does to new invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the clock's today: invoices are confirmed by people, now
        cls.today = cls.company._dunning_today()
        cls.biller = new_test_user(
            cls.env,
            login="biller",
            groups="account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.manager.group_ids += cls.env.ref("account.group_account_invoice")

    def _late(self, amount=1000, days=30):
        item = self._create_item(amount, days, partner=self.debtor, day=self.today)
        self.env["account.dunning.debtor"]._refresh(self.company, self.debtor.ids)
        return item

    @property
    def debtor_row(self):
        return self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )

    def _draft(self, user=None, move_type="out_invoice"):
        return (
            self.env["account.move"]
            .with_user(user or self.biller)
            .create(
                {
                    "move_type": move_type,
                    "partner_id": self.debtor.id,
                    "invoice_date": self.today,
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": 50})
                    ],
                }
            )
        )

    def _set_level(self, effect):
        self.first.trade_effect = effect
        self._run(self.today, issue=True)

    # === BY LEVEL === #

    def test_effect_of_the_level_reached(self):
        """Nothing is stopped by default; a level warns or stops, once it is reached."""
        for effect, colour in [("none", None), ("warn", "warning"), ("stop", "danger")]:
            with self.subTest(effect=effect):
                self.debtor = self._create_debtor(f"Debtor {effect}")
                self._late()
                self._set_level(effect)
                draft = self._draft()

                self.assertEqual(self.debtor_row.trade_effect, effect)
                alert = (draft.alerts or {}).get("account_dunning_trade", {})
                self.assertEqual(alert.get("level"), colour)
                if effect == "stop":
                    self.assertIn(self.first.name, alert["message"])
                    with self.assertRaisesRegex(UserError, "are stopped"):
                        draft.action_post()
                    self.assertEqual(draft.state, "draft")
                else:
                    draft.action_post()
                    self.assertEqual(draft.state, "posted")

    def test_a_level_not_reached_stops_nothing(self):
        self._late()
        self.last.trade_effect = "stop"
        self._run(self.today, issue=True)

        self._draft().action_post()

        self.assertEqual(self.debtor_row.level_id, self.first)

    def test_paid_a_minute_ago_is_not_stopped(self):
        """The row may lag behind; the ledger is asked before anything is stopped."""
        item = self._late()
        self._set_level("stop")
        self._pay(item, 1000, self.today)
        self.env.cr.execute(
            "UPDATE account_dunning_debtor SET amount_overdue = 1000 WHERE id = %s",
            [self.debtor_row.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.debtor_row.trade_effect, "stop")

        draft = self._draft()
        draft.action_post()

        self.assertEqual(draft.state, "posted")

    def test_credit_notes_and_charges_pass(self):
        """A stop is for new business: what is credited or charged goes on."""
        self._late()
        self._set_level("stop")

        refund = self._draft(move_type="out_refund")
        refund.action_post()

        self.assertEqual(refund.state, "posted")
        bill = self._draft(user=self.env.user)
        bill.sudo().dunning_notice_id = self._run(self.today).notice_ids[:1] or (
            self.env["account.dunning.notice"].search(
                [("partner_id", "=", self.debtor.id)], limit=1
            )
        )
        bill.sudo().action_post()
        self.assertEqual(bill.state, "posted")

    def test_the_confirming_dialog_is_no_way_round(self):
        self._late()
        self._set_level("stop")
        draft = self._draft()
        dialog = (
            self.env["validate.account.move"]
            .with_user(self.biller)
            .create({"move_ids": draft.ids})
        )

        with self.assertRaisesRegex(UserError, "are stopped"):
            dialog.validate_move()

        self.assertEqual(draft.state, "draft")

    def test_dated_invoices_are_stopped_in_the_nightly_job(self):
        self._late()
        self._set_level("stop")
        draft = self._draft()
        draft.write({"auto_post": "at_date", "date": self.today})

        with self.assertRaisesRegex(UserError, "are stopped"):
            draft.sudo()._post()

    def test_sales_receipts_are_new_business_too(self):
        self._late()
        self._set_level("stop")
        with self.assertRaisesRegex(UserError, "are stopped"):
            self._draft(move_type="out_receipt").action_post()

    # === BY AMOUNT === #

    def test_what_fell_due_a_minute_ago_counts(self):
        """The row of last night says nothing of it; the ledger does."""
        self.company.dunning_trade_effect = "stop"
        self.assertEqual(self.debtor_row.trade_effect, "none")
        self._create_item(1000, 30, day=self.today)
        with self.assertRaisesRegex(UserError, "are stopped"):
            self._draft().action_post()

    def test_covered_by_a_credit_nothing_is_stopped(self):
        self._late()
        self._set_level("stop")
        self._create_credit(1000, day=self.today)

        self._draft().action_post()

        self.assertEqual(self.debtor_row.trade_effect, "none")

    def test_effect_of_the_overdue_amount(self):
        cases = [
            # overdue, from, what the company says -> effect
            (1000, 1000, "stop", "stop"),
            (999.99, 1000, "stop", "none"),
            (1, 0, "warn", "warn"),
            (1000, 0, "none", "none"),
        ]
        for overdue, limit, setting, effect in cases:
            with self.subTest(overdue=overdue, limit=limit):
                self.debtor = self._create_debtor(f"Debtor {overdue}")
                self.company.dunning_trade_effect = setting
                self.company.dunning_trade_amount = limit
                self._late(overdue)
                self.assertEqual(self.debtor_row.trade_effect, effect)
                found = self.env["account.dunning.debtor"].search(
                    [
                        ("trade_effect", "=", effect),
                        ("partner_id", "=", self.debtor.id),
                    ]
                )
                self.assertEqual(found, self.debtor_row)

    def test_the_stronger_effect_counts(self):
        self.company.dunning_trade_effect = "warn"
        self._late()
        self._set_level("stop")
        self.assertEqual(self.debtor_row.trade_effect, "stop")

    # === RELEASE === #

    def test_a_manager_releases_with_a_reason(self):
        self._late()
        self._set_level("stop")
        draft = self._draft(self.manager)
        with self.assertRaises(RedirectWarning) as caught:
            draft.action_post()

        _text, action, _button = caught.exception.args[:3]
        release = (
            self.env[action["res_model"]]
            .with_user(self.manager)
            .with_context(**action["context"])
        )
        with Form(release) as form:
            form.reason = "Pays on Friday"
        form.record.action_release()

        self.assertEqual(draft.state, "posted")
        row = self.debtor_row
        self.assertEqual(row.trade_release_user_id, self.manager)
        self.assertEqual(row.trade_effect, "warn")
        self.assertIn("Pays on Friday", row.trade_text)
        self.assertIn("Pays on Friday", str(draft.message_ids.mapped("body")))
        # it holds for everybody, until its day
        self._draft().action_post()
        row.sudo().trade_release_date = self.today - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "are stopped"):
            self._draft().action_post()

    def test_nobody_else_releases(self):
        self._late()
        self._set_level("stop")
        row = self.debtor_row.with_user(self.collector)
        with self.assertRaises(AccessError):
            row._release_trade(self.today, "x")
        with self.assertRaises(AccessError):
            row.write({"trade_release_date": self.today})
        with self.assertRaises(AccessError):
            self.env["account.dunning.trade.release"].with_user(self.collector).create(
                {"debtor_id": row.id, "reason": "x"}
            )
        # nor by hand, whoever it is
        with self.assertRaises(AccessError):
            row.with_user(self.manager).write({"trade_release_date": self.today})
        with self.assertRaises(AccessError):
            row.with_user(self.manager).create(
                {
                    "partner_id": self._create_debtor("New").id,
                    "trade_release_date": self.today,
                }
            )

    # === CREDIT LIMIT === #

    def test_suggested_limit_follows_behaviour(self):
        """1,200 in four months at 10 days: a line of 300 × 40 / 30, times the share."""
        cases = [
            # days late when paid, limit
            (0, 480),
            (10, 400),
            (20, 300),
            (45, 200),
            (90, 0),
        ]
        for late, limit in cases:
            with self.subTest(late=late):
                self.debtor = self._create_debtor(f"Debtor {late}")
                item = self._create_item(1200, 100, self.debtor, day=self.today)
                self._pay(item, 1200, item.date_maturity + timedelta(days=late))
                row = self.debtor_row.with_user(self.manager)
                self.assertEqual(row.average_days_late, late)
                self.assertEqual(row.average_term_days, 10)
                self.assertEqual(row.monthly_sales, 300)
                self.assertEqual(row.credit_limit_suggested, limit)
                self.assertTrue(row.credit_limit_text)

    def test_what_is_open_counts_with_its_delay_until_today(self):
        paid = self._create_item(300, 100, day=self.today)
        self._pay(paid, 300, paid.date_maturity)
        self._create_item(100, 40, day=self.today)
        self.assertEqual(self.debtor_row.average_days_late, 10)

    def test_a_credit_note_is_no_payment_in_time(self):
        credited = self._create_item(500, 100, day=self.today)
        credit = self._create_credit(500, day=self.today)
        (credited | credit).reconcile()
        paid = self._create_item(100, 100, day=self.today)
        self._pay(paid, 100, paid.date_maturity + timedelta(days=90))
        self.assertEqual(self.debtor_row.average_days_late, 90)

    def test_too_little_history_suggests_nothing(self):
        self._create_item(100, -10, day=self.today)
        row = self.debtor_row
        self.assertFalse(row.credit_limit_text)
        self.company.account_use_credit_limit = True
        with self.assertRaisesRegex(UserError, "too little history"):
            row.with_user(self.manager).action_apply_credit_limit()

    def test_a_manager_sets_the_suggested_limit(self):
        item = self._create_item(1200, 100, self.debtor, day=self.today)
        self._pay(item, 1200, item.date_maturity)
        row = self.debtor_row.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "does not use credit limits"):
            row.action_apply_credit_limit()
        self.company.account_use_credit_limit = True
        with self.assertRaises(AccessError):
            row.with_user(self.collector).action_apply_credit_limit()

        row.action_apply_credit_limit()

        self.assertEqual(self.debtor.with_company(self.company).credit_limit, 480)
        self.assertEqual(row.credit_limit, 480)

    # === ORDERS === #

    def test_orders_of_addons_that_are_there_ask_first(self):
        """Without the addon for sales, payments stand for its orders."""
        Debtor, Order = self.env["account.dunning.debtor"], self.env["account.payment"]
        self.patch(
            type(Debtor),
            "_get_trade_documents",
            lambda _self: {"account.payment": "action_post", "no.such.model": "x"},
        )
        self.addCleanup(Debtor._unregister_hook)
        Debtor._register_hook()
        # a registry that is loaded again asks once, not twice
        Debtor._register_hook()
        order = Order.with_user(self.biller).create(
            {"partner_id": self.debtor.id, "amount": 1}
        )
        self.company.dunning_trade_effect = "stop"
        self._late()

        with self.assertRaisesRegex(UserError, "orders and invoices are stopped"):
            order.action_post()
        # the customer has accepted and paid online
        order.sudo().action_post()

        Debtor._unregister_hook()
        self.assertFalse(hasattr(type(Order).action_post, "asks_account_dunning"))
        order.copy().action_post()

    def test_who_is_to_pay_an_order_counts_too(self):
        """A good customer orders, a late payer is named for the invoice."""
        Debtor = self.env["account.dunning.debtor"]
        fields = ("partner_id", "partner_shipping_id")
        self.patch(type(Debtor), "_get_trade_partner_fields", lambda _self: fields)
        good = self._create_debtor("Good")
        self._late()
        # (effect, who is to pay, whether it is stopped, whether a note is left)
        table = [
            ("stop", good, False, False),
            ("stop", self.debtor, True, False),
            ("warn", self.debtor, False, True),
            ("warn", good, False, False),
        ]
        for effect, payer, stopped, noted in table:
            with self.subTest(effect=effect, payer=payer.name):
                self.company.dunning_trade_effect = effect
                order = self._draft(self.manager)
                order.write({"partner_id": good.id, "partner_shipping_id": payer.id})
                if stopped:
                    with self.assertRaisesRegex(UserError, "are stopped"):
                        Debtor.with_user(self.biller)._check_trade_documents(order)
                    continue
                late = Debtor.with_user(self.biller)._check_trade_documents(order)
                before = order.message_ids
                Debtor._warn_on_documents(order, late)
                notes = (order.message_ids - before).mapped("body")
                self.assertEqual(len(notes), int(noted))

    # === GUARDS === #

    def test_posting_by_the_state_alone_is_no_way_round(self):
        self._late()
        self._set_level("stop")
        draft = self._draft()

        with self.assertRaisesRegex(UserError, "are stopped"):
            draft.write({"state": "posted"})

        self.assertEqual(draft.state, "draft")

    def test_a_clerk_does_not_say_where_an_invoice_stands(self):
        item = self._late()
        for values in (
            {"dunning_level_id": self.last.id},
            {"dunning_date": self.today},
        ):
            for record in (item, item.move_id):
                with self.subTest(model=record._name, values=values):
                    with self.assertRaises(AccessError):
                        record.with_user(self.biller).write(values)
                    record.with_user(self.manager).sudo().write(values)
            with self.assertRaises(AccessError):
                self.env["account.move"].with_user(self.biller).create(
                    {"move_type": "out_invoice", "partner_id": self.debtor.id, **values}
                )
        item.move_id.with_user(self.manager).write({"dunning_date": False})
