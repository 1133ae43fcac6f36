"""Interest of twelve countries, against cases worked out by hand."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.account_dunning_advanced.engine.interest import (
    Balance,
    Floor,
    RateValue,
    Step,
    Terms,
    accrue,
)

from . import interest_by_day
from .interest_tables import TABLES

LINE = re.compile(r"(\d+) x (\S+) x (\S+) / (\d+) = (\S+) -> (\S+)")


def series(*pairs):
    return tuple(
        RateValue(date.fromisoformat(day), Decimal(rate)) for day, rate in pairs
    )


ECB = series(
    ("2022-12-21", "2.50"),
    ("2023-06-21", "4.00"),
    ("2023-09-20", "4.50"),
    ("2024-06-12", "4.25"),
    ("2024-09-18", "3.65"),
    ("2024-12-18", "3.15"),
    ("2025-03-12", "2.65"),
    ("2025-06-11", "2.15"),
    ("2026-06-17", "2.40"),
)
DE_BASE = series(
    ("2020-01-01", "-0.88"),
    ("2023-01-01", "1.62"),
    ("2023-07-01", "3.12"),
    ("2024-01-01", "3.62"),
    ("2024-07-01", "3.37"),
    ("2025-01-01", "2.27"),
    ("2025-07-01", "1.27"),
    ("2026-01-01", "1.27"),
    ("2026-07-01", "1.52"),
)
FR_LEGAL = series(
    ("2024-01-01", "5.07"),
    ("2024-07-01", "4.92"),
    ("2025-01-01", "3.71"),
    ("2025-07-01", "2.76"),
    ("2026-01-01", "2.62"),
)
GB_REFERENCE = series(
    ("2020-07-01", "0.10"),
    ("2024-01-01", "5.25"),
    ("2025-01-01", "4.75"),
    ("2025-07-01", "4.25"),
    ("2026-01-01", "3.75"),
)
AT_BASE = series(
    ("2023-09-20", "3.88"),
    ("2024-09-18", "3.03"),
    ("2024-12-18", "2.53"),
    ("2025-03-12", "2.03"),
    ("2025-06-11", "1.53"),
)
# a change on the very day that begins a half-year
AT_LATELY = series(("2024-12-18", "2.53"), ("2025-07-01", "1.03"))
JP_CIVIL = series(("1900-01-01", "5"), ("2020-04-01", "3"), ("2023-04-01", "3"))
JP_COMMERCIAL = series(("1900-01-01", "6"), ("2020-04-01", "3"))
KR_SERVICE = series(("2015-10-01", "15"), ("2019-06-01", "12"))
NL_LEGAL = series(("2024-01-01", "7"), ("2025-01-01", "6"), ("2026-01-01", "4"))
BE_LEGAL = series(("2025-01-01", "4.5"), ("2026-01-01", "4.5"))
IT_LEGAL = series(("2025-01-01", "2.0"), ("2026-01-01", "1.6"))


def plus(margin, mode="half_year", **terms):
    return Terms(mode=mode, margin=Decimal(margin), **terms)


def agreed(rate, **terms):
    return plus(rate, mode="fixed", **terms)


def agreed_fr(rate):
    """An agreed rate is at least three times the legal one."""
    least = Terms(mode="half_year", multiplier=Decimal(3))
    return agreed(rate, at_least=(Floor(least, FR_LEGAL),))


CAP = Decimal(20)
US_CAP = Decimal(10)

#: Terms and values of the cases, by country and name.
TERMS = {
    "DE": {
        "base + 9": (plus(9, day_count="act_act"), DE_BASE),
        "base + 5": (plus(5, day_count="act_act"), DE_BASE),
        "base alone": (plus(0), DE_BASE),
    },
    "FR": {
        "ECB + 10": (plus(10), ECB),
        "agreed 12": (agreed_fr(12), ()),
        "agreed 15": (agreed_fr(15), ()),
        "agreed 8": (agreed_fr(8), ()),
        "legal": (Terms(mode="half_year"), FR_LEGAL),
    },
    "GB": {"reference + 8": (plus(8, mode="frozen_half_year"), GB_REFERENCE)},
    "KR": {
        "commercial": (Terms(day_count="act_act"), series(("1963-01-01", "6"))),
        "civil": (Terms(day_count="act_act"), series(("1960-01-01", "5"))),
        "agreed 24, cap 20 warns": (agreed(24, cap=CAP, cap_warns=True), ()),
        "agreed 24, cap 20": (agreed(24, cap=CAP), ()),
        "agreed 20, cap 20": (agreed(20, cap=CAP), ()),
    },
    "JP": {
        "civil": (Terms(mode="frozen"), JP_CIVIL),
        "commercial": (Terms(mode="frozen"), JP_COMMERCIAL),
        "agreed 14.6": (agreed("14.6"), ()),
    },
    "NL": {
        "trade": (plus(8, compounding="yearly"), ECB),
        "legal": (Terms(compounding="yearly"), NL_LEGAL),
        "agreed 10": (agreed(10, compounding="yearly"), ()),
        "agreed 10, simple": (agreed(10), ()),
    },
    "BE": {
        "trade": (plus(8, round_up_to=Decimal("0.5")), ECB),
        "legal": (Terms(), BE_LEGAL),
    },
    "AT": {
        "base + 9.2": (plus("9.2", reference_offset_days=-1), AT_BASE),
        "base + 9.2, lately": (plus("9.2", reference_offset_days=-1), AT_LATELY),
        "legal": (Terms(), series(("1900-01-01", "4"))),
    },
    "CH": {
        "5 %": (agreed(5), ()),
        "5 %, five centimes": (agreed(5), ()),
        "5 %, 30/360": (agreed(5, day_count="30_360"), ()),
    },
    "ES": {
        "trade": (plus(8), ECB),
        "legal": (Terms(), series(("2023-01-01", "3.25"))),
    },
    "IT": {
        "trade": (plus(8), ECB),
        "food": (plus(12), ECB),
        "legal": (Terms(), IT_LEGAL),
    },
    "US": {
        "18, act/360": (agreed(18, day_count="act_360"), ()),
        "18": (agreed(18), ()),
        "18, 30/360": (agreed(18, day_count="30_360"), ()),
        "18, cap 10": (agreed(18, cap=US_CAP), ()),
        "18, cap 10 warns": (agreed(18, cap=US_CAP, cap_warns=True), ()),
        "0": (agreed(0), ()),
        "9, act/360": (agreed(9, day_count="act_360"), ()),
    },
}
ROUNDING = {
    "KR": Decimal(1),
    "JP": Decimal(1),
    "5 %, five centimes": Decimal("0.05"),
}


@dataclass(frozen=True)
class Case:
    name: str
    #: What the engine is called with, and the count by day as well.
    arguments: tuple
    #: Days, base, rate, days of the year, exact amount, amount shown.
    lines: list
    total: Decimal
    warning: str

    @property
    def rounding(self):
        return self.arguments[-1]


def read_case(country, text):
    name, conditions, principal, *lines, last = text.strip().splitlines()
    key, late, window = conditions.split(" | ")
    late, _served, served = late.removeprefix("late ").partition(", served ")
    terms, values = TERMS[country][key]
    if served:
        day = date.fromisoformat(served) + timedelta(days=1)
        terms = replace(terms, steps=(Step(day, Terms(), KR_SERVICE),))
    total, _comma, warning = last.strip().removeprefix("total ").partition(", ")
    return Case(
        name=f"{country}: {name.removeprefix('# ')}",
        arguments=(
            terms,
            values,
            list(read_balances(principal.removeprefix("open "))),
            *(date.fromisoformat(day) for day in (late, *window.split(" to "))),
            ROUNDING.get(key) or ROUNDING.get(country) or Decimal("0.01"),
        ),
        lines=[tuple(map(Decimal, LINE.fullmatch(x.strip()).groups())) for x in lines],
        total=Decimal(total),
        warning=warning,
    )


def read_balances(text):
    first, *changes = text.split(", ")
    yield Balance(date(1900, 1, 1), Decimal(first))
    for change in changes:
        amount, day = change.split(" from ")
        yield Balance(date.fromisoformat(day), Decimal(amount))


CASES = [
    read_case(country, text)
    for country, table in TABLES.items()
    for text in table.strip().split("\n\n")
]


@tagged("post_install", "-at_install")
class TestInterestGolden(BaseCase):
    def test_tables_are_right_by_themselves(self):
        """Every product and every sum of the tables, without the engine."""
        for case in CASES:
            exact = Decimal(0)
            for days, base, rate, year, amount, _shown in case.lines:
                with self.subTest(case.name, days=days, base=base, rate=rate):
                    product = days * base * rate / (100 * year)
                    self.assertAlmostEqual(product, amount, delta=Decimal("0.00005"))
                    exact += product
            with self.subTest(case.name):
                self.assertEqual(case.total, sum(line[-1] for line in case.lines))
                off = abs(exact - case.total)
                self.assertLessEqual(off, case.rounding / 2)

    def test_engine_gives_the_tables(self):
        for case in CASES:
            with self.subTest(case.name):
                segments = accrue(*case.arguments)
                self.assertEqual(
                    [(x.days, x.base, x.rate, x.amount) for x in segments],
                    [
                        (days, base, rate, shown)
                        for days, base, rate, _year, _amount, shown in case.lines
                    ],
                )
                self.assertEqual(
                    {segment.warning for segment in segments} - {case.warning}, set()
                )

    def test_count_by_day_gives_the_tables(self):
        for case in CASES:
            with self.subTest(case.name):
                self.assertEqual(interest_by_day.total(*case.arguments), case.total)

    def test_every_country_has_cases(self):
        self.assertEqual(TABLES.keys(), TERMS.keys())
        self.assertGreaterEqual(len(CASES), 60)
        self.assertEqual(len({case.name for case in CASES}), len(CASES))
