import unittest
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.account_dunning_advanced.engine.amount import parse_amount

#: What is typed, the reader's decimal sign, decimals of the currency, what it means.
AMOUNTS = [
    ("1.234,56", ",", 2, "1234.56"),
    ("1,234.56", ".", 2, "1234.56"),
    # both signs leave no doubt, whatever the language
    ("1.234,56", ".", 2, "1234.56"),
    ("1,234.56", ",", 2, "1234.56"),
    ("１２３４", ".", 0, "1234"),
    ("１，２３４．５", ".", 2, "1234.5"),
    ("١٢٣", ".", 2, "123"),
    ("1 234,56", ",", 2, "1234.56"),
    ("1\u00a0234,56", ",", 2, "1234.56"),
    ("1\u202f234,56", ",", 2, "1234.56"),
    ("1'234.50", ".", 2, "1234.50"),
    ("1’234.50", ".", 2, "1234.50"),
    ("1.234.567", ",", 2, "1234567"),
    ("1,00,000.50", ".", 2, "100000.50"),
    ("12.50", ",", 2, "12.50"),
    ("12,5", ".", 2, "12.5"),
    ("1.234", ",", 2, "1234"),
    ("1,234", ".", 2, "1234"),
    ("1,234", ".", 0, "1234"),
    ("0.500", ".", 2, "0.500"),
    (" 12.50 ", ".", 2, "12.50"),
    ("€ 12,50", ",", 2, "12.50"),
    ("12,50 EUR", ",", 2, "12.50"),
    ("1.234", ".", 3, "1.234"),
    # a thousand, or one and something? nobody knows
    ("1.234", ".", 2, None),
    ("1,234", ",", 2, None),
    ("1.234", ".", 0, None),
    ("12.345", ".", 2, None),
    ("1,000", ",", 2, None),
    ("1.000", ".", 2, None),
    ("12.5", ".", 0, None),
    # no amounts
    ("", ".", 2, None),
    ("abc", ".", 2, None),
    ("12 apples", ".", 2, None),
    ("-5", ".", 2, None),
    ("−5", ".", 2, None),
    ("+5", ".", 2, None),
    ("(5)", ".", 2, None),
    ("NaN", ".", 2, None),
    ("inf", ".", 2, None),
    ("1e9", ".", 2, None),
    ("0x10", ".", 2, None),
    ("1_000", ".", 2, None),
    ("½", ".", 2, None),
    ("5.", ".", 2, None),
    (".5", ".", 2, None),
    ("1.234.56", ",", 2, None),
    ("12.34.56", ",", 2, None),
    ("1,2,3", ".", 2, None),
    ("1.234,567,8", ",", 2, None),
    ("1" * 16, ".", 2, None),
    ("9" * 400, ".", 2, None),
    ("\x00", ".", 2, None),
]


@tagged("post_install", "-at_install")
class TestAmount(unittest.TestCase):
    def test_amounts_are_read_as_people_write_them(self):
        for text, decimal_point, places, expected in AMOUNTS:
            with self.subTest(text=text, decimal_point=decimal_point, places=places):
                self.assertEqual(
                    parse_amount(text, decimal_point, places, ("€", "EUR")),
                    expected and Decimal(expected),
                )
