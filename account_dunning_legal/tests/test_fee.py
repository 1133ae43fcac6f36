from fractions import Fraction
from math import ceil, floor

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, LegalCommon

DAY = "2026-11-22"

# === WHAT THE LAWS SAY, WRITTEN DOWN A SECOND TIME === #
# Plain arithmetic with fractions, sharing no code and no data with the addon.


def kr_suit(value):
    value = Fraction(value)
    if value < 10_000_000:
        duty = value * Fraction(50, 10_000)
    elif value < 100_000_000:
        duty = value * Fraction(45, 10_000) + 5_000
    elif value < 1_000_000_000:
        duty = value * Fraction(40, 10_000) + 55_000
    else:
        duty = value * Fraction(35, 10_000) + 555_000
    return max(floor(duty / 100) * 100, 1_000)


def kr_order(value):
    return max(floor(Fraction(kr_suit(value), 10) / 100) * 100, 1_000)


def kr_online(duty):
    return floor(Fraction(duty) * 9 / 1_000) * 100


def jp_suit(value):
    fee, begun = 0, 0
    for end, step, price in (
        (1_000_000, 100_000, 1_000),
        (5_000_000, 200_000, 1_000),
        (10_000_000, 500_000, 2_000),
        (1_000_000_000, 1_000_000, 3_000),
        (5_000_000_000, 5_000_000, 10_000),
        (10**15, 10_000_000, 10_000),
    ):
        if value > begun:
            fee += ceil(Fraction(min(value, end) - begun, step)) * price
        begun = end
    return fee


def de_court(value):
    value = Fraction(str(value))
    fee, reached = Fraction(40), Fraction(500)
    for end, step, price in (
        (2_000, 500, "21"),
        (10_000, 1_000, "22.5"),
        (25_000, 3_000, "30.5"),
        (50_000, 5_000, "40.5"),
        (200_000, 15_000, "140"),
        (500_000, 30_000, "210"),
        (10**12, 50_000, "210"),
    ):
        while reached < value and reached < end:
            fee += Fraction(price)
            reached += step
    return fee


def de_order(value):
    return max(de_court(value) / 2, Fraction(38))


def by_limit(*table):
    """Return a tariff of sums up to and including limits."""

    def tariff(value):
        return next(fee for limit, fee in table if value <= limit)

    return tariff


def gb_claim(value):
    if value > 10_000:
        return 10_000 if value > 200_000 else Fraction(str(value)) / 20
    return by_limit(
        (300, 35), (500, 50), (1_000, 70), (1_500, 80), (3_000, 115), (5_000, 205),
        (10_000, 455),
    )(value)  # fmt: skip


def nl_collection(value):
    fee = (
        min(value, 2_500) * Fraction(15, 100)
        + max(min(value, 5_000) - 2_500, 0) * Fraction(10, 100)
        + max(min(value, 10_000) - 5_000, 0) * Fraction(5, 100)
        + max(min(value, 200_000) - 10_000, 0) * Fraction(1, 100)
        + max(value - 200_000, 0) * Fraction(5, 1_000)
    )
    return min(max(fee, 40), 6_775)


at_flat = by_limit(
    (150, 31), (300, 59), (700, 84), (2_000, 140), (3_500, 224), (7_000, 412),
    (35_000, 974), (70_000, 1_914), (140_000, 3_829), (210_000, 5_746),
    (280_000, 7_661), (350_000, 9_576),
)  # fmt: skip
ch_summons = by_limit(
    (100, 7), (500, 20), (1_000, 40), (10_000, 60), (100_000, 90), (1_000_000, 190),
    (10**12, 400),
)  # fmt: skip
nl_court = by_limit(
    (500, 139), (1_500, 350), (2_500, 397), (5_000, 529), (12_500, 559), (10**12, 1_504)
)
it_order = by_limit(
    (1_100, Fraction("21.5")), (5_200, 49), (26_000, Fraction("118.5")), (52_000, 259),
    (260_000, Fraction("379.5")), (520_000, 607), (10**12, 843),
)  # fmt: skip


def es_order(value):
    return 0 if value <= 2_000 else 100 + Fraction(value) * Fraction(5, 1_000)


