from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo.tests import TransactionCase, tagged

from odoo.addons.account_dunning_advanced.engine.interest import rate_on

#: What the columns are: a rule, or a rate and the days from the half-year to its value.
HALF_YEAR_COLUMNS = (
    ("rate", "ecb_half_year", 0),
    ("rule", "eu_minimum"),
    ("rate", "de_base", 0),
    ("rule", "de_b2b"),
    ("rule", "de_b2c"),
    ("rule", "fr_b2b"),
    ("rule", "es_trade"),
    ("rule", "it_trade"),
    ("rule", "nl_trade"),
    ("rule", "be_trade"),
    ("rate", "at_base", -1),
    ("rule", "at_b2b"),
)
#: Percent a year by half-year, as the laws and the central banks have it.
HALF_YEARS = """
    2015-01-01 0.05 8.05 -0.83 8.17 4.17 10.05 8.05 8.05 8.05 8.5 -0.12 9.08
    2015-07-01 0.05 8.05 -0.83 8.17 4.17 10.05 8.05 8.05 8.05 8.5 -0.12 9.08
    2016-01-01 0.05 8.05 -0.83 8.17 4.17 10.05 8.05 8.05 8.05 8.5 -0.12 9.08
    2016-07-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2017-01-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2017-07-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2018-01-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2018-07-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2019-01-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2019-07-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2020-01-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2020-07-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2021-01-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2021-07-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2022-01-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2022-07-01 0.00 8.00 -0.88 8.12 4.12 10.00 8.00 8.00 8.00 8.0 -0.62 8.58
    2023-01-01 2.50 10.50 1.62 10.62 6.62 12.50 10.50 10.50 10.50 10.5 1.88 11.08
    2023-07-01 4.00 12.00 3.12 12.12 8.12 14.00 12.00 12.00 12.00 12.0 3.38 12.58
    2024-01-01 4.50 12.50 3.62 12.62 8.62 14.50 12.50 12.50 12.50 12.5 3.88 13.08
    2024-07-01 4.25 12.25 3.37 12.37 8.37 14.25 12.25 12.25 12.25 12.5 3.88 13.08
    2025-01-01 3.15 11.15 2.27 11.27 7.27 13.15 11.15 11.15 11.15 11.5 2.53 11.73
    2025-07-01 2.15 10.15 1.27 10.27 6.27 12.15 10.15 10.15 10.15 10.5 1.53 10.73
    2026-01-01 2.15 10.15 1.27 10.27 6.27 12.15 10.15 10.15 10.15 10.5 1.53 10.73
    2026-07-01 2.40 10.40 1.52 10.52 6.52 12.40 10.40 10.40 10.40 10.5 1.53 10.73
"""
#: Reference rate and statutory rate of a debt that falls late in the half-year.
UNITED_KINGDOM = """
    2015-01-01 0.50 8.50
    2015-07-01 0.50 8.50
    2016-01-01 0.50 8.50
    2016-07-01 0.50 8.50
    2017-01-01 0.25 8.25
    2017-07-01 0.25 8.25
    2018-01-01 0.50 8.50
    2018-07-01 0.50 8.50
    2019-01-01 0.75 8.75
    2019-07-01 0.75 8.75
    2020-01-01 0.75 8.75
    2020-07-01 0.10 8.10
    2021-01-01 0.10 8.10
    2021-07-01 0.10 8.10
    2022-01-01 0.25 8.25
    2022-07-01 1.25 9.25
    2023-01-01 3.50 11.50
    2023-07-01 5.00 13.00
    2024-01-01 5.25 13.25
    2024-07-01 5.25 13.25
    2025-01-01 4.75 12.75
    2025-07-01 4.25 12.25
    2026-01-01 3.75 11.75
    2026-07-01 3.75 11.75
"""


def read_table(text):
    """Yield the first day of each half-year and the percentages beside it."""
    for line in text.strip().splitlines():
        day, *cells = line.split()
        yield date.fromisoformat(day), [Decimal(cell) for cell in cells]


