import io
import zipfile
from datetime import timedelta

from odoo import http
from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import format_date

from odoo.addons.account_dunning_portal.models import account_dunning_answer

from .common import DunningPortalCommon

PDF = ("proof.pdf", b"%PDF-1.4 delivery note", "application/pdf")


@tagged("post_install", "-at_install")
class TestPortalAnswers(DunningPortalCommon, HttpCase):
    """What a customer answers counts at once, within what the policy allows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_overdue_invoice(1000, 40)
        cls.small = cls._create_overdue_invoice(200, 35)
        cls.notice = cls._issue_notice()
        cls.item, cls.small_item = (
            move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
            for move in (cls.invoice, cls.small)
        )
        cls.policy = cls.notice.level_id.policy_id
        cls.policy.write(
            {
                "promise_max_days": 90,
                "promise_max_instalments": 3,
                "portal_min_part": 100,
            }
        )
        cls.token = cls.notice._portal_ensure_token()
        cls.reason = cls.env["account.dunning.dispute.reason"].search([], limit=1)
        cls.debtor = cls.env["account.dunning.debtor"].search(
            [("partner_id", "=", cls.customer.id)]
        )

    def setUp(self):
        super().setUp()
        self.authenticate("kim", "kim-secret")

    def _post(self, action, files=None, base=None, **data):
        base = base or f"notice/{self.notice.id}"
        response = self.url_open(
            f"/my/dunning/{base}/{action}",
            data={**data, "csrf_token": http.Request.csrf_token(self)},
            files=files,
        )
        response.raise_for_status()
        return response.text

    def _day(self, days):
        return str(self.today + timedelta(days=days))

    def _get_disputes(self):
        return self.env["account.dunning.dispute"].search(
            [("partner_id", "=", self.customer.id)]
        )

    def _get_promises(self):
        return self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )

    def _get_holds(self):
        return self.env["account.dunning.hold"].search([("is_paid_claim", "=", True)])

    def _dispute(self, **values):
        values = {
            "item": self.item.id,
            "reason": self.reason.id,
            "text": "It was broken.",
            **values,
        }
        return self._post("dispute", **values)

    # === DISPUTES === #

    def test_part_of_an_item_is_disputed_with_a_file(self):
        page = self._dispute(amount="300", files=[("files", PDF)])

        dispute = self._get_disputes()
        self.assertRecordValues(
            dispute, [{"amount": 300, "state": "open", "description": "It was broken."}]
        )
        self.assertEqual(dispute.move_line_ids, self.item)
        self.assertEqual(dispute.evidence_ids.name, "proof.pdf")
        self.assertEqual(dispute.evidence_ids.res_id, dispute.id)
        self.assertIn('name="done"', page)
        self.assertIn("We are looking into it", page)
        deadline = format_date(self.env, dispute.deadline)
        self.assertIn(f"You hear from us by {deadline}.", page)

    def test_disputed_part_is_apart_and_not_to_pay(self):
        self._dispute(amount="300")

        totals, items = self._get_statement()

        total = totals[self.company.currency_id]
        self.assertEqual(
            (total["open"], total["disputed"], total["to_pay"]), (1200, 300, 900)
        )
        texts = [item["status"]["text"] for item in items]
        self.assertTrue(any("You objected to" in text for text in texts))

    def test_wholly_disputed_item_leaves_the_other_to_pay(self):
        self._dispute()

        total = self._get_statement()[0][self.company.currency_id]

        self.assertEqual((total["disputed"], total["to_pay"]), (1000, 200))

    def test_decision_is_shown_and_does_not_stop_twice(self):
        self._dispute()
        dispute = self._get_disputes()
        dispute.answer = "It was delivered whole."
        dispute.action_reject()

        page = self.url_open(f"/my/dunning/notice/{self.notice.id}").text
        self.assertIn("We do not agree", page)
        self.assertIn("It was delivered whole.", page)

        self._dispute()
        self.assertEqual(len(self._get_disputes()), 1)

    def test_what_may_not_be_disputed(self):
        foreign = self._create_overdue_invoice(5, 40, partner=self.stranger)
        foreign_item = foreign.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        table = [
            {"item": foreign_item.id},
            {"item": 0},
            {"item": "x"},
            {"amount": "1000.01"},
            {"amount": "-5"},
            {"amount": "0"},
            {"amount": "nan"},
            {"amount": "inf"},
            {"amount": "1e400"},
            {"reason": 0},
            {"reason": ""},
            {"text": " "},
            {"text": "x" * 4001},
        ]
        for values in table:
            with self.subTest(**values):
                self.assertIn('name="error"', self._dispute(**values))
                self.assertFalse(self._get_disputes())

    def test_files_that_are_not_taken(self):
        table = [
            ("page.html", b"<script>alert(1)</script>"),
            ("drawing.svg", b"<svg onload='alert(1)'/>"),
            ("page.pdf", b"<script>alert(1)</script>"),
            ("noname", b"%PDF-"),
            ("photo.png", b"%PDF-"),
            ("big.pdf", b"%PDF-" + b"0" * (5 * 1024 * 1024)),
        ]
        for name, content in table:
            with self.subTest(name=name):
                page = self._dispute(files=[("files", (name, content))])
                self.assertIn('name="error"', page)
                self.assertFalse(self._get_disputes())
        self._dispute(files=[("files", PDF)] * 6)
        self.assertFalse(self._get_disputes())

    def test_name_of_a_file_is_no_path(self):
        values = self.env["account.dunning.answer"]._check_file(
            "../../etc/x.pdf", b"%PDF-1"
        )
        self.assertEqual(values["name"], "x.pdf")
        self.assertEqual(values["mimetype"], "application/pdf")

    # === ALREADY PAID === #

    def test_said_paid_holds_the_item_and_asks_the_collector(self):
        self._post("paid", item=self.item.id, date=self._day(-3), reference="TRX 77")

        hold = self._get_holds()
        self.assertEqual(hold.move_line_id, self.item)
        self.assertEqual(hold.date_to, self.today + timedelta(days=7))
        self.assertIn("TRX 77", hold.reason)
        self.assertIn("TRX 77", self.debtor.activity_ids.note)
        contact = self.env["account.dunning.contact"].search(
            [("outcome", "=", "paid"), ("channel", "=", "portal")]
        )
        self.assertEqual(contact.partner_id, self.customer)
        _totals, items = self._get_statement()
        self.assertIn(
            "We are looking for your payment",
            [item["status"]["text"] for item in items],
        )

    def test_said_paid_twice_holds_once(self):
        for reference in ("first", "second"):
            self._post(
                "paid", item=self.item.id, date=self._day(-3), reference=reference
            )

        self.assertEqual(len(self._get_holds()), 1)
        self.assertEqual(len(self.debtor.activity_ids), 2)

    def test_what_may_not_be_said_paid(self):
        table = [
            {"date": self._day(1)},
            {"date": self._day(-400)},
            {"date": ""},
            {"date": "2020-13-45"},
            {"reference": ""},
            {"item": self.item.id + 1000000},
        ]
        for values in table:
            with self.subTest(**values):
                sent = {
                    "item": self.item.id,
                    "date": self._day(-1),
                    "reference": "x",
                    **values,
                }
                self.assertIn('name="error"', self._post("paid", **sent))
                self.assertFalse(self._get_holds())

    # === PROMISES AND PLANS === #

    def test_schedule_is_shown_before_anything_is_promised(self):
        page = self._post("promise", kind="plan", date=self._day(10), count="3")

        self.assertIn('name="schedule"', page)
        self.assertEqual(page.count("400.00"), 3)
        self.assertFalse(self._get_promises())

    def test_promise_within_the_limits_counts_at_once(self):
        page = self._post("promise", kind="promise", date=self._day(14), confirm="1")

        promise = self._get_promises()
        self.assertRecordValues(
            promise,
            [
                {
                    "state": "active",
                    "kind": "promise",
                    "amount_total": 1200,
                    "channel": "portal",
                    "contact_id": self.contact.id,
                }
            ],
        )
        self.assertIn("Confirmed", page)
        total = self._get_statement()[0][self.company.currency_id]
        self.assertEqual((total["agreed"], total["to_pay"]), (1200, 0))

    def test_plan_shows_what_is_paid_and_what_is_next(self):
        self._post("promise", kind="plan", date=self._day(0), count="3", confirm="1")
        total = self._get_statement()[0][self.company.currency_id]
        self.assertEqual((total["instalments"], total["to_pay"]), (400, 400))

        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        ).create({"amount": 400}).action_create_payments()

        agreement = (
            self.env["account.dunning.statement"]
            .sudo()
            ._get_agreements(self.customer, self.company)[0]
        )
        self.assertEqual((agreement["paid"], agreement["next_amount"]), (400, 400))
        total = self._get_statement()[0][self.company.currency_id]
        self.assertEqual(total["to_pay"], 0)

    def test_above_the_limits_it_is_a_request(self):
        table = [
            {"kind": "promise", "date": self._day(91)},
            {"kind": "plan", "date": self._day(1), "count": "4"},
        ]
        for values in table:
            with self.subTest(**values):
                self._post("promise", **values, confirm="1")
                promise = self._get_promises()
                self.assertEqual(
                    (promise.state, promise.needs_approval), ("draft", True)
                )
                self.assertTrue(promise.activity_ids)
                total = self._get_statement()[0][self.company.currency_id]
                self.assertEqual(total["to_pay"], 1200)
                promise.unlink()

    def test_small_parts_and_policies_without_limits_need_a_person(self):
        for values in ({"portal_min_part": 401}, {"promise_max_days": 0}):
            with self.subTest(**values):
                before = self.policy.read(list(values), load=False)[0]
                self.policy.write(values)
                self._post(
                    "promise", kind="plan", date=self._day(5), count="3", confirm="1"
                )
                promise = self._get_promises()
                self.assertEqual(promise.state, "draft")
                promise.unlink()
                self.policy.write({name: before[name] for name in values})

    def test_who_broke_a_promise_has_to_ask(self):
        self._post("promise", kind="promise", date=self._day(5), confirm="1")
        self._get_promises().sudo().action_cancel()

        self._post("promise", kind="promise", date=self._day(5), confirm="1")

        self.assertEqual(self._get_promises()[0].state, "draft")
        page = self._post("promise", kind="promise", date=self._day(5), confirm="1")
        self.assertIn('name="error"', page)

    def test_what_may_not_be_promised(self):
        table = [
            {"kind": "settlement", "date": self._day(5)},
            {"kind": "promise", "date": self._day(-1)},
            {"kind": "promise", "date": self._day(800)},
            {"kind": "promise", "date": "soon"},
            {"kind": "plan", "date": self._day(5), "count": "1"},
            {"kind": "plan", "date": self._day(5), "count": "-3"},
            {"kind": "plan", "date": self._day(5), "count": "25"},
            {"kind": "plan", "date": self._day(5), "count": "³"},
        ]
        for values in table:
            with self.subTest(**values):
                page = self._post("promise", confirm="1", **values)
                self.assertIn('name="error"', page)
                self.assertFalse(self._get_promises())

    def test_without_offer_there_is_nothing_to_accept(self):
        self.assertIn('name="error"', self._post("offer"))
        self.assertFalse(self._get_promises())

    def test_offer_is_accepted_for_its_amount_and_day(self):
        product = self.env["product.product"].create(
            {"name": "Early settlement", "type": "service"}
        )
        reward = self.env["account.dunning.reward"].create(
            {
                "name": "Early",
                "percent": 10,
                "product_id": product.id,
                "account_id": self.company_data["default_account_expense"].id,
            }
        )
        offer = (
            self.env["account.dunning.offer"]
            .sudo()
            .create(
                {
                    "notice_id": self.notice.id,
                    "reward_id": reward.id,
                    "company_id": self.company.id,
                    "partner_id": self.customer.id,
                    "currency_id": self.notice.currency_id.id,
                    "date_from": self.today,
                    "date_to": self.today + timedelta(days=6),
                    "kind": "percent",
                    "value": 10,
                    "amount_asked": 1200,
                    "amount_discount": 120,
                }
            )
        )

        self._post("offer")

        promise = self._get_promises()
        self.assertEqual(promise.state, "active")
        self.assertEqual(promise.amount_total, 1080)
        self.assertEqual(promise.line_ids.date, offer.date_to)

    # === MESSAGES === #

    def test_message_reaches_the_collector(self):
        self._post("message", topic="call", text="After <b>five</b>.", phone="0151 1")

        activity = self.debtor.activity_ids
        self.assertEqual(activity.summary, "Call the customer back")
        self.assertIn("&lt;b&gt;", activity.note)
        self.assertIn("0151 1", activity.note)

    def test_what_no_form_sends_breaks_nothing(self):
        """Characters that the database does not take; files in place of texts."""
        message = {"topic": "call", "text": "Hi"}
        self._post("message", **message, phone="0151\x00 1")
        self.assertIn("0151 1", self.debtor.activity_ids.note)
        for name in ("phone", "access_token"):
            self._post("message", {name: ("a.txt", b"x")}, **message)
        self.assertEqual(len(self.debtor.activity_ids), 3)
        for page in ("/my/dunning", f"/my/dunning/notice/{self.notice.id}"):
            response = self.url_open(
                page,
                data={"csrf_token": http.Request.csrf_token(self)},
                files={"search": ("a.txt", b"x")},
            )
            self.assertEqual(response.status_code, 405)
        Answer = self.env["account.dunning.answer"]
        values = Answer._check_file("a\x00b.pdf", b"%PDF-1.7")
        self.assertEqual(values["name"], "ab.pdf")

    def test_unknown_topic_is_refused(self):
        self.assertIn('name="error"', self._post("message", topic="x", text="Hi"))
        self.assertFalse(self.debtor.activity_ids)

    def test_machine_is_stopped(self):
        self.patch(account_dunning_answer, "ANSWERS_A_DAY", 2)
        for _time in range(3):
            page = self._post("message", topic="question", text="Hi")

        self.assertIn('name="error"', page)
        self.assertEqual(len(self.debtor.activity_ids), 2)

    # === WAYS === #

    def test_item_of_the_statement_is_answered_too(self):
        base = f"item/{self.small_item.id}"
        self.assertIn(
            self.small.name, self.url_open(f"/my/dunning/{base}/dispute").text
        )

        self._dispute(base=base, item=self.small_item.id)

        self.assertEqual(self._get_disputes().move_line_ids, self.small_item)

    def test_by_link_without_login(self):
        self.authenticate(None, None)

        page = self._post(
            "promise",
            kind="promise",
            date=self._day(5),
            confirm="1",
            access_token=self.token,
        )

        self.assertEqual(self._get_promises().state, "active")
        self.assertIn("Confirmed", page)

    def test_form_without_csrf_token_changes_nothing(self):
        response = self.url_open(
            f"/my/dunning/notice/{self.notice.id}/promise",
            data={"kind": "promise", "date": self._day(5), "confirm": "1"},
        )
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self._get_promises())

    def test_looking_changes_nothing(self):
        self.url_open(
            f"/my/dunning/notice/{self.notice.id}/promise"
            f"?kind=promise&date={self._day(5)}&confirm=1"
        )
        self.assertFalse(self._get_promises())

    # === WISHES === #

    def _wish(self, **data):
        return self.url_open(
            "/my/dunning/contact",
            data={"csrf_token": http.Request.csrf_token(self), **data},
        ).text

    def test_wishes_are_kept_and_the_collectors_hours_stay(self):
        self.debtor.slot_ids = [
            (0, 0, {"weekday": "2", "hour_from": 9, "hour_to": 10}),
            (0, 0, {"weekday": "3", "hour_from": 0, "hour_to": 12}),
        ]

        self._wish(
            preferred="email",
            refused=["call", "visit"],
            slot=["0-morning", "6-afternoon"],
            zone="Asia/Seoul",
        )

        self.assertRecordValues(
            self.debtor,
            [
                {
                    "preferred_channel": "email",
                    "no_call": True,
                    "no_visit": True,
                    "no_email": False,
                    "contact_tz": "Asia/Seoul",
                }
            ],
        )
        self.assertEqual(
            {(slot.weekday, slot.hour_from) for slot in self.debtor.slot_ids},
            {("0", 0), ("2", 9), ("6", 12)},
        )

    def test_wishes_that_are_no_choice(self):
        halves = [f"{d}-{h}" for d in range(7) for h in ("morning", "afternoon")]
        table = [
            {"preferred": "visit"},
            {"preferred": "email", "refused": ["email"]},
            {"refused": ["letter"]},
            {"zone": "Mars/Base"},
            {"language": "xx_XX"},
            {"slot": ["8-morning"]},
            {"slot": halves},
        ]
        for values in table:
            with self.subTest(**values):
                self.assertIn('role="alert"', self._wish(**values))
                self.assertFalse(self.debtor.preferred_channel)
                self.assertFalse(self.debtor.slot_ids)
                self.assertFalse(self.debtor.no_letter)

    def test_refusals_are_told_as_errors_of_the_user(self):
        with self.assertRaises(UserError):
            self.env["account.dunning.answer"]._to_text("")

    # === SIGNING AND RATING === #

    def test_form_says_what_customers_decide_by_themselves(self):
        url = f"/my/dunning/notice/{self.notice.id}/promise"
        for limits, sentence in (
            ((90, 3), "Up to 90 days and 3 parts you decide"),
            ((90, 0), "Up to 90 days you decide"),
            ((0, 3), None),
        ):
            with self.subTest(limits=limits):
                self.policy.promise_max_days, self.policy.promise_max_instalments = (
                    limits
                )

                page = self.url_open(url).text

                self.assertEqual(sentence is not None, "you decide" in page)
                self.assertIn(sentence or "In how many parts", page)

    def test_agreement_is_signed_where_the_policy_wants_it(self):
        self.policy.portal_sign = True
        promise = {"kind": "promise", "date": self._day(10), "confirm": 1}
        for name in ("", "  ", "ab", "\x00"):
            with self.subTest(name=name):
                page = self._post("promise", signed_by=name, **promise)
                self.assertIn("Please sign", page)

        self._post("promise", signed_by="Kim  Minsu", **promise)

        agreement = self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(agreement.signed_by, "Kim Minsu")
        self.assertTrue(agreement.signed_on)

    def test_name_is_not_kept_where_nobody_asked_for_it(self):
        self._post(
            "promise", kind="promise", date=self._day(10), confirm=1, signed_by="Kim"
        )

        agreement = self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertFalse(agreement.signed_by or agreement.signed_on)

    def test_settled_notice_is_rated_once(self):
        page = f"/my/dunning/notice/{self.notice.id}"
        self.assertNotIn('name="rate"', self.url_open(page).text)
        self._post("rate", grade="happy")
        self.assertFalse(self._get_ratings(), "not settled")
        for move in (self.invoice, self.small):
            self._register_payment(move)
        self.assertIn('name="rate"', self.url_open(page).text)
        self._post("rate", grade="best")
        self.assertFalse(self._get_ratings())

        self._post("rate", grade="unhappy", text="Too <b>late</b>")
        self._post("rate", grade="happy")

        rating = self._get_ratings()
        self.assertEqual(rating.rating, 1)
        self.assertEqual(rating.feedback, "Too <b>late</b>")
        self.assertEqual(rating.partner_id, self.contact)
        self.assertEqual(rating.parent_ref, self.notice.level_id)
        self.assertTrue(rating.rated_partner_id)
        self.assertNotIn('name="rate"', self.url_open(page).text)

    def test_rating_is_handed_out_and_forgotten(self):
        """What a customer wrote there is his as much as what he wrote elsewhere."""
        for move in (self.invoice, self.small):
            self._register_payment(move)
        self.notice._rate("unhappy", "My wife left me", self.env.user, self.contact)
        manager = new_test_user(
            self.env,
            login="dunning_manager",
            groups="account_dunning_advanced.group_dunning_manager",
            company_id=self.company.id,
        )
        file = io.BytesIO()
        self.env.flush_all()

        self.env["account.dunning.personal"].with_user(manager)._pack(
            self.customer.with_user(manager), file
        )

        with zipfile.ZipFile(file) as archive:
            said = archive.read("data/rating.rating.json").decode()
        self.assertIn("My wife left me", said)
        rule = self.env["account.dunning.retention"]._get_rules(self.company)
        rule = rule.filtered(lambda rule: rule.kind == "letter")
        self.notice.message_ids.unlink()
        self.assertIn(self.notice, rule._get_records(self.company, self.customer))

        rule._erase(self.notice, self.company)

        self.assertFalse(self._get_ratings())
        self.assertNotIn(self.notice, rule._get_records(self.company, self.customer))

    def _get_ratings(self):
        return self.env["rating.rating"].search(
            [("res_model", "=", self.notice._name), ("res_id", "=", self.notice.id)]
        )

    def test_text_can_be_written(self):
        """An empty ``t-out`` once swallowed the fields."""
        for action in ("dispute", "message"):
            page = self.url_open(f"/my/dunning/notice/{self.notice.id}/{action}").text
            self.assertIn("<textarea", page)
