from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestReadmit(LegalCommon):
    """After the case the customer may buy again, on terms that are written down."""

    def _get_closed_case(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self._pay(item, 1000, TODAY)
        case.action_close()
        return case

    def _readmit(self, case, **values):
        action = case.with_user(self.manager).action_readmit()
        form = Form(
            self.env["account.legal.case.readmit"]
            .with_user(self.manager)
            .with_context(**action["context"])
        )
        form.reason = "The settlement was paid"
        for name, value in values.items():
            setattr(form, name, value)
        return form.save()

    def _hold(self, **values):
        return self.env["account.dunning.hold"].create(
            {"partner_id": self.debtor.id, "reason": "Bankrupt", **values}
        )

    def test_stops_are_lifted_and_terms_are_set(self):
        case = self._get_closed_case()
        hold = self._hold(stop="insolvency")
        self.company.account_use_credit_limit = True
        terms = self.env.ref("account.account_payment_term_15days")

        readmit = self._readmit(
            case, payment_term_id=terms, credit_limit=500, policy_id=self.policy
        )
        self.assertEqual(readmit.hold_ids, hold)
        readmit.action_readmit()

        self.assertEqual(hold.state, "ended")
        partner = self.debtor.with_company(self.company)
        self.assertEqual(partner.property_payment_term_id, terms)
        self.assertEqual(partner.credit_limit, 500)
        self.assertEqual(partner.dunning_policy_id, self.policy)
        for record in (case, partner):
            body = record.message_ids.sorted("id")[-1].body
            for word in (case.name, "Bankrupt", "15 Days", "500.00", "was paid"):
                self.assertIn(word, body)

    def test_hold_that_is_taken_out_of_the_list_stays(self):
        case = self._get_closed_case()
        holds = self._hold() | self._hold(reason="Moves house")

        readmit = self._readmit(case)
        readmit.hold_ids = holds[0]
        readmit.action_readmit()

        self.assertEqual(holds.mapped("state"), ["ended", "active"])

    def test_terms_that_are_left_alone_are_not_written(self):
        case = self._get_closed_case()
        terms = self.debtor.property_payment_term_id
        self._readmit(case).action_readmit()
        self.assertEqual(self.debtor.property_payment_term_id, terms)
        self.assertFalse(self.debtor.dunning_policy_id)

    def test_new_invoices_are_let_through_for_a_while(self):
        case = self._get_closed_case()
        self._create_item(80, 40, day=TODAY)
        self.company.write({"dunning_trade_effect": "stop", "dunning_trade_amount": 1})
        self.env["account.dunning.debtor"]._refresh(self.company, self.debtor.ids)
        debtor = self.env["account.dunning.debtor"].search(
            [("partner_id", "=", self.debtor.id), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(debtor.trade_effect, "stop")

        readmit = self._readmit(case, date_release="2024-06-30")
        self.assertIn("owes", readmit.trade_text)
        readmit.action_readmit()

        self.assertEqual(debtor.trade_effect, "warn")
        self.assertEqual(debtor.trade_release_reason, "The settlement was paid")

    def test_release_is_not_for_the_past(self):
        readmit = self._readmit(self._get_closed_case())
        readmit.date_release = "2024-06-13"
        with self.assertRaisesRegex(UserError, "today at the earliest"):
            readmit.action_readmit()

    def test_clerk_does_not_take_a_customer_back(self):
        case = self._get_closed_case()
        Readmit = self.env["account.legal.case.readmit"].with_user(self.clerk)
        with self.assertRaises(AccessError):
            Readmit.create({"case_id": case.id, "reason": "I like him"})

    def test_case_that_is_pursued_is_closed_first(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        with self.assertRaisesRegex(UserError, "open and cannot be followed"):
            case.with_user(self.manager).action_readmit()
        readmit = (
            self.env["account.legal.case.readmit"]
            .with_user(self.manager)
            .create({"case_id": case.id, "reason": "Too early"})
        )
        with self.assertRaisesRegex(UserError, "open and cannot be followed"):
            readmit.action_readmit()

    def test_hold_of_another_customer_is_not_lifted(self):
        readmit = self._readmit(self._get_closed_case())
        other = self._create_debtor("Other")
        readmit.hold_ids = self._hold(partner_id=other.id)
        with self.assertRaisesRegex(UserError, "not of this customer"):
            readmit.action_readmit()
