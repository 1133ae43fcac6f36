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
    text: str
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


def digest(previous: str, text: str) -> str:
    """Return the hash of a link.

    >>> digest("", "a")[:12]
    '7361a6f4b374'
    >>> digest("0", "a") == digest("", "0a")
    False
    """
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def extend(previous: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (previous hash, own hash) for texts that follow one another.

    >>> [(a[:4], b[:4]) for a, b in extend("", ["x", "y"])]
    [('', 'bbe5'), ('bbe5', 'ba6d')]
    """
    for text in texts:
        own = digest(previous, text)
        yield previous, own
        previous = own


def broken(links: Iterable[Link]) -> Iterator[tuple[int, str]]:
    """Yield (number, fault) of the links that are not as they were made.

    Faults: ``missing`` (a number is left out before this one), ``changed`` (the record
    does not say what it said), ``relinked`` (it does not follow the link before it).

    >>> (p1, h1), (p2, h2) = extend("", ["x", "y"])
    >>> list(broken([Link(1, "x", p1, h1), Link(2, "y", p2, h2)]))
    []
    >>> list(broken([Link(1, "X", p1, h1), Link(2, "y", p2, h2)]))
    [(1, 'changed')]
    >>> list(broken([Link(2, "y", p2, h2)]))
    [(2, 'missing')]
    >>> list(broken([Link(1, "X", p1, digest("", "X")), Link(2, "y", p2, h2)]))
    [(2, 'relinked')]
    """
    expected, before = 1, GENESIS
    for link in links:
        if link.number != expected:
            yield link.number, "missing"
        elif link.previous != before:
            yield link.number, "relinked"
        elif link.own != digest(link.previous, link.text):
            yield link.number, "changed"
        expected, before = link.number + 1, link.own
