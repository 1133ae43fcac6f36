"""QR codes as drawings, made without the renderers that not every server has."""

from itertools import groupby

from reportlab.graphics.barcode import qrencoder

#: Light modules around the code, which readers need to find it (ISO/IEC 18004).
QUIET = 4
#: Pixels a module: for renderers that draw an SVG by its own size.
PIXELS = 8
#: The mask of all codes. Any of the eight can be read, for each code names its own; to
#: weigh all eight against each other takes 9 times as long, which was half of the time
#: that a letter took (measured).
MASK = 2


class QrCode(qrencoder.QRCode):
    """A code whose mask is set, where reportlab makes eight and chooses."""

    def getBestMaskPattern(self):  # noqa: N802, the name is reportlab's
        return MASK


def to_svg(text: str) -> str:
    """Return a QR code as SVG, one unit a module.

    >>> to_svg("https://example.com/")[:20]
    '<svg xmlns="http://w'
    """
    code = QrCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    size = code.getModuleCount() + 2 * QUIET
    strokes = "".join(_draw_row(code, row) for row in range(code.getModuleCount()))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size * PIXELS}"'
        f' height="{size * PIXELS}" viewBox="0 0 {size} {size}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/>'
        f'<path d="{strokes}" fill="#000"/></svg>'
    )


def _draw_row(code: qrencoder.QRCode, row: int) -> str:
    """Return a box for each run of dark modules in a row."""
    columns = range(code.getModuleCount())
    runs = [
        (dark, list(run))
        # odoo.tools.groupby would join the runs of a row
        # pylint: disable-next=bad-builtin-groupby
        for dark, run in groupby(columns, lambda column: bool(code.isDark(row, column)))
    ]
    return "".join(
        f"M{run[0] + QUIET} {row + QUIET}h{len(run)}v1h-{len(run)}z"
        for dark, run in runs
        if dark
    )
