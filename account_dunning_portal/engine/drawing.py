"""Drawn signatures as browsers send them: checked, and drawn anew.

What comes from a stranger is kept only as what could be read of it: the strokes, dark
on white. Texts, profiles and whatever else a PNG may carry stay behind.
"""

import struct
from io import BytesIO

from PIL import Image, ImageChops

#: A signature of a whole screen takes a tenth of it.
MOST_BYTES = 200_000
#: Pixels a side.
MOST_SIDE = 4_000
#: Pixels kept around the strokes.
MARGIN = 8
#: What Pillow raises where a file is no PNG, is cut off, or is made to do harm.
UNREADABLE = (
    *(OSError, SyntaxError, ValueError, EOFError),
    *(struct.error, Image.DecompressionBombError),
)


def redraw(content: bytes) -> bytes | None:
    """Return a drawing as a PNG of dark strokes on white, cut to them.

    :return: None where it is no PNG, is too large, or shows nothing.

    >>> redraw(b"GIF89a") is None
    True
    """
    if len(content) > MOST_BYTES:
        return None
    try:
        with Image.open(BytesIO(content), formats=["PNG"]) as image:
            # the size stands in the head: nothing has been unpacked yet
            if max(image.size) > MOST_SIDE:
                return None
            drawing = image.convert("RGBA")
    except UNREADABLE:
        return None
    paper = Image.new("RGBA", drawing.size, "white")
    strokes = Image.alpha_composite(paper, drawing).convert("L")
    box = ImageChops.invert(strokes).getbbox()
    if not box:
        return None
    left, top, right, bottom = box
    cut = strokes.crop(
        (
            max(0, left - MARGIN),
            max(0, top - MARGIN),
            min(strokes.width, right + MARGIN),
            min(strokes.height, bottom + MARGIN),
        )
    )
    kept = BytesIO()
    cut.save(kept, "PNG", optimize=True)
    return kept.getvalue()
