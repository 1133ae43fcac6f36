"""The addons' terms: exported from a database, held against the files in ``i18n/``."""

import io
import json
import re
import sys
from pathlib import Path

import polib

from odoo.tools.translate import trans_export

from . import server

#: Languages in which every term is there.
LANGUAGES = ("de", "fr", "ja", "ko")
#: What must stand in a translation as it stands in the term, as often.
KEPT = (
    re.compile(r"%\(\w+\)(?:\.\d+)?[sdifg]|%[sd]|%%|\{\{.*?\}\}"),
    re.compile(r"</?[a-zA-Z]\w*"),
)
#: What a template shows or asks, in a term that holds a piece of one.
EXPRESSION = re.compile(r'\bt-(?!options)[\w-]+="([^"]*)"')
WIDTH = 78


def main(order):
    server.configure(order["config"], log_level="warn")
    with server.environment(order["database"]) as env:
        missing = 0
        for name in order["addons"]:
            folder = Path(order["checkout"]) / name / "i18n"
            template = export(env, name)
            template.save(folder / f"{name}.pot")
            for lang in LANGUAGES:
                path = folder / f"{lang}.po"
                update(path, template)
                faults = list(find_faults(polib.pofile(path)))
                missing += len(faults)
                print(f"{path.parent.parent.name} {lang}: {len(faults)} to be done")
    return int(bool(missing))


def export(env, addon):
    """Return the addon's terms as they are in the database."""
    buffer = io.BytesIO()
    trans_export(False, [addon], buffer, "po", env)
    template = polib.pofile(buffer.getvalue().decode(), wrapwidth=WIDTH)
    # as the files have been, for small changes
    template.sort(key=lambda entry: entry.msgid)
    return template


def update(path, template):
    """Give a language's file the template's terms, and keep what is translated."""
    old = polib.pofile(path, wrapwidth=WIDTH)
    known = {entry.msgid: entry.msgstr for entry in old if not entry.obsolete}
    new = polib.POFile(wrapwidth=WIDTH)
    new.metadata, new.header = old.metadata, old.header
    for entry in template:
        new.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=known.get(entry.msgid, ""),
                comment=entry.comment,
                occurrences=entry.occurrences,
                flags=entry.flags,
            )
        )
    new.save(path)


def find_faults(terms):
    """Yield (term, fault): not translated, or placeholders and tags that differ."""
    for entry in terms:
        if entry.obsolete:
            continue
        if not entry.msgstr or entry.fuzzy:
            yield entry.msgid, "not translated"
        for pattern in KEPT:
            if _find(pattern, entry.msgid) != _find(pattern, entry.msgstr or ""):
                yield entry.msgid, f"differs: {entry.msgstr}"
        if not _shows_the_same(entry.msgid, entry.msgstr or ""):
            yield entry.msgid, f"shows something else: {entry.msgstr}"


def _shows_the_same(term, text):
    """Tell whether a translated template works with the expressions of its term.

    A language may put more around what is shown, as a form of address is.
    """
    left = EXPRESSION.findall(text)
    for expression in EXPRESSION.findall(term):
        around = [one for one in left if expression in one]
        if not around:
            return False
        left.remove(expression if expression in around else around[0])
    return not left


def _find(pattern, text):
    return sorted(pattern.findall(text))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
