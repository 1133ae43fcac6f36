import os
import random
from unittest.mock import patch

from odoo import http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.account_dunning_portal.controllers.account_dunning_answer import (
    AccountDunningAnswer,
)
from odoo.addons.account_dunning_portal.controllers.account_dunning_download import (
    AccountDunningDownload,
)
from odoo.addons.account_dunning_portal.controllers.account_dunning_pay import (
    AccountDunningPay,
)
from odoo.addons.account_dunning_portal.controllers.account_dunning_portal import (
    AccountDunningPortal,
)
from odoo.addons.account_dunning_portal.controllers.account_dunning_verify import (
    AccountDunningVerify,
)
from odoo.addons.account_dunning_portal.controllers.account_dunning_wishes import (
    AccountDunningWishes,
)

from .common import DunningPortalCommon

#: Tries for each reader; the seed makes them the same ones each time.
TRIES = int(os.environ.get("DUNNING_TRIES", "150"))
SEED = 20260101
#: What a stranger would love to change or to see.
GUARDED = (
    "account.dunning.dispute",
    "account.dunning.promise",
    "account.dunning.hold",
    "account.dunning.contact",
    "account.dunning.contact.slot",
    "account.dunning.notice",
    "account.move",
    "account.payment",
    "payment.transaction",
    "rating.rating",
    "mail.activity",
)
SECRETS = ("1,234.00", "Hanbit Trading", "Kim Minsu", "Secret goods")


