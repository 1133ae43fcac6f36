from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestStop(DunningCommon):
    """A special stop is set by any collector and lifted by managers alone."""

    def _stop(self, user=None, **values):
        return (
            self.env["account.dunning.hold"]
            .with_user(user or self.collector)
            .create(
                {
                    "partner_id": self.debtor.id,
                    "reason": "court file 4 IN 77/24",
                    "stop": "insolvency",
                    "date_from": DAY,
                    **values,
                }
            )
        )

    @freeze_time("2024-06-14 10:00:00")
    def test_stop_counts_and_says_which(self):
        item = self._create_item(100, 30)
        self._stop()

        verdict = self.assertReason(item, "hold_debtor")

        self.assertIn("Insolvency or debt relief", verdict.explanation)
        self.assertIn("4 IN 77/24", verdict.explanation)
        self.assertIn("manager", verdict.remedy)

    def test_collector_may_not_lift_or_shorten_it(self):
        later, earlier = DAY + timedelta(days=9), DAY + timedelta(days=3)
        ways = {
            "lift": {"stop": False},
            "other kind": {"stop": "legal"},
            "end": {"date_ended": earlier},
            "give an end": {"date_to": later},
            "begin later": {"date_from": earlier},
            "other customer": {"partner_id": self._create_debtor("Other").id},
        }
        stop = self._stop()
        for way, vals in ways.items():
            with self.subTest(way), self.assertRaisesRegex(UserError, "special stop"):
                stop.write(vals)
        with self.assertRaisesRegex(UserError, "special stop"):
            stop.action_end()
        with self.assertRaises(AccessError):
            stop.unlink()
        with self.assertRaisesRegex(UserError, "special stop"):
            self._stop(date_to=later).date_to = earlier
        self.assertFalse(stop.date_ended)

    def test_collector_may_prolong_it_and_explain_it(self):
        stop = self._stop(date_to=DAY + timedelta(days=3))
        for date_to in (DAY + timedelta(days=9), "2024-07-30", False):
            with self.subTest(date_to=date_to):
                stop.date_to = date_to
        # a form writes what did not change, too
        stop.write({"reason": "court file 4 IN 78/24", "stop": "insolvency"})

    def test_ordinary_hold_becomes_a_stop_and_stays_one(self):
        hold = self._stop(stop=False)
        hold.stop = "deceased"

        with self.assertRaisesRegex(UserError, "special stop"):
            hold.stop = False

    def test_manager_lifts_and_shortens(self):
        stop = self._stop(self.manager)
        stop.date_to = DAY + timedelta(days=3)
        self._stop().with_user(self.manager).action_end()

        self.assertEqual(stop.date_to, DAY + timedelta(days=3))

    def test_ordinary_hold_is_ended_by_collectors(self):
        # the twin: without the kind nothing is refused
        hold = self._stop(stop=False)
        hold.action_end()
        self.assertEqual(hold.state, "ended")

    def test_stop_with_a_last_day_ends_by_itself(self):
        stop = self._stop(date_to=DAY + timedelta(days=3))
        self.env["account.dunning.hold"].sudo()._end_expired(self.company)
        self.assertEqual(stop.date_ended, DAY + timedelta(days=4))

    @freeze_time("2024-06-14 10:00:00")
    def test_debtor_shows_stops_that_count(self):
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        self._stop(stop=False)
        self.assertFalse(debtor.stop_text)
        stop = self._stop()
        debtor.invalidate_recordset(["stop_text"])
        self.assertIn("Insolvency", debtor.stop_text)

        stop.with_user(self.manager).action_end()

        debtor.invalidate_recordset(["stop_text"])
        self.assertFalse(debtor.stop_text)

    def test_wizard_sets_stops(self):
        item = self._create_item(100, 30)
        action = self.env["account.dunning.hold.create"]._open(item.move_id)
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.reason = "letter of 3 June"
        wizard.stop = "represented"
        wizard.save().action_apply()

        hold = self.env["account.dunning.hold"].search(
            [("reason", "=", "letter of 3 June")]
        )
        self.assertEqual(hold.stop, "represented")