#: code of the tariff -> (second computation, values to try it on)
SECOND = {
    "kr_suit": (
        kr_suit,
        (1, 199_999, 200_000, 5_000_000, 9_999_999, 10_000_000, 30_000_000, 99_999_999,
         100_000_000, 123_456_789, 999_999_999, 1_000_000_000, 7_777_777_777),
    ),
    "kr_suit_online": (lambda v: kr_online(kr_suit(v)), (5_000_000, 37_654_321)),
    "kr_payment_order": (
        kr_order, (1_000, 2_000_000, 5_000_000, 30_000_000, 250_000_001),
    ),
    "kr_payment_order_online": (
        lambda v: kr_online(kr_order(v)), (5_000_000, 30_000_000, 87_000_000),
    ),
    "jp_suit": (
        jp_suit,
        (1, 100_000, 100_001, 600_000, 1_000_000, 1_000_001, 1_400_000, 5_000_000,
         5_000_001, 10_000_000, 12_345_678, 1_000_000_000, 1_000_000_001,
         6_000_000_001),
    ),
    "jp_payment_demand": (
        lambda v: Fraction(jp_suit(v), 2), (50_000, 1_200_000, 3_333_333),
    ),
    "de_court": (
        de_court,
        (1, 500, 500.01, 1_000, 1_500, 2_000, 3_000, 9_999.99, 10_000, 10_000.01,
         13_000, 25_000, 30_000, 50_000, 65_000, 200_000, 230_000, 500_000, 500_000.01,
         1_234_567),
    ),
    "de_order_for_payment": (de_order, (1, 500, 1_000, 1_500, 2_000, 10_000, 77_777)),
    "de_suit": (lambda v: de_court(v) * 3, (4_200, 10_000)),
    "de_suit_after_order": (lambda v: de_court(v) * 5 / 2, (4_200, 10_000)),
    "gb_claim": (
        gb_claim,
        (0.01, 300, 300.01, 500, 1_000, 1_500, 3_000, 5_000, 10_000, 10_000.20, 99_999,
         200_000, 200_000.01, 5_000_000),
    ),
    "at_payment_order": (
        at_flat, (150, 151, 700, 2_000, 2_001, 7_000, 35_000, 350_000),
    ),
    "ch_payment_summons": (ch_summons, (100, 101, 1_000, 10_000, 10_001, 1_000_001)),
    "nl_court": (nl_court, (500, 501, 2_500, 5_000, 12_500, 12_501)),
    "nl_collection": (
        nl_collection, (100, 266, 267, 2_500, 7_500, 40_000, 200_000, 10**7),
    ),
    "it_court": (lambda v: it_order(v) * 2, (1_100, 1_101, 26_000, 600_000)),
    "it_order": (it_order, (1_100, 5_200, 5_201, 52_000, 260_000, 520_000, 520_001)),
    "es_order": (es_order, (2_000, 2_001, 3_000, 45_678)),
    "fr_order_judicial": (lambda _value: 50, (1, 9_000)),
    "it_flat": (lambda _value: 27, (1, 9_000)),
}  # fmt: skip

#: The worked figures of the reference, and of the courts' own tables.
WORKED = [
    ("kr_suit", 5_000_000, 25_000),
    ("kr_payment_order", 5_000_000, 2_500),
    ("kr_payment_order_online", 5_000_000, 2_200),
    ("kr_suit", 30_000_000, 140_000),
    ("kr_payment_order", 30_000_000, 14_000),
    ("kr_payment_order_online", 30_000_000, 12_600),
    ("jp_suit", 100_000, 1_000),
    ("jp_suit", 1_000_000, 10_000),
    ("jp_suit", 5_000_000, 30_000),
    ("jp_suit", 10_000_000, 50_000),
    ("jp_payment_demand", 1_000_000, 5_000),
    *(
        ("de_court", value, fee)
        for value, fee in (
            (500, 40), (1_000, 61), (1_500, 82), (2_000, 103), (3_000, 125.5),
            (4_000, 148), (5_000, 170.5), (6_000, 193), (7_000, 215.5), (8_000, 238),
            (9_000, 260.5), (10_000, 283), (13_000, 313.5), (16_000, 344),
            (19_000, 374.5), (22_000, 405), (25_000, 435.5), (30_000, 476),
            (35_000, 516.5), (40_000, 557), (45_000, 597.5), (50_000, 638),
            (65_000, 778), (80_000, 918), (95_000, 1_058), (110_000, 1_198),
            (125_000, 1_338), (140_000, 1_478), (155_000, 1_618), (170_000, 1_758),
            (185_000, 1_898), (200_000, 2_038), (230_000, 2_248), (500_000, 4_138),
        )
    ),
    ("de_order_for_payment", 10_000, 141.5),
    ("de_order_for_payment", 2_000, 51.5),
    ("de_order_for_payment", 500, 38),
    ("gb_claim", 300, 35),
    ("gb_claim", 10_000, 455),
    ("gb_claim", 20_000, 1_000),
    ("gb_claim", 200_000, 10_000),
    ("nl_collection", 100, 40),
    ("nl_collection", 1_000, 150),
    ("nl_collection", 5_000, 625),
    ("nl_collection", 10_000, 875),
    ("nl_collection", 25_000, 1_025),
    ("it_order", 1_100, 21.5),
    ("it_order", 520_000, 607),
    ("fr_order_judicial", 4_000, 50),
    ("ch_payment_summons", 10_000, 60),
    ("at_payment_order", 7_000, 412),
    ("es_order", 3_000, 115),
]  # fmt: skip


