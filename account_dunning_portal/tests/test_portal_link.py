from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import DunningPortalCommon


@tagged("post_install", "-at_install")
class TestPortalLink(DunningPortalCommon, HttpCase):
    """A link opens one notice, for a time, until it is revoked; its use is kept."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_overdue_invoice(1234, 40)
        cls.notice = cls._issue_notice()
        cls.token = cls.notice._portal_ensure_token()

    def _open(self, token):
        return self.url_open(
            f"/my/dunning/notice/{self.notice.id}?access_token={token}"
        ).text

    def test_link_expires(self):
        days = self.notice.level_id.policy_id.portal_link_days
        now = fields.Datetime.now()
        for after, is_valid in ((0, True), (days - 1, True), (days + 1, False)):
            with self.subTest(days=after), freeze_time(now + timedelta(days=after)):
                self.assertEqual(self.notice._is_link_valid(self.token), is_valid)

    def test_later_expiry_needs_a_new_signature(self):
        self.assertFalse(self.notice._is_link_valid("ffffffff" + self.token[8:]))

    def test_revoked_links_open_nothing_and_new_ones_do(self):
        self.notice.action_revoke_links()

        self.assertFalse(self.notice._is_link_valid(self.token))
        self.assertNotIn("1,234.00", self._open(self.token))
        self.assertIn("1,234.00", self._open(self.notice._portal_ensure_token()))

    def test_no_key_stands_in_the_database(self):
        self.assertFalse(self.notice.access_token)

    def test_only_collectors_revoke(self):
        reader = new_test_user(
            self.env, "reader", groups="account.group_account_readonly"
        )
        with self.assertRaises(AccessError):
            self.notice.with_user(reader).action_revoke_links()
        collector = new_test_user(
            self.env, "collector", groups="account_dunning_advanced.group_dunning_user"
        )
        self.notice.with_user(collector).action_revoke_links()
        self.assertEqual(self.notice.link_version, 1)
        with self.assertRaises(AccessError):
            self.notice.with_user(collector).link_version = 0

    def test_visit_is_kept_once_a_day(self):
        Contact = self.env["account.dunning.contact"]
        domain = [("notice_id", "=", self.notice.id), ("channel", "=", "portal")]

        self._open(self.token)
        self._open(self.token)

        visit = Contact.search(domain)
        self.assertRecordValues(
            visit,
            [{"direction": "in", "outcome": "reached", "partner_id": self.customer.id}],
        )

    def test_restricted_customer_may_look_and_is_not_watched(self):
        self.env["account.dunning.hold"].create(
            {
                "partner_id": self.customer.id,
                "stop": "restricted",
                "reason": "DSR-11",
            }
        )

        self.assertIn("1,234.00", self._open(self.token))

        self.assertFalse(
            self.env["account.dunning.contact"].search(
                [("notice_id", "=", self.notice.id), ("channel", "=", "portal")]
            )
        )

    def test_letter_and_payment_that_are_opened_at_once_are_visits(self):
        Contact = self.env["account.dunning.contact"]
        domain = [("notice_id", "=", self.notice.id), ("channel", "=", "portal")]
        page = f"/my/dunning/notice/{self.notice.id}"
        urls = (f"{page}?report_type=pdf&", f"{page}/pay?", f"{page}/message?")
        for times, url in enumerate(urls, 1):
            with self.subTest(url=url):
                # as if a day had gone by
                self.env["account.dunning.attempt"].sudo().search([]).unlink()

                self.url_open(f"{url}access_token={self.token}").raise_for_status()

                visits = Contact.search(domain)
                self.assertEqual(visits.mapped("outcome"), ["reached"] * times)

    def test_collector_who_looks_is_no_visit(self):
        self.authenticate("admin", "admin")
        self._open(self.token)

        self.assertFalse(
            self.env["account.dunning.contact"].search(
                [("notice_id", "=", self.notice.id), ("channel", "=", "portal")]
            )
        )

    def test_who_tries_links_is_stopped(self):
        for _attempt in range(30):
            self._open("00000000-" + "0" * 40)

        self.assertNotIn("1,234.00", self._open(self.token))

        self.env["account.dunning.attempt"].sudo().search([]).unlink()
        self.assertIn("1,234.00", self._open(self.token))

    def test_old_attempts_are_forgotten(self):
        Attempt = self.env["account.dunning.attempt"].sudo()
        Attempt._count("link", "10.0.0.1")
        self.assertTrue(Attempt._is_exhausted("link", "10.0.0.1", 1, 15))
        self.assertFalse(Attempt._is_exhausted("link", "10.0.0.2", 1, 15))
        with freeze_time(fields.Datetime.now() + timedelta(hours=25)):
            self.assertFalse(Attempt._is_exhausted("link", "10.0.0.1", 1, 15))
            Attempt._gc_attempts()
        self.assertFalse(Attempt.search([("scope", "=", "link")]))
