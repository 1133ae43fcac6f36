from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestNetting(DunningCommon):
    """Open credits are set against the oldest items, in one company and currency."""

    def test_credit_that_covers_all_stops_the_item(self):
        item = self._create_item(1000, 30)
        self._create_credit(1000)

        verdict = self.assertReason(item, "credit_covers")

        self.assertEqual(verdict.amount_covered, 1000)
        self.assertEqual(verdict.amount_dunned, 0)

    def test_part_cover_lowers_the_amount(self):
        item = self._create_item(1000, 30)
        self._create_credit(400)

        verdict = self.assertReason(item, "dun")

        self.assertEqual(verdict.amount_covered, 400)
        self.assertEqual(verdict.amount_dunned, 600)

    def test_only_a_single_credit_is_named(self):
        self._create_item(100, 50)
        item = self._create_item(100, 30)
        one = self._create_credit(100)
        two = self._create_credit(100)

        verdict = self.assertReason(item, "credit_covers")

        for credit in (one, two):
            self.assertNotIn(credit.move_id.name, verdict.explanation)
        self.assertIn("100.00", verdict.explanation)

    def test_part_cover_names_the_credit(self):
        item = self._create_item(100, 30)
        credit = self._create_credit(80)

        verdict = self.assertReason(item, "dun")

        self.assertIn(credit.move_id.name, verdict.explanation)
        self.assertIn("80.00", verdict.explanation)

    def test_oldest_item_first(self):
        old, middle, young = (self._create_item(100, days) for days in (50, 40, 30))
        self._create_credit(150)

        self.assertReason(old, "credit_covers")
        self.assertEqual(self.assertReason(middle, "dun").amount_dunned, 50)
        self.assertEqual(self.assertReason(young, "dun").amount_dunned, 100)

    def test_credit_is_not_swallowed_by_an_item_that_is_not_asked_for(self):
        blocked = self._create_item(100, 60)
        blocked.move_id.no_followup = True
        self._create_item(100, -30)
        item = self._create_item(100, 30)
        self._create_credit(100)

        self.assertReason(item, "credit_covers")

    def test_unapplied_payment_counts_as_credit(self):
        item = self._create_item(100, 30)
        payment = self.env["account.payment"].create(
            {
                "amount": 100,
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.debtor.id,
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": "2024-06-01",
            }
        )
        payment.action_post()

        # with a journal entry it is a credit; without one, money under way
        reason = "credit_covers" if payment.move_id else "in_payment"
        self.assertReason(item, reason)

    def test_credit_of_another_contact_of_the_company_counts(self):
        contact = self._create_debtor(
            "Branch", parent_id=self.debtor.id, is_company=False, type="other"
        )
        item = self._create_item(100, 30, contact)
        self._create_credit(100)

        self.assertReason(item, "credit_covers")

    def test_other_debtors_credit_does_not_count(self):
        item = self._create_item(100, 30)
        self._create_credit(100, self._create_debtor("Somebody Else"))

        self.assertReason(item, "dun")

    def test_credit_in_another_currency_does_not_count(self):
        other = self.setup_other_currency("EUR")
        item = self._create_item(100, 30)
        self._create_credit(100, currency=other)

        self.assertReason(item, "dun")

    def test_draft_and_matched_credits_do_not_count(self):
        item = self._create_item(100, 30)
        self._create_credit(100).move_id.button_draft()
        other = self._create_item(50, 5)
        credit = self._create_credit(50)
        (other | credit).reconcile()

        self.assertEqual(self.assertReason(item, "dun").amount_dunned, 100)

    def test_policy_may_ignore_credits(self):
        self.policy.netting = "none"
        item = self._create_item(100, 30)
        self._create_credit(100)

        self.assertReason(item, "dun")

    def test_amounts_are_in_the_invoices_currency(self):
        other = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        item = self._create_item(300, 30, currency=other)
        self._create_credit(100, currency=other)

        verdict = self.assertReason(item, "dun")

        self.assertEqual(verdict.currency_id, other)
        self.assertEqual(verdict.amount_residual, 300)
        self.assertEqual(verdict.amount_dunned, 200)
