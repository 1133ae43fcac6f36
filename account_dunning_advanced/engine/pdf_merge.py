"""Many PDF files in few: as many in each as a printer takes, whatever their number.

What one file takes in memory is what its own letters take, so that it does not grow
with the run.
"""

import gc
from collections.abc import Iterable, Iterator
from io import BytesIO

from odoo.tools import split_every
from odoo.tools.pdf import PdfFileReader, PdfFileWriter


def merge(contents: Iterable[bytes]) -> bytes:
    """Return PDF documents as one, in their order.

    :raise PdfReadError: one of them is none.
    """
    writer = PdfFileWriter()
    for content in contents:
        writer.appendPagesFromReader(PdfFileReader(BytesIO(content), strict=False))
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def merge_parts(
    contents: Iterable[bytes], size: int
) -> Iterator[tuple[int, int, bytes]]:
    """Yield (first, last, document) for so many documents each, counted from 1.

    Documents are taken as they are needed: hand in a generator that reads them.
    """
    first = 1
    for letters in split_every(size, contents, list):
        yield first, first + len(letters) - 1, merge(letters)
        first += len(letters)
        # what PDFs are read into holds itself by cycles: free it before the next
        gc.collect()
