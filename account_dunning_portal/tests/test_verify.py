from unittest.mock import patch

from odoo import http
from odoo.tests import HttpCase, tagged

from odoo.addons.account_dunning_portal.models import account_dunning_notice_code

from .common import DunningPortalCommon


@tagged("post_install", "-at_install")
class TestVerify(DunningPortalCommon, HttpCase):
    """Whoever holds a letter can check it, and learns nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_overdue_invoice(1234, 40)
        cls.notice = cls._issue_notice()

    def _check(self, number, code, files=None):
        self.authenticate(None, None)
        return self.url_open(
            "/dunning/verify",
            data={
                "number": number,
                "code": code,
                "csrf_token": http.Request.csrf_token(self),
            },
            files=files,
        )

    def test_holder_of_the_letter_sees_what_ours_says(self):
        bank = self.env["res.partner.bank"].create(
            {
                "acc_number": "DE89370400440532013000",
                "partner_id": self.company.partner_id.id,
            }
        )
        self.invoice.partner_bank_id = bank

        page = self._check(self.notice.name, self.notice._get_code()).text

        self.assertIn('name="genuine"', page)
        self.assertIn("1,234.00", page)
        self.assertIn(bank.acc_number, page)
        self.assertNotIn(self.customer.name, page)
        self.assertNotIn(self.invoice.name, page)

    def test_code_is_read_as_people_write_it(self):
        code = self.notice._get_code()
        for typed in (code.lower(), code.replace("-", " "), f" {code} "):
            self.assertEqual(
                self.env["account.dunning.notice"]._verify(self.notice.name, typed),
                self.notice,
            )
        self.assertEqual(self.notice._normalize_code("oil-0"), "0110")

    def test_wrong_number_and_wrong_code_get_the_same_answer(self):
        code = self.notice._get_code()

        wrong_code = self._check(self.notice.name, "00000-00000")
        wrong_number = self._check("NO/SUCH/1", code)

        self.assertIn('name="unknown"', wrong_code.text)
        self.assertEqual(wrong_code.status_code, wrong_number.status_code)
        self.assertEqual(
            self._without_input(wrong_code.text), self._without_input(wrong_number.text)
        )

    def _without_input(self, page):
        start = page.index('<h1 class="h3">')
        return page[start : page.index("<form", start)]

    def test_odd_codes_are_refused(self):
        Notice = self.env["account.dunning.notice"]
        for code in ("", None, "é" * 10, "%", "x" * 500, self.notice._get_code()[:-1]):
            with self.subTest(code=code):
                self.assertFalse(Notice._verify(self.notice.name, code))
        self.assertFalse(Notice._verify("", self.notice._get_code()))
        self.assertFalse(Notice._verify(False, Notice.new({})._get_code()))

    def test_what_is_no_text_is_answered_like_a_wrong_code(self):
        code = self.notice._get_code()
        for number, sent, files in (
            ("A\x00", code, None),
            (self.notice.name, "\x00", None),
            (None, code, {"number": ("a.txt", b"x")}),
            (self.notice.name, None, {"code": ("a.txt", b"x")}),
        ):
            with self.subTest(number=number, sent=sent):
                self.assertIn('name="unknown"', self._check(number, sent, files).text)

    def test_code_of_another_letter_is_refused(self):
        self._create_overdue_invoice(77, 40, partner=self.stranger)
        other = self._issue_notice(self.stranger)

        self.assertFalse(
            self.env["account.dunning.notice"]._verify(
                self.notice.name, other._get_code()
            )
        )

    def test_letter_that_was_taken_back_is_called_so(self):
        code = self.notice._get_code()
        self.notice.action_reverse()

        page = self._check(self.notice.name, code).text

        self.assertIn("has been withdrawn", page)
        self.assertNotIn("1,234.00", page)

    def test_draft_is_not_ours_yet(self):
        self._create_overdue_invoice(55, 40)
        draft = self._propose_notices()
        draft.sudo().name = "DRAFT-1"

        self.assertFalse(draft._verify("DRAFT-1", draft[:1]._get_code()))

    def test_who_guesses_is_stopped(self):
        for _attempt in range(10):
            self._check(self.notice.name, "11111-11111")

        answer = self._check(self.notice.name, self.notice._get_code())

        self.assertEqual(answer.status_code, 429)
        self.assertNotIn("1,234.00", answer.text)

    def test_who_guesses_is_stopped_whatever_the_headers_say(self):
        """Every try names another proxy; Odoo trusts none unless it is told to."""
        for attempt in range(10):
            self.opener.headers["X-Forwarded-For"] = f"203.0.113.{attempt}"
            self._check(self.notice.name, "11111-11111")

        self.opener.headers["X-Forwarded-For"] = "203.0.113.99"
        answer = self._check(self.notice.name, self.notice._get_code())

        self.assertEqual(answer.status_code, 429)

    def test_a_customers_many_addresses_of_version_6_are_one(self):
        Attempt = self.env["account.dunning.attempt"]
        near, far = (
            Attempt._get_network(address)
            for address in ("2001:db8:1:2:3::4", "2001:db8:1:3::1")
        )

        self.assertEqual(near, Attempt._get_network("2001:db8:1:2:ffff::1"))
        self.assertNotEqual(near, far)
        self.assertEqual(Attempt._get_network("203.0.113.7"), "203.0.113.7")
        self.assertEqual(Attempt._get_network("no address"), "no address")

    def test_without_a_limit_guessing_would_go_on(self):
        with patch(
            "odoo.addons.account_dunning_portal.controllers"
            ".account_dunning_verify.ATTEMPTS",
            1000,
        ):
            for _attempt in range(11):
                self._check(self.notice.name, "11111-11111")
            page = self._check(self.notice.name, self.notice._get_code()).text
        self.assertIn('name="genuine"', page)

    def test_looking_at_the_page_checks_nothing(self):
        self.authenticate(None, None)
        page = self.url_open(
            f"/dunning/verify?number={self.notice.name}&code={self.notice._get_code()}"
        )

        self.assertIn(self.notice._get_code(), page.text)
        self.assertNotIn("1,234.00", page.text)
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")

    def test_letter_carries_code_and_link(self):
        html = self.env["ir.qweb"]._render(
            "account_dunning_advanced.report_notice_document",
            {
                "notice": self.notice,
                "company": self.company,
                "res_company": self.company,
            },
        )

        self.assertIn(self.notice._get_code(), html)
        self.assertIn("/dunning/verify", html)
        self.assertIn("data:image/svg+xml;base64,", html)

    def test_another_secret_makes_another_code(self):
        """The code is worth what the secret is worth: twin of the refusals above."""
        before = self.notice._get_code()
        with patch.object(account_dunning_notice_code, "hmac", lambda *args: "0" * 64):
            forged = self.notice._get_code()
            self.assertTrue(self.notice._verify(self.notice.name, forged))
        self.assertNotEqual(before, forged)
        self.assertFalse(self.notice._verify(self.notice.name, forged))
