from odoo import http
from odoo.exceptions import UserError, ValidationError
from odoo.http import request

from .account_dunning_portal import AccountDunningPortal


class AccountDunningWishes(AccountDunningPortal):
    """How the customer wants to be contacted."""

    @http.route(
        "/my/dunning/contact",
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def portal_my_dunning_contact(self, **post):
        """Show and keep the customer's wishes, for all companies of the statement."""
        wishes_sudo = request.env["account.dunning.wishes"].sudo()
        debtors_sudo = self._get_wishing_debtors()
        if not debtors_sudo:
            return request.redirect("/my/dunning")
        error = None
        if request.httprequest.method == "POST":
            try:
                with request.env.cr.savepoint():
                    wishes_sudo._keep(
                        debtors_sudo,
                        request.env.user.partner_id,
                        post,
                        request.httprequest.form.getlist("refused"),
                        request.httprequest.form.getlist("slot"),
                    )
                return request.redirect("/my/dunning?done=wishes")
            except (UserError, ValidationError) as refusal:
                error = str(refusal)
        return self._render_dunning_private(
            "account_dunning_portal.portal_my_dunning_contact",
            {
                **self._prepare_portal_layout_values(),
                **wishes_sudo._prepare_values(
                    debtors_sudo[:1], request.env.user.partner_id
                ),
                "page_name": "dunning_contact",
                "error": error,
                "sent": post if error else {},
            },
        )

    def _get_wishing_debtors(self):
        """Return the customer's debtor records, where there is anything to write about.

        Employees have none: they do not speak for the company they work for here.
        """
        Debtor_sudo = request.env["account.dunning.debtor"].sudo()
        partner_sudo, companies_sudo = self._get_dunning_scope()
        if request.env.user._is_internal():
            return Debtor_sudo
        return Debtor_sudo.search(
            [
                ("partner_id", "=", partner_sudo.id),
                ("company_id", "in", companies_sudo.ids),
            ]
        )
