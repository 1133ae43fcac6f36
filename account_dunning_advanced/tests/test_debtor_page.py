from datetime import timedelta

from lxml import etree

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .test_debtor_figures import WorklistCommon


@tagged("post_install", "-at_install")
class TestDebtorPage(WorklistCommon):
    """The whole conversation with a debtor stands on one page."""

    def _seen(self):
        self.env.invalidate_all()
        return self._row().with_user(self.collector)

    def test_history_tells_notices_contacts_agreements_and_payments_in_order(self):
        day = self.today - timedelta(days=20)
        item = self._create_item(100, 10, day=day)
        self._run(day, issue=True)
        self._contact(15, note="Asked for a copy")
        self._pay(item, 30, day=self.today - timedelta(days=10))
        promise = self._promise(item, 70, days=5)
        hold = self.env["account.dunning.hold"].create(
            {
                "move_id": item.move_id.id,
                "company_id": self.company.id,
                "reason": "Waits for a copy",
                "date_from": self.today - timedelta(days=14),
            }
        )
        self.env["account.dunning.dispute"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "move_line_ids": [Command.set(item.ids)],
                "amount": 10,
                "reason": "Broken glass",
                "date": self.today - timedelta(days=12),
            }
        )

        events = self._seen().history_ids

        self.assertEqual(
            events.mapped("kind"),
            ["promise", "payment", "dispute", "hold", "contact", "notice"],
        )
        self.assertEqual(events.mapped("amount"), [70, 30, 10, 0, 0, 100])
        self.assertIn("Asked for a copy", events[4].text)
        self.assertIn("Three Steps 1", events[5].text)
        self.assertEqual(events[0].action_open()["res_id"], promise.id)
        self.assertEqual(events[3].action_open()["res_id"], hold.id)
        self.assertEqual(events[1].action_open()["res_model"], "account.move")

    def test_history_is_of_this_debtor_and_company(self):
        other = self._create_debtor("Other")
        self._contact(partner=other)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["account.dunning.contact"].sudo().create(
            {"partner_id": self.debtor.id, "company_id": elsewhere.id}
        )

        self.assertFalse(self._seen().history_ids)
        stranger = new_test_user(self.env, login="stranger_page")
        with self.assertRaises(AccessError):
            self.env["account.dunning.history"].with_user(stranger).search([])

    def test_group_shows_what_the_sister_companies_owe(self):
        mother = self._create_debtor("Mother")
        sister = self._create_debtor("Sister", parent_id=mother.id)
        self.debtor.parent_id = mother
        self._item(100, 10)
        self._item(250, 10, sister)

        related = self._row(sister) and self._seen().related_debtor_ids

        self.assertEqual(related.partner_id, sister)
        self.assertEqual(related.amount_overdue, 250)

    # --- credit

    def test_what_no_insurer_bears_is_said(self):
        self._item(1000, 10)
        row = self._seen()
        self.assertFalse(row.insurance_text)
        row.amount_insured = 600
        self.assertIn("400.00", row.insurance_text)
        row.amount_insured = 1000
        self.assertFalse(row.insurance_text)
        row.insured_until = self.today - timedelta(days=1)
        self.assertIn("ended", row.insurance_text)

    def _add_credit_info(self, row, score, days_ago, **values):
        return (
            self.env["account.dunning.credit.info"]
            .with_user(self.collector)
            .create(
                {
                    "debtor_id": row.id,
                    "source": "Bureau",
                    "score": score,
                    "date": self.today - timedelta(days=days_ago),
                    **values,
                }
            )
        )

    def test_watched_customers_score_that_falls_is_told(self):
        row = self._seen()
        row.write({"is_watched": True, "user_id": self.manager.id})
        self._add_credit_info(row, 80, 30)
        self.assertFalse(row.activity_ids)

        info = self._add_credit_info(row, 55, 1)

        self.assertRecordValues(info, [{"change": -25, "is_worse": True}])
        self.assertEqual(row.activity_ids.user_id, self.manager)
        self.assertIn("Worse", row.activity_ids.summary)
        self.assertIn("worse than 80", row.credit_text)

    def test_unwatched_and_unchanged_are_not_told(self):
        row = self._seen()
        self._add_credit_info(row, 80, 30)
        self._add_credit_info(row, 55, 20)
        row.is_watched = True
        self._add_credit_info(row, 55, 1)
        self._add_credit_info(row, 10, 1, source="Another")
        self.assertFalse(row.activity_ids)

    def test_finding_that_is_filed_late_alarms_nobody(self):
        row = self._row()
        row.is_watched = True
        Info = self.env["account.dunning.credit.info"].with_user(self.collector)
        values = {"debtor_id": row.id, "source": "Agency"}
        for days, score in ((30, 80), (0, 80), (10, 20)):
            day = self.today - timedelta(days=days)
            Info.create({**values, "score": score, "date": day})
        self.assertFalse(row.activity_ids)

    def test_finding_that_is_set_right_is_told(self):
        row = self._row()
        row.is_watched = True
        Info = self.env["account.dunning.credit.info"].with_user(self.collector)
        values = {"debtor_id": row.id, "source": "Agency", "score": 80}
        day = self.today - timedelta(days=30)
        Info.create({**values, "date": day})
        latest = Info.create({**values, "date": self.today})

        latest.note = "By phone"
        self.assertFalse(row.activity_ids)
        latest.score = 20
        self.assertIn("Worse", row.activity_ids.summary)

    def test_scale_of_a_source_is_one(self):
        row = self._seen()
        self._add_credit_info(row, 2.5, 30, low_is_good=True)
        self.assertTrue(self._add_credit_info(row, 3.5, 20, low_is_good=True).is_worse)
        with self.assertRaises(ValidationError):
            self._add_credit_info(row, 3, 1)

    # --- habits

    def test_kept_promises_are_a_share(self):
        item = self._item(100, 40)
        self.assertFalse(self._seen().kept_promise_text)
        other = self._item(100, 40)
        self._promise(other, 10, days=0)._set_state("broken", self.today)
        kept = self._promise(item, 10, days=0)
        self._pay(item, 10, day=self.today)
        self.assertEqual(kept.state, "kept")

        self.assertEqual(self._seen().kept_promise_text, "1 of 2 (50 %)")

    def test_best_channel_and_weekday_come_from_the_contact_log(self):
        # four weeks: on one weekday reached, three days later never
        for week in range(1, 5):
            self._contact(7 * week, outcome="reached")
            self._contact(7 * week + 3, outcome="voicemail")
            self._contact(7 * week + 5, channel="letter", outcome="sent")

        text = self._seen().best_contact_text

        self.assertIn("Call on", text)
        self.assertIn("4 of 4", text)

    def test_little_contact_says_nothing_of_habits(self):
        self._contact(3)
        self.assertFalse(self._seen().best_contact_text)

    def test_who_pays_later_than_it_used_to_is_told(self):
        early = self._item(1000, 250)
        self._pay(early, 1000, day=self.today - timedelta(days=249))
        late = self._item(1000, 60)
        self._pay(late, 1000, day=self.today)

        self.assertIn("Worse: 60 days late", self._seen().trend_text)

    def test_page_opens_with_everything_for_a_collector(self):
        self._item(100, 30)
        row = self._seen()
        with Form(row) as form:
            form.note = "Ask for Ms. Lee"
        self.assertIn("Lee", str(row.note))

    def test_what_is_looked_at_stands_before_what_is_printed(self):
        form = etree.fromstring(self._seen().get_view(view_type="form")["arch"])
        names = form.xpath("//div[@name='button_box']/button/@name")

        self.assertEqual(names[:2], ["action_open_items", "action_view_contacts"])
        self.assertLess(
            names.index("action_view_history"), names.index("action_print_contacts")
        )
