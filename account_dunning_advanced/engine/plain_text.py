"""Texts as people read them, so that words are found however they are written."""

import re
import unicodedata
from html import unescape

_COMMENTS = re.compile(r"<!--.*?-->", re.DOTALL)
_BREAKS = re.compile(
    r"</?(?:p|div|br|li|ul|ol|tr|td|th|table|h\d|hr|blockquote)\b[^>]*>", re.IGNORECASE
)
_LINKS = re.compile(r"""\bhref\s*=\s*["']([^"']+)""", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]+>")


def normalize(text: str) -> str:
    """Return a text without what nobody sees, in one form of each character.

    >>> normalize("pri\\u200bson Mahn\\u00adbescheid Ｊａｉｌ")
    'prison Mahnbescheid Jail'
    """
    composed = unicodedata.normalize("NFKC", text)
    return "".join(char for char in composed if unicodedata.category(char) != "Cf")


def from_html(html: str) -> str:
    """Return the words of a page, a line for each block, then where its links lead.

    Words stay whole, whatever part of them is bold.

    >>> from_html('<p>pri<b>s</b>on</p><p>see <a href="https://x.example">us</a></p>')
    'prison\\nsee us\\nhttps://x.example'
    """
    html = _COMMENTS.sub("", html)
    lines = unescape(_TAGS.sub("", _BREAKS.sub("\n", html))).splitlines()
    words = [" ".join(line.split()) for line in lines]
    return "\n".join([*filter(None, words), *map(unescape, _LINKS.findall(html))])