@tagged("post_install", "-at_install")
class TestFee(LegalCommon):
    def _find(self, code):
        fee = self.env["account.legal.fee"].search([("code", "=", code)])
        self.assertEqual(len(fee), 1, code)
        return fee

    def _create_fee(self, code, **version):
        return self.env["account.legal.fee"].create(
            {
                "name": code.title(),
                "code": code,
                "version_ids": [
                    Command.create({"valid_from": "2020-01-01", **version})
                ],
            }
        )

    # === GOLDEN CASES === #

    def test_fees_come_to_the_figures_that_were_worked_out(self):
        for code, value, fee in WORKED:
            with self.subTest(code=code, value=value):
                self.assertEqual(self._find(code).compute_fee(value, DAY), fee)

    def test_second_computation_agrees(self):
        for code, (compute, values) in SECOND.items():
            for value in values:
                with self.subTest(code=code, value=value):
                    self.assertEqual(
                        self._find(code).compute_fee(value, DAY),
                        floor(Fraction(compute(value)) * 100 + Fraction(1, 2)) / 100,
                    )

    def test_service_is_paid_for_each_party_and_unit(self):
        for code, parties, fee in (
            ("kr_service_order", 2, 62_400),
            ("kr_service_order", 3, 93_600),
            ("kr_service_small_claim", 2, 104_000),
            ("kr_service_suit", 2, 156_000),
        ):
            with self.subTest(code=code, parties=parties):
                self.assertEqual(
                    self._find(code).compute_fee(1_000_000, DAY, parties), fee
                )

    def test_every_fee_that_ships_names_its_source(self):
        fees = self.env["account.legal.fee"].search([])
        shipped = fees.filtered("is_shipped")
        self.assertGreaterEqual(
            set(shipped.country_id.mapped("code")),
            {"KR", "JP", "DE", "FR", "GB", "AT", "CH", "NL", "IT", "ES"},
        )
        for version in shipped.version_ids:
            with self.subTest(version=version.display_name):
                self.assertTrue(version.source)

    # === VERSIONS === #

    def test_version_of_the_day_counts(self):
        fee = self._create_fee("filing", amount=10)
        self.env["account.legal.fee.version"].create(
            {"fee_id": fee.id, "valid_from": "2024-07-01", "amount": 12}
        )
        for day, amount in (
            ("2020-01-01", 10),
            ("2024-06-30", 10),
            ("2024-07-01", 12),
            ("2030-01-01", 12),
        ):
            with self.subTest(day=day):
                self.assertEqual(fee.compute_fee(1, day), amount)

    def test_day_before_the_first_version_is_told(self):
        fee = self._create_fee("filing", amount=10)
        with self.assertRaisesRegex(UserError, "“Filing” has no version for .*2019"):
            fee.compute_fee(1, "2019-12-31")

    def test_share_follows_the_version_of_the_other_fee(self):
        whole = self._create_fee("whole", amount=100)
        half = self._create_fee("half", share_of_id=whole.id, denominator=2)
        self.env["account.legal.fee.version"].create(
            {"fee_id": whole.id, "valid_from": "2024-07-01", "amount": 120}
        )
        self.assertEqual(half.compute_fee(1, "2024-06-30"), 50)
        self.assertEqual(half.compute_fee(1, "2024-07-01"), 60)

    # === WHAT IS REFUSED === #

    def test_share_divided_by_zero_is_refused(self):
        whole = self._create_fee("whole", amount=100)
        with (
            self.assertRaisesRegex(IntegrityError, "denominator_not_zero"),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            self._create_fee("broken", share_of_id=whole.id, denominator=0)

    def test_division_by_zero_past_the_constraint_is_told(self):
        # an importer that writes SQL gets a sentence, not a traceback
        fee = self._create_fee("broken", amount=100)
        self.env.flush_all()
        self.env.cr.execute(
            """ALTER TABLE account_legal_fee_version
                      DROP CONSTRAINT account_legal_fee_version_denominator_not_zero,
                      DROP CONSTRAINT account_legal_fee_version_factors_positive"""
        )
        self.env.cr.execute(
            "UPDATE account_legal_fee_version SET denominator = 0 WHERE fee_id = %s",
            [fee.id],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "divided by zero"):
            fee.compute_fee(1, DAY)

    def test_fees_in_a_circle_are_refused(self):
        first = self._create_fee("first", amount=1)
        second = self._create_fee("second", share_of_id=first.id)
        with self.assertRaisesRegex(ValidationError, "First → Second → First"):
            first.version_ids.share_of_id = second
        with self.assertRaisesRegex(ValidationError, "circle"):
            first.version_ids.share_of_id = first

    def test_value_above_the_scale_is_told(self):
        with self.assertRaisesRegex(UserError, "ends at 350000"):
            self._find("at_payment_order").compute_fee(350_000.01, DAY)

    def test_nothing_claimed_costs_nothing(self):
        self.assertEqual(self._find("de_court").compute_fee(0, DAY), 0)

    def test_shipped_version_is_not_changed_but_followed_by_an_own_one(self):
        fee = self._find("at_payment_order").with_user(self.manager)
        with self.assertRaisesRegex(UserError, "comes with the addon"):
            fee.version_ids.amount = 1

        self.env["account.legal.fee.version"].with_user(self.manager).create(
            {"fee_id": fee.id, "valid_from": "2027-01-01", "amount": 33}
        )

        self.assertEqual(fee.compute_fee(100, "2026-12-31"), 31)
        self.assertEqual(fee.compute_fee(100, "2027-01-01"), 33)

    def test_copy_is_a_fee_of_its_own(self):
        fee = self._find("de_court").with_user(self.manager)
        copy = fee.copy()
        copy.version_ids.band_ids[0].amount = 50
        self.assertEqual(copy.compute_fee(400, DAY), 50)
        self.assertEqual(fee.compute_fee(400, DAY), 40)

    # === IN A CASE === #

    def test_case_estimates_fees_and_expected_return(self):
        fee = self._create_fee("court", rate=10, min_amount=20)
        self.procedure.step_ids[1].fee_ids = fee
        case = self._create_case(self._create_top_item(1000), self.clerk)

        case.chance = 0.6

        self.assertRecordValues(
            case,
            [
                {
                    "amount_claimed": 1000,
                    "amount_fees_ahead": 100,
                    "amount_expected": 500,
                    "estimate_note": "",
                }
            ],
        )
        self.assertEqual(case.step_ids.mapped("amount_fee"), [0, 100, 0])
        case.action_open()
        self._pay(case.move_line_ids, 900, TODAY)
        self.assertEqual(case.amount_fees_ahead, 20)

    def test_fee_in_another_currency_is_converted(self):
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        fee = self._create_fee("court", amount=30)
        fee.currency_id = currency
        self.procedure.step_ids[1].fee_ids = fee
        case = self._create_case(self._create_top_item(1000), self.clerk)

        self.assertEqual(case.amount_fees_ahead, 15)

    def test_unknown_fee_does_not_hide_the_case(self):
        fee = self._create_fee("court", amount=30)
        fee.version_ids.valid_from = "2030-01-01"
        self.procedure.step_ids[1].fee_ids = fee
        case = self._create_case(self._create_top_item(1000), self.clerk)

        self.assertIn("has no version", case.estimate_note)
        self.assertEqual(case.amount_claimed, 1000)
