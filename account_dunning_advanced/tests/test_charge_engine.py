from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.account_dunning_advanced.engine.charge import (
    Band,
    Tier,
    bands,
    fixed,
    percent,
    tier,
)

# NL: Besluit vergoeding voor buitengerechtelijke incassokosten, at least 40, at most
# 6,775
NL_SCALE = [
    Band(Decimal(2500), Decimal(15)),
    Band(Decimal(5000), Decimal(10)),
    Band(Decimal(10000), Decimal(5)),
    Band(Decimal(200000), Decimal(1)),
    Band(None, Decimal("0.5")),
]
# GB: Late Payment of Commercial Debts Regulations 2013
GB_TIERS = [
    Tier(Decimal(0), Decimal(40)),
    Tier(Decimal(1000), Decimal(70)),
    Tier(Decimal(10000), Decimal(100)),
]
# BE: art. XIX.4 CDE, the most that a consumer pays, at most 2,000
BE_TIERS = [
    Tier(Decimal(0), Decimal(20)),
    Tier(Decimal(150), Decimal(30), Decimal(10)),
    Tier(Decimal(500), Decimal(65), Decimal(5)),
]


@tagged("post_install", "-at_install")
class TestChargeEngine(BaseCase):
    def _assert_table(self, charge, table):
        for base, expected in table:
            with self.subTest(base=base):
                self.assertEqual(charge(Decimal(base)), Decimal(expected))

    def test_fixed_sum_is_the_same_whatever_is_left_open(self):
        """EU: 40 for each invoice, whatever is left open of it."""
        self._assert_table(
            lambda base: fixed(base, Decimal(40)),
            [("0", "0"), ("-10", "0"), ("0.01", "40"), ("5000", "40")],
        )

    def test_percent_within_limits(self):
        self._assert_table(
            lambda base: percent(base, Decimal("1.5"), Decimal(10), Decimal(100)),
            [
                ("0", "0"),
                ("-100", "0"),
                ("100", "10"),  # 1.50, the least is 10
                ("666.66", "10.00"),  # 9.9999
                ("1234.56", "18.52"),  # 18.5184
                ("6666.67", "100.00"),  # 100.00005
                ("9000", "100"),  # 135, the most is 100
            ],
        )

    def test_percent_in_yen(self):
        rounded = percent(Decimal(12350), Decimal(1), rounding=Decimal(1))
        self.assertEqual(rounded, 124)  # 123.5, half up

    def test_dutch_collection_costs(self):
        self._assert_table(
            lambda base: bands(base, NL_SCALE, Decimal(40), Decimal(6775)),
            [
                ("0", "0"),
                ("100", "40"),  # 15, the least is 40
                ("266.66", "40.00"),  # 39.999
                ("266.70", "40.01"),  # 40.005, half up
                ("1000", "150"),  # 1,000 × 15 %
                ("2500", "375"),
                ("2500.01", "375.00"),  # 375 + 0.001
                ("5000", "625"),  # 375 + 250
                ("10000", "875"),  # 625 + 250
                ("25000", "1025"),  # 875 + 150
                ("200000", "2775"),  # 875 + 1,900
                ("1000000", "6775"),  # 2,775 + 4,000
                ("2000000", "6775"),  # 11,775, the most is 6,775
            ],
        )

    def test_order_of_the_bands_does_not_matter(self):
        self.assertEqual(bands(Decimal(25000), NL_SCALE[::-1]), 1025)

    def test_amount_above_the_last_band_bears_nothing(self):
        self.assertEqual(bands(Decimal(9000), NL_SCALE[:1]), 375)

    def test_british_compensation_goes_by_the_size_of_the_debt(self):
        self._assert_table(
            lambda base: tier(base, GB_TIERS),
            [
                ("0", "0"),
                ("0.01", "40"),
                ("999.99", "40"),
                ("1000", "70"),
                ("9999.99", "70"),
                ("10000", "100"),
                ("50000", "100"),
            ],
        )

    def test_belgian_consumer_penalty(self):
        self._assert_table(
            lambda base: tier(
                base, BE_TIERS, includes_limit=False, maximum=Decimal(2000)
            ),
            [
                ("0", "0"),
                ("150", "20"),
                ("150.01", "30.00"),  # 30 + 10 % of 0.01
                ("300", "45"),  # 30 + 15
                ("500", "65"),  # 30 + 35
                ("500.01", "65.00"),
                ("1500", "115"),  # 65 + 50
                ("39200", "2000"),  # 65 + 1,935
                ("50000", "2000"),  # 2,540, the most is 2,000
            ],
        )

    def test_amount_below_the_first_tier(self):
        self.assertEqual(tier(Decimal(999), GB_TIERS[1:]), 0)
