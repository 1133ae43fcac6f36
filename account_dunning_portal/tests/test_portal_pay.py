from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger
from odoo.tools.translate import code_translations

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from ..models.account_dunning_checkout import STARTS_AN_HOUR
from .common import DunningPortalCommon


class PayCommon(DunningPortalCommon, AccountPaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls.company.currency_id
        cls.Checkout = cls.env["account.dunning.checkout"].sudo()

    def _get_item(self, move):
        return move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def _get_basket(self, choice="overdue", partner=None):
        self.env.flush_all()
        return self.Checkout._get_basket(
            partner or self.customer, self.company, self.dollar, choice
        )

    def _begin(self, basket, amount=None, own=None):
        """Begin a payment as the page does, with the dummy provider."""
        amount = basket.asked if amount is None else amount
        Transaction = self.env["payment.transaction"].sudo()
        self.Checkout._begin(basket, amount, own or Transaction)
        return Transaction.create(
            {
                "provider_id": self.dummy_provider.id,
                "payment_method_id": self.payment_method_id,
                "reference": f"Test {Transaction.search_count([])}",
                "amount": amount,
                "currency_id": basket.currency.id,
                "partner_id": self.contact.id,
                **self.Checkout._prepare_transaction(basket),
            }
        )

    def _pay(self, choice="overdue", amount=None):
        transaction = self._begin(self._get_basket(choice), amount)
        transaction._set_done()
        transaction._post_process()
        return transaction

    def _get_reason(self, item):
        self.env.flush_all()
        return item._get_dunning_rows(self.today).get(item.id, {}).get("reason")


@tagged("post_install", "-at_install")
class TestPortalPay(PayCommon):
    """What a customer pays in the portal, and what becomes of the items."""

    def test_paid_items_are_at_once_in_payment_and_not_dunned(self):
        item = self._get_item(self._create_overdue_invoice(1000, 40))
        transaction = self._begin(self._get_basket())
        self.assertEqual(self._get_reason(item), "dun")

        transaction._set_done()

        self.assertEqual(self._get_reason(item), "in_payment")
        transaction._post_process()
        self.assertTrue(item.reconciled)
        self.assertIn(item.move_id.payment_state, ("in_payment", "paid"))
        self.assertFalse(
            self._propose_notices().filtered(
                lambda notice: notice.partner_id == self.customer
            )
        )

    def test_several_items_and_charges_are_paid_together(self):
        items = self._get_item(self._create_overdue_invoice(1000, 40))
        items += self._get_item(self._create_overdue_invoice(200, 10))
        later = self._get_item(self._create_overdue_invoice(300, -10))

        self._pay()

        self.assertTrue(all(items.mapped("reconciled")))
        self.assertFalse(later.reconciled)

    def test_everything_is_paid_the_future_too(self):
        items = self._get_item(self._create_overdue_invoice(1000, 40))
        items += self._get_item(self._create_overdue_invoice(300, -10))

        transaction = self._pay("all")

        self.assertEqual(transaction.amount, 1300)
        self.assertTrue(all(items.mapped("reconciled")))

    def test_chosen_instalment_is_paid_and_not_an_older_one(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (0, 30)
                ],
            }
        )
        move = self._create_overdue_invoice(
            1000, 10, invoice_payment_term_id=term.id, invoice_date_due=False
        )
        first, second = self._get_item(move).sorted("date_maturity")

        self._pay(f"i{second.id}")

        self.assertFalse(first.reconciled)
        self.assertTrue(second.reconciled)

    def test_part_is_taken_for_the_oldest_item(self):
        new = self._get_item(self._create_overdue_invoice(200, 10))
        old = self._get_item(self._create_overdue_invoice(1000, 40))

        self._pay(amount=1100)

        self.assertTrue(old.reconciled)
        self.assertEqual(new.amount_residual_currency, 100)

    def test_credits_are_set_off_first(self):
        for netting in ("debtor", "none"):
            with self.subTest(netting=netting):
                self.company.dunning_policy_id.netting = netting
                item = self._get_item(self._create_overdue_invoice(1000, 40))
                credit = self._get_item(self._create_posted("out_refund", 300, 1))
                basket = self._get_basket()
                self.assertEqual((basket.covered, basket.total), (300, 700))

                transaction = self._pay()

                self.assertEqual(transaction.amount, 700)
                self.assertTrue(item.reconciled and credit.reconciled)

    def test_credit_of_another_item_stays_with_it(self):
        old = self._get_item(self._create_overdue_invoice(300, 40))
        new = self._get_item(self._create_overdue_invoice(1000, 10))
        credit = self._get_item(self._create_posted("out_refund", 300, 1))

        transaction = self._pay(f"i{new.id}")

        self.assertEqual(transaction.amount, 1000)
        self.assertTrue(new.reconciled)
        self.assertFalse(old.reconciled or credit.reconciled)

    def test_disputed_part_is_neither_asked_nor_paid(self):
        item = self._get_item(self._create_overdue_invoice(1000, 40))
        self.env["account.dunning.dispute"].create(
            {
                "partner_id": self.customer.id,
                "move_line_ids": [Command.set(item.ids)],
                "amount": 400,
            }
        )

        transaction = self._pay()

        self.assertEqual(transaction.amount, 600)
        self.assertEqual(item.amount_residual_currency, 400)

    def test_opening_balance_is_paid_like_an_invoice(self):
        account = self.company_data["default_account_receivable"]
        revenue = self.company_data["default_account_revenue"]
        entry = self.env["account.move"].create(
            {
                "date": self.today - timedelta(days=40),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "partner_id": self.customer.id,
                            "debit": 500,
                        }
                    ),
                    Command.create({"account_id": revenue.id, "credit": 500}),
                ],
            }
        )
        entry.action_post()
        item = self._get_item(entry)
        transaction = self._begin(self._get_basket("all"))
        self.assertFalse(transaction.invoice_ids)

        transaction._set_pending()
        with self.assertRaisesRegex(UserError, "Somebody is paying"):
            self._begin(self._get_basket("all"), 500)

        transaction._set_done()
        transaction._post_process()
        self.assertTrue(item.reconciled)

    def test_instalment_of_a_plan_is_paid_and_judged(self):
        item = self._get_item(self._create_overdue_invoice(900, 40))
        plan = self.env["account.dunning.promise"].create(
            {
                "partner_id": self.customer.id,
                "kind": "plan",
                "move_line_ids": [Command.set(item.ids)],
                "line_ids": [
                    Command.create(
                        {"date": self.today + timedelta(days=days), "amount": 300}
                    )
                    for days in (0, 30, 60)
                ],
            }
        )
        plan.action_confirm()
        self.assertFalse(self._get_basket().items, "agreed, so not overdue")

        transaction = self._pay(f"p{plan.id}")

        self.assertEqual(transaction.amount, 300)
        self.assertEqual(item.amount_residual_currency, 600)
        self.assertEqual(plan.line_ids.mapped("amount_paid"), [300, 0, 0])

    def test_what_a_notice_charged_is_paid_with_it(self):
        self._create_overdue_invoice(1000, 40)
        charge = self.env["account.dunning.charge"].search(
            [("kind", "=", "fee")], limit=1
        )
        notice = self._issue_notice()
        if not charge or not notice.charge_move_id:
            bill = self._create_overdue_invoice(15, 0)
            notice.sudo().charge_move_id = bill

        basket = self.Checkout._get_notice_basket(notice)

        self.assertEqual(basket.total, 1015)

    def test_contact_record_keeps_the_payment(self):
        self._create_overdue_invoice(1000, 40)

        transaction = self._pay()

        contact = self.env["account.dunning.contact"].search(
            [("partner_id", "=", self.customer.id)], limit=1
        )
        self.assertIn(transaction.reference, contact.note)
        self.assertEqual(contact.channel, "portal")

    # === WHAT IS REFUSED === #

    def test_altered_amounts_are_refused(self):
        self._create_overdue_invoice(1000, 40)
        basket = self._get_basket()
        for amount in (1000.01, 0, -1, 1e12):
            with self.subTest(amount=amount), self.assertRaises(UserError):
                self._begin(basket, amount)

    def test_altered_choices_find_nothing_foreign(self):
        foreign = self._get_item(
            self._create_overdue_invoice(77, 40, partner=self.stranger)
        )
        mine = self._get_item(self._create_overdue_invoice(1000, 40))
        plan = self.env["account.dunning.promise"].create(
            {
                "partner_id": self.stranger.id,
                "move_line_ids": [Command.set(foreign.ids)],
                "line_ids": [Command.create({"date": self.today, "amount": 77})],
            }
        )
        plan.action_confirm()
        choices = (f"i{foreign.id}", f"p{plan.id}", "i0", "i", "", "ix", "i1.2.", "No")
        for choice in (*choices, "i" + "9" * 30, f"i{mine.id};DROP"):
            with self.subTest(choice=choice):
                self.assertFalse(self._get_basket(choice).items)
        both = self._get_basket(f"i{foreign.id}.{mine.id}")
        self.assertEqual(both.items, mine)

    def test_choice_on_a_notice_is_of_the_notice(self):
        self._create_overdue_invoice(1000, 40)
        notice = self._issue_notice()
        later = self._get_item(self._create_overdue_invoice(55, 20))

        basket = self.Checkout._get_notice_basket(notice, f"i{later.id}")

        self.assertFalse(basket.items)

    # === ONCE === #

    def test_two_who_pay_the_same_pay_once(self):
        self._create_overdue_invoice(1000, 40)
        first = self._begin(self._get_basket())

        with self.assertRaisesRegex(UserError, "Somebody has just begun"):
            self._begin(self._get_basket())

        first._set_done()
        self.assertFalse(self._get_basket().items)
        first._post_process()
        self.assertFalse(self._get_basket().items)

    def test_who_comes_back_without_having_paid_may_try_again(self):
        self._create_overdue_invoice(1000, 40)
        first = self._begin(self._get_basket())

        second = self._begin(self._get_basket(), own=first)

        self.assertTrue(second)

    def test_who_only_begins_keeps_nobody_from_paying(self):
        """A letter's holder begins and stops there: the customer pays all the same."""
        self._create_overdue_invoice(1000, 40)
        self._begin(self._get_basket())
        Transaction = self.env["payment.transaction"].sudo()

        self.Checkout._begin(self._get_basket(), 1000, Transaction, knowingly=True)

    def test_money_under_way_stops_whoever_knows_of_it_too(self):
        """Twin: a payment that is more than begun is not made twice."""
        self._create_overdue_invoice(1000, 40)
        basket = self._get_basket()
        first = self._begin(basket)
        Transaction = self.env["payment.transaction"].sudo()
        for step in (first._set_pending, first._set_done):
            step()
            with self.assertRaisesRegex(UserError, "Somebody is paying"):
                self.Checkout._begin(basket, 1000, Transaction, knowingly=True)

    def test_attempts_of_a_letters_holder_are_the_holders_own(self):
        self._create_overdue_invoice(1000, 40)
        basket = self._get_basket()
        public = self.Checkout.with_user(self.env.ref("base.public_user")).sudo()
        Transaction = self.env["payment.transaction"].sudo()
        for _attempt in range(STARTS_AN_HOUR):
            public._begin(basket, 1000, Transaction)
        with self.assertRaisesRegex(UserError, "many attempts"):
            public._begin(basket, 1000, Transaction)

        self.Checkout._begin(basket, 1000, Transaction)

    def test_credit_that_covers_another_item_is_not_taken_for_a_notice(self):
        """What spared the customer a reminder is not spent on the one that came."""
        old = self._get_item(self._create_overdue_invoice(300, 60))
        self._create_overdue_invoice(1000, 40)
        credit = self._get_item(self._create_posted("out_refund", 300, 1))
        notice = self._issue_notice()
        self.assertEqual(notice.amount_total, 1000)

        basket = self.Checkout._get_notice_basket(notice)

        self.assertEqual((basket.covered, basket.total), (0, 1000))
        self.assertNotIn(old, basket.items)
        self.assertFalse(credit.reconciled)

    def test_payment_that_nobody_finished_is_forgotten(self):
        self._create_overdue_invoice(1000, 40)
        first = self._begin(self._get_basket())
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = create_date - INTERVAL '1 h'"
            " WHERE id = %s",
            [first.id],
        )
        first.invalidate_recordset(["create_date"])

        self.assertTrue(self._begin(self._get_basket()))

    def test_beginning_makes_others_begin_anew(self):
        """A new version of the items' rows fails whoever read them before."""
        item = self._get_item(self._create_overdue_invoice(1000, 40))
        before = self._get_version(item)

        self._begin(self._get_basket())

        self.assertNotEqual(self._get_version(item), before)

    def _get_version(self, item):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT ctid FROM account_move_line WHERE id = %s", item.ids
        )
        return self.env.cr.fetchone()

    def test_more_than_was_open_is_a_task_for_the_collector(self):
        move = self._create_overdue_invoice(1000, 40)
        transaction = self._begin(self._get_basket())
        self._register_payment(move)

        transaction._set_done()
        transaction._post_process()

        debtor = self.env["account.dunning.debtor"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertIn(
            "More was paid online than was open", debtor.activity_ids.mapped("summary")
        )


@tagged("post_install", "-at_install")
class TestPortalPayPages(PayCommon, HttpCase):
    """The pages and calls of paying, from outside."""

    def setUp(self):
        super().setUp()
        self.invoice = self._create_overdue_invoice(1234, 40)
        self.item = self._get_item(self.invoice)
        self.notice = self._issue_notice()
        self.token = self.notice._portal_ensure_token()
        self.own = f"/my/dunning/pay/{self.company.id}/{self.dollar.id}"
        self.by_link = f"/my/dunning/notice/{self.notice.id}/pay"

    def _call(self, url, **values):
        return self.make_jsonrpc_request(
            url,
            {
                "provider_id": self.dummy_provider.id,
                "payment_method_id": self.payment_method_id,
                "token_id": None,
                "amount": 1234,
                "flow": "redirect",
                "tokenization_requested": False,
                "landing_route": "https://evil.example.com",
                "is_validation": False,
                **values,
            },
        )

    def _get_transactions(self):
        return self.env["payment.transaction"].search(
            [("dunning_item_ids", "in", self.item.ids)]
        )

    def _assert_refused(self, url, **values):
        with mute_logger("odoo.http"):
            try:
                result = self._call(url, **values)
            except JsonRpcException as error:
                # who is not logged in is sent there by core; nothing else is thrown
                self.assertIn("SessionExpired", str(error))
                result = {"state": "error"}
        self.assertEqual(result["state"], "error")
        self.assertFalse(self._get_transactions())

    def test_customer_pays_what_is_overdue(self):
        self.authenticate("kim", "kim-secret")
        page = self.url_open(
            f"/my/dunning/pay?company={self.company.id}&currency={self.dollar.id}"
            "&choice=overdue"
        ).text
        self.assertIn(f'data-transaction-route="{self.own}/overdue/transaction"', page)

        self._call(f"{self.own}/overdue/transaction")

        transaction = self._get_transactions()
        self.assertEqual(transaction.amount, 1234)
        self.assertEqual(transaction.partner_id, self.contact)
        self.assertEqual(transaction.landing_route, "/my/dunning?done=pay")

    def test_link_pays_its_notice_without_login(self):
        page = self.url_open(f"{self.by_link}?access_token={self.token}").text
        self.assertIn(f'data-transaction-route="{self.by_link}/all/transaction"', page)

        self._call(f"{self.by_link}/all/transaction", access_token=self.token)

        transaction = self._get_transactions()
        self.assertEqual(transaction.partner_id, self.customer)
        self.assertEqual(transaction.dunning_notice_id, self.notice)

    def test_customer_who_comes_back_is_told_what_came_of_it(self):
        self.authenticate("kim", "kim-secret")
        self._call(f"{self.own}/overdue/transaction")
        transaction = self._get_transactions()
        for state, name in (
            ("draft", "pay_failed"),
            ("pending", "pay_pending"),
            ("cancel", "pay_failed"),
            ("error", "pay_failed"),
            ("done", "done"),
        ):
            with self.subTest(state=state):
                transaction.write({"state": state, "state_message": "It says why."})
                page = html.fromstring(self.url_open(transaction.landing_route).text)

                (told,) = page.xpath("//div[@role='status' or @role='alert']")
                self.assertEqual(told.get("name"), name)
                self.assertEqual(
                    name == "pay_failed", "says why" in told.text_content()
                )

    def test_nobody_is_thanked_for_a_payment_that_was_not_begun(self):
        by_link = f"/my/dunning/notice/{self.notice.id}?done=pay"
        self._call(f"{self.by_link}/all/transaction", access_token=self.token)
        begun = self._get_transactions()
        begun.state = "done"
        told = "Your payment is noted"
        self.assertIn(told, self.url_open(begun.landing_route).text)

        # of another page, and in another browser
        self.authenticate("kim", "kim-secret")
        self.assertNotIn(told, self.url_open("/my/dunning?done=pay").text)
        self.assertNotIn(told, self.url_open(by_link).text)

    def test_link_that_began_to_pay_does_not_stop_the_customer(self):
        self._call(f"{self.by_link}/all/transaction", access_token=self.token)
        begun = self._get_transactions()
        self.authenticate("kim", "kim-secret")
        url = (
            f"/my/dunning/pay?company={self.company.id}&currency={self.dollar.id}"
            "&choice=overdue"
        )

        page = self.url_open(url).text
        self.assertIn('name="rival"', page)
        self.assertNotIn("data-transaction-route", page)
        refused = self._call(f"{self.own}/overdue/transaction")
        self.assertEqual(refused["state"], "error")

        knowingly = f"{self.own}/overdue/transaction/knowingly"
        self.assertIn(
            f'data-transaction-route="{knowingly}"',
            self.url_open(f"{url}&knowingly=1").text,
        )
        self._call(knowingly)
        self.assertEqual((self._get_transactions() - begun).partner_id, self.contact)

    def test_amounts_that_are_no_numbers_are_refused(self):
        """JSON may say more: 1e400 is infinite, NaN compares to nothing."""
        self.authenticate("kim", "kim-secret")
        url = f"{self.own}/overdue/transaction"
        for amount in ("1e400", "-1e400", "NaN", "Infinity", "1e-400", "[1234]", "{}"):
            with self.subTest(amount=amount), mute_logger("odoo.http"):
                body = (
                    '{"jsonrpc": "2.0", "method": "call", "params": {"provider_id": %d,'
                    ' "payment_method_id": %d, "token_id": null, "amount": %s,'
                    ' "flow": "redirect", "tokenization_requested": false,'
                    ' "landing_route": "/", "is_validation": false}}'
                )
                response = self.url_open(
                    url,
                    data=body
                    % (self.dummy_provider.id, self.payment_method_id, amount),
                    headers={"Content-Type": "application/json"},
                )
                self.assertNotIn("processing_values", response.text)
                self.assertFalse(self._get_transactions())

    def test_choosing_nothing_pays_nothing(self):
        self.authenticate("kim", "kim-secret")

        page = self.url_open(
            f"/my/dunning/pay?company={self.company.id}&currency={self.dollar.id}"
            "&choice=chosen"
        ).text

        self.assertIn('name="nothing"', page)

    def test_part_is_typed_in_the_own_notation(self):
        self.authenticate("kim", "kim-secret")
        url = (
            f"/my/dunning/pay?company={self.company.id}&currency={self.dollar.id}"
            "&choice=overdue&amount="
        )
        for typed, amount in (("1,000.50", "1000.5"), ("１２３", "123.0")):
            with self.subTest(typed=typed):
                self.assertIn(
                    f'data-amount="{amount}"', self.url_open(url + typed).text
                )
        for typed in ("9999999", "-1", "NaN", "x", "<script>"):
            with self.subTest(typed=typed):
                page = self.url_open(url + typed).text
                self.assertIn('name="error"', page)
                self.assertNotIn("<script>", page.split('id="amount"')[1][:400])

    def test_each_language_orders_the_words_about_the_amount(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.contact.lang = "ja_JP"
        terms = {"Pay %(amount)s online": "オンラインで%(amount)sを支払う"}
        self.authenticate("kim", "kim-secret")

        with patch.object(
            code_translations, "get_python_translations", lambda module, lang: terms
        ):
            page = self.url_open(
                f"/my/dunning/pay?company={self.company.id}&currency={self.dollar.id}"
                "&choice=overdue"
            ).text

        amount = self.dollar.with_context(lang="ja_JP").format(1234)
        self.assertIn(f">オンラインで{amount}を支払う</h2>", page)

    def test_everybody_else_is_refused(self):
        routes = (f"{self.own}/overdue/transaction", f"{self.by_link}/all/transaction")
        for login in ("stranger", None, "admin"):
            self.authenticate(
                login, login and (login + "-secret" if login != "admin" else login)
            )
            for url in routes:
                with self.subTest(login=login, url=url):
                    self._assert_refused(url, access_token="x" * 49)

    def test_provider_that_is_not_offered_is_refused(self):
        self.authenticate("kim", "kim-secret")
        hidden = self.dummy_provider.copy({"is_published": False, "state": "test"})
        url = f"{self.own}/overdue/transaction"
        for values in (
            {"provider_id": hidden.id},
            {"provider_id": None},
            {"provider_id": str(self.dummy_provider.id)},
            {"provider_id": True},
            {"payment_method_id": None},
            {"payment_method_id": self.payment_method_id + 1000},
            {"flow": "x"},
            {"amount": "1234"},
            {"amount": None},
            {"amount": -1234},
            {"amount": 1234.01},
            {"amount": True},
            {"amount": 1e308},
            {"amount": 10**400},
            {"partner_id": self.stranger.id},
        ):
            with self.subTest(**values):
                self._assert_refused(url, **values)

    def test_letters_holder_cannot_use_saved_means_of_payment(self):
        means = self.env["payment.token"].create(
            {
                "provider_id": self.dummy_provider.id,
                "payment_method_id": self.payment_method_id,
                "payment_details": "4242",
                "provider_ref": "ref",
                "partner_id": self.customer.id,
            }
        )
        page = self.url_open(f"{self.by_link}?access_token={self.token}").text
        self.assertNotIn("4242", page)

        self._assert_refused(
            f"{self.by_link}/all/transaction",
            access_token=self.token,
            flow="token",
            token_id=means.id,
        )

    def test_customer_cannot_use_a_colleagues_means_of_payment(self):
        means = self.env["payment.token"].create(
            {
                "provider_id": self.dummy_provider.id,
                "payment_method_id": self.payment_method_id,
                "payment_details": "4242",
                "provider_ref": "ref",
                "partner_id": self.colleague.id,
            }
        )
        self.authenticate("kim", "kim-secret")

        self._assert_refused(
            f"{self.own}/overdue/transaction", flow="token", token_id=means.id
        )

    def test_guessing_tokens_is_counted_in_calls_too(self):
        url = f"{self.by_link}/all/transaction"
        for token in ("x", None, 7, ["x"], {"a": 1}, "\ud800", "0" * 49):
            with self.subTest(token=token):
                self._assert_refused(url, access_token=token)

        attempts = (
            self.env["account.dunning.attempt"]
            .sudo()
            .search_count([("scope", "=", "link")])
        )
        self.assertEqual(attempts, 2, "the two that could be tokens")

    def test_revoked_and_expired_links_pay_nothing(self):
        expired = self.notice._sign_link(f"{1500000000:08x}")
        self._assert_refused(f"{self.by_link}/all/transaction", access_token=expired)
        self.notice.action_revoke_links()
        self._assert_refused(f"{self.by_link}/all/transaction", access_token=self.token)
