"""A chain of hashes over records that nobody may change afterwards.

Each link's hash covers what its record says and the hash of the link before it. Who
changes, removes or slips in a record must compute every later hash anew, and then the
last one differs from those that were printed or sent away before.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

#: What the first link follows.
GENESIS = ""


class Link(NamedTuple):
    """A record as it stands in the chain."""

    number: int
    #: What the record says; None where it was erased and only the digest is left.
    text: str | None
    text_digest: str
    previous: str
    own: str


def canonical(values: Mapping[str, str | int | bool | None]) -> str:
    """Return the one text that says these values: keys sorted, nothing left out.

    Empty values of any kind are the same, for a database keeps no difference between
    an empty text and none.

    >>> canonical({"b": 1, "a": "é", "c": ""})
    '{"a":"é","b":1,"c":null}'
    >>> canonical({"a": None}) == canonical({"a": False})
    True
    """
    return json.dumps(
        {key: value or None for key, value in values.items()},
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )


def digest_text(text: str) -> str:
    """Return the digest of what a record says.

    The chain runs over digests, so that a text may be erased and its digest stay.

    >>> digest_text("a")[:12]
    'ca978112ca1b'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def digest(previous: str, text_digest: str) -> str:
    """Return the hash of a link.

    >>> digest("", "a")[:12]
    '7361a6f4b374'
    >>> digest("0", "a") == digest("", "0a")
    False
    """
    return hashlib.sha256(f"{previous}\n{text_digest}".encode()).hexdigest()


def extend(previous: str, texts: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (previous hash, digest of the text, own hash) for texts in their order.

    >>> [(a[:4], b[:4], c[:4]) for a, b, c in extend("", ["x", "y"])]
    [('', '2d71', 'bdc2'), ('bdc2', 'a1fc', 'a9d0')]
    """
    for text in texts:
        text_digest = digest_text(text)
        own = digest(previous, text_digest)
        yield previous, text_digest, own
        previous = own


def broken(links: Iterable[Link]) -> Iterator[tuple[int, str]]:
    """Yield (number, fault) of the links that are not as they were made.

    Faults: ``missing`` (a number is left out before this one), ``changed`` (the record
    does not say what it said), ``relinked`` (it does not follow the link before it).
    A link whose text was erased still holds the others together: whether it was
    rightly erased, the chain does not know.

    >>> (p1, t1, h1), (p2, t2, h2) = extend("", ["x", "y"])
    >>> list(broken([Link(1, "x", t1, p1, h1), Link(2, "y", t2, p2, h2)]))
    []
    >>> list(broken([Link(1, None, t1, p1, h1), Link(2, "y", t2, p2, h2)]))
    []
    >>> list(broken([Link(1, "X", t1, p1, h1), Link(2, "y", t2, p2, h2)]))
    [(1, 'changed')]
    >>> list(broken([Link(1, None, t2, p1, h1), Link(2, "y", t2, p2, h2)]))
    [(1, 'changed')]
    >>> list(broken([Link(2, "y", t2, p2, h2)]))
    [(2, 'missing')]
    >>> tX = digest_text("X")
    >>> list(broken([Link(1, "X", tX, p1, digest("", tX)), Link(2, "y", t2, p2, h2)]))
    [(2, 'relinked')]
    """
    expected, before = 1, GENESIS
    for link in links:
        if link.number != expected:
            yield link.number, "missing"
        elif link.previous != before:
            yield link.number, "relinked"
        elif link.own != digest(link.previous, link.text_digest):
            yield link.number, "changed"
        elif link.text is not None and link.text_digest != digest_text(link.text):
            yield link.number, "changed"
        expected, before = link.number + 1, link.own
