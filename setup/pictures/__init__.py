"""The pictures of the documentation: what they show, and how they are taken.

``tell(env)`` adds to the demo data what the screens are to show, ``Album`` opens the
pages in Chromium and yields each picture as an optimised PNG.
"""

from .album import Album
from .picture import PICTURES
from .stories import tell

__all__ = ["PICTURES", "Album", "tell"]
