import logging
import tempfile
from collections import OrderedDict
from io import BytesIO
from pathlib import Path

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import file_path, find_in_path, ormcache, split_every

from odoo.addons.base.models.ir_actions_report import _wkhtml

from ..engine import light_page, pdf_batch, stylesheet
from .account_dunning_guard import GUARD_SENTINEL

_logger = logging.getLogger(__name__)

# Letters whose pages are rendered together, while those before are being printed.
LETTERS_AT_ONCE = 10
# Processes that print. More would take the machine from those who work on it.
PROCESSES = 2
# Milliseconds that wkhtmltopdf waits for scripts and fonts; light pages have no script
# but subst(), and their fonts are at hand.
SCRIPT_DELAY = "20"
# Context key of reports that go with an e-mail; its value is an object that no RPC call
# can send.
ATTACHED_KEY = "account_dunning_attached"


class IrActionsReport(models.Model):
    """Letters in any number: the same pages as Odoo's, handed to wkhtmltopdf lightly.

    Odoo renders a report's HTML, takes headers and footers out of it and gives all to
    one call of wkhtmltopdf. That was 0.36 s a letter, of which fetching and reading
    styles was three quarters, and it crashed at 200 letters (measured). What is not as
    it is known to be, or fails, is printed Odoo's own way.
    """

    _inherit = "ir.actions.report"

    # === BUSINESS METHODS === #

    def _is_printed_lightly(self):
        """Whether records of this report are printed lightly.

        For a module to print a report of its own lightly, it must override this method.
        """
        self.ensure_one()
        return self.env.context.get("dunning_light_printing") or self.model in (
            "account.dunning.notice",
            "account.dunning.promise",
        )

    def _render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        """Print notices through the gate, whoever asks for it, and by whatever menu.

        What is attached to an e-mail is not printed: the e-mail passes the gate.
        """
        report_sudo = self._get_report(report_ref)
        attached = self.env.context.get(ATTACHED_KEY) is GUARD_SENTINEL
        if res_ids and report_sudo.model == "account.dunning.notice" and not attached:
            ids = [res_ids] if isinstance(res_ids, int) else res_ids
            self.env[report_sudo.model].browse(ids)._print_through_gate()
        return super()._render_qweb_pdf(report_ref, res_ids=res_ids, data=data)

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        report_sudo = self._get_report(report_ref)
        if (
            not res_ids
            or len(res_ids) != len(set(res_ids))
            or self.env.context.get("dunning_stock_printing")
            or not report_sudo._is_printed_lightly()
            or not _wkhtml().is_patched_qt
        ):
            return super()._render_qweb_pdf_prepare_streams(
                report_ref, data, res_ids=res_ids
            )
        printed = report_sudo._dunning_filter_printed(res_ids)
        streams = self._dunning_print_lightly(
            report_sudo, data, [res_id for res_id in res_ids if res_id not in printed]
        )
        # Odoo's own way: those printed before, and those that cannot be done lightly
        rest = [res_id for res_id in res_ids if res_id not in streams]
        for ids in split_every(LETTERS_AT_ONCE, rest, list):
            streams.update(self._dunning_print_stock(report_ref, data, ids))
        return OrderedDict((res_id, streams[res_id]) for res_id in res_ids)

    def _dunning_print_stock(self, report_ref, data, res_ids):
        """Print as Odoo does; if it crashes, in halves, down to the one at fault."""
        stock = self.with_context(dunning_stock_printing=True)
        try:
            streams = stock._render_qweb_pdf_prepare_streams(
                report_ref, dict(data or {}), res_ids=res_ids
            )
            if set(streams) >= set(res_ids):
                return streams
        except UserError:
            if len(res_ids) == 1:
                raise
        half = len(res_ids) // 2
        return {
            **self._dunning_print_stock(report_ref, data, res_ids[:half]),
            **self._dunning_print_stock(report_ref, data, res_ids[half:]),
        }

    def _dunning_filter_printed(self, res_ids):
        """Return the ids of records whose report is kept as an attachment."""
        self.ensure_one()
        if not self.attachment or self.env.context.get("report_pdf_no_attachment"):
            return set()
        having = self.env["ir.attachment"].search_fetch(
            [("res_model", "=", self.model), ("res_id", "in", res_ids)], ["res_id"]
        )
        records = self.env[self.model].browse(sorted(set(having.mapped("res_id"))))
        return {record.id for record in records if self.retrieve_attachment(record)}

    def _dunning_print_lightly(self, report_sudo, data, res_ids):
        """Print records; what cannot be done is left out.

        While processes print some, the pages of the next are rendered; the pages are
        on disk, so that memory does not grow with them.

        :param report_sudo: the report's details; its records are read by the user.
        :return: {id: stream values as core's}.
        """
        folders = {}
        with tempfile.TemporaryDirectory(prefix="dunning_letters_") as folder:
            with pdf_batch.Printers(find_in_path("wkhtmltopdf"), PROCESSES) as printers:
                for ids in split_every(LETTERS_AT_ONCE, res_ids, list):
                    try:
                        arguments, written = self._dunning_write_pages(
                            report_sudo, data, ids, Path(tempfile.mkdtemp(dir=folder))
                        )
                    except light_page.NotLightError as error:
                        _logger.info("%s the usual way: %s", report_sudo.name, error)
                        continue
                    printers.print(arguments, written)
                    folders.update(zip(ids, written, strict=True))
            letters = {i: pdf_batch.read_letter(path) for i, path in folders.items()}
        streams = {
            res_id: {"stream": BytesIO(letter), "attachment": None}
            for res_id, letter in letters.items()
            if letter
        }
        lost = len(res_ids) - len(streams)
        if lost:
            _logger.info("%d of %s printed Odoo's own way", lost, report_sudo.name)
        return streams

    def _dunning_write_pages(self, report_sudo, data, res_ids, folder):
        """Render the pages of some records to disk.

        :return: the arguments for wkhtmltopdf, and the folder of each letter.
        :raise NotLightError: the pages are not as they should be.
        """
        html = self.with_context(debug=False)._render_qweb_html(
            report_sudo.report_name,
            res_ids,
            data={"report_type": "pdf", **(data or {}), "debug": False},
        )[0]
        bodies, html_ids, header, footer, paper = report_sudo.with_context(
            debug=False
        )._prepare_html(html, report_model=report_sudo.model)
        if html_ids != res_ids:
            raise light_page.NotLightError("bodies that are not the records'")
        bodies = list(map(str, bodies))
        headers, footers = (
            list(
                light_page.split_parts(str(page), f"minimal_layout_{name}", len(bodies))
            )
            for page, name in ((header, "report_headers"), (footer, "report_footers"))
        )
        light = light_page.Lightener(
            bodies + headers + footers,
            self._dunning_read_stylesheet,
            self._dunning_find_file,
        )
        letters = [
            pdf_batch.Letter(light(body, True), light(head), light(foot))
            for body, head, foot in zip(bodies, headers, footers, strict=True)
        ]
        arguments = self._build_wkhtmltopdf_args(
            report_sudo.get_paperformat(),
            self.env.context.get("landscape"),
            specific_paperformat_args=paper,
            set_viewport_size=self.env.context.get("set_viewport_size"),
        )
        arguments += ["--javascript-delay", SCRIPT_DELAY]
        for path in sorted(light.folders):
            arguments += ["--allow", path]
        return arguments, pdf_batch.write_pages(folder, letters)

    @api.model
    def _dunning_find_file(self, path):
        """Return where a file that an addon serves lies, or None."""
        try:
            return file_path(path)
        except (FileNotFoundError, ValueError):
            return None

    @api.model
    @ormcache("href", cache="assets")
    def _dunning_read_stylesheet(self, href):
        """Return the rules of a bundle; its address changes with its content.

        :raise NotLightError: it is none of Odoo's, or cannot be read.
        """
        Attachment = self.env["ir.attachment"].sudo()  # public, as over HTTP
        found = Attachment.search(
            [("url", "=", href), ("public", "=", True), ("res_id", "=", 0)], limit=1
        )
        if not found and href.startswith("/web/assets/"):
            found = self._dunning_make_bundle(href.rpartition("/")[2])
        if not found:
            raise light_page.NotLightError(f"no stylesheet {href}")
        css = found.raw.decode()
        if "@import" in css:
            raise light_page.NotLightError(f"stylesheet {href} imports others")
        try:
            return stylesheet.parse(css)
        except ValueError as error:
            raise light_page.NotLightError(f"stylesheet {href}: {error}") from error

    @api.model
    def _dunning_make_bundle(self, filename):
        """Make a bundle that nobody has fetched yet, as fetching it would."""
        try:
            name, rtl, kind, autoprefix = self.env["ir.asset"]._parse_bundle_name(
                filename, False
            )
        except ValueError as error:
            raise light_page.NotLightError(f"no bundle {filename}") from error
        if kind != "css":
            raise light_page.NotLightError(f"{filename} is no stylesheet")
        # made once for all users, as the controller does
        bundle = (
            self.env["ir.qweb"]
            .sudo()
            ._get_asset_bundle(name, css=True, js=False, rtl=rtl, autoprefix=autoprefix)
        )
        return bundle.css()
