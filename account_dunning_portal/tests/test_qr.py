import re

from reportlab.graphics.barcode import qrencoder

from odoo.tests import BaseCase, tagged

from ..engine.qr import MASK, QUIET, to_svg

TEXT = "https://example.com/my/dunning/verify/7G4K-99QX-PD2M"


@tagged("standard")
class TestQr(BaseCase):
    def test_drawing_has_exactly_the_dark_modules(self):
        code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
        code.addData(TEXT)
        code.make()
        code.makeImpl(False, MASK)
        size = code.getModuleCount()

        self.assertEqual(
            self._read(to_svg(TEXT)),
            {
                (column + QUIET, row + QUIET)
                for row in range(size)
                for column in range(size)
                if code.isDark(row, column)
            },
        )

    def test_another_text_is_another_drawing(self):
        self.assertNotEqual(self._read(to_svg(TEXT)), self._read(to_svg(TEXT + "?")))

    def _read(self, svg):
        """Return the dark modules of a drawing as (column, row)."""
        runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", svg)
        self.assertTrue(all(length == back for *_place, length, back in runs))
        return {
            (int(column) + step, int(row))
            for column, row, length, _back in runs
            for step in range(int(length))
        }
