"""What a debtor sees and does, clicked: on a desk and on a phone."""

import re
from base64 import b64decode
from datetime import timedelta

from books import PASSWORD, BooksCase
from playwright.sync_api import expect

from odoo.tests import tagged

try:
    from axe_playwright_python.sync_playwright import Axe
except ImportError:  # pragma: no cover - of requirements-test.txt
    Axe = None

PHONE = {"width": 390, "height": 844}
#: What is Odoo's own on the pages, and none of ours to mend.
FOREIGN = [["header"], ["footer"], ["#o_payment_form"], [".o_skip_to_content"]]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@tagged("standard", "post_install", "-at_install")
class TestJourneyPortal(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.company.dunning_policy_id or cls.env[
            "account.dunning.policy"
        ].search([], limit=1)
        cls.policy.write({"promise_max_days": 90, "promise_max_instalments": 3})
        cls.user = cls._create_contact("journey_debtor")
        cls.invoice = cls._create_invoice(900, 40)
        cls._offer_demo_payments()
        cls.notice = cls._issue()

    @classmethod
    def _offer_demo_payments(cls):
        cls.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", "True"
        )
        provider = cls.env["payment.provider"].search([("code", "=", "demo")], limit=1)
        provider = provider.copy({"company_id": cls.company.id, "state": "test"})
        provider.write({"is_published": True, "state": "test"})
        method = cls.env.ref("payment_demo.payment_method_demo")
        method.active = True
        provider.payment_method_ids = method

    @classmethod
    def _issue(cls, day=None):
        """Issue a run as of a day; return the customer's notice, if there is one."""
        run = cls.env["account.dunning.run"].create(
            {"company_id": cls.company.id, "date": day or cls.today}
        )
        run.action_propose()
        run.action_approve()
        run.action_issue()
        return run.notice_ids

    def _get_link(self, path="", query=""):
        token = self.notice._portal_ensure_token()
        return f"/my/dunning/notice/{self.notice.id}{path}?access_token={token}{query}"

    def _day(self, days):
        return str(self.today + timedelta(days=days))

    def _check_access(self, page):
        """No serious barrier on the page, as far as a program can tell."""
        if Axe is None:
            self.skipTest("axe-playwright-python is not installed")
        # a page may still be fading in
        page.wait_for_load_state("networkidle")
        results = Axe().run(page, context={"exclude": FOREIGN})
        serious = [
            (found["id"], [node["html"][:120] for node in found["nodes"][:3]])
            for found in results.response["violations"]
            if found["impact"] in ("serious", "critical")
        ]
        self.assertFalse(serious, page.url)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(wider, 0, f"{page.url} is wider than its window")

    # === PAYING === #

    def test_debtor_opens_the_link_pays_and_is_left_alone(self):
        link = self._get_link()
        number = self.invoice.name
        with self.browse("debtor") as visitor:
            page = visitor.page
            visitor.go(link)
            expect(page.locator("[name=to_pay]")).to_contain_text("$ 900.00")
            expect(page.get_by_text(number).first).to_be_visible()
            visitor.take_picture("notice")
            self._check_access(page)

            page.get_by_role("link", name="Pay now").click()
            expect(page.locator("[name=total]")).to_contain_text("$ 900.00")
            self._check_access(page)
            self._pay_with_demo(visitor)

            expect(page).to_have_url(re.compile("done=pay"))
            expect(page.locator("[name=done]")).to_contain_text("payment is noted")
            expect(page.locator("[name=settled]")).to_be_visible()
            visitor.take_picture("paid")

        self.assertIn(self.invoice.payment_state, ("in_payment", "paid"))
        self.assertFalse(self._issue(), "paid, so not dunned")

    def _pay_with_demo(self, visitor, state="done"):
        page = visitor.page
        option = page.locator("input[name=o_payment_radio]").first
        if not option.is_checked():
            option.check()
        page.locator("#customer_input").fill("4242")
        page.locator("#simulated_payment_state").select_option(state)
        visitor.take_picture("checkout")
        page.locator("button[name=o_payment_submit_button]").click()

    def test_who_could_not_pay_is_told_so_and_not_thanked(self):
        with self.browse("failed") as visitor:
            visitor.page.set_viewport_size(PHONE)
            visitor.log_in("journey_debtor", PASSWORD)
            page = visitor.page
            visitor.go("/my/dunning/pay")
            page.get_by_role("button", name="Continue").click()
            self._pay_with_demo(visitor, "error")

            expect(page).to_have_url(re.compile("done=pay"))
            failed = page.locator("[name=pay_failed]")
            expect(failed).to_contain_text("Nothing has been paid")
            expect(page.locator("[name=done]")).to_have_count(0)
            self._check_access(page)
            visitor.take_picture("failed")

        self.assertEqual(self.invoice.amount_residual, 900)

    def test_part_is_paid_on_a_phone(self):
        with self.browse("phone") as visitor:
            visitor.page.set_viewport_size(PHONE)
            visitor.log_in("journey_debtor", PASSWORD)
            page = visitor.page
            visitor.go("/my/dunning")
            self._check_access(page)
            visitor.take_picture("statement")
            page.get_by_role("link", name="Choose what to pay").click()
            self._check_access(page)
            page.get_by_role("button", name="Continue").click()
            page.get_by_label("You pay now").fill("1,000")
            page.get_by_role("button", name="Change").click()
            expect(page.locator("[name=error]")).to_be_visible()
            page.get_by_label("You pay now").fill("250.50")
            page.get_by_role("button", name="Change").click()
            expect(page.get_by_role("heading", name="250.50")).to_be_visible()
            self._check_access(page)
            self._pay_with_demo(visitor)
            expect(page).to_have_url(re.compile("done=pay"))
            expect(page.locator("[name=to_pay]")).to_contain_text("$ 649.50")

        self.assertEqual(self.invoice.amount_residual, 649.50)

    # === AGREEING === #

    def test_debtor_promises(self):
        link, day = self._get_link(), self._day(20)
        with self.browse("debtor") as visitor:
            page = visitor.page
            visitor.go(link)
            page.get_by_role("link", name="Pay later or in parts").click()
            self._check_access(page)
            page.get_by_label("On, or first on").fill(day)
            page.get_by_role("button", name="Show the schedule").click()
            expect(page.locator("[name=schedule]")).to_contain_text("$ 900.00")
            page.get_by_role("button", name="Promise it").click()
            expect(page.locator("[name=agreements]")).to_contain_text("Promise to pay")
            visitor.take_picture("promised")

        self.assertFalse(self._propose(self.today + timedelta(days=20)))
        tolerance = self.policy.promise_tolerance_days
        self.assertTrue(self._propose(self.today + timedelta(days=21 + tolerance)))

    def test_promise_is_signed_with_the_name_and_a_drawing(self):
        self.policy.write({"portal_sign": True, "portal_sign_drawn": True})
        link, day = self._get_link(), self._day(20)
        with self.browse("signer") as visitor:
            page = visitor.page
            page.set_viewport_size(PHONE)
            visitor.go(link)
            page.get_by_role("link", name="Pay later or in parts").click()
            page.get_by_label("On, or first on").fill(day)
            page.get_by_role("button", name="Show the schedule").click()
            page.get_by_label("Sign with your full name").fill("Kim Minsu")
            self._draw(page, [(0.2, 0.3), (0.4, 0.8), (0.6, 0.3)])
            page.get_by_role("button", name="Draw it anew").click()
            expect(page.locator("[name=drawn] [name=drawn]")).to_have_value("")
            self._draw(page, [(0.2, 0.5), (0.5, 0.2), (0.8, 0.7)])
            # turned, and turned back: what was drawn stays
            page.set_viewport_size({"width": 844, "height": 390})
            page.set_viewport_size(PHONE)
            self._check_access(page)
            visitor.take_picture("signed")
            page.get_by_role("button", name="Promise it").click()
            expect(page.locator("[name=agreements]")).to_contain_text("Promise to pay")

        promise = self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(promise.signed_by, "Kim Minsu")
        self.assertTrue(b64decode(promise.signature).startswith(b"\x89PNG"))

    def _draw(self, page, points):
        """Draw with the mouse; points are parts of the width and height."""
        canvas = page.locator("[name=drawn] canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        for number, (across, down) in enumerate(points):
            page.mouse.move(
                box["x"] + across * box["width"],
                box["y"] + down * box["height"],
                steps=8,
            )
            if not number:
                page.mouse.down()
        page.mouse.up()
        expect(page.locator("[name=drawn] [name=drawn]")).to_have_value(
            re.compile("^data:image/png;base64,")
        )

    def test_plan_with_a_missed_part_leads_to_the_next_notice(self):
        link, day = self._get_link(), self._day(5)
        with self.browse("debtor") as visitor:
            page = visitor.page
            page.set_viewport_size(PHONE)
            visitor.go(link)
            page.get_by_role("link", name="Pay later or in parts").click()
            page.get_by_label("In equal parts, one a month").check()
            page.get_by_label("On, or first on").fill(day)
            page.get_by_label("In how many parts").fill("3")
            page.get_by_role("button", name="Show the schedule").click()
            expect(page.locator("[name=schedule] tbody tr")).to_have_count(3)
            self._check_access(page)
            page.get_by_role("button", name="Promise it").click()
            expect(page.locator("[name=agreements]")).to_contain_text("Payment plan")
            page.locator("[name=pay_part]").click()
            self._pay_with_demo(visitor)
            expect(page.locator("[name=agreements]")).to_contain_text(
                "Paid $ 300.00 of $ 900.00"
            )

        plan = self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(plan.line_ids.mapped("amount_paid"), [300, 0, 0])
        missed = plan.line_ids[1].date + timedelta(days=plan.tolerance_days)
        self.assertFalse(self._propose(missed), "still within the tolerance")
        self.assertTrue(self._propose(missed + timedelta(days=1)))

    def _propose(self, day):
        """Return what a run of that day would ask the customer for."""
        verdicts = self.policy.with_company(self.company).simulate(day)
        return [
            verdict
            for verdict in verdicts
            if verdict["partner_id"] == self.customer.id and verdict["reason"] == "dun"
        ]

    # === OBJECTING === #

    def test_debtor_objects_with_a_file_and_sees_the_decision(self):
        link = self._get_link()
        with self.browse("debtor") as visitor:
            page = visitor.page
            visitor.go(link)
            page.get_by_role("link", name="I do not owe this").click()
            self._check_access(page)
            page.get_by_label("Only a part?").fill("400")
            page.get_by_label("Why?").select_option(index=1)
            page.get_by_label("What happened?").fill("Ten boxes were broken.")
            page.get_by_label("Documents or photos").set_input_files(
                {"name": "boxes.png", "mimeType": "image/png", "buffer": PNG}
            )
            page.get_by_role("button", name="Send the objection").click()
            expect(page.locator("[name=disputes]")).to_contain_text("$ 400.00")
            expect(page.locator("[name=to_pay]")).to_contain_text("$ 500.00")

        dispute = self.env["account.dunning.dispute"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(dispute.evidence_ids.name, "boxes.png")
        dispute.answer = "We looked into it: the boxes left us whole."
        dispute.action_reject()

        with self.browse("debtor") as visitor:
            page = visitor.page
            visitor.go(link)
            expect(page.locator("[name=disputes]")).to_contain_text("We do not agree")
            expect(page.locator("[name=disputes]")).to_contain_text("left us whole")
            # the rest is not asked for in the days of tolerance, but may be paid
            page.get_by_role("link", name="Pay now").click()
            expect(page.locator("[name=total]")).to_contain_text("$ 900.00")
            self._check_access(page)

    # === GENUINE? === #

    def test_forged_code_is_refused(self):
        name, code = self.notice.name, self.notice._get_code()
        forged = ("1" if code[0] != "1" else "2") + code[1:]
        with self.browse("holder") as visitor:
            page = visitor.page
            page.set_viewport_size(PHONE)
            for typed, answer in ((forged, "unknown"), (code, "genuine")):
                visitor.go("/dunning/verify")
                self._check_access(page)
                page.get_by_label("Number").fill(name)
                page.get_by_label("Code").fill(typed)
                page.get_by_role("button", name="Check the letter").click()
                expect(page.locator(f"[name={answer}]")).to_be_visible()
            self._check_access(page)
            expect(page.locator("body")).not_to_contain_text("Late & Sons")

    def test_pages_are_read_without_javascript(self):
        link, number = self._get_link(), self.invoice.name
        with self.browse("plain") as visitor:
            browser = visitor.context.browser
            plain = browser.new_context(java_script_enabled=False)
            plain.add_cookies(visitor.context.cookies())
            page = plain.new_page()
            page.goto(visitor.base_url + link)
            expect(page.get_by_text(number).first).to_be_visible()
            page.get_by_role("link", name="Pay now").click()
            expect(page.locator("[name=total]")).to_contain_text("$ 900.00")
            plain.close()
