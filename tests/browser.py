"""A browser that a person could sit at, for test cases of Odoo with a server.

Odoo's own tours run inside the page; these journeys run outside of it, in Chromium
through Playwright: what they click is what a person could click.
"""

import os
import re
import resource
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import SkipTest
from unittest.mock import patch

from playwright.sync_api import expect, sync_playwright

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WINDOW = {"width": 1366, "height": 900}
PHONE = {"width": 390, "height": 844}
#: Milliseconds to wait for anything on a page: the first page compiles the assets, and
#: other tests run beside.
PATIENCE = 90_000
expect.set_options(timeout=PATIENCE)


def find_chromium():
    for name in ("chromium", "google-chrome", "chromium-browser"):
        if path := shutil.which(name):
            return path
    raise SkipTest("there is no Chromium on PATH")


@contextmanager
def unlimited_memory():
    """Let the programs that are started here reserve as much memory as they like.

    Odoo limits its own process, children inherit that, and Chromium dies of it: it
    reserves far more addresses than it ever uses.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class _Cookies:
    """What Odoo's ``allow_requests`` expects of a browser: somewhere for a cookie."""

    def __init__(self, contexts):
        self.contexts = contexts

    def set_cookie(self, name, value, path, domain):
        cookie = {"name": name, "value": value, "path": path, "domain": domain}
        for context in self.contexts:
            context.add_cookies([cookie])


class BrowserCase:
    """Mixin for HttpCase: ``with self.browse("name") as visitor: …``."""

    @contextmanager
    def browse(self, *names):
        """Open a browser with a window of its own for each name.

        While the block lasts, the server may answer and the test must not touch the
        database itself. Errors that a page meets in JavaScript fail the test.

        :return: the visitor, or a list of them if there are several names.
        """
        executable = find_chromium()
        self.env.flush_all()
        self.env.cr.clear()
        with ExitStack() as stack:
            with unlimited_memory():
                playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(
                executable_path=executable, args=list(CHROMIUM_FLAGS)
            )
            visitors = [Visitor(self, browser, name) for name in names]
            cookies = _Cookies([visitor.context for visitor in visitors])
            try:
                with self._pdfs(), self.allow_requests(browser=cookies):
                    yield visitors[0] if len(visitors) == 1 else visitors
                    for visitor in visitors:
                        visitor.leave()
                    self._wait_remaining_requests()
            except Exception:
                for visitor in visitors:
                    visitor.take_picture("failed")
                raise
            finally:
                browser.close()
                self.env.invalidate_all()
        errors = [error for visitor in visitors for error in visitor.errors]
        self.assertFalse(errors, "the pages ran into errors")

    @contextmanager
    def _pdfs(self):
        """Have reports printed as PDF: Odoo hands out HTML while it is tested."""
        reports = type(self.env["ir.actions.report"])
        render = reports._pre_render_qweb_pdf

        def force_rendering(report, *args, **kwargs):
            forced = report.with_context(force_report_rendering=True)
            return render(forced, *args, **kwargs)

        with patch.object(reports, "_pre_render_qweb_pdf", force_rendering):
            yield


class Visitor:
    """Somebody in front of a window, logged in or not.

    :param case: the test case, whose server is visited.
    :param name: of the pictures that are taken when DUNNING_SCREENSHOTS names a
        folder for them.
    """

    def __init__(self, case, browser, name):
        self.base_url = case.base_url()
        self.name = name
        self.errors = []
        self.context = browser.new_context(viewport=WINDOW, accept_downloads=True)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self._picture_count = 0

    def go(self, path):
        return self.page.goto(self.base_url + path)

    def log_in(self, login, password):
        self.go("/web/login")
        self.page.get_by_label("Email").fill(login)
        self.page.locator("input[name=password]").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page).not_to_have_url(re.compile("/web/login"))
        # not before it stands: what is left half-loaded is half-answered, too
        self.page.locator(".o_main_navbar, #wrapwrap").first.wait_for()

    def open_menu(self, app, *labels):
        """Open an app, a menu in its bar and an entry of that, as a mouse would."""
        self.page.locator(".o_navbar_apps_menu button").click()
        self.page.locator(".o_app").get_by_text(app, exact=True).click()
        # the app before may have an entry of the same name in its bar
        expect(self.page.locator(".o_menu_brand")).to_have_text(app)
        bar = self.page.locator(".o_menu_sections")
        bar.get_by_role("button", name=labels[0], exact=True).click()
        self.page.get_by_role("menuitem", name=labels[-1], exact=True).click()

    def take_picture(self, what):
        """Keep a picture of the whole page where DUNNING_SCREENSHOTS says."""
        folder = os.environ.get("DUNNING_SCREENSHOTS")
        if not folder or self.page.is_closed():
            return
        self._picture_count += 1
        path = Path(folder, f"{self.name}-{self._picture_count:02}-{what}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=True)

    def leave(self):
        """Close the windows, so that no request of theirs outlives the test."""
        self.context.close()
