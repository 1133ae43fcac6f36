"""Texts as visitors send them, in a form that can be kept and looked up."""


def clean_text(sent, most: int | None = None) -> str:
    r"""Return what was sent without spaces around it, or "" for nothing.

    :param sent: from outside, so anything.
    :param int most: how many characters are kept.

    >>> clean_text(" two\nlines\x00 ", most=5)
    'two\nl'
    >>> clean_text(None), clean_text(7)
    ('', '7')
    """
    # a form can hold it, but no database takes it
    return str(sent or "").replace("\x00", "").strip()[:most]


def clean_line(sent, most: int | None = None) -> str:
    r"""Return what was sent on one line, with single spaces.

    >>> clean_line(" Ada\n  Byron\x00 ")
    'Ada Byron'
    """
    return " ".join(clean_text(sent).split())[:most]
