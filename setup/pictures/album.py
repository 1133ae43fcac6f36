"""Opens the pages in Chromium and takes the pictures."""

import io
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from browser import CHROMIUM_FLAGS, find_chromium, unlimited_memory
from PIL import Image
from playwright.sync_api import TimeoutError, expect, sync_playwright

from .picture import PICTURES
from .stories import PASSWORD

PATIENCE = 90_000
#: Milliseconds to wait at most until nothing is fetched any more.
QUIET = 8_000
#: Enough for screens, which have few colours; makes files a third as large.
COLOURS = 128
DOTS_PER_INCH = 100
#: What moves or belongs to one moment only.
STILL = """
    *, *::before, *::after { transition: none !important; animation: none !important;
                             caret-color: transparent !important; }
    .o_notification_manager, .o_chatter .o-mail-Composer-suggestions,
    .o_loading_indicator { display: none !important; }
    .btn:focus, .btn:focus-visible { box-shadow: none !important; }
"""


class Album:
    """A browser with a window for each kind of visitor.

    :param address: of the server.
    :param places: {word: value}, filled into the pictures' places.
    :param only: names of pictures; all without them.
    """

    def __init__(self, address, places, only=None):
        known = {picture.name for picture in PICTURES}
        if unknown := set(only or ()) - known:
            raise ValueError(f"no such pictures: {', '.join(sorted(unknown))}")
        self.address = address
        self.places = places
        self.only = only
        self.contexts = {}

    def __enter__(self):
        self.stack = ExitStack()
        with unlimited_memory():
            playwright = self.stack.enter_context(sync_playwright())
        self.browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(CHROMIUM_FLAGS)
        )
        self.stack.callback(self.browser.close)
        return self

    def __exit__(self, *error):
        self.stack.close()

    def take(self):
        """Yield each picture with its PNG."""
        for picture in PICTURES:
            if not self.only or picture.name in self.only:
                yield picture, self._take(picture)

    def _take(self, picture):
        place = picture.place.format(**self.places)
        if picture.is_pdf:
            return shrink(first_page(place))
        page = self._get_context(picture.who).new_page()
        try:
            width, height = picture.window
            page.set_viewport_size({"width": width, "height": height})
            page.goto(self.address + place)
            self._click(page, picture)
            expect(page.locator(picture.show).first).to_be_visible(timeout=PATIENCE)
            # a page that polls is never idle; it is ready all the same
            with suppress(TimeoutError):
                page.wait_for_load_state("networkidle", timeout=QUIET)
            expect(page.locator(".o_loading_indicator")).to_have_count(
                0, timeout=PATIENCE
            )
            page.add_style_tag(content=STILL)
            if picture.top:
                page.locator(picture.top).first.evaluate(
                    "node => node.scrollIntoView()"
                )
            return shrink(page.screenshot())
        finally:
            page.close()

    def _click(self, page, picture):
        for selector in picture.clicks:
            page.locator(selector).first.click(timeout=PATIENCE)

    def _get_context(self, who):
        """Return the windows of a visitor, who logs in once."""
        if who not in self.contexts:
            context = self.browser.new_context(locale="en-US")
            context.set_default_timeout(PATIENCE)
            if who:
                self._log_in(context, who)
            self.contexts[who] = context
        return self.contexts[who]

    def _log_in(self, context, who):
        page = context.new_page()
        page.goto(f"{self.address}/web/login")
        page.get_by_label("Email").fill(self.places.get(f"{who}_login", who))
        page.locator("input[name=password]").fill(
            self.places.get(f"{who}_password", PASSWORD)
        )
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/web/login" not in url)
        page.close()


def first_page(path):
    """Return the first page of a PDF as PNG."""
    with TemporaryDirectory() as folder:
        subprocess.run(
            ["pdftoppm", "-png", "-singlefile", "-r", str(DOTS_PER_INCH)]
            + [path, f"{folder}/page"],
            check=True,
        )
        return Path(folder, "page.png").read_bytes()


def shrink(png):
    """Return the picture with a palette and without what it does not need."""
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        result = io.BytesIO()
        few.save(result, "PNG", optimize=True)
        return result.getvalue()
