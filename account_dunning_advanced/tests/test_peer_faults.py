from datetime import timedelta

from odoo.tests import tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestPeerFaults(DunningCommon):
    """What another dunning addon was seen to get wrong, each with what is right.

    The cases were run against OCA account_credit_control 19.0; the number is that of
    the case, the first line of each docstring its result there.
    """

    def test_01_credit_note_of_the_same_amount(self):
        """A line and a mail for 1000, although the balance is 0."""
        item = self._create_item(1000, 30)
        self._create_credit(1000)

        self.assertReason(item, "credit_covers")
        self.assertFalse(self._run().notice_ids)

    def test_02_no_followup(self):
        """Dunned in spite of core's flag."""
        item = self._create_item(100, 30)
        item.move_id.no_followup = True

        self.assertReason(item, "excluded")

    def test_03_blocked(self):
        """Dunned although blocked for payment."""
        item = self._create_item(100, 30)
        item.move_id.action_toggle_block_payment()

        self.assertReason(item, "blocked")

    def test_04_tolerance_in_foreign_currency(self):
        """100 yen (0.67) dunned with a tolerance of 10: conversion inverted."""
        yen = self.env.ref("base.JPY")
        yen.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": yen.id,
                "company_id": self.company.id,
                "name": "2020-01-01",
                "rate": 150.0,
            }
        )
        self.first.min_amount = 10
        item = self._create_item(100, 30, currency=yen)

        self.assertReason(item, "below_minimum")

    def test_05_paid_after_the_run(self):
        """The mail still claims 700: the balance is not looked at again."""
        item = self._create_item(700, 30)
        run = self._run()
        run.action_approve()
        self._pay(item, 700)

        run.action_issue()

        self.assertEqual(run.notice_ids.state, "cancelled")
        self.assertEqual(run.change_ids.reason, "paid")

    def test_05b_paid_between_issue_and_sending(self):
        item = self._create_item(700, 30)
        notice = self._run(issue=True).notice_ids
        self._pay(item, 700)

        notice._deliver()

        self.assertEqual(notice.delivery_state, "skipped")

    def test_06_two_runs_on_one_day(self):
        """First and second level on the same day."""
        item = self._create_item(100, 120)
        self._run(issue=True)

        self.assertReason(item, "interval")
        self._run(issue=True)
        self.assertEqual(item.dunning_level_id, self.first)

    def test_07_old_and_new_item(self):
        """Two communications in one run."""
        self._create_item(100, 60)
        self._run(issue=True)
        self._create_item(40, 10)

        notices = self._run(DAY + timedelta(days=10)).notice_ids

        self.assertEqual(len(notices), 1)
        self.assertEqual(notices.level_id, self.second)
        self.assertEqual(notices.amount_total, 140)

    def test_08_one_language(self):
        """Subject French, table of invoices English."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.debtor.lang = "fr_FR"
        self._create_item(100, 30)
        notice = self._run(issue=True).notice_ids
        template = self.first.mail_template_id
        template.with_context(lang="fr_FR").write(
            {"subject": "Sujet", "body_html": "<p t-out='format_date(object.date)'/>"}
        )

        rendered = template._generate_template(notice.ids, ("subject", "body_html"))

        self.assertEqual(rendered[notice.id]["subject"], "Sujet")
        self.assertIn(DAY.strftime("%d/%m/%Y"), rendered[notice.id]["body_html"])

    def test_09_invoice_contact(self):
        """The mail goes to the company instead of its accounting clerk."""
        clerk = self._create_debtor(
            "Clerk", parent_id=self.debtor.id, type="invoice", is_company=False
        )
        self._create_item(100, 30)
        notice = self._run(issue=True).notice_ids

        rendered = self.first.mail_template_id._generate_template(
            notice.ids, ("partner_to", "email_to")
        )[notice.id]

        self.assertEqual(rendered["partner_ids"], clerk.ids)

    def test_10_counts(self):
        """The run counts 4 for 3 lines."""
        for days in (60, 40, 30):
            self._create_item(100, days)

        run = self._run()

        self.assertEqual(run.dun_count, 3)
        self.assertEqual(len(run.notice_ids.line_ids), 3)

    def test_11_number_of_queries(self):
        """2.75 queries a line and 31 a communication; see test_performance."""
        self._create_item(100, 30)
        run = self._run()
        run.action_approve()
        before = self.env.cr.sql_log_count

        run.action_issue()

        self.assertLess(self.env.cr.sql_log_count - before, 156)
