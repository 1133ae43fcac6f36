"""docs/law-pack.md is true: its rows are imported as they stand, and then they hold."""

import csv
import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account_dunning_advanced.tests.common import DunningCommon

GUIDE = Path(__file__).resolve().parent.parent / "docs/law-pack.md"
#: A sentence that ends with the model's name, and the rows of that model.
TABLE = re.compile(r"`([a-z_.]+)`[^`]*?:\n\n```csv\n(.*?)```", re.DOTALL)
DUE = date(2025, 5, 31)
DAY = date(2025, 6, 30)
SUNDAY_NOON = datetime(2025, 6, 29, 12, 0, tzinfo=UTC)


def read_tables():
    """Return [(model, columns, rows)] in the order of the guide."""
    tables = []
    for model, text in TABLE.findall(GUIDE.read_text(encoding="utf-8")):
        columns, *rows = csv.reader(io.StringIO(text))
        tables.append((model, columns, rows))
    return tables


@tagged("standard", "post_install", "-at_install")
class TestLawPack(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.failures = []
        for model, columns, rows in read_tables():
            result = cls.env[model].load(columns, rows)
            cls.failures += [
                (model, message["message"]) for message in result["messages"]
            ]
        cls.country = cls.env["res.country"].search([("code", "=", "XF")])
        cls.company.country_id = cls.company.account_fiscal_country_id = cls.country
        cls.company.dunning_charge_journal_id = cls.company_data["default_journal_sale"]
        cls.shop = cls._create_debtor(
            "Shop", country_id=cls.country.id, vat="1234", dunning_kind="company"
        )
        cls.person = cls._create_debtor(
            "Person",
            country_id=cls.country.id,
            is_company=False,
            dunning_kind="consumer",
        )

    def _get(self, name):
        return self.env.ref(f"__import__.{name}")

    def _propose(self, partner):
        item = self._create_item(
            1000, (DAY - DUE).days, partner=partner, currency=self.euro, day=DAY
        )
        run = self._run(DAY)
        return run.notice_ids.filtered(
            lambda notice: item in notice.line_ids.move_line_id
        )

    def test_every_row_is_imported(self):
        tables = read_tables()

        self.assertFalse(self.failures)
        self.assertGreaterEqual(len(tables), 17)
        for _model, _columns, rows in tables:
            for row in rows:
                self.assertTrue(self._get(row[0]).exists())

    def test_imported_rows_are_ours_to_change(self):
        rate = self._get("freedonia_base")

        rate.with_user(self.manager).name = "Another name"

        self.assertFalse(rate.is_shipped)

    def test_late_claim_bears_the_rate_of_the_country(self):
        self.first.charge_interest = True

        notice = self._propose(self.shop)

        # 1,000 at 4 + 5 % for 30 days of 365
        self.assertEqual(notice.amount_interest, 7.40)
        self.assertEqual(notice.charge_ids.rate, 9)

    def test_lump_sum_is_for_businesses(self):
        self.first.charge_ids = self._get("freedonia_lump_sum")

        self.assertEqual(self._propose(self.shop).amount_fee, 25)
        self.assertEqual(self._propose(self.person).amount_fee, 0)

    def test_fee_of_a_consumer_is_limited(self):
        fee = self.env["account.dunning.charge"].create(
            {
                "name": "Reminder fee",
                "code": "fee",
                "amount": 10,
                "currency_id": self.euro.id,
            }
        )
        self.env["account.dunning.terms"].create(
            {"company_id": self.company.id, "clause": "§ 7"}
        )
        self.first.charge_ids = fee

        self.assertEqual(self._propose(self.person).amount_fee, 3)
        self.assertEqual(self._propose(self.shop).amount_fee, 10)

    @freeze_time(SUNDAY_NOON)
    def test_consumer_is_not_called_on_sunday(self):
        gate = self.env["account.dunning.gate"]

        with self.assertRaisesRegex(UserError, "consumers in office hours"):
            gate._check(self.company, self.person, "call")
        self.assertTrue(gate._check(self.company, self.shop, "call").allowed)

    def test_payment_settles_in_the_order_of_the_country(self):
        order = self.env["account.dunning.payment.order"]._find_for(
            self.country, self.company
        )

        self.assertEqual(order, self._get("freedonia_order"))
        self.assertEqual(order._get_kinds()[0], "interest")

    def test_threat_is_refused(self):
        rule = self._get("freedonia_brigade")

        rule._check({"letter": "We regret the delay."}, "The letter")
        with self.assertRaisesRegex(UserError, "Firefly"):
            rule._check({"letter": "The Firefly Brigade will come."}, "The letter")

    def test_holiday_is_known(self):
        days = self.env["account.dunning.holiday"]._get_days(
            self.company, self.country, [2025]
        )

        self.assertIn(date(2025, 5, 4), days[self.country])

    def test_court_takes_its_fee(self):
        fee = self._get("freedonia_court_fee")

        self.assertEqual(fee.compute_fee(1000, DAY), 20)
        self.assertEqual(fee.compute_fee(100, DAY), 10)

    def test_case_goes_the_way_of_the_country(self):
        procedure = self.env["account.legal.procedure"]._find_for(
            self.shop, self.company, DAY
        )

        self.assertEqual(procedure, self._get("freedonia_court"))
        self.assertEqual(procedure.step_ids.mapped("code"), ["demand", "suit"])
        case = self.env["account.legal.case"].create(
            {
                "partner_id": self.shop.id,
                "company_id": self.company.id,
                "currency_id": self.euro.id,
                "move_line_ids": [
                    Command.set(
                        self._create_item(1000, 60, self.shop, currency=self.euro).ids
                    )
                ],
            }
        )
        self.assertEqual(case.procedure_id, procedure)