@tagged("post_install", "-at_install")
class TestInterestData(TransactionCase):
    """The rates and rules that are shipped give the rates that the laws name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        # values of the company itself would hide the shipped ones
        cls.env["account.dunning.rate.value"].search(
            [("company_id", "!=", False)]
        ).unlink()

    def _get_rate(self, code):
        return self.env.ref(f"account_dunning_advanced.rate_{code}")

    def _get_rule(self, code):
        return self.env.ref(f"account_dunning_advanced.interest_{code}")

    def _value_on(self, code, day):
        values = self._get_rate(code)._get_values(self.company)
        return [value.rate for value in values if value.date_from <= day][-1]

    def test_every_rate_of_the_half_year_table(self):
        terms = {
            column[1]: self._get_rule(column[1])._get_terms(self.company)
            for column in HALF_YEAR_COLUMNS
            if column[0] == "rule"
        }
        for day, cells in read_table(HALF_YEARS):
            last = day + relativedelta(months=6, days=-1)
            for (kind, code, *offset), expected in zip(
                HALF_YEAR_COLUMNS, cells, strict=True
            ):
                with self.subTest(code, day=day):
                    if kind == "rate":
                        looked_at = day + relativedelta(days=offset[0])
                        self.assertEqual(self._value_on(code, looked_at), expected)
                        continue
                    self.assertEqual(rate_on(*terms[code], day, start=day), expected)
                    self.assertEqual(rate_on(*terms[code], last, start=day), expected)

    def test_every_rate_of_the_british_table(self):
        terms, values = self._get_rule("gb_b2b")._get_terms(self.company)
        for day, (reference, statutory) in read_table(UNITED_KINGDOM):
            with self.subTest(day=day):
                self.assertEqual(self._value_on("gb_reference", day), reference)
                for start in (day, day + relativedelta(months=6, days=-1)):
                    # then and years later, for it is frozen
                    for years in (0, 5):
                        looked_at = start + relativedelta(years=years)
                        rate = rate_on(terms, values, looked_at, start)
                        self.assertEqual(rate, statutory)

    def test_half_year_reference_follows_from_the_changes(self):
        for day, (reference, *_derived) in read_table(HALF_YEARS):
            with self.subTest(day=day):
                self.assertEqual(self._value_on("ecb_mro", day), reference)

    def test_rates_of_the_other_rules(self):
        cases = [
            # rule, day, first day of default, served on, percent a year
            ("at_legal", "2025-03-01", "2025-01-01", None, "4"),
            ("be_legal", "2024-12-31", "2024-12-01", None, "5.75"),
            ("be_legal", "2025-01-01", "2024-12-01", None, "4.5"),
            ("ch_legal", "2025-03-01", "2025-01-01", None, "5"),
            ("es_legal", "2025-03-01", "2025-01-01", None, "3.25"),
            ("fr_3_legal", "2024-06-30", "2024-06-01", None, "15.21"),
            ("fr_agreed", "2024-07-01", "2024-06-01", None, "14.76"),
            ("fr_b2c", "2025-12-31", "2025-12-01", None, "2.76"),
            ("it_legal", "2026-01-01", "2025-12-01", None, "1.6"),
            ("jp_legal", "2026-06-01", "2020-03-31", None, "5"),
            ("jp_legal", "2026-06-01", "2020-04-01", None, "3"),
            ("kr_civil", "2025-03-01", "2025-01-01", None, "5"),
            ("kr_commercial", "2025-03-01", "2025-01-01", None, "6"),
            ("kr_commercial", "2025-03-01", "2025-01-01", "2025-03-01", "6"),
            ("kr_commercial", "2025-03-02", "2025-01-01", "2025-03-01", "12"),
            ("kr_civil", "2019-05-31", "2019-01-01", "2019-03-01", "15"),
            ("kr_civil", "2019-06-01", "2019-01-01", "2019-03-01", "12"),
            ("nl_legal", "2024-12-31", "2024-12-01", None, "7"),
            ("nl_legal", "2025-01-01", "2024-12-01", None, "6"),
            ("us_contract", "2025-01-01", "2024-12-01", None, "0"),
        ]
        for code, day, start, served, expected in cases:
            with self.subTest(code, day=day, served=served):
                terms, values = self._get_rule(code)._get_terms(
                    self.company, served and date.fromisoformat(served)
                )
                days = date.fromisoformat(day), date.fromisoformat(start)
                self.assertEqual(rate_on(terms, values, *days), Decimal(expected))

    def test_what_was_verified_names_its_source(self):
        for model in ("account.dunning.rate.value", "account.dunning.interest"):
            records = self.env[model].search([]).filtered("is_shipped")
            self.assertTrue(records)
            for record in records:
                with self.subTest(record.display_name):
                    self.assertTrue(record.source or not record.verified_on)
                    self.assertFalse(record.company_id)
        for rate in self.env["account.dunning.rate"].search([]):
            with self.subTest(rate.code):
                self.assertTrue(rate.value_ids)
                self.assertTrue(rate.source)
