"""Pages of a report made light: all that they need is in them, or in files at hand.

Odoo hands wkhtmltopdf a page for each letter, and one with all headers and one with
all footers. Each fetches the styles over HTTP, and the headers are read once for each
printed page. Here each letter gets its own header and footer, styles stand in the page,
and fonts and pictures of an addon are read from its folder.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lxml import html

from .stylesheet import Rule, prune

_STYLESHEET = re.compile(r"<link\b[^>]*\brel=[\"']stylesheet[\"'][^>]*>")
_HREF = re.compile(r"\bhref=[\"']([^\"']+)[\"']")
_URL = re.compile(r"url\(\s*([\"']?)([^\"')]+)\1\s*\)")
_SOURCE = re.compile(r"(\s(?:src|background)=[\"'])([^\"']+)([\"'])")
_INLINE = re.compile(r"font[^:;\"']*:[^;\"]*|face=\"[^\"]*\"")
# a file that an addon serves, and what may follow: ?query, #part
_STATIC = re.compile(r"/([A-Za-z]\w*/static/[^?#]+)([?#].*)?")


class NotLightError(Exception):
    """The page needs more than is at hand; it is to be printed Odoo's own way."""


def get_page_names(page: str) -> set[str]:
    """Return the tags, ``.classes`` and ``#ids`` of a page.

    >>> sorted(get_page_names("<html><body id='x'><p class='a b'>y</p></body></html>"))
    ['#x', '*', '.a', '.b', 'body', 'html', 'p']
    """
    names = {"*"}
    for node in html.fromstring(page).iter(html.etree.Element):
        names.add(node.tag.lower())
        names.update(f".{name}" for name in (node.get("class") or "").split())
        if node.get("id"):
            names.add(f"#{node.get('id')}")
    return names


def split_parts(page: str, container: str, count: int) -> Iterator[str]:
    """Yield a page for each letter from the one that holds the headers of all.

    :param str container: the id of the element whose children are the headers.
    :param int count: how many there must be.
    :raise NotLightError: the page is not made as Odoo's own layout makes it.
    """
    start = page.find(f'<div id="{container}">')
    end = page.rfind("</body>")
    if start < 0 or end < start:
        raise NotLightError(f"no {container} in the page")
    nodes = html.fragments_fromstring(page[start:end])
    if len(nodes) != 1 or isinstance(nodes[0], str) or len(nodes[0]) != count:
        raise NotLightError(f"not {count} children in {container}")
    for node in nodes[0]:
        node.tail = None
        part = html.tostring(node, encoding="unicode")
        yield f'{page[:start]}<div id="{container}">{part}</div>{page[end:]}'


class Lightener:
    """Makes the pages of one batch light; what is the same in many is done once."""

    def __init__(
        self,
        pages: Iterable[str],
        read_stylesheet: Callable[[str], tuple[Rule, ...]],
        find_file: Callable[[str], str | None],
    ):
        """
        :param pages: all pages of the batch; they share one selection of styles.
        :param read_stylesheet: returns the rules of a stylesheet by its address.
        :param find_file: returns the path of a file that an addon serves, or None.
        """
        self.names = set().union(*map(get_page_names, set(pages)))
        #: Styles that stand in the pages themselves; they may name fonts.
        self.inline = " ".join(
            style for page in set(pages) for style in _INLINE.findall(page)
        )
        self.read_stylesheet = read_stylesheet
        self.find_file = find_file
        #: The folders that the pages read from.
        self.folders: set[str] = set()
        self._pages: dict[str, str] = {}
        self._styles: dict[str, str] = {}

    def __call__(self, page: str, is_plain: bool = False) -> str:
        """Return the page made light.

        :param bool is_plain: whether a page of this kind runs no script.
        :raise NotLightError: it has to fetch something.
        """
        if page not in self._pages:
            self._pages[page] = self._make_light(page, is_plain)
        return self._pages[page]

    def _make_light(self, page, is_plain):
        page = _SOURCE.sub(
            lambda found: f"{found[1]}{self._localize(found[2])}{found[3]}", page
        )
        page = _URL.sub(self._localize_url, page)
        check_light(page, is_plain)
        return self._inline_styles(page)

    def _inline_styles(self, page):
        def replace(link):
            href = _HREF.search(link[0])
            if not href:
                raise NotLightError("stylesheet without address")
            return f"<style>{self._get_styles(href[1])}</style>"

        return _STYLESHEET.sub(replace, page)

    def _get_styles(self, href):
        if href not in self._styles:
            styles = prune(self.read_stylesheet(href), self.names, self.inline)
            self._styles[href] = _URL.sub(self._localize_url, styles)
        return self._styles[href]

    def _localize_url(self, url):
        return f"url({url[1]}{self._localize(url[2].strip())}{url[1]})"

    def _localize(self, address):
        """Return the address of a file at hand for that of a file of an addon."""
        match = _STATIC.fullmatch(address)
        path = match and ".." not in address and self.find_file(match[1])
        if not path:
            return address
        self.folders.add(str(Path(path).parent))
        return Path(path).as_uri() + (match[2] or "")


def check_light(page: str, is_plain: bool) -> None:
    """Refuse a page that has to fetch something besides its stylesheets.

    :raise NotLightError: it does.
    """
    if is_plain and "<script" in page:
        raise NotLightError("script in the page")
    addresses = [url[2] for url in _URL.finditer(page)]
    addresses += [found[2] for found in _SOURCE.finditer(page)]
    for address in addresses:
        if not address.strip().startswith(("data:", "file:", "#")):
            raise NotLightError(f"the page fetches {address[:80]}")
