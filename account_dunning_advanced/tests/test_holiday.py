import importlib.util
from datetime import date, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged

# Countries, and their part whose holidays are shipped, as the library names them.
PARTS = {
    "at": "AT",
    "de": "DE",
    "es": "ES",
    "fr": "FR",
    "it": "IT",
    "jp": "JP",
    "kr": "KR",
    "uk": ("GB", "ENG"),
    "us": "US",
}
YEARS = range(2026, 2032)
# What the two do not agree on, and why.
ONLY_IN_LIBRARY = {
    # called by decree; their day is set in the year before
    "kr": ("Election",),
    # offices of the state close besides; contracts and courts know the day itself
    "us": ("observed",),
    # Sundays in any case
    "it": ("Easter Sunday", "National Unity Day"),
}


@tagged("post_install", "-at_install")
class TestHoliday(TransactionCase):
    """Public holidays, shipped as rules, against an independent library."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Holiday = cls.env["account.dunning.holiday"]

    def _get_days(self, code, years=YEARS):
        country = self.env.ref(f"base.{code}")
        return self.Holiday._get_days(self.env["res.company"], country, years)[country]

    def test_shipped_holidays_are_those_of_the_library(self):
        if not importlib.util.find_spec("holidays"):
            self.skipTest("the library holidays is not installed")
        import holidays  # noqa: PLC0415

        for code, part in PARTS.items():
            country, region = part if isinstance(part, tuple) else (part, None)
            known = holidays.country_holidays(
                country, subdiv=region, years=YEARS, language="en_US"
            )
            own = self._get_days(code)
            with self.subTest(country):
                missing = {
                    day.isoformat(): name
                    for day, name in known.items()
                    if day not in own
                    and not any(part in name for part in ONLY_IN_LIBRARY.get(code, ()))
                }
                self.assertFalse(missing)
                # a holiday on a Sunday is none in the library's Spain
                extra = {day for day in own - known.keys() if day.weekday() < 6}
                self.assertFalse(extra)

    def test_substitutes_follow_the_days_they_stand_for(self):
        """Korea: 15 August 2027 is a Sunday; Japan: 3 May 2026 is one."""
        self.assertIn(date(2027, 8, 16), self._get_days("kr"))
        # 4 and 5 May are holidays themselves
        self.assertIn(date(2026, 5, 6), self._get_days("jp"))

    def test_company_adds_the_day_of_its_region(self):
        self.Holiday.create(
            {
                "name": "Corpus Christi",
                "country_id": self.env.ref("base.de").id,
                "rule": "easter",
                "easter_offset": 60,
            }
        )
        self.assertIn(date(2026, 6, 4), self._get_days("de", [2026]))

    def test_work_stops_on_the_holidays_of_the_companys_country(self):
        company = self.env["res.company"].create(
            {"name": "Books", "country_id": self.env.ref("base.kr").id}
        )
        days = self.Holiday._get_of_company(company, [2026])
        self.assertIn(date(2026, 9, 25), days)
        self.assertFalse(
            self.Holiday._get_of_company(
                self.env["res.company"].create({"name": "Nowhere"}), [2026]
            )
        )

    def test_rules_say_what_is_missing(self):
        country = self.env.ref("base.de").id
        wrong = [
            {"rule": "date"},
            {"rule": "yearly", "month": "5"},
            {"rule": "yearly", "month": "2", "day": 30},
            {"rule": "weekday", "month": "5", "nth": 1},
        ]
        for values in wrong:
            with self.subTest(values), self.assertRaises(ValidationError):
                self.Holiday.create({"name": "x", "country_id": country, **values})

    def test_leap_day_is_a_holiday_in_leap_years_only(self):
        self.Holiday.create(
            {
                "name": "Leap Day",
                "country_id": self.env.ref("base.de").id,
                "month": "2",
                "day": 29,
            }
        )
        leap = date(2028, 2, 28) + timedelta(days=1)
        self.assertIn(leap, self._get_days("de", [2027, 2028]))
