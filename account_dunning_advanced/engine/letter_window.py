"""Where the window of an envelope shows the address, in mm from the sheet's corner.

``left`` and ``top`` are those of the first line of the address on the sheet as it is
folded into the envelope, ``width`` and ``height`` what the address may fill.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """An address field on an A4 sheet, and where that is laid down."""

    label: str
    left: float
    top: float
    width: float
    height: float
    source: str
    confidence: str = "high"


#: By the code that companies and levels choose.
WINDOWS = {
    # DIN 5008: the field of 85 x 45 mm stands 20 mm from the left; its upper 17.7 mm
    # are for the sender and remarks, the address of six lines has 27.3 mm below.
    "din_5008_a": Window("DIN 5008, form A", 25, 44.7, 75, 27.3, "DIN 5008:2020-03"),
    "din_5008_b": Window("DIN 5008, form B", 25, 62.7, 75, 27.3, "DIN 5008:2020-03"),
    # C5/6 (DL) with the window on the left: 20 mm from its left, 15 mm from its lower
    # edge, 90 x 45 mm; the sheet is folded in three.
    "iso_left": Window("ISO C5/6, left", 25, 53, 80, 30, "DIN 680:2020", "medium"),
    "iso_right": Window(
        "ISO C5/6, right", 115, 53, 80, 30, "AFNOR NF Z10-011", "medium"
    ),
    # Long envelope, window to the left: Korea's post asks for the addressee in the
    # middle or on the right of the front, no measure for windows is laid down.
    "kr": Window("Korea, long envelope", 25, 50, 85, 30, "usual in trade", "low"),
    # 235 x 120 mm, ready-made with a window of 90 x 45 mm, 20 mm from the left, 12 mm
    # from above. The post asks for 80 x 45 mm at least, the place is the maker's to
    # say: try one envelope out before a thousand.
    "jp": Window("Japan, 長形3号", 25, 20, 80, 35, "JIS S 5502; usual in trade", "low"),
}


def get_style(window: Window, margin_top: float) -> str:
    """Return the CSS that puts the address into the window.

    The body of the page begins below the header, so the distance is counted from there.

    :param margin_top: where the body begins, in mm from the upper edge of the sheet.

    >>> get_style(WINDOWS["din_5008_b"], 52)
    'position: absolute; left: 25mm; top: 10.7mm; width: 75mm; height: 27.3mm;'
    """
    top = round(window.top - margin_top, 1)
    return (
        f"position: absolute; left: {window.left}mm; top: {top}mm;"
        f" width: {window.width}mm; height: {window.height}mm;"
    )


def get_spacer(window: Window, margin_top: float) -> str:
    """Return the CSS of an unseen copy of the address, which stands in the text.

    What is positioned takes no room: a long address would lie over what follows.

    >>> get_spacer(WINDOWS["din_5008_b"], 52)
    'visibility: hidden; float: left; padding-top: 10.7mm; width: 75mm;'
    """
    top = round(max(0, window.top - margin_top), 1)
    return (
        f"visibility: hidden; float: left; padding-top: {top}mm;"
        f" width: {window.width}mm;"
    )
