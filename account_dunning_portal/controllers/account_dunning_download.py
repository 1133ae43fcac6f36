from odoo import http
from odoo.http import content_disposition, request

from .account_dunning_portal import AccountDunningPortal

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class AccountDunningDownload(AccountDunningPortal):
    """The statement as a file, for the customer's own books."""

    @http.route(
        "/my/dunning/statement/<int:company_id>/<string:kind>",
        type="http",
        auth="user",
        website=True,
        sitemap=False,
    )
    def portal_my_dunning_statement(self, company_id, kind, **kw):
        """Hand out the account with one of the companies that the user deals with."""
        partner_sudo, companies_sudo = self._get_dunning_scope()
        company_sudo = companies_sudo.filtered(lambda c: c.id == company_id)
        if not company_sudo or kind not in TYPES:
            return request.redirect("/my/dunning")
        Statement = request.env["account.dunning.customer.statement"]
        name, content = Statement._get_download(partner_sudo, company_sudo, kind)
        return request.make_response(
            content,
            [
                ("Content-Type", TYPES[kind]),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "private, no-store"),
            ],
        )
