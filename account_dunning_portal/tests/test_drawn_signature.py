import base64
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, PngImagePlugin

from odoo import http
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import BaseCase, HttpCase, new_test_user, tagged

from ..engine import drawing
from .common import DunningPortalCommon


def draw(form="PNG", size=(600, 144), strokes=((40, 100, 300, 40),), **options):
    """Return a picture with strokes; transparent where nothing is drawn."""
    image = Image.new("RGBA", size, (255, 255, 255, 0))
    for stroke in strokes:
        ImageDraw.Draw(image).line(stroke, fill="black", width=3)
    content = BytesIO()
    image.convert("RGB" if form == "JPEG" else "RGBA").save(content, form, **options)
    return content.getvalue()


def to_uri(content, kind="image/png"):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@tagged("standard")
class TestDrawing(BaseCase):
    """What a browser sends as a drawing is kept only as what can be seen of it."""

    def test_it_is_cut_to_its_strokes(self):
        kept = Image.open(BytesIO(drawing.redraw(draw())))

        self.assertEqual((kept.format, kept.mode), ("PNG", "L"))
        self.assertLess(kept.width, 300)
        self.assertLess(kept.height, 100)
        self.assertEqual(kept.getpixel((0, 0)), 255)
        self.assertEqual(kept.getextrema()[0], 0)

    def test_what_else_it_carries_stays_behind(self):
        info = PngImagePlugin.PngInfo()
        info.add_text("comment", "<script>alert(1)</script>")
        sent = draw(pnginfo=info) + b"%PDF-1.4 and the rest"
        self.assertIn(b"<script>", sent)

        kept = drawing.redraw(sent)

        self.assertNotIn(b"<script>", kept)
        self.assertNotIn(b"%PDF", kept)

    def test_what_is_no_drawing(self):
        refused = {
            "nothing": b"",
            "a text": b"Kim Minsu",
            "another format": draw("GIF"),
            "a photo": draw("JPEG"),
            "a page with code": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "an empty canvas": draw(strokes=()),
            "too wide": draw(size=(drawing.MOST_SIDE + 1, 4), strokes=((0, 0, 9, 3),)),
            "too heavy": draw() + b"\0" * drawing.MOST_BYTES,
        }
        for what, content in refused.items():
            with self.subTest(what):
                self.assertIsNone(drawing.redraw(content))

    def test_a_blank_sheet_is_no_signature_whatever_its_colour(self):
        content = BytesIO()
        Image.new("RGB", (300, 100), "white").save(content, "PNG")

        self.assertIsNone(drawing.redraw(content.getvalue()))

    def test_damaged_ones_are_refused_or_read_and_never_an_error(self):
        random, sent = Random(9), draw()
        for _try in range(300):
            damaged = bytearray(sent)
            for _byte in range(random.randint(1, 6)):
                damaged[random.randrange(len(damaged))] = random.randrange(256)

            kept = drawing.redraw(bytes(damaged))

            self.assertTrue(kept is None or kept.startswith(b"\x89PNG"))