@tagged("post_install", "-at_install")
class TestPortalCrawl(DunningPortalCommon, HttpCase):
    """No altered id, token, amount or date leads a stranger to somebody else's data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_overdue_invoice(1234, 40, ref="Secret goods")
        cls.item = cls.invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        cls.notice = cls._issue_notice()
        cls.notice.level_id.policy_id.write({"promise_max_days": 90})
        cls._create_overdue_invoice(77, 40, partner=cls.stranger)
        cls.own_notice = cls._issue_notice(cls.stranger)
        cls.token = cls.notice._portal_ensure_token()
        cls.own_token = cls.own_notice._portal_ensure_token()
        cls.expired = cls.notice._sign_link(f"{1500000000:08x}")
        cls.reason = cls.env["account.dunning.dispute.reason"].search([], limit=1)

    def _get_routes(self):
        """Return the addresses of the addon's controllers."""
        controllers = (
            AccountDunningPortal,
            AccountDunningAnswer,
            AccountDunningDownload,
            AccountDunningPay,
            AccountDunningVerify,
            AccountDunningWishes,
        )
        return sorted(
            route
            for controller in controllers
            for method in vars(controller).values()
            for route in self._get_pages(getattr(method, "original_routing", {}))
        )

    def _get_pages(self, routing):
        """Return the addresses of a route; test_portal_pay tries the calls."""
        return routing.get("routes", ()) if routing.get("type") == "http" else ()

    def _snapshot(self):
        self.env.flush_all()
        self.env.invalidate_all()
        customer = [("partner_id", "=", self.customer.id)]
        debtor = self.env["account.dunning.debtor"].search(customer)
        return (
            [self.env[model].sudo().search_count([]) for model in GUARDED],
            debtor.read(["preferred_channel", "no_email", "slot_ids", "contact_tz"]),
            self.notice.read(["state", "link_version", "amount_total"]),
            self.item.amount_residual,
            self.customer.lang,
        )

    def _make_url(self, chance, route):
        ids = [self.notice.id, self.notice.id, self.notice.id + 1000, 0]
        items = [self.item.id, self.item.id, self.item.id + 1, 0]
        return (
            route.replace("<int:notice_id>", str(chance.choice(ids)))
            .replace("<int:item_id>", str(chance.choice(items)))
            .replace("<int:page>", str(chance.choice([1, 2, 99])))
            .replace("<int:company_id>", str(self.company.id))
            .replace("<string:kind>", chance.choice(["xlsx", "..", "html"]))
        )

    def _draw_form(self, chance):
        flipped = list(self.token)
        place = chance.randrange(len(flipped))
        flipped[place] = "1" if flipped[place] != "1" else "2"
        return {
            "access_token": chance.choice(
                [
                    "",
                    "False",
                    self.own_token,
                    self.expired,
                    "".join(flipped),
                    self.token.upper(),
                    self.token + "0",
                    "ffffffff" + self.token[8:],
                    "%00",
                ]
            ),
            "item": chance.choice([self.item.id, self.item.id + 1, -1, "x", ""]),
            "amount": chance.choice(["", "1", "-1", "1e9", "nan", "0.001"]),
            "date": chance.choice(
                [str(self.today), "1900-01-01", "9999-12-31", "2026-02-30", "", "x"]
            ),
            "reason": chance.choice([self.reason.id, 0, "x"]),
            "text": chance.choice(["Hello", "", "<script>", "x" * 5000]),
            "reference": "1",
            "kind": chance.choice(["promise", "plan", "settlement", ""]),
            "count": chance.choice(["2", "0", "-1", "1000", "x"]),
            "confirm": chance.choice(["1", ""]),
            "choice": chance.choice(
                ["all", "overdue", "chosen", f"i{self.item.id}", "x"]
            ),
            "company": chance.choice([self.company.id, 0, "x"]),
            "currency": chance.choice([self.company.currency_id.id, 0, "x"]),
            "grade": chance.choice(["happy", "x"]),
            "signed_by": "A Stranger",
            "topic": chance.choice(["question", "call", "x"]),
            "search": chance.choice(["Secret", self.invoice.name, "' OR 1=1 --"]),
            "report_type": chance.choice(["", "pdf", "html"]),
            "number": chance.choice([self.notice.name, "X", "%"]),
            "code": chance.choice(["", "00000-00000", self.own_notice._get_code()]),
            "partner_id": self.customer.id,
            "company_id": self.company.id,
            "debtor_id": self.customer.id,
        }

    def _crawl(self, login, tries=TRIES):
        """Try the routes; return the addresses and texts that showed a secret."""
        self.authenticate(login, login and f"{login}-secret")
        # every token is to be looked at, not the first ones alone
        self.patch(
            self.registry["account.dunning.attempt"],
            "_is_exhausted",
            lambda *args: False,
        )
        chance = random.Random(SEED)  # noqa: S311
        routes = [
            route
            for route in self._get_routes()
            # a stranger writes about the own account there, and may
            if "notice/<" in route or "item/" in route or login is None
        ]
        leaks = []
        csrf_token = http.Request.csrf_token(self)
        for number in range(tries):
            url = self._make_url(chance, routes[number % len(routes)])
            form = self._draw_form(chance)
            if chance.random() < 0.7:
                form["csrf_token"] = csrf_token
                response = self.url_open(url, data=form, allow_redirects=False)
            else:
                response = self.url_open(url, params=form, allow_redirects=False)
            self.assertLess(response.status_code, 500, url)
            self.assertNotIn("Traceback", response.text)
            page = response.text
            for value in form.values():
                # what was typed comes back in the form
                page = page.replace(str(value), "") if value else page
            leaks += [(url, secret) for secret in SECRETS if secret in page]
        return leaks

    @mute_logger("odoo.http")
    def test_neither_stranger_nor_public_sees_or_changes_anything(self):
        self.assertGreaterEqual(len(self._get_routes()), 12)
        for login in ("stranger", None):
            with self.subTest(login=login):
                before = self._snapshot()
                self.assertFalse(self._crawl(login))
                self.assertEqual(self._snapshot(), before)

    @mute_logger("odoo.http")
    def test_the_crawl_bites(self):
        """Twin: without the check of whose notice it is, it sees and changes."""
        before = self._snapshot()

        with patch.object(
            AccountDunningAnswer,
            "_get_dunning_notice",
            lambda controller, notice_id, access_token=None: (
                http.request.env["account.dunning.notice"].sudo().browse(self.notice.id)
            ),
        ):
            leaks = self._crawl("stranger", tries=60)

        self.assertTrue(leaks)
        self.assertNotEqual(self._snapshot(), before)
