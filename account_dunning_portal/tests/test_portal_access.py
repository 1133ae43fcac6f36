from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from .common import DunningPortalCommon


@tagged("post_install", "-at_install")
class TestPortalAccess(DunningPortalCommon, HttpCase):
    """Who may open which page, and that no other way leads to the data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_overdue_invoice(1234, 40)
        cls.notice = cls._issue_notice()
        cls.notice.sudo().attachment_id = cls.env["ir.attachment"].create(
            {
                "name": "letter.pdf",
                "raw": b"%PDF-1.4 letter",
                "res_model": "account.dunning.notice",
                "res_id": cls.notice.id,
            }
        )
        cls.token = cls.notice._portal_ensure_token()

    def _assert_opens(self, query=""):
        page = self.url_open(f"/my/dunning/notice/{self.notice.id}?{query}")
        letter = self.url_open(
            f"/my/dunning/notice/{self.notice.id}?report_type=pdf&{query}"
        )

        self.assertIn("1,234.00", page.text)
        self.assertEqual(letter.content, b"%PDF-1.4 letter")

    def _assert_refused(self, query="", notice=None):
        notice_id = (notice or self.notice).id
        for report_type in ("", "pdf"):
            response = self.url_open(
                f"/my/dunning/notice/{notice_id}?report_type={report_type}&{query}",
                allow_redirects=False,
            )
            self.assertEqual(response.status_code, 303)
            self.assertEqual(response.headers["Location"].rstrip("?")[-3:], "/my")
            self.assertNotIn("1,234.00", response.text)
            self.assertNotIn(b"%PDF", response.content)

    # === BY LOGIN === #

    def test_customer_opens_the_own_notice(self):
        self.authenticate("kim", "kim-secret")
        self._assert_opens()

    def test_colleague_of_the_same_company_opens_it_too(self):
        self.authenticate("lee", "lee-secret")
        self._assert_opens()

    def test_stranger_is_sent_away(self):
        self.authenticate("stranger", "stranger-secret")
        self._assert_refused()

    def test_stranger_does_not_see_foreign_items(self):
        self.authenticate("stranger", "stranger-secret")
        for url in ("/my/dunning", "/my/dunning/notices", "/my/dunning?search=INV"):
            page = self.url_open(url).text
            self.assertNotIn(self.invoice.name, page)
            self.assertNotIn(self.notice.name, page)

    def test_statement_asks_for_a_login(self):
        for url in ("/my/dunning", "/my/dunning/notices"):
            response = self.url_open(url, allow_redirects=False)
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])

    def test_employee_without_invoicing_rights_sees_no_statement(self):
        user = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "clerk",
                "password": "clerk-secret",
                "partner_id": self.colleague.copy({"user_ids": False}).id,
                "group_ids": [(6, 0, self.env.ref("base.group_user").ids)],
            }
        )
        self.assertEqual(user.commercial_partner_id, self.customer)
        self.authenticate("clerk", "clerk-secret")

        self.assertNotIn(self.invoice.name, self.url_open("/my/dunning").text)
        self._assert_refused()

    # === BY LINK === #

    def test_link_opens_the_notice_without_login(self):
        self._assert_opens(f"access_token={self.token}")

    def test_wrong_token_is_refused(self):
        for token in ("", "x", self.token[:-1], self.token + "0", self.token.upper()):
            with self.subTest(token=token):
                self._assert_refused(f"access_token={token}")

    def test_token_of_one_notice_does_not_open_another(self):
        self._create_overdue_invoice(77, 40, partner=self.stranger)
        other = self._issue_notice(partner=self.stranger)
        other._portal_ensure_token()

        self._assert_refused(f"access_token={self.token}", notice=other)

    def test_link_hands_out_no_other_key(self):
        self.invoice._portal_ensure_token()

        page = self.url_open(
            f"/my/dunning/notice/{self.notice.id}?access_token={self.token}"
        )

        self.assertNotIn(self.invoice.access_token, page.text)
        self.assertNotIn('href="/my/invoices', page.text)
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")

    def test_notice_without_token_has_no_key_at_all(self):
        """An empty token in the database must not match an empty one in the link."""
        self.notice.sudo().access_token = False
        for token in ("", "False", "None", "null"):
            self._assert_refused(f"access_token={token}")

    # === STATES === #

    def test_draft_and_cancelled_notices_are_shown_to_nobody(self):
        self._create_overdue_invoice(55, 40)
        draft = self._propose_notices().filtered(
            lambda notice: notice.partner_id == self.customer
        )
        query = f"access_token={draft._portal_ensure_token()}"
        for state in ("draft", "cancelled"):
            draft.sudo().state = state
            for login in (None, "kim"):
                with self.subTest(state=state, login=login):
                    self.authenticate(login, login and f"{login}-secret")
                    self._assert_refused(query, notice=draft)

    def test_reversed_notice_says_only_that_it_is_withdrawn(self):
        self.notice.action_reverse()
        query = f"access_token={self.token}"

        page = self.url_open(f"/my/dunning/notice/{self.notice.id}?{query}").text
        letter = self.url_open(
            f"/my/dunning/notice/{self.notice.id}?report_type=pdf&{query}"
        )

        self.assertIn("has been withdrawn", page)
        self.assertNotIn("1,234.00", page)
        self.assertNotIn(b"%PDF", letter.content)

    def test_missing_notice_looks_like_a_foreign_one(self):
        self.authenticate("stranger", "stranger-secret")
        foreign, missing = (
            self.url_open(f"/my/dunning/notice/{notice_id}", allow_redirects=False)
            for notice_id in (self.notice.id, self.notice.id + 1000)
        )

        self.assertEqual(foreign.status_code, missing.status_code)
        self.assertEqual(foreign.headers["Location"], missing.headers["Location"])

    # === COMPANIES === #

    def test_notice_of_a_company_the_user_is_not_in_is_refused(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids += other
        env = self.env(context={**self.env.context, "allowed_company_ids": other.ids})
        foreign = self._create_foreign_notice(env, other)
        self.authenticate("kim", "kim-secret")

        self._assert_refused(notice=foreign)
        for url in ("/my/dunning", "/my/dunning/notices"):
            self.assertNotIn("4,321.00", self.url_open(url).text)

        self.user_contact.company_ids += other
        page = self.url_open("/my/dunning").text
        self.assertIn("4,321.00", page)
        self.assertIn(other.name, page)

    def _create_foreign_notice(self, env, company):
        move = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2020-01-01",
                "invoice_date_due": "2020-01-31",
                "invoice_line_ids": [
                    (0, 0, {"name": "Goods", "price_unit": 4321, "tax_ids": []})
                ],
            }
        )
        move.action_post()
        run = env["account.dunning.run"].create({"company_id": company.id})
        run.action_propose()
        run.action_approve()
        run.action_issue()
        return run.notice_ids

    # === RPC === #

    def test_portal_users_have_no_rights_on_the_models(self):
        models = [
            "account.dunning.notice",
            "account.dunning.notice.line",
            "account.dunning.run",
            "account.dunning.verdict",
            "account.dunning.debtor",
            "account.dunning.policy",
            "account.dunning.level",
        ]
        for model in models:
            for operation in ("read", "write", "create", "unlink"):
                with self.subTest(model=model, operation=operation):
                    self.assertFalse(
                        self.env[model]
                        .with_user(self.user_contact)
                        .has_access(operation)
                    )

    def test_what_the_company_decides_by_is_not_read_by_customers(self):
        """Portal users read their invoices and their company's record by RPC."""
        item = self.invoice.line_ids.filtered("date_maturity")[:1]
        for record, names in (
            (item, ("dunning_reason", "dunning_explanation")),
            (
                self.invoice,
                ("dunning_explanation", "dunning_reason", "dunning_delay_reason_id"),
            ),
            (
                self.company,
                (
                    *("dunning_waive_limit", "dunning_dispute_limit"),
                    *("dunning_writeoff_limit", "dunning_writeoff_below"),
                    *("dunning_writeoff_days", "dunning_writeoff_cost"),
                    *("dunning_trade_effect", "dunning_trade_amount"),
                    *("dunning_allowance_method", "dunning_allowance_percent"),
                    *("dunning_cost_letter", "dunning_cost_call", "dunning_test_email"),
                ),
            ),
        ):
            own = record.with_user(self.user_contact)
            self.assertTrue(own.read(["display_name"]))
            for name in names:
                with self.subTest(name=name), self.assertRaises(AccessError):
                    own.read([name])

    def test_letter_cannot_be_fetched_as_an_attachment(self):
        letter = self.notice.attachment_id
        with self.assertRaises(AccessError):
            letter.with_user(self.user_stranger).read(["raw"])
        self.authenticate("stranger", "stranger-secret")
        response = self.url_open(f"/web/content/{letter.id}")
        self.assertNotIn(b"%PDF", response.content)
