from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestDelayReason(DunningCommon):
    """Why a customer does not pay is noted, kept, and can choose the policy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls.env.ref(
            "account_dunning_advanced.account_dunning_delay_reason_cannot_pay"
        )
        cls.record = cls.env["account.dunning.debtor"]._get_or_create(
            cls.debtor, cls.company
        )

    @freeze_time("2024-06-14 10:00:00")
    def test_noted_with_day_and_person(self):
        self.record.with_user(self.collector).delay_reason_id = self.reason

        self.assertEqual(self.record.delay_date, DAY)
        self.assertEqual(self.record.delay_user_id, self.collector)
        self.assertEqual(self.debtor.dunning_delay_reason_id, self.reason)

    def test_reason_of_an_invoice_is_the_debtors_last(self):
        move = self._create_item(100, 30).move_id

        move.with_user(self.collector).dunning_delay_reason_id = self.reason

        self.assertEqual(self.record.delay_reason_id, self.reason)
        self.assertEqual(self.record.delay_user_id, self.collector)

    def test_who_is_no_collector_notes_nothing(self):
        clerk = new_test_user(
            self.env,
            "clerk",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        move = self._create_item(100, 30).move_id
        with self.assertRaises(AccessError):
            move.with_user(clerk).dunning_delay_reason_id = self.reason

    def test_reason_chooses_the_policy(self):
        gentle = self._create_policy("Gentle", delays=(60,))
        self.env["account.dunning.policy.rule"].create(
            {
                "policy_id": gentle.id,
                "company_id": self.company.id,
                "partner_domain": "[('dunning_delay_reason_id.code', '=',"
                " 'cannot_pay')]",
            }
        )
        item = self._create_item(100, 30)
        self.assertReason(item, "dun")

        self.record.delay_reason_id = self.reason

        verdict = self.assertReason(item, "not_due")
        self.assertEqual(verdict.policy_id, gentle)

    def test_customers_are_found_by_it(self):
        self.record.delay_reason_id = self.reason
        Partner = self.env["res.partner"].with_company(self.company)
        for domain in (
            [("dunning_delay_reason_id", "=", self.reason.id)],
            [("dunning_delay_reason_id", "in", self.reason.ids)],
            [("dunning_delay_reason_id.code", "=", "cannot_pay")],
            [("dunning_delay_reason_id", "ilike", "cannot")],
        ):
            with self.subTest(domain):
                self.assertEqual(Partner.search(domain), self.debtor)
        without = [
            ("dunning_delay_reason_id", "=", False),
            ("id", "=", self.debtor.id),
        ]
        self.assertFalse(Partner.search(without))
