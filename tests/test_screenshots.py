"""The pictures of the documentation can be taken, and are the ones that it names."""

import io
import re
import tempfile
from pathlib import Path

from browser import BrowserCase
from pictures.album import Album, shrink
from pictures.picture import DESK, PICTURES
from pictures.stories import Stories
from PIL import Image

from odoo.tests import HttpCase, tagged

CHECKOUT = Path(__file__).resolve().parent.parent
MOST_BYTES = 3_000_000


def get_named(folder, suffix):
    """Return the names of the pictures that documents of a folder show."""
    named = set()
    for path in (CHECKOUT / folder).rglob(f"*{suffix}"):
        named |= set(re.findall(r"([\w-]+)\.png", path.read_text(encoding="utf-8")))
    return named


def test_every_picture_of_the_handbook_is_one_that_is_taken():
    named = get_named("docs", ".md")

    assert named
    assert named <= {picture.name for picture in PICTURES}


def test_every_picture_that_is_taken_is_shown():
    shown = get_named("docs", ".md") | get_named(".", "index.html")

    assert {picture.name for picture in PICTURES} <= shown


def test_pictures_are_there_and_small():
    paths = {path for picture in PICTURES for path in picture.paths(CHECKOUT)}

    assert [path.name for path in paths if not path.is_file()] == []
    assert sum(path.stat().st_size for path in paths) < MOST_BYTES
    for path in paths:
        with Image.open(path) as image:
            assert image.mode == "P", path


def test_shrinking_keeps_the_size_and_loses_weight():
    noisy = Image.effect_noise(DESK, 30).convert("RGB")
    whole = io.BytesIO()
    noisy.save(whole, "PNG")

    small = shrink(whole.getvalue())

    assert len(small) < len(whole.getvalue())
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == DESK


@tagged("standard", "post_install", "-at_install")
class TestAlbum(BrowserCase, HttpCase):
    """Three pictures of a small ledger; ``./setup/screenshots`` takes them all."""

    def test_pictures_are_taken_of_what_is_there(self):
        self.env["account.dunning.demo"]._load()
        env = self.env(user=self.env.ref("base.user_admin"))
        env.user.password = "admin"
        stories = Stories(env)
        stories._assign_collector()
        promise = stories._promise("Halfway Motors")
        customer = stories._invite("Northgate Supplies Ltd")
        places = {
            "admin_password": "admin",
            "customer_login": customer.login,
            "promise": promise.id,
        }
        self.env.flush_all()
        self.env.cr.clear()

        with tempfile.TemporaryDirectory() as folder:
            with (
                self.allow_requests(all_requests=True),
                Album(
                    self.base_url(), places, ["worklist", "agreement", "portal-phone"]
                ) as album,
            ):
                for picture, png in album.take():
                    [path] = picture.paths(CHECKOUT, folder)
                    path.write_bytes(png)
            taken = sorted(Path(folder).iterdir())
            self.assertEqual(
                [path.name for path in taken],
                ["agreement.png", "portal-phone.png", "worklist.png"],
            )
            for path in taken:
                with Image.open(path) as image:
                    # an empty page has one colour, and hardly a second one
                    self.assertGreater(len(image.getcolors()), 20, path.name)
