import tempfile

from werkzeug.exceptions import NotFound
from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request


class AccountDunningPersonal(http.Controller):
    @http.route("/dunning/personal/<int:partner_id>", type="http", auth="user")
    def dunning_personal(self, partner_id):
        """Hand out all that is held on a person, to a manager, from disk.

        The archive is made anew each time and kept nowhere: it would be one more thing
        that is held on the person.
        """
        partner = request.env["res.partner"].browse(partner_id).exists()
        if not partner:
            raise NotFound()
        # closed when the last byte is sent
        file = tempfile.TemporaryFile(prefix="dunning_personal_")  # noqa: SIM115
        try:
            request.env["account.dunning.personal"]._pack(partner, file)
            size = file.tell()
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return request.make_response(
            wrap_file(request.httprequest.environ, file),
            headers=[
                ("Content-Type", "application/zip"),
                ("Content-Length", size),
                ("Content-Disposition", content_disposition(f"{partner.name}.zip")),
                ("Cache-Control", "private, no-store"),
            ],
        )
