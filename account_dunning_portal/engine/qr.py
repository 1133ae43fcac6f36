"""QR codes as drawings, made without the renderers that not every server has."""

from reportlab.graphics.barcode import qrencoder

#: Light modules around the code, which readers need to find it (ISO/IEC 18004).
QUIET = 4


def to_svg(text: str) -> str:
    """Return a QR code as SVG, one unit a module.

    >>> to_svg("https://example.com/")[:20]
    '<svg xmlns="http://w'
    """
    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    count = code.getModuleCount()
    size = count + 2 * QUIET
    modules = "".join(
        f"M{column + QUIET} {row + QUIET}h1v1h-1z"
        for row in range(count)
        for column in range(count)
        if code.isDark(row, column)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size * 8}"'
        f' height="{size * 8}" viewBox="0 0 {size} {size}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/>'
        f'<path d="{modules}" fill="#000"/></svg>'
    )
