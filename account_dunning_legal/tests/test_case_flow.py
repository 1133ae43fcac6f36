from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestCaseFlow(LegalCommon):
    """From the last level to a settlement that was paid, as a Korean seller goes."""

    def _take(self, case, day, served=None, outcome=None):
        """Take the current step on a day, and end it if its outcome is known."""
        step = case.current_step_id
        with freeze_time(day):
            step.action_start()
            if served:
                step.date_served = served
            if step.amount_fee:
                step.action_advance_fee()
            if outcome:
                step.outcome_id = self.env.ref(
                    f"account_dunning_legal.account_legal_procedure_kr_{outcome}"
                )
                step.action_done()
        return step

    def test_last_level_to_paid_settlement(self):
        won = self.env.ref("base.KRW")
        won.active = True
        self.company.account_fiscal_country_id = self.env.ref("base.kr")
        item = self._create_top_item(3_000_000, 200, currency=won)
        way = self.env.ref("account_dunning_legal.account_legal_procedure_kr")
        case = self._create_case(
            item, self.clerk, procedure_id=way.id, currency_id=won.id
        )
        # the gate: costs and benefit are known before it opens
        case.chance = 0.8
        self.assertEqual(case.interest_id.code, "kr_commercial")
        # only the stamp duties of 2025 on are known, so a case of 2024 says so
        self.assertIn("no version", case.estimate_note)
        case.action_open()
        self.assertReason(item, "legal", TODAY)

        self._take(case, TODAY)
        with freeze_time(date(2024, 7, 1)):
            case.current_step_id.action_done()
            case.current_step_id.note = "Nothing to attach"
            case.current_step_id.action_skip()
        order = self._take(
            case,
            date(2025, 3, 3),
            served=date(2025, 3, 10),
            outcome="payment_order_objection",
        )
        # 3 million: 15,000 of a suit, a tenth 1,500; service 5,200 x 2 x 6
        self.assertEqual(order.amount_fee, 1_500 + 62_400)
        self.assertEqual(order.date_deadline, date(2025, 3, 24))
        self.assertEqual(case.stage_id.code, "suit")
        self.assertFalse(case.limitation_date, "a pending suit cannot expire")

        suit = self._take(case, date(2025, 4, 1))
        self.assertEqual(suit.amount_fee, 15_000 + 156_000)
        paid_on = date(2025, 6, 2)
        with freeze_time(paid_on):
            case.action_charge_interest()
            owed = case.claim_balance(paid_on)
            self.assertGreater(owed["interest"], 0)
            self.assertEqual(owed["cost"], 63_900 + 171_000)
            # settled for the principal: what is paid goes to the costs first
            self._pay(item, 3_000_000, paid_on)
            left = case.claim_balance(paid_on)["total"]
            self.env["account.legal.claim"].with_user(self.clerk).create(
                {
                    "case_id": case.id,
                    "date": paid_on,
                    "kind": "waiver",
                    "amount": left,
                    "note": "Settlement",
                }
            )
            suit.outcome_id = self.env.ref(
                "account_dunning_legal.account_legal_procedure_kr_suit_settled"
            )
            suit.action_done()
            self.assertFalse(case.current_step_id)
            case.action_close()

        self.assertEqual(case.state, "closed")
        self.assertTrue(item.reconciled, "the ledger is at zero")
        self.assertEqual(item.amount_residual_currency, 0)
        self.assertEqual(set(case.claim_balance(paid_on).values()), {0.0})
        account = case._get_account_rows(paid_on)
        self.assertEqual(sum(account[-1].balance.values()), 0)
        self.assertEqual(
            case.claim_balance(paid_on - timedelta(days=1))["principal"], 3_000_000
        )
