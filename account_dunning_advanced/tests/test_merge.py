from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_debtor_figures import WorklistCommon


@tagged("post_install", "-at_install")
class TestMerge(WorklistCommon):
    """Two customers turn out to be one: nothing of either is lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.twin = cls._create_debtor("Twin")

    def _merge(self):
        with mute_logger("odoo.addons.base.partner.merge", "odoo.models.unlink"):
            self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
                (self.debtor | self.twin).ids, self.debtor
            )
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def test_figures_are_those_of_both(self):
        self._item(100, 30)
        item = self._item(50, 20, self.twin)
        row = self._row()
        self._row(self.twin)
        self._dispute(item, 10)

        self._merge()

        self.assertRecordValues(row, [{"amount_overdue": 150, "amount_disputed": 10}])
        self.assertNoFaults()

    def test_wishes_credit_and_conversation_are_kept(self):
        row, other = self._row(), self._row(self.twin)
        row.write({"user_id": self.collector.id, "note": "Pays in cash"})
        other.write(
            {
                "user_id": self.manager.id,
                "no_call": True,
                "amount_insured": 5000,
                "note": "Ask for Ms Weber",
            }
        )
        slot = self.env["account.dunning.contact.slot"].create(
            {"debtor_id": other.id, "weekday": "0", "hour_from": 8, "hour_to": 9}
        )
        info = self.env["account.dunning.credit.info"].create(
            {"debtor_id": other.id, "source": "Agency", "score": 40}
        )
        message = other.message_post(body="Was on the phone")
        task = other.activity_schedule("mail.mail_activity_data_todo")

        self._merge()

        self.assertFalse(other.exists())
        self.assertEqual(row.user_id, self.collector)
        self.assertTrue(row.no_call)
        self.assertEqual(row.amount_insured, 5000)
        self.assertIn("Pays in cash", row.note)
        self.assertIn("Ask for Ms Weber", row.note)
        self.assertEqual(row.slot_ids, slot)
        self.assertEqual(row.credit_info_ids, info)
        self.assertIn(message, row.message_ids)
        self.assertIn(task, row.activity_ids)

    def test_row_of_another_company_goes_along(self):
        """Core would delete it, because the rows meet in this company."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self._row()
        self._row(self.twin)
        theirs = self.Debtor.create(
            {
                "partner_id": self.twin.id,
                "company_id": elsewhere.id,
                "next_action_date": self.today + timedelta(days=3),
            }
        )

        self._merge()

        self.assertEqual(theirs.exists().partner_id, self.debtor)
        self.assertTrue(theirs.next_action_date)

    def test_release_of_one_is_none_of_both(self):
        row, other = self._row(), self._row(self.twin)
        other.with_user(self.manager)._release_trade(
            self.today + timedelta(days=5), "Prepaid"
        )

        self._merge()

        self.assertFalse(row.trade_release_date)
