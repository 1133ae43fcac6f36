import contextlib
import doctest
import io
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from odoo.addons.account_dunning_legal.engine import bundle

from .common import LegalCommon


@tagged("post_install", "-at_install")
class TestVerifier(BaseCase):
    """The program in the archive, run as whoever gets it would run it."""

    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.files = [
            bundle.File("letters/demand.pdf", b"%PDF-1.4 you owe 100"),
            bundle.File("회의록 議事録.txt", "약속".encode()),
        ]
        self.data = bundle.pack(self.files)

    def _unpack(self):
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            archive.extractall(self.folder)
        return self.folder

    def _verify(self, *arguments):
        return subprocess.run(
            [sys.executable, self.folder / "verify.py", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    def test_doctests(self):
        result = doctest.testmod(bundle)
        self.assertEqual(result.failed, 0)
        self.assertTrue(result.attempted)

    def test_genuine_bundle_is_found_genuine(self):
        self._unpack()
        archive = self.folder.parent / f"{self.folder.name}.zip"
        archive.write_bytes(self.data)
        self.addCleanup(archive.unlink)
        for arguments in ((), (archive,)):
            result = self._verify(*arguments)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertIn("genuine: 2 files", result.stdout)

    def test_every_flipped_byte_is_found(self):
        self._unpack()
        path = self.folder / "letters" / "demand.pdf"
        content = path.read_bytes()
        for place in (0, len(content) // 2, len(content) - 1):
            with self.subTest(place=place):
                tampered = bytearray(content)
                tampered[place] ^= 1
                path.write_bytes(tampered)
                result = self._verify()
                self.assertEqual(result.returncode, 1)
                self.assertIn("changed: letters/demand.pdf", result.stdout)
        path.write_bytes(content)
        self.assertEqual(self._verify().returncode, 0)

    def test_flipped_byte_of_the_manifest_is_found(self):
        self._unpack()
        path = self.folder / bundle.MANIFEST
        content = bytearray(path.read_bytes())
        content[3] ^= 1
        path.write_bytes(content)
        self.assertEqual(self._verify().returncode, 1)

    def test_missing_and_added_files_are_found(self):
        self._unpack()
        (self.folder / "letters" / "demand.pdf").rename(self.folder / "other.pdf")
        result = self._verify()
        self.assertIn("missing: letters/demand.pdf", result.stdout)
        self.assertIn("added: other.pdf", result.stdout)

    def test_archive_cut_short_is_told(self):
        self._unpack()
        archive = self.folder.parent / f"{self.folder.name}.zip"
        archive.write_bytes(self.data[:-40])
        self.addCleanup(archive.unlink)
        result = self._verify(archive)
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot be read", result.stdout)

    def test_no_flipped_byte_of_an_archive_goes_unnoticed(self):
        """The verifier tells it, or the digest that was noted when it was made."""
        verifier = {"__name__": "verifier"}
        exec(bundle.VERIFIER_SOURCE, verifier)  # pylint: disable=exec-used
        archive = self.folder / "bundle.zip"
        genuine = bundle.File("", self.data).digest
        for place in range(len(self.data)):
            tampered = bytearray(self.data)
            tampered[place] ^= 1
            archive.write_bytes(tampered)
            said = io.StringIO()
            with (
                patch.object(sys, "argv", ["verify.py", str(archive)]),
                contextlib.redirect_stdout(said),
            ):
                result = verifier["main"]()
            self.assertNotIn(genuine, said.getvalue())
            self.assertIn("CHANGED" if result else "genuine", said.getvalue())
            if not result:
                # only what the archive notes for itself, no paper
                with zipfile.ZipFile(archive) as opened:
                    for file in self.files:
                        self.assertEqual(opened.read(file.name), file.content)

    def test_second_paper_of_one_name_is_found(self):
        self._unpack()
        archive = self.folder.parent / f"{self.folder.name}.zip"
        archive.write_bytes(self.data)
        self.addCleanup(archive.unlink)
        with warnings.catch_warnings(), zipfile.ZipFile(archive, "a") as opened:
            warnings.simplefilter("ignore")
            opened.writestr("letters/demand.pdf", self.files[0].content)
        result = self._verify(archive)
        self.assertEqual(result.returncode, 1)
        self.assertIn("one name", result.stdout)

    def test_same_files_give_the_same_archive(self):
        self.assertEqual(bundle.pack(reversed(self.files)), self.data)

    def test_two_files_of_one_name_are_refused(self):
        with self.assertRaises(ValueError):
            bundle.pack([self.files[0], self.files[0]])


@tagged("post_install", "-at_install")
class TestBundle(LegalCommon):
    def test_one_click_makes_the_archive(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self._pay(item, 100)
        for content in (b"contract", b"another"):
            self.env["ir.attachment"].create(
                {
                    "name": "contract.txt",
                    "raw": content,
                    "res_model": case._name,
                    "res_id": case.id,
                }
            )

        with self.allow_pdf_render():
            case.with_context(force_report_rendering=True).action_bundle()

        archive = case.message_ids.attachment_ids
        self.assertEqual(bundle.check(archive.raw), [])
        with zipfile.ZipFile(io.BytesIO(archive.raw)) as file:
            names = file.namelist()
            for name in (
                "index.pdf",
                "claim/claim account.pdf",
                "claim/claim account.csv",
                "papers/contract.txt",
                "papers/contract (2).txt",
                "record/contacts.csv",
                "record/promises.csv",
                f"invoices/{item.move_name.replace('/', '-')}.pdf",
                bundle.MANIFEST,
                bundle.VERIFIER,
            ):
                self.assertIn(name, names)
            self.assertTrue(file.read("index.pdf").startswith(b"%PDF"))
            account = file.read("claim/claim account.csv").decode("utf-8-sig")
        self.assertIn("payment,100.0", account)

    def test_second_bundle_does_not_hold_the_first(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        with self.allow_pdf_render():
            case.with_context(force_report_rendering=True).action_bundle()
        names = [file.name for file in case._get_attached_files()]
        self.assertFalse(names)
