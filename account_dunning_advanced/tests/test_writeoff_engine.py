import doctest
import random

from odoo.tests import BaseCase, tagged

from ..engine import writeoff


@tagged("post_install", "-at_install")
class TestWriteoffEngine(BaseCase):
    def test_doctests(self):
        self.assertEqual(doctest.testmod(writeoff).failed, 0)

    def test_any_parts_add_up_to_the_tax(self):
        chance = random.Random(19)
        for _case in range(300):
            total = chance.randint(1, 10**7)
            tax = chance.randint(0, total)
            cuts = sorted(chance.randint(0, total) for _part in range(5))
            before, parts = 0, []
            for cut in [*cuts, total]:
                parts.append(
                    writeoff.tax_share(tax, total, before, cut - before, round)
                )
                before = cut
            with self.subTest(total=total, tax=tax, cuts=cuts):
                self.assertEqual(sum(parts), tax)
                self.assertTrue(all(part >= 0 for part in parts))
