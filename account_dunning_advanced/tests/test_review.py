from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestReview(DunningCommon):
    """A proposed plan can be changed by hand; who and why is kept."""

    def _adjust(self, records, operation, note="Because", **values):
        action = records.action_drop()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.operation = operation
        wizard.note = note
        for field, value in values.items():
            setattr(wizard, field, value)
        wizard.save().action_apply()

    def test_dropping_an_item(self):
        keep = self._create_item(100, 30)
        drop = self._create_item(40, 30)
        run = self._run()
        before = run.plan_hash

        self._adjust(
            run.notice_ids.line_ids.filtered(lambda line: line.move_line_id == drop),
            "drop",
            "promised on the phone",
        )

        self.assertEqual(run.notice_ids.amount_total, 100)
        self.assertNotEqual(run.plan_hash, before)
        self.assertRecordValues(
            run.change_ids,
            [
                {
                    "stage": "review",
                    "kind": "dropped",
                    "note": "promised on the phone",
                    "user_id": self.collector.id,
                    "move_line_id": drop.id,
                }
            ],
        )
        run.action_approve()
        run.action_issue()
        self.assertTrue(keep.dunning_level_id)
        self.assertFalse(drop.dunning_level_id)

    def test_dropping_a_debtor(self):
        self._create_item(100, 30)
        other = self._create_item(40, 30, self._create_debtor("Other"))
        run = self._run()
        notice = run.notice_ids.filtered(lambda n: n.partner_id == self.debtor)

        self._adjust(notice, "drop")

        self.assertEqual(notice.state, "cancelled")
        run.action_approve()
        run.action_issue()
        self.assertEqual(
            run.notice_ids.filtered(lambda n: n.state == "issued").partner_id,
            other.partner_id,
        )

    def test_raising_and_lowering_within_the_policy(self):
        item = self._create_item(100, 90)
        run = self._run()

        self._adjust(run.notice_ids, "level", level_id=self.last)
        self.assertEqual(run.notice_ids.level_id, self.last)
        self._adjust(run.notice_ids, "level", level_id=self.second)

        run.action_approve()
        run.action_issue()
        self.assertEqual(item.dunning_level_id, self.second)
        self.assertEqual(
            run.notice_ids._get_level_value("name")["en_US"]
            if isinstance(run.notice_ids._get_level_value("name"), dict)
            else run.notice_ids._get_level_value("name"),
            self.second.name,
        )

    def test_level_of_another_policy_is_refused(self):
        self._create_item(100, 90)
        run = self._run()
        other = self._create_policy("Other")

        with self.assertRaises(UserError):
            run.notice_ids.line_ids._adjust("level", "x", other.level_ids[0])

    def test_level_given_before_is_refused(self):
        self._create_item(100, 90)
        self._run(issue=True)
        run = self._run("2024-07-10")

        with self.assertRaises(UserError):
            run.notice_ids.line_ids._adjust("level", "x", self.first)

    def test_note_goes_into_the_letter(self):
        self._create_item(100, 90)
        run = self._run()

        self._adjust(run.notice_ids, "note", "Thank you for calling.")

        self.assertEqual(run.notice_ids.note, "Thank you for calling.")
        self.assertEqual(run.change_ids.kind, "note")

    def test_approved_plan_is_closed(self):
        self._create_item(100, 90)
        run = self._run()
        run.action_approve()

        with self.assertRaises(UserError):
            run.notice_ids.line_ids._adjust("drop", "x")
        run.action_reset()
        run.notice_ids.line_ids._adjust("drop", "x")
        self.assertEqual(run.notice_ids.state, "cancelled")

    def test_cap_of_an_item_holds_in_the_review(self):
        item = self._create_item(100, 90)
        item.dunning_max_level_id = self.second
        run = self._run()

        with self.assertRaisesRegex(UserError, "no higher"):
            run.notice_ids.line_ids._adjust("level", "x", self.last)
        run.notice_ids.line_ids._adjust("level", "x", self.second)
        self.assertEqual(run.notice_ids.level_id, self.second)

    def test_minimum_holds_in_the_review(self):
        self._create_item(100, 90)
        self.second.min_amount = 100.01
        run = self._run()

        with self.assertRaisesRegex(UserError, "misses the minimum"):
            run.notice_ids.line_ids._adjust("level", "x", self.second)
        self.second.min_amount = 100
        run.notice_ids.line_ids._adjust("level", "x", self.second)
        self.assertEqual(run.notice_ids.level_id, self.second)

    def test_level_goes_to_the_items_of_its_policy(self):
        here, there = self._create_item(100, 90), self._create_item(50, 90)
        other = self._create_policy("Other")
        there.move_id.dunning_policy_id = other
        run = self._run()

        self._adjust(run.notice_ids, "level", level_id=other.level_ids[1])

        levels = {line.move_line_id: line.level_id for line in run.notice_ids.line_ids}
        self.assertEqual(levels, {here: self.first, there: other.level_ids[1]})

    def test_letter_is_closed_with_the_approval(self):
        self._create_item(100, 90)
        run = self._run()
        notice = run.notice_ids.with_user(self.collector)
        notice.note = "Thank you for calling."
        run.action_approve()

        for values in ({"note": "x"}, {"user_id": self.collector.id}):
            with self.assertRaises(UserError):
                notice.write(values)
        self.assertEqual(notice.note, "Thank you for calling.")

    def test_notice_of_a_plan_is_left_out_not_deleted(self):
        self._create_item(100, 90)
        run = self._run()

        with self.assertRaisesRegex(UserError, "Leave it out"):
            run.notice_ids.with_user(self.manager).unlink()
