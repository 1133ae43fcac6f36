from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestHold(DunningCommon):
    """A hold stops dunning from its first to its last day, and says why and by whom."""

    def _hold(self, days=5, **values):
        return self.env["account.dunning.hold"].create(
            {
                "reason": "waits for a corrected invoice",
                "date_from": DAY,
                "date_to": DAY + timedelta(days=days) if days is not None else False,
                "user_id": self.collector.id,
                "company_id": self.company.id,
                **values,
            }
        )

    def _get_version(self):
        """Return what changes when the debtor's row is written, if only as it was."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT ctid FROM account_dunning_debtor WHERE partner_id = %s",
            [self.debtor.id],
        )
        return self.env.cr.fetchall()

    def test_a_hold_that_is_over_is_not_prolonged(self):
        """Its days would not count any more: the user is told to make a new one."""
        hold = self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "reason": "x",
                "date_from": DAY,
                "date_to": DAY,
            }
        )
        hold._end_expired(self.company)
        self.assertTrue(hold.date_ended)
        with self.assertRaisesRegex(UserError, "on hold again"):
            hold.with_user(self.collector).date_to = DAY + timedelta(days=9999)

    def test_notices_being_issued_meet_a_new_hold(self):
        """The debtor's row gets a new version, which a running issue runs into."""
        self._create_item(100, 30)
        self._run()
        before = self._get_version()
        hold = self.env["account.dunning.hold"].create(
            {"partner_id": self.debtor.id, "reason": "x"}
        )
        after = self._get_version()
        self.assertNotEqual(before, after)
        hold.reason = "y"
        self.assertEqual(self._get_version(), after, "nothing that stops has changed")

    def test_a_hold_that_moves_to_another_customer_wakes_the_first_too(self):
        """What was held is held no more, and its row must not say so any longer."""
        self._create_item(100, 30)
        self._run()
        hold = self._hold(partner_id=self.debtor.id)
        before = self._get_version()

        hold.partner_id = self.env["res.partner"].create({"name": "Another"})

        self.assertNotEqual(self._get_version(), before)

    def test_nearest_hold_is_the_reason(self):
        item = self._create_item(100, 30)

        self._hold(partner_id=self.debtor.id)
        self.assertReason(item, "hold_debtor")
        self._hold(move_id=item.move_id.id)
        self.assertReason(item, "hold_invoice")
        self._hold(move_line_id=item.id)
        self.assertReason(item, "hold_item")

    def test_first_and_last_day_count(self):
        item = self._create_item(100, 60)
        self._hold(days=5, move_id=item.move_id.id)
        table = {-1: "dun", 0: "hold_invoice", 5: "hold_invoice", 6: "dun"}

        for offset, reason in table.items():
            with self.subTest(offset=offset):
                self.assertReason(item, reason, DAY + timedelta(days=offset))

    def test_verdict_tells_until_when_by_whom_and_why(self):
        item = self._create_item(100, 30)
        hold = self._hold(move_id=item.move_id.id)

        verdict = self.assertReason(item, "hold_invoice")

        self.assertEqual(verdict.reason_date, DAY + timedelta(days=5))
        self.assertIn(self.collector.name, verdict.explanation)
        self.assertIn(hold.reason, verdict.explanation)
        self.assertEqual(verdict.action_open_cause()["res_id"], hold.id)

    def test_longest_of_several_is_shown(self):
        item = self._create_item(100, 30)
        self._hold(days=3, move_id=item.move_id.id)
        self._hold(days=9, move_id=item.move_id.id)

        verdict = self.assertReason(item, "hold_invoice")

        self.assertEqual(verdict.reason_date, DAY + timedelta(days=9))

    def test_hold_on_a_contact_holds_the_company(self):
        contact = self._create_debtor("C", parent_id=self.debtor.id, is_company=False)
        item = self._create_item(100, 30)
        self._hold(partner_id=contact.id)

        self.assertReason(item, "hold_debtor")

    def test_hold_on_one_invoice_leaves_the_others(self):
        held, free = self._create_item(100, 30), self._create_item(50, 30)
        self._hold(move_id=held.move_id.id)

        self.assertReason(free, "dun")

    def test_hold_is_the_companys_own(self):
        other = self.setup_other_company()["company"]
        item = self._create_item(100, 30)
        self._hold(partner_id=self.debtor.id, company_id=other.id)

        self.assertReason(item, "dun")

    @freeze_time("2024-06-14 10:00:00")
    def test_ending_frees_from_the_same_day(self):
        item = self._create_item(100, 30)
        hold = self._hold(days=None, move_id=item.move_id.id)
        self.assertReason(item, "hold_invoice")

        hold.with_user(self.collector).action_end()

        self.assertEqual(hold.state, "ended")
        self.assertReason(item, "dun")
        # what held yesterday held yesterday
        hold.date_from = DAY - timedelta(days=3)
        self.assertReason(item, "hold_invoice", DAY - timedelta(days=1))

    def test_put_on_hold_after_approval_is_left_out(self):
        item = self._create_item(100, 30)
        run = self._run()
        run.action_approve()
        self._hold(move_id=item.move_id.id)

        run.action_issue()

        self.assertFalse(item.dunning_level_id)
        self.assertEqual(run.change_ids.reason, "hold_invoice")
        self.assertIn("Invoice on hold: 1", run.change_summary)

    def test_hold_from_after_the_runs_day_still_holds_at_issue(self):
        item = self._create_item(100, 30)
        run = self._run()
        run.action_approve()
        self._hold(
            days=None, move_id=item.move_id.id, date_from=self.company._dunning_today()
        )

        run.action_issue()

        self.assertFalse(item.dunning_level_id)
        self.assertEqual(run.change_ids.reason, "hold_invoice")

    def test_put_on_hold_between_issue_and_sending_is_not_sent(self):
        item = self._create_item(100, 30)
        notice = self._run(issue=True).notice_ids
        self._hold(
            days=None, move_id=item.move_id.id, date_from=self.company._dunning_today()
        )

        notice._deliver()

        self.assertEqual(notice.delivery_state, "skipped")

    def test_expired_hold_ends_by_itself_and_says_so(self):
        item = self._create_item(100, 30)
        hold = self._hold(move_id=item.move_id.id)

        with freeze_time("2024-06-19 10:00:00"):
            self.env["account.dunning.hold"]._end_expired(self.company)
            self.assertFalse(hold.date_ended)
        with freeze_time("2024-06-20 10:00:00"):
            self.env["account.dunning.hold"]._end_expired(self.company)

        self.assertEqual(hold.date_ended, DAY + timedelta(days=6))
        told = (
            self.env["mail.message"]
            .sudo()
            .search([("partner_ids", "in", self.collector.partner_id.ids)], limit=1)
        )
        self.assertIn("has ended", told.subject)
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        self.assertIn("has ended", debtor.message_ids[0].body)

    def test_one_target_and_days_in_order(self):
        item = self._create_item(100, 30)
        for values in (
            {},
            {"partner_id": self.debtor.id, "move_id": item.move_id.id},
            {"partner_id": self.debtor.id, "date_to": DAY - timedelta(days=1)},
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(Exception, "one_target|days_in_order|hold"),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self._hold(**values)

    def test_wizard_holds_all_that_is_selected(self):
        items = self._create_item(100, 30) | self._create_item(50, 30)
        action = items.move_id.action_dunning_hold()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.reason = "flood in the region"
        wizard.date_from = DAY
        wizard.save().action_apply()

        holds = self.env["account.dunning.hold"].search(
            [("reason", "=", "flood in the region")]
        )
        self.assertEqual(holds.move_id, items.move_id)
        self.assertEqual(holds.debtor_id, self.debtor)
        self.assertReason(items[0], "hold_invoice")

    def test_wizard_refuses_what_cannot_be_held(self):
        Wizard = self.env["account.dunning.hold.create"]
        for values in (
            {"res_model": "res.users", "res_ids": self.collector.ids},
            {"res_model": "res.company", "res_ids": self.company.ids},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                Wizard.create({**values, "reason": "x"}).action_apply()

    def test_history_cannot_be_deleted(self):
        hold = self._hold(partner_id=self.debtor.id)

        with self.assertRaises(AccessError):
            hold.with_user(self.manager).unlink()

    def test_states_can_be_searched(self):
        today = self.company._dunning_today()
        holds = {
            "active": self._hold(days=None, partner_id=self.debtor.id),
            "ended": self._hold(partner_id=self.debtor.id),
            "planned": self._hold(
                days=None,
                partner_id=self.debtor.id,
                date_from=today + timedelta(days=2),
            ),
        }
        for state, hold in holds.items():
            with self.subTest(state=state):
                found = self.env["account.dunning.hold"].search(
                    [("state", "=", state), ("partner_id", "=", self.debtor.id)]
                )
                self.assertEqual(found, hold)
                self.assertEqual(hold.state, state)
