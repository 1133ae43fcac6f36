from pathlib import Path

from odoo.tests import BaseCase, tagged


@tagged("post_install", "-at_install")
class TestStructure(BaseCase):
    def test_every_test_file_is_named_in_init(self):
        # Odoo's runner only sees what tests/__init__.py imports; pytest sees all
        folder = Path(__file__).parent
        imported = (folder / "__init__.py").read_text(encoding="utf-8")
        for path in folder.glob("test_*.py"):
            with self.subTest(path.name):
                self.assertIn(f"from . import {path.stem}\n", imported)
