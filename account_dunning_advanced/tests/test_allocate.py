from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestAllocate(DunningCommon):
    """A payment is set against the open items, as the law or the clerk says."""

    def _receive(self, amount, currency=None, partner=None, day=DAY):
        """Post a payment that is not matched; return its receivable line."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or self.debtor).id,
                "amount": amount,
                "date": day,
                "journal_id": self.company_data["default_journal_bank"].id,
                "currency_id": (currency or self.company.currency_id).id,
            }
        )
        payment.action_post()
        return self._get_items(payment.move_id)

    def _propose(self, credit, user=None):
        action = credit.with_user(user or self.collector).action_dunning_allocate()
        return (
            self.env[action["res_model"]]
            .with_user(user or self.collector)
            .browse(action["res_id"])
        )

    def _charge(self, item, amount):
        """Dun an item; return the item of an invoice that charges the debtor for it."""
        charge = self._create_item(amount, -10)
        notice = self._run(issue=True).notice_ids
        notice._unguarded().charge_move_id = charge.move_id
        # as billing does it
        charge.move_id.sudo().dunning_notice_id = notice
        return charge

    def assertSettles(self, wizard, *expected):
        lines = wizard.line_ids.filtered("amount").sorted("sequence")
        shown = [(line.item_id, line.amount) for line in lines]
        self.assertEqual(shown, list(expected))

    def test_oldest_item_is_proposed_first(self):
        young, old = self._create_item(100, 20), self._create_item(300, 60)

        wizard = self._propose(self._receive(350))

        self.assertSettles(wizard, (old, 300), (young, 50))
        self.assertEqual(wizard.amount_rest, 0)

    def test_applying_reconciles_by_the_amounts_shown(self):
        young, old = self._create_item(100, 20), self._create_item(300, 60)
        credit = self._receive(350)

        self._propose(credit).action_apply()

        self.assertTrue(old.reconciled)
        self.assertEqual(old.move_id.payment_state, "paid")
        self.assertEqual(young.amount_residual, 50)
        self.assertTrue(credit.reconciled)

    def test_amounts_of_ones_own_are_exact(self):
        young, old = self._create_item(100, 20), self._create_item(300, 60)
        credit = self._receive(350)
        wizard = self._propose(credit)

        with Form(wizard) as form:
            for index, amount in enumerate((120.55, 33.33)):
                with form.line_ids.edit(index) as line:
                    line.amount = amount
            self.assertAlmostEqual(form.amount_rest, 196.12)
        wizard.action_apply()

        self.assertEqual(old.amount_residual, 179.45)
        self.assertEqual(young.amount_residual, 66.67)
        self.assertEqual(credit.amount_residual, -196.12)

    def test_overpayment_stays_open(self):
        item = self._create_item(100, 30)
        credit = self._receive(130)

        wizard = self._propose(credit)
        self.assertEqual(wizard.amount_rest, 30)
        wizard.action_apply()

        self.assertTrue(item.reconciled)
        self.assertEqual(credit.amount_residual, -30)

    def test_credit_note_is_set_off_too(self):
        item = self._create_item(100, 30)
        credit = self._create_credit(40)

        self._propose(credit).action_apply()

        self.assertEqual(item.amount_residual, 60)

    def test_charges_come_first_as_fees_of_their_debt(self):
        item = self._create_item(100, 30)
        charge = self._charge(item, 12)

        wizard = self._propose(self._receive(50))

        self.assertEqual(charge._get_claim_kind(), "fee")
        self.assertEqual(item._get_claim_kind(), "principal")
        self.assertEqual(charge._get_claim_debt(), item.move_id.id)
        self.assertSettles(wizard, (charge, 12), (item, 38))

    def test_order_that_is_chosen_decides(self):
        item = self._create_item(100, 30)
        charge = self._charge(item, 12)
        wizard = self._propose(self._receive(50))

        wizard.payment_order_id = self.env["account.dunning.payment.order"].create(
            {
                "name": "Principal first",
                "code": "principal",
                "kinds": "principal,interest,fee,cost",
            }
        )
        wizard.action_propose()

        self.assertSettles(wizard, (item, 50))
        self.assertFalse(
            wizard.line_ids.filtered(lambda line: line.item_id == charge).amount
        )

    def test_item_that_the_debtor_names_comes_first(self):
        young, old = self._create_item(100, 20), self._create_item(300, 60)
        wizard = self._propose(self._receive(150))

        wizard.line_ids.filtered(lambda line: line.item_id == young).designated = True
        wizard.action_propose()

        self.assertSettles(wizard, (young, 100), (old, 50))

    def test_company_uses_the_order_of_its_country_or_its_own(self):
        Order = self.env["account.dunning.payment.order"]
        self.company.account_fiscal_country_id = self.env.ref("base.kr")
        table = [("base.kr", "kr"), ("base.jp", "jp"), ("base.br", "generic")]
        for country, code in table:
            with self.subTest(country):
                found = Order._find_for(self.env.ref(country), self.company)
                self.assertEqual(found.code, code)
        self.assertEqual(self.company._get_dunning_payment_order().code, "kr")

        own = Order.search([("code", "=", "kr")]).copy(
            {"company_id": self.company.id, "code": "own"}
        )
        self.assertEqual(self.company._get_dunning_payment_order(), own)
        self.company.dunning_payment_order_id = Order.search([("code", "=", "fr")])
        self.assertEqual(self.company._get_dunning_payment_order().code, "fr")

    def test_each_copy_of_an_order_has_a_code_of_its_own(self):
        order = self.env["account.dunning.payment.order"].search([("code", "=", "kr")])

        copies = order.copy() | order.copy() | order.copy({"code": "mine"})

        self.assertEqual(
            copies.mapped("code"), ["kr (copy)", "kr (copy) (copy)", "mine"]
        )

    def test_only_items_that_core_can_match_are_shown(self):
        other = self.setup_other_currency("EUR")
        mine = self._create_item(100, 30)
        self._create_item(100, 30, currency=other)
        self._create_item(100, 30, partner=self._create_debtor("Stranger"))

        wizard = self._propose(self._receive(500))

        self.assertEqual(wizard.line_ids.item_id, mine)

    def test_foreign_currency_with_another_rate_at_payment(self):
        """100 bought at 3, paid at 2: the part that is paid bears the difference."""
        gold = self.setup_other_currency(
            "EUR", rates=[("2024-01-01", 3.0), ("2024-06-01", 2.0)]
        )
        item = self._create_item(300, 30, currency=gold)
        credit = self._receive(200, currency=gold)
        self.assertEqual((item.balance, credit.balance), (100, -100))
        wizard = self._propose(credit)
        wizard.line_ids.amount = 120

        wizard.action_apply()

        self.assertEqual(item.amount_residual_currency, 180)
        self.assertEqual(credit.amount_residual_currency, -80)
        # at the rates of the two: 180 / 3 and 80 / 2
        self.assertEqual(item.amount_residual, 60)
        self.assertEqual(credit.amount_residual, -40)

    def test_what_has_been_settled_meanwhile_is_not_settled_again(self):
        """Two users look at one payment: the second is told to look again."""
        item = self._create_item(100, 30)
        credit = self._receive(80)
        first, second = self._propose(credit), self._propose(credit, self.manager)

        first.action_apply()
        with self.assertRaises(UserError):
            second.action_apply()

        self.assertEqual(item.amount_residual, 20)

    def test_amounts_beyond_the_item_or_the_credit_are_refused(self):
        self._create_item(100, 30)
        self._create_item(100, 20)
        wizard = self._propose(self._receive(150))
        for amounts in ((101, 0), (90, 70), (-1, 10)):
            for line, amount in zip(wizard.line_ids, amounts, strict=True):
                line.amount = amount
            with self.subTest(amounts=amounts), self.assertRaises(UserError):
                wizard.action_apply()
        wizard.line_ids.amount = 0
        with self.assertRaises(UserError):
            wizard.action_apply()

    def test_amounts_from_outside_change_nothing(self):
        """The twin: a context of RPC cannot make core match less."""
        item = self._create_item(100, 30)
        credit = self._receive(100)

        (item + credit).with_context(
            dunning_settled_amounts={(item.id, credit.id): 1}
        ).reconcile()

        self.assertTrue(item.reconciled)

    def test_item_without_open_credit_is_refused(self):
        item = self._create_item(100, 30)

        with self.assertRaises(UserError):
            self._propose(item)

    def test_payment_and_debtor_open_the_proposal(self):
        item = self._create_item(100, 30)
        late = self._receive(30)
        early = self._receive(20, day=DAY - timedelta(days=3))

        action = late.payment_id.action_dunning_allocate()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertSettles(wizard, (item, 30))
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        action = debtor.with_user(self.collector).action_allocate()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.credit_id, early)

    def test_rules_of_an_order_are_checked(self):
        Order = self.env["account.dunning.payment.order"]
        for vals in (
            {"kinds": "cost,interest"},
            {"kinds": "cost,cost,interest,fee,principal"},
            {"ties": "youngest"},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                Order.create({"name": "Wrong", "code": "wrong", **vals})
        Order.create(
            {
                "name": "Right",
                "code": "right",
                "kinds": " fee, cost,interest ,principal",
            }
        )

    def test_who_may_settle(self):
        self._create_item(100, 30)
        credit = self._receive(80)
        wizard = self._propose(credit)
        employee = new_test_user(
            self.env,
            "employee",
            "base.group_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            credit.with_user(employee).action_dunning_allocate()
        # a proposal is for the one who asked for it
        for user in (employee, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                wizard.with_user(user).action_apply()
