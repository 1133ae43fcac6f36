import tempfile

from werkzeug.exceptions import NotFound
from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class AccountDunningExport(http.Controller):
    @http.route("/dunning/xlsx/<int:export_id>", type="http", auth="user")
    def dunning_xlsx(self, export_id):
        """Hand out a spreadsheet to whoever asked for it, from disk."""
        export = request.env["account.dunning.export"].browse(export_id).exists()
        if not export or not export.has_access("read"):
            raise NotFound()
        # closed when the last byte is sent
        file = tempfile.TemporaryFile(prefix="dunning_xlsx_")  # noqa: SIM115
        try:
            export._write_xlsx(file)
            size = file.tell()
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return request.make_response(
            wrap_file(request.httprequest.environ, file),
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", size),
                ("Content-Disposition", content_disposition(export._get_filename())),
                ("Cache-Control", "private, no-store"),
            ],
        )
