"""Every term is there in four languages, and the templates are current."""

import unittest
from pathlib import Path

import polib
from ground import addons, settings
from ground.inside import terms

from odoo.tests import TransactionCase, tagged

NAMES = addons.names(settings.CHECKOUT)


def entry(msgid, msgstr, **values):
    return polib.POEntry(msgid=msgid, msgstr=msgstr, **values)


class TestTermFaults(unittest.TestCase):
    """What is wrong in a file of translations is found."""

    def find(self, *entries):
        return [msgid for msgid, _fault in terms.find_faults(entries)]

    def test_a_term_without_translation_is_found(self):
        self.assertEqual(self.find(entry("Level", "")), ["Level"])
        self.assertEqual(self.find(entry("Level", "Stufe", flags=["fuzzy"])), ["Level"])

    def test_a_placeholder_that_differs_is_found(self):
        for term, text in (
            ("%(count)s items", "%(anzahl)s Posten"),
            ("%s of %s", "%s von"),
            ("5 %% a year", "5 % im Jahr"),
            ("Dear {{ object.name }}", "Sehr geehrte {{ object.nome }}"),
            ("<b>Open</b>", "Offen"),
        ):
            with self.subTest(term=term):
                self.assertTrue(self.find(entry(term, text)))

    def test_a_template_that_shows_something_else_is_found(self):
        term = '<p><t t-if="object.x" t-out="object.name">Azure</t></p>'
        for text in (
            '<p><t t-if="object.x" t-out="object.email">Azure</t></p>',
            '<p><t t-if="object.x or object.y" t-out="object.x">Azure</t></p>',
            '<p><t t-if="object.x" t-out="object.name" t-esc="1">Azure</t></p>',
            '<p><t t-out="object.name">Azure</t></p>',
        ):
            with self.subTest(text=text):
                self.assertTrue(self.find(entry(term, text)))

    def test_a_form_of_address_may_stand_beside_a_name(self):
        good = entry(
            '<t t-out="object.name">Azure</t>',
            """<t t-out="object.name + (' GmbH' if object.x else '')">Azure</t>""",
        )

        self.assertFalse(self.find(good))

    def test_words_may_stand_in_another_order(self):
        good = entry("%(a)s of %(b)s.", "Von %(b)s %(a)s.")

        self.assertFalse(self.find(good))


@tagged("standard", "post_install", "-at_install")
class TestTerms(TransactionCase):
    def test_every_term_is_translated(self):
        for addon in NAMES:
            for lang in terms.LANGUAGES:
                path = self._get_folder(addon) / f"{lang}.po"
                with self.subTest(path=path.name, addon=addon):
                    faults = list(terms.find_faults(polib.pofile(path)))
                    self.assertFalse(faults[:20], f"{len(faults)} faults")

    def test_templates_and_files_have_the_terms_of_the_sources(self):
        """Bring them up to date with ``./setup/terms``."""
        for addon in NAMES:
            now = {entry.msgid for entry in terms.export(self.env, addon)}
            for path in sorted(self._get_folder(addon).glob("*.po*")):
                with self.subTest(path=path.name, addon=addon):
                    known = {entry.msgid for entry in polib.pofile(path)}
                    self.assertEqual(known - now, set(), "gone from the sources")
                    self.assertEqual(now - known, set(), "new in the sources")

    def _get_folder(self, addon):
        return Path(settings.CHECKOUT) / addon / "i18n"
