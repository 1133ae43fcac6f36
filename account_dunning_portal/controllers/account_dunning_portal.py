from functools import partial
from urllib.parse import quote, urlencode

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..engine.sent_text import clean_text

#: Notices listed on the statement itself; the others are a click away.
NOTICES_SHOWN = 5
#: Events of the timeline on the statement, and on its own page.
EVENTS_SHOWN = 6
EVENTS_MOST = 100
#: So many wrong links an address may open in so many minutes.
LINK_ATTEMPTS = 30
LINK_MINUTES = 15


class AccountDunningPortal(CustomerPortal):
    """The pages under /my/dunning.

    Portal users have no rights on the dunning models. Each page first finds out for
    whom it speaks (:meth:`_get_dunning_scope`, :meth:`_get_dunning_notice`), then
    reads as superuser within just that, and hands plain values to the template.
    """

    _dunning_items_per_page = 25

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "dunning_item_count" in counters:
            values["dunning_item_count"] = self._get_dunning_item_count()
        return values

    # === ROUTES === #

    @http.route(
        ["/my/dunning", "/my/dunning/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_my_dunning(self, page=1, sortby=None, filterby=None, search=None, **kw):
        """Show the statement: totals, open items, and the last notices."""
        values = self._prepare_dunning_statement_values(page, sortby, filterby, search)
        return self._render_dunning("account_dunning_portal.portal_my_dunning", values)

    @http.route(
        "/my/dunning/timeline", type="http", auth="user", website=True, sitemap=False
    )
    def portal_my_dunning_timeline(self, **kw):
        """Show what happened between the customer and the companies."""
        statement_sudo = request.env["account.dunning.statement"].sudo()
        return self._render_dunning(
            "account_dunning_portal.portal_my_dunning_timeline",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "dunning_timeline",
                "timeline": statement_sudo._get_timeline(
                    *self._get_dunning_scope(), EVENTS_MOST
                ),
            },
        )

    @http.route(
        ["/my/dunning/notices", "/my/dunning/notices/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        sitemap=False,
    )
    def portal_my_dunning_notices(self, page=1, **kw):
        """Show all notices that the customer was sent."""
        values = self._prepare_portal_layout_values()
        Notice_sudo, domain = self._get_dunning_notices()
        pager = portal_pager(
            url="/my/dunning/notices",
            total=Notice_sudo.search_count(domain),
            page=page,
            step=self._dunning_items_per_page,
        )
        notices_sudo = Notice_sudo.search(
            domain, limit=self._dunning_items_per_page, offset=pager["offset"]
        )
        values.update(
            page_name="dunning_notices",
            notices=self._prepare_dunning_notices(notices_sudo),
            pager=pager,
        )
        return self._render_dunning(
            "account_dunning_portal.portal_my_dunning_notices", values
        )

    @http.route(
        [
            "/my/dunning/notice/<int:notice_id>",
            "/my/dunning/notice/<int:notice_id>/page/<int:page>",
        ],
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_my_dunning_notice(
        self, notice_id, access_token=None, report_type=None, **kw
    ):
        """Show one notice, or hand out its letter (``report_type=pdf``)."""
        try:
            notice_sudo = self._get_dunning_notice(notice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type == "pdf" and notice_sudo.state == "issued":
            return self._make_letter_response(notice_sudo)
        if request.env.user._is_public():
            # by link: the reader's language is the one of the letter
            request.update_context(lang=notice_sudo._get_lang())
            notice_sudo = notice_sudo.with_context(lang=notice_sudo._get_lang())
        return self._render_dunning_private(
            "account_dunning_portal.portal_my_dunning_notice",
            self._prepare_dunning_notice_values(notice_sudo, access_token, **kw),
        )

    def _render_dunning(self, template, values, status=200):
        """Render a page, and tell readers aloud which language it is in."""
        lang = {"lang": request.env.lang.replace("_", "-")}
        return request.render(
            template,
            {"html_data": lang, "dunning_chat": self._get_dunning_chat(), **values},
            status=status,
        )

    def _get_dunning_chat(self):
        """Return what the live chat needs, for customers who are logged in.

        Who answers sees the address that the chat was opened on: none with the key of
        a letter in it. A website that has a chat shows its own.
        """
        website = getattr(request, "website", None)
        if (
            not request.env.user._is_portal()
            or request.params.get("access_token")
            or (website and "channel_id" in website and website.sudo().channel_id)
        ):
            return None
        return request.env["account.dunning.chat"]._get_script_options(request.env.user)

    def _render_dunning_private(self, template, values, status=200):
        """Render a page whose address may hold a key: it must not travel on."""
        response = self._render_dunning(template, values, status=status)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "private, no-store"
        return response

    # === WHO MAY SEE WHAT === #

    def _get_dunning_scope(self):
        """Return the customer and the companies that the user's statement is about.

        Whoever may not read invoices in the portal has no statement either: that
        spares employees the account of the company they work for.
        """
        partner = request.env.user.partner_id.commercial_partner_id
        companies = request.env.companies
        if not request.env["account.move.line"].has_access("read"):
            companies = companies.browse()
        # ``env.user`` and what comes from it is superuser's already
        return partner.sudo(), companies.sudo()

    def _get_dunning_notice(self, notice_id, access_token=None):
        """Return the notice as superuser, if the user or the link may open it.

        That the customer did so is kept in the contact record.

        :raise MissingError: there is none, or its debtor may not know of it.
        :raise AccessError: it is somebody else's, and no valid token was given.
        """
        notice = request.env["account.dunning.notice"].browse(notice_id)
        notice_sudo = notice.sudo().exists()
        is_allowed = notice_sudo and (
            # collectors look at what the customer sees
            notice.has_access("read")
            or self._get_own_dunning_notice(notice_id)
            or self._is_dunning_link_valid(notice_sudo, access_token)
        )
        if not is_allowed:
            raise AccessError(request.env._("This document does not exist."))
        if not notice_sudo._is_portal_visible():
            raise MissingError(request.env._("This document does not exist."))
        if request.env.user.share:
            # whichever of its addresses was opened: page, letter, payment or answer
            notice_sudo._log_visit(request.env.user)
        return notice_sudo

    def _is_dunning_link_valid(self, notice_sudo, access_token):
        """Check the token of a link; who guesses is stopped for a while."""
        if not access_token:
            return False
        Attempt = request.env["account.dunning.attempt"]
        address = Attempt._get_network(request.httprequest.remote_addr)
        if Attempt._is_exhausted("link", address, LINK_ATTEMPTS, LINK_MINUTES):
            return False
        if notice_sudo._is_link_valid(access_token):
            return True
        Attempt._count("link", address)
        return False

    def _get_own_dunning_notice(self, notice_id):
        """Return the notice as superuser, if it was sent to the user's company."""
        partner_sudo, companies_sudo = self._get_dunning_scope()
        notice_sudo = request.env["account.dunning.notice"].sudo().browse(notice_id)
        is_own = (
            not request.env.user._is_public()
            and notice_sudo.partner_id.commercial_partner_id == partner_sudo
            and notice_sudo.company_id in companies_sudo
        )
        return notice_sudo if is_own else notice_sudo.browse()

    def _get_dunning_notices(self):
        """Return the superuser model and the domain of the customer's notices."""
        statement_sudo = request.env["account.dunning.statement"].sudo()
        domain = statement_sudo._get_notice_domain(*self._get_dunning_scope())
        return request.env["account.dunning.notice"].sudo(), domain

    def _get_dunning_item_count(self):
        """Count the open items; the tile is shown too while there are notices only."""
        statement_sudo = request.env["account.dunning.statement"].sudo()
        domain = statement_sudo._get_item_domain(*self._get_dunning_scope())
        count = statement_sudo.env["account.move.line"].search_count(domain)
        if not count:
            Notice_sudo, notice_domain = self._get_dunning_notices()
            # core hides a tile whose counter is the number 0, not the text
            return "0" if Notice_sudo.search_count(notice_domain, limit=1) else 0
        return count

    # === VALUES OF THE PAGES === #

    def _get_dunning_sortings(self):
        # Within a company and currency: the page has a section for each.
        return {
            "due": {
                "label": request.env._("Due Date"),
                "order": "company_id, currency_id, date_maturity, id",
            },
            "name": {
                "label": request.env._("Number"),
                "order": "company_id, currency_id, move_name, date_maturity, id",
            },
            "amount": {
                "label": request.env._("Open Amount"),
                "order": "company_id, currency_id, amount_residual_currency desc, id",
            },
        }

    def _get_dunning_filters(self):
        return {
            "all": {"label": request.env._("All open items")},
            "overdue": {"label": request.env._("Overdue")},
            "not_due": {"label": request.env._("Not due yet")},
            "credit": {"label": request.env._("Credits")},
        }

    def _prepare_dunning_statement_values(self, page, sortby, filterby, search):
        sortings, filters = self._get_dunning_sortings(), self._get_dunning_filters()
        sortby = sortby if sortby in sortings else "due"
        filterby = filterby if filterby in filters else "all"
        partner_sudo, companies_sudo = self._get_dunning_scope()
        statement_sudo = request.env["account.dunning.statement"].sudo()
        domain = (
            statement_sudo._get_item_domain(partner_sudo, companies_sudo)
            & statement_sudo._get_filter_domains(companies_sudo)[filterby]
        )
        search = clean_text(search, 100)
        if search:
            domain &= statement_sudo._get_search_domain(search)
        Line_sudo = request.env["account.move.line"].sudo()
        fields_of_line, _fields_of_move = statement_sudo._get_item_fields()
        find = partial(
            Line_sudo.search_fetch,
            domain,
            fields_of_line,
            order=sortings[sortby]["order"],
            limit=self._dunning_items_per_page,
        )
        # most customers have no second page, and need not be counted
        lines_sudo = find() if page == 1 else Line_sudo
        item_count = len(lines_sudo)
        if page != 1 or item_count == self._dunning_items_per_page:
            item_count = Line_sudo.search_count(domain)
        pager = portal_pager(
            url="/my/dunning",
            url_args={"sortby": sortby, "filterby": filterby, "search": search},
            total=item_count,
            page=page,
            step=self._dunning_items_per_page,
        )
        if page != 1:
            lines_sudo = find(offset=pager["offset"])
        positions = statement_sudo._get_positions(
            partner_sudo, companies_sudo, lines_sudo.ids
        )
        agreements = statement_sudo._get_agreements(partner_sudo, companies_sudo)
        totals = statement_sudo._get_totals(
            partner_sudo, companies_sudo, positions, agreements
        )
        for total in totals:
            total["texts"] = statement_sudo._prepare_total_texts(total)
        Notice_sudo, notice_domain = self._get_dunning_notices()
        notices_sudo = Notice_sudo.search(notice_domain, limit=NOTICES_SHOWN + 1)
        return {
            **self._prepare_portal_layout_values(),
            "page_name": "dunning",
            "partner_name": partner_sudo.display_name,
            "totals": totals,
            "agreements": agreements,
            "disputes": statement_sudo._get_disputes(partner_sudo, companies_sudo),
            "items": self._add_pay_urls(
                statement_sudo._prepare_items(
                    lines_sudo, statement_sudo._index(positions)
                ),
                "/my/dunning/pay?",
            ),
            "item_count": item_count,
            "several_companies": len(companies_sudo) > 1,
            "notices": self._prepare_dunning_notices(notices_sudo[:NOTICES_SHOWN]),
            "more_notices": len(notices_sudo) > NOTICES_SHOWN,
            "timeline": statement_sudo._get_timeline(
                partner_sudo, companies_sudo, EVENTS_SHOWN
            ),
            "pager": pager,
            "searchbar_sortings": sortings,
            "sortby": sortby,
            "searchbar_filters": filters,
            "filterby": filterby,
            "search": search,
        }

    def _prepare_dunning_notices(self, notices_sudo):
        """Return what the lists show of notices: plain values."""
        return [
            {
                "name": notice.name,
                "url": notice.access_url,
                "letter_url": f"{notice.access_url}?report_type=pdf",
                "date": notice.date,
                "level": notice.level_id.name,
                "amount": notice.amount_total,
                "currency": notice.currency_id,
                "company": notice.company_id,
                "download_label": request.env._(
                    "Download %(notice)s", notice=notice.name
                ),
            }
            for notice in notices_sudo
        ]

    def _prepare_dunning_notice_values(self, notice_sudo, access_token, page=1, **kw):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "dunning_notice",
            "notice": notice_sudo,
            "is_public": request.env.user._is_public(),
            "own_url": f"/my/dunning/notice/{notice_sudo.id}",
        }
        if notice_sudo.state != "issued":
            return values
        statement_sudo = request.env["account.dunning.statement"].sudo()
        pager = portal_pager(
            url=values["own_url"],
            url_args={"access_token": access_token} if access_token else {},
            total=statement_sudo._count_notice_lines(notice_sudo),
            page=page,
            step=self._dunning_items_per_page,
        )
        lines = statement_sudo._get_notice_lines(
            notice_sudo, limit=self._dunning_items_per_page, offset=pager["offset"]
        )
        positions = statement_sudo._get_notice_positions(
            notice_sudo, lines.move_line_id.ids
        )
        items = statement_sudo._prepare_notice_items(
            lines, statement_sudo._index(positions)
        )
        if values["is_public"]:
            # the link opens this page and nothing else; the invoice asks for a login
            for item in items:
                item["url"] = self._get_login_url(item["url"])
        to_pay = statement_sudo._get_notice_to_pay(notice_sudo, positions)
        pay_url = self._get_pay_url(notice_sudo, access_token)
        account, reference = statement_sudo._get_notice_transfer(notice_sudo)
        return {
            **values,
            "positions": positions,
            "bank_account": account,
            "reference": reference,
            "items": self._add_pay_urls(items, pay_url),
            "pager": pager,
            "to_pay": to_pay,
            "to_pay_sentence": statement_sudo._get_to_pay_sentence(notice_sudo, to_pay),
            "deadline_sentence": statement_sudo._get_deadline_sentence(notice_sudo),
            "qr": to_pay
            and self._get_transfer_qr(notice_sudo, account, reference, to_pay),
            "pay_url": pay_url,
            "charges": notice_sudo._get_letter_charges()[
                : self._dunning_items_per_page
            ],
            "letter_url": self._get_letter_url(notice_sudo, access_token),
        }

    def _get_transfer_qr(self, notice_sudo, account, reference, amount):
        """Return a QR code for a transfer as a data URI, where core can make one."""
        return account and account.build_qr_code_base64(
            amount,
            reference,
            "",
            notice_sudo.currency_id,
            notice_sudo.partner_id,
            silent_errors=True,
        )

    def _get_pay_url(self, notice_sudo, access_token):
        """Return where the notice is paid; collectors only look, a factor is paid
        by transfer."""
        if request.env.user._is_internal() or notice_sudo.factoring_id:
            return None
        token = f"access_token={quote(access_token)}" if access_token else ""
        return f"/my/dunning/notice/{notice_sudo.id}/pay?{token}"

    def _add_pay_urls(self, items, url):
        """Add to items where each is paid alone."""
        for item in items:
            if item["can_pay"] and url and not request.env.user._is_internal():
                query = {
                    "company": item["company"].id,
                    "currency": item["currency"].id,
                    "item": item["id"],
                }
                item["pay_url"] = f"{url}&{urlencode(query)}".replace("?&", "?")
        return items

    def _get_login_url(self, url):
        return url and f"/web/login?redirect={quote(url)}"

    def _get_letter_url(self, notice_sudo, access_token):
        url = f"{notice_sudo.access_url}?report_type=pdf"
        # what came with the request was checked; a token is never handed out anew
        return f"{url}&access_token={quote(access_token)}" if access_token else url

    def _make_letter_response(self, notice_sudo):
        """Return the letter as a download that no browser opens inside the site."""
        content = notice_sudo._get_letter_content()
        return request.make_response(
            content,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(content)),
                (
                    "Content-Disposition",
                    content_disposition(notice_sudo._get_letter_name()),
                ),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "private, no-store"),
            ],
        )
