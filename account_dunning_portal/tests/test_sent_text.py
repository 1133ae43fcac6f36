import doctest

from odoo.tests import BaseCase, tagged

from ..engine import sent_text
from ..engine.sent_text import clean_line, clean_text


@tagged("post_install", "-at_install")
class TestSentText(BaseCase):
    def test_doctests(self):
        self.assertEqual(doctest.testmod(sent_text).failed, 0)

    def test_what_is_cut_off_is_counted_after_what_goes(self):
        self.assertEqual(clean_text("\x00  abc\x00", 3), "abc")
        self.assertEqual(clean_line("a \n b\x00  c", 3), "a b")

    def test_nothing_and_spaces_are_the_empty_text(self):
        for sent in (None, False, "", "  ", "\x00", " \x00 "):
            with self.subTest(sent):
                self.assertEqual(clean_text(sent), "")
                self.assertEqual(clean_line(sent), "")
