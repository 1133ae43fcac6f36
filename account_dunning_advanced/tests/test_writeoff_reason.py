from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DAY
from .writeoff_common import WriteoffCommon


@tagged("post_install", "-at_install")
class TestWriteoffReason(WriteoffCommon):
    """Conditions of tax law are data, checked on submitting and on posting."""

    def _ref(self, code):
        return self.env.ref(
            f"account_dunning_advanced.account_dunning_writeoff_reason_{code}"
        )

    def _move_to(self, country, currency):
        self.company.account_fiscal_country_id = self.env.ref(f"base.{country}")
        self.env.ref(f"base.{currency}").active = True

    def assertRefused(self, request, text):
        with self.assertRaisesRegex(UserError, text):
            request.action_submit()

    def test_evidence_is_asked_for(self):
        item = self._create_item(100, 200)
        reason = self._create_reason(
            evidence_required=True, evidence="register extract"
        )
        self.assertRefused(self._request(item, reason=reason), "register extr.")

        self.env["account.dunning.writeoff"].search([]).action_cancel()
        evidence = self._evidence()
        request = self._write_off(
            item, reason=reason, evidence_ids=[Command.set(evidence.ids)]
        )

        self.assertEqual(request.state, "posted")
        # who approves reads what was uploaded, and it cannot go
        self.assertEqual(evidence.with_user(self.manager).raw, b"dissolved")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            evidence.unlink()

    def test_nothing_is_lost_before_it_is_owed(self):
        # invoiced on 5 May, due on 15 May
        item = self._create_item(100, 30)
        for reason in (self.uneconomic, self._ref("settlement")):
            with self.subTest(reason.code):
                request = self._request(item, reason=reason, date=date(2024, 5, 4))
                self.assertRefused(request, "was booked on 05/05/2024")
                request.action_cancel()
        request = self._request(
            item, reason=self._ref("settlement"), date=date(2024, 5, 5)
        )
        request.action_submit()
        self.assertEqual(request.state, "approved")

    def test_before_it_is_due_only_for_reasons_that_do_not_wait(self):
        table = {
            # (reason, days overdue): accepted
            ("uneconomic", -1): False,
            ("uneconomic", 0): True,
            ("limitation", -1): False,
            ("settlement", -1): True,
            ("difference", -1): True,
        }
        for (code, days), accepted in table.items():
            with self.subTest(code=code, days=days):
                item = self._create_item(10, days)
                request = self._request(item, reason=self._ref(code))
                if accepted:
                    request.action_submit()
                    self.assertEqual(request.state, "approved")
                else:
                    self.assertRefused(request, "is not due before 06/15/2024")

    def test_age_by_calendar_months(self):
        reason = self._create_reason(min_months_overdue=6)
        table = {
            date(2023, 12, 14): True,
            date(2023, 12, 15): False,
            date(2023, 1, 1): True,
        }
        for due, accepted in table.items():
            with self.subTest(due=due):
                item = self._create_item(10, (DAY - due).days)
                request = self._request(item, reason=reason)
                if accepted:
                    request.action_submit()
                else:
                    self.assertRefused(request, "can be written off so from")

    def test_country_of_taxation(self):
        self.company.account_fiscal_country_id = self.env.ref("base.us")
        self.assertRefused(
            self._request(
                self._create_item(10, 400),
                reason=self._ref("kr_sme"),
                evidence_ids=[Command.set(self._evidence().ids)],
            ),
            "taxed in South Korea",
        )

    def test_kr_small_amount_counts_all_the_debtor_owes(self):
        self._move_to("kr", "KRW")
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.env.ref("base.KRW").id,
                "company_id": self.company.id,
                "name": "2020-01-01",
                "rate": 1000,
            }
        )
        reason = self._ref("kr_small")
        old = self._create_item(200, 200)  # 200,000 KRW
        young = self._create_item(101, 10)
        values = {
            "reason": reason,
            "evidence_ids": [Command.set(self._evidence().ids)],
        }
        request = self._request(old, **values)
        self.assertRefused(request, "in all, more than")

        self._pay(young, 1)
        request.action_submit()
        self.assertEqual(request.state, "approved")
        self.assertRefused(self._request(young, **values), "can be written off so from")

    def test_kr_vat_relief_is_ten_hundred_tenths(self):
        self.company.dunning_writeoff_tax_relief = True
        reason = self._ref("kr_sme").copy(
            {"code": "kr_copy", "country_id": self.company.account_fiscal_country_id.id}
        )
        tax = self.company_data["default_tax_sale"].copy(
            {"name": "VAT 10%", "amount": 10}
        )
        item = self._create_item(
            1000,
            800,
            invoice_line_ids=[
                Command.create({"price_unit": 1000, "tax_ids": [Command.set(tax.ids)]})
            ],
        )
        self._pay(item, 437)

        request = self._request(
            item,
            reason=reason,
            evidence_ids=[Command.set(self._evidence().ids)],
        )

        # 663 × 10 / 110
        self.assertEqual(round(request.tax_relief, 2), 60.27)

    def test_kr_sme_waits_two_years(self):
        self._move_to("kr", "KRW")
        values = {
            "reason": self._ref("kr_sme"),
            "evidence_ids": [Command.set(self._evidence().ids)],
        }
        for days, accepted in {730: False, 731: True}.items():
            with self.subTest(days=days):
                request = self._request(self._create_item(100, days), **values)
                if accepted:
                    request.action_submit()
                else:
                    self.assertRefused(request, "can be written off so from")

    def test_jp_no_trade_for_a_year_and_a_memorandum_of_one(self):
        self._move_to("jp", "JPY")
        self.company.currency_id.rounding = 0.01
        reason = self._ref("jp_9_6_3_trade").copy(
            {"code": "jp_copy", "currency_id": self.company.currency_id.id}
        )
        values = {
            "reason": reason,
            "evidence_ids": [Command.set(self._evidence().ids)],
        }
        item = self._create_item(100, 400)
        self.assertRefused(self._request(item, **values), "remain in the books")
        self.env["account.dunning.writeoff"].search([]).action_cancel()

        request = self._request(item, amount=99, **values)
        request.action_submit()
        self.assertEqual(request.state, "approved")
        request.action_cancel()
        # a payment within the year: trade goes on
        self._pay(item, 50, DAY - timedelta(days=300))
        self.assertRefused(
            self._request(item, amount=49, **values), "less than 12 months ago"
        )

    def test_many_customers_from_their_list(self):
        """A contact stands for its company; what others owe is left alone."""
        first, second, other = (self._create_debtor(name) for name in "ABC")
        contact = self._create_debtor("D", parent_id=second.id, is_company=False)
        items = [self._create_item(10, 400, p) for p in (first, second, other)]

        action = (first | contact).with_user(self.collector).action_dunning_write_off()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.reason_id = self._ref("uneconomic")
        request = self.env["account.dunning.writeoff"].browse(
            wizard.save().action_apply()["res_id"]
        )

        self.assertEqual(request.line_ids.move_line_id, items[0] | items[1])
        self.assertEqual(request.amount_total, 20)

    def test_jp_memorandum_is_kept_by_the_wizard(self):
        self._move_to("jp", "JPY")
        reason = self._ref("jp_9_6_3_trade").copy(
            {"code": "jp_copy", "currency_id": self.company.currency_id.id}
        )
        items = self._create_item(100, 500) | self._create_item(0.5, 450)

        action = items.with_user(self.collector).action_dunning_write_off()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        wizard.reason_id = reason
        request = self.env["account.dunning.writeoff"].browse(
            wizard.save().action_apply()["res_id"]
        )

        # 1 remains: the newest item of 0.50 and 0.50 of the other
        self.assertRecordValues(
            request.line_ids, [{"move_line_id": items[0].id, "amount": 99.5}]
        )

    def test_jp_less_than_the_cost_to_collect(self):
        self._move_to("jp", "JPY")
        reason = self._ref("jp_9_6_3_cost").copy({"code": "jp_copy", "memo_amount": 0})
        self.company.dunning_writeoff_cost = 100
        values = {
            "reason": reason,
            "evidence_ids": [Command.set(self._evidence().ids)],
        }
        item = self._create_item(99, 100)
        request = self._request(item, **values)
        more = self._create_item(1, 100)
        self.assertRefused(request, "not less than the cost to collect")

        self._pay(more, 1)
        request.action_submit()
        self.assertEqual(request.state, "approved")

    def test_conditions_are_checked_again_on_posting(self):
        reason = self._create_reason(
            max_debtor_amount=100, currency_id=self.company.currency_id.id
        )
        request = self._request(self._create_item(100, 200), reason=reason)
        request.action_submit()
        self._create_item(1, 5)

        with self.assertRaisesRegex(UserError, "in all, more than"):
            request.action_post()

    def test_shipped_reasons_name_their_source(self):
        reasons = self.env["account.dunning.writeoff.reason"].search(
            [("country_id", "!=", False)]
        )
        self.assertGreaterEqual(len(reasons), 10)
        for reason in reasons:
            with self.subTest(reason.code):
                self.assertTrue(reason.source and reason.verified_on and reason.rule)
                self.assertTrue(reason.evidence and reason.evidence_required)
