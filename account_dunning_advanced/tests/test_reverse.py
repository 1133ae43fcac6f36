from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestReverse(DunningCommon):
    """A reversal puts the levels back to what the notices that are left show."""

    def test_reversing_a_run_restores_everything(self):
        item = self._create_item(100, 60)
        run = self._run(issue=True)

        run.action_reverse()

        self.assertEqual(run.state, "reversed")
        self.assertEqual(run.notice_ids.state, "reversed")
        for record in (item, item.move_id, self.debtor):
            self.assertFalse(record.dunning_level_id)
            self.assertFalse(record.dunning_date)
        self.assertReason(item, "dun")

    def test_a_run_that_found_nothing_is_reversed_as_well(self):
        run = self._run(issue=True)
        self.assertFalse(run.notice_ids)

        run.action_reverse()

        self.assertEqual(run.state, "reversed")

    def test_reversed_level_can_be_given_again(self):
        item = self._create_item(100, 60)
        self._run(issue=True).action_reverse()

        self._run(issue=True)

        self.assertEqual(item.dunning_level_id, self.first)

    def test_reversing_the_last_of_two_goes_back_one(self):
        item = self._create_item(100, 60)
        self._run(issue=True)
        later = self._run(DAY + timedelta(days=10), issue=True)
        self.assertEqual(item.dunning_level_id, self.second)

        later.notice_ids.action_reverse()

        self.assertEqual(item.dunning_level_id, self.first)
        self.assertEqual(item.dunning_date, DAY)
        self.assertEqual(self.debtor.dunning_date, DAY)

    def test_order_of_reversals_does_not_matter(self):
        for start, order in ((0, (0, 1)), (10, (1, 0))):
            with self.subTest(order=order):
                partner = self._create_debtor(f"Order {order}")
                item = self._create_item(100, 60, partner)
                only = {"partner_ids": [(6, 0, partner.ids)]}
                notices = [
                    self._run(
                        DAY + timedelta(days=start + days), issue=True, **only
                    ).notice_ids
                    for days in (0, 10)
                ]
                for index in order:
                    notices[index].action_reverse()
                self.assertFalse(item.dunning_level_id)

    def test_level_of_a_takeover_comes_back(self):
        item = self._create_item(100, 60)
        item.write({"dunning_level_id": self.first.id, "dunning_date": "2024-05-01"})
        run = self._run(issue=True)
        self.assertEqual(item.dunning_level_id, self.second)

        run.action_reverse()

        self.assertEqual(item.dunning_level_id, self.first)
        self.assertEqual(str(item.dunning_date), "2024-05-01")

    def test_restarted_ladder_is_not_touched_by_the_old_one(self):
        item = self._create_item(100, 60)
        old = self._run(issue=True)
        item.action_dunning_restart()
        self._run(DAY + timedelta(days=10), issue=True)

        old.action_reverse()

        self.assertEqual(item.dunning_level_id, self.first)
        self.assertEqual(item.dunning_date, DAY + timedelta(days=10))

    def test_queued_mail_of_a_reversed_notice_is_stopped(self):
        self._create_item(100, 60)
        notice = self._run(issue=True).notice_ids
        mail = (
            self.env["mail.mail"]
            .sudo()
            .create({"model": notice._name, "res_id": notice.id, "state": "outgoing"})
        )

        notice.action_reverse()

        self.assertEqual(mail.state, "cancel")

    def test_only_issued_notices_are_reversed(self):
        self._create_item(100, 60)
        run = self._run()

        with self.assertRaises(UserError):
            run.notice_ids.action_reverse()
        with self.assertRaises(UserError):
            run.action_reverse()

    def test_reversed_notice_is_not_sent(self):
        self._create_item(100, 60)
        notice = self._run(issue=True).notice_ids
        notice.action_reverse()

        with self.assertRaises(UserError):
            notice.action_send()
