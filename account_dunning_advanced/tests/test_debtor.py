from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestDebtor(DunningCommon):
    """Customer and debtor show what a run today would decide, and why."""

    def _debtor(self, partner=None):
        return self.env["account.dunning.debtor"]._get_or_create(
            partner or self.debtor, self.company
        )

    def test_open_items_with_reasons_from_oldest_to_youngest(self):
        young, old = self._create_item(100, 10), self._create_item(50, 40)
        credit = self._create_credit(20)

        items = self._debtor().with_user(self.collector).open_item_ids

        self.assertEqual(items, old | young | credit)
        self.assertEqual(items.mapped("dunning_reason"), ["dun", "dun", "credit"])

    def test_buttons_say_how_much_is_behind_them(self):
        self._create_item(100, 10)
        self._create_item(50, 40)
        self._run(issue=True)
        self.env["account.dunning.hold"].create(
            {"partner_id": self.debtor.id, "reason": "Moves house"}
        )
        debtor = self._debtor().with_user(self.collector)

        self.assertEqual(debtor.open_item_count, 2)
        self.assertEqual(debtor.notice_count, 1)
        self.assertEqual(debtor.hold_count, 1)
        self.assertEqual(debtor.promise_count, 0)

    def test_contacts_share_their_companys_debtor(self):
        contact = self._create_debtor("C", parent_id=self.debtor.id, is_company=False)
        item = self._create_item(100, 10, contact)

        debtor = self._debtor(contact)

        self.assertEqual(debtor.partner_id, self.debtor)
        self.assertEqual(debtor.open_item_ids, item)
        self.assertEqual(debtor.amount_open, 100)

    def test_customer_sums_up_the_reasons(self):
        self._create_item(100, 40)
        self._create_item(30, 60)
        blocked = self._create_item(7, 50)
        blocked.move_id.action_toggle_block_payment()

        summary = self.debtor.with_user(self.collector).dunning_summary

        self.assertIn("To be dunned: 2", summary)
        self.assertIn("130.00", summary)
        self.assertIn("Blocked for payment: 1", summary)

    def test_customer_who_owes_nothing_has_no_summary(self):
        self.assertFalse(self.debtor.dunning_summary)

    def test_reasons_of_items_not_dunned_go_after_a_while(self):
        self._create_item(100, 30)
        self._create_item(100, 1)
        run = self._run(issue=True)
        self.assertEqual(len(run.verdict_ids), 2)

        self.env["account.dunning.verdict"]._gc_verdicts()
        self.assertEqual(len(run.verdict_ids), 2)

        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_dunning_run SET write_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=91), run.id],
        )
        self.env["account.dunning.verdict"]._gc_verdicts()
        self.assertEqual(run.verdict_ids.reason, "dun")

    def test_collector_is_named_in_new_notices(self):
        self._create_item(100, 30)
        self._debtor().user_id = self.collector

        notice = self._run(DAY, user=self.manager).notice_ids

        self.assertEqual(notice.user_id, self.collector)

    def test_payment_brings_the_debtor_up_to_date(self):
        item = self._create_item(100, 30)
        self._run(issue=True)
        debtor = self.env["account.dunning.debtor"].search(
            [("partner_id", "=", self.debtor.id)]
        )
        self.assertEqual(debtor.level_id, self.first)

        self._pay(item, 100)
        self.env.cr.precommit.run()

        self.assertRecordValues(debtor, [{"amount_open": 0.0, "level_id": False}])
        self.assertFalse(self.debtor.with_company(self.company).dunning_level_id)
        item.remove_move_reconcile()
        self.env.cr.precommit.run()
        self.assertRecordValues(
            debtor, [{"amount_open": 0.0, "level_id": self.first.id}]
        )

    def test_payment_of_a_stranger_makes_no_debtor(self):
        item = self._create_item(100, 30, self._create_debtor("Stranger"))

        self._pay(item, 100)
        self.env.cr.precommit.run()

        self.assertFalse(
            self.env["account.dunning.debtor"].search(
                [("partner_id", "=", item.partner_id.id)]
            )
        )