@tagged("post_install", "-at_install")
class TestDrawnSignature(DunningPortalCommon, HttpCase):
    """Where the policy asks for it, an agreement keeps what the customer drew."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_overdue_invoice(1000, 40)
        cls.notice = cls._issue_notice()
        cls.policy = cls.notice.level_id.policy_id
        cls.policy.write(
            {"promise_max_days": 90, "portal_sign": True, "portal_sign_drawn": True}
        )
        cls.collector = new_test_user(
            cls.env,
            login="collector",
            groups="account_dunning_advanced.group_dunning_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _sign(self, login="kim", **data):
        self.authenticate(login, login and f"{login}-secret")
        response = self.url_open(
            f"/my/dunning/notice/{self.notice.id}/promise",
            data={
                "kind": "promise",
                "date": str(self.today),
                "confirm": 1,
                "signed_by": "Kim Minsu",
                "csrf_token": http.Request.csrf_token(self),
                **data,
            },
        )
        response.raise_for_status()
        return response.text

    def _get_promise(self):
        return self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )

    def _read(self, promise):
        """Return the drawing that is kept."""
        return base64.b64decode(promise.signature)

    def test_drawing_is_kept_and_printed_with_the_name(self):
        self._sign(drawn=to_uri(draw()))

        promise = self._get_promise()
        self.assertEqual(promise.signed_by, "Kim Minsu")
        self.assertEqual(self._read(promise), drawing.redraw(draw()))
        letter = self.env["ir.qweb"]._render(
            "account_dunning_advanced.report_promise", {"docs": promise}
        )
        self.assertIn("Signed by Kim Minsu on", letter)
        self.assertIn(promise.signature.decode(), letter)

    def test_who_signed_by_link_gets_it_with_what_is_held(self):
        """Nobody is logged in: that the name was signed with is all there is."""
        self.contact.name = "Kim Minsu"
        self._sign(
            login=None,
            access_token=self.notice._portal_ensure_token(),
            signed_by="KIM Minsu",
            drawn=to_uri(draw()),
        )

        promise = self._get_promise()
        self.assertFalse(promise.contact_id)
        Personal = self.env["account.dunning.personal"]
        for person, held in ((self.contact, promise), (self.colleague, [])):
            about, _naming = Personal._collect(person)
            self.assertEqual(list(about[promise._name]), list(held))

    def test_name_alone_counts_as_without_javascript(self):
        self._sign(drawn="")

        promise = self._get_promise()
        self.assertEqual(promise.state, "active")
        self.assertFalse(promise.signature)

    def test_drawing_without_a_name_does_not_count(self):
        page = self._sign(signed_by="", drawn=to_uri(draw()))

        self.assertIn("full name", page)
        self.assertFalse(self._get_promise())

    def test_drawing_is_asked_for_only_where_the_policy_does(self):
        with_it = self._sign(confirm="")
        self.policy.portal_sign_drawn = False

        without = self._sign(confirm="")
        self._sign(drawn=to_uri(draw()))

        self.assertIn('name="drawn"', with_it)
        self.assertNotIn('name="drawn"', without)
        self.assertFalse(self._get_promise().signature)

    def test_what_cannot_be_read_is_told_and_nothing_is_agreed(self):
        sent = {
            "a page with code": to_uri(b"<svg onload='x'/>", "image/svg+xml"),
            "an empty canvas": to_uri(draw(strokes=())),
            "no base64": "data:image/png;base64,???",
            "not ASCII": "data:image/png;base64,\u00e9\u6f22",
            "a huge one": to_uri(b"\x89PNG" + b"\0" * 300_000),
        }
        for what, drawn in sent.items():
            with self.subTest(what):
                page = self._sign(drawn=drawn)

                self.assertIn("cannot be read", page)
                self.assertFalse(self._get_promise())

    def test_strangers_sign_nothing(self):
        drawn = to_uri(draw())
        for login, data in (
            ("stranger", {}),
            ("stranger", {"access_token": "x" * 43}),
            (None, {}),
            (None, {"access_token": "x" * 43}),
        ):
            with self.subTest(login=login, **data):
                self._sign(login, drawn=drawn, **data)

                self.assertFalse(self._get_promise())

    def test_nobody_puts_a_drawing_under_an_agreement_by_hand(self):
        self._sign()
        promise = self._get_promise().with_user(self.collector)
        forged = base64.b64encode(draw())

        for act in (
            lambda: promise.write({"signature": forged}),
            lambda: promise.create(
                {"partner_id": self.customer.id, "signature": forged}
            ),
        ):
            with self.assertRaises(AccessError):
                act()
        made = promise.with_context(default_signature=forged).create(
            {"partner_id": self.customer.id}
        )
        self.assertFalse(made.signature)

    def test_the_guard_is_what_refuses_it(self):
        self._sign()
        promise = self._get_promise().with_user(self.collector)
        guarded = promise._get_guarded_fields() - {"signature"}
        self.patch(type(promise), "_get_guarded_fields", lambda _self: guarded)

        promise.signature = base64.b64encode(draw())

        self.assertTrue(promise.signature)

    def test_attachment_does_not_take_the_place_of_the_drawing(self):
        self._sign(drawn=to_uri(draw()))
        promise = self._get_promise()

        self.env["ir.attachment"].create(
            {
                "name": "signature",
                "res_model": promise._name,
                "res_field": "signature",
                "res_id": promise.id,
                "datas": base64.b64encode(draw(strokes=((0, 0, 99, 99),))),
            }
        )
        promise.invalidate_recordset(["signature"])

        self.assertEqual(self._read(promise), drawing.redraw(draw()))

    def test_drawing_is_erased_with_the_name(self):
        kind = self.env["account.dunning.retention"]._get_kinds()["promise"]

        self.assertLessEqual({"signed_by", "signature"}, set(kind.cleared))
