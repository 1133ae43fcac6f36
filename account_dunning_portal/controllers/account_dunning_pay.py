from urllib.parse import quote, urlsplit

from werkzeug.exceptions import BadRequest

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request
from odoo.tools import format_date, formatLang

from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from ..models.account_dunning_checkout import ITEMS_SHOWN, MOST_CHOSEN
from .account_dunning_portal import AccountDunningPortal

#: No amount: a float holds less than this exactly, and cannot round much more.
BEYOND_MONEY = 1e15
#: Providers that only tell an account number: the page shows it by itself.
BY_TRANSFER = ("custom",)


class AccountDunningPay(AccountDunningPortal, PortalAccount):
    """Pages on which customers pay what is open, by Odoo's payment engine or transfer.

    First what is to be paid is looked at, by GET and without JavaScript; the payment
    itself begins with a call that finds out everything anew.
    """

    # === ROUTES === #

    @http.route(
        "/my/dunning/pay",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_my_dunning_pay(
        self,
        company=None,
        currency=None,
        choice=None,
        amount=None,
        knowingly=None,
        **kw,
    ):
        """Choose what to pay, or look at what was chosen."""
        checkout_sudo = request.env["account.dunning.checkout"].sudo()
        choice = self._get_sent_choice(choice)
        if not choice:
            return self._render_choice(checkout_sudo)
        try:
            basket = self._get_own_basket(company, currency, choice)
        except (AccessError, MissingError):
            return request.redirect("/my/dunning/pay")
        base = f"/my/dunning/pay/{basket.company.id}/{basket.currency.id}/{choice}"
        return self._render_checkout(
            basket,
            amount,
            transaction_route=f"{base}/transaction",
            landing_route="/my/dunning?done=pay",
            back_url="/my/dunning/pay",
            knowingly=knowingly,
        )

    @http.route(
        "/my/dunning/notice/<int:notice_id>/pay",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_dunning_notice_pay(
        self,
        notice_id,
        choice=None,
        amount=None,
        access_token=None,
        knowingly=None,
        **kw,
    ):
        """Look at what is to be paid of a notice, by login or by link."""
        choice = self._get_sent_choice(choice) or "all"
        try:
            basket = self._get_notice_basket(notice_id, choice, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if request.env.user._is_public():
            request.update_context(lang=basket.notice._get_lang())
        token = f"access_token={quote(access_token)}" if access_token else ""
        base = f"/my/dunning/notice/{notice_id}"
        return self._render_checkout(
            basket,
            amount,
            transaction_route=f"{base}/pay/{choice}/transaction",
            landing_route=f"{base}?done=pay&{token}".rstrip("&"),
            back_url=f"{base}?{token}".rstrip("?"),
            access_token=access_token,
            knowingly=knowingly,
        )

    @http.route(
        [
            "/my/dunning/pay/<int:company_id>/<int:currency_id>/<string:choice>"
            "/transaction",
            "/my/dunning/pay/<int:company_id>/<int:currency_id>/<string:choice>"
            "/transaction/<string:knowingly>",
        ],
        type="jsonrpc",
        auth="user",
    )
    def dunning_transaction(self, company_id, currency_id, choice, **kwargs):
        """Begin to pay what was chosen on the statement.

        :return: what the form of the payment provider needs.
        """

        def get_basket():
            return self._get_own_basket(company_id, currency_id, choice)

        return self._try_transaction(get_basket, "/my/dunning?done=pay", **kwargs)

    @http.route(
        [
            "/my/dunning/notice/<int:notice_id>/pay/<string:choice>/transaction",
            "/my/dunning/notice/<int:notice_id>/pay/<string:choice>/transaction"
            "/<string:knowingly>",
        ],
        type="jsonrpc",
        auth="public",
    )
    def dunning_notice_transaction(self, notice_id, choice, **kwargs):
        """Begin to pay what is open of a notice."""
        access_token = kwargs.get("access_token")
        if not (isinstance(access_token, str) and access_token.isascii()):
            access_token = None

        def get_basket():
            return self._get_notice_basket(notice_id, choice, access_token)

        token = f"&access_token={quote(access_token)}" if access_token else ""
        landing_route = f"/my/dunning/notice/{notice_id}?done=pay{token}"
        return self._try_transaction(get_basket, landing_route, **kwargs)

    # === WHAT CAME OF IT === #

    def _prepare_dunning_notice_values(self, notice_sudo, access_token, **kw):
        values = super()._prepare_dunning_notice_values(notice_sudo, access_token, **kw)
        return {**values, "payment": self._get_payment_begun_here()}

    def _prepare_dunning_statement_values(self, page, sortby, filterby, search):
        values = super()._prepare_dunning_statement_values(
            page, sortby, filterby, search
        )
        return {**values, "payment": self._get_payment_begun_here()}

    def _get_payment_begun_here(self):
        """Return the payment that this browser began on this page, if it did.

        Whoever pays comes back however it ended, with the same address: what to say
        is told by the payment, and nothing by an address that anybody can type.
        """
        transaction_sudo = self._get_own_transaction().exists()
        path = urlsplit(transaction_sudo.landing_route or "").path
        return transaction_sudo.filtered(
            lambda tx: path and request.httprequest.path.endswith(path)
        )

    # === WHO MAY PAY WHAT === #

    def _get_sent_choice(self, choice):
        """Return the choice that was sent, with the boxes that were ticked."""
        items = request.httprequest.args.getlist("item")[:MOST_CHOSEN]
        if choice == "chosen":
            # nothing ticked is nothing chosen
            return "i" + (".".join(items) or "0")
        return choice or (items and "i" + ".".join(items))

    def _get_own_basket(self, company_id, currency_id, choice):
        """Return what may be paid by a choice, out of the user's own statement.

        :raise MissingError: the company or the currency is none of the statement's.
        """
        partner_sudo, companies_sudo = self._get_dunning_scope()
        company_sudo = companies_sudo.filtered(
            lambda company: str(company.id) == str(company_id)
        )
        currency_sudo = (
            request.env["res.currency"]
            .sudo()
            .browse(self._cast_as_int(currency_id))
            .exists()
        )
        if not company_sudo or not currency_sudo or request.env.user._is_internal():
            raise MissingError(request.env._("This document does not exist."))
        return (
            request.env["account.dunning.checkout"]
            .sudo()
            ._get_basket(partner_sudo, company_sudo, currency_sudo, choice)
        )

    def _get_notice_basket(self, notice_id, choice, access_token):
        """Return what may be paid of a notice by its reader.

        :raise AccessError: it is somebody else's, or a collector looks at it.
        """
        notice_sudo = self._get_dunning_notice(notice_id, access_token)
        if notice_sudo.state != "issued" or request.env.user._is_internal():
            raise AccessError(request.env._("This document does not exist."))
        return (
            request.env["account.dunning.checkout"]
            .sudo()
            ._get_notice_basket(notice_sudo, choice)
        )

    # === LOOKING === #

    def _render_choice(self, checkout_sudo):
        partner_sudo, companies_sudo = self._get_dunning_scope()
        baskets = checkout_sudo._get_baskets(partner_sudo, companies_sudo, "all")
        return self._render_dunning_private(
            "account_dunning_portal.portal_my_dunning_pay",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "dunning_pay",
                "baskets": baskets,
                "entries_of": self._get_entries,
                "shown": ITEMS_SHOWN,
            },
        )

    def _get_entries(self, basket):
        """Return what a page lists of a basket: plain values, texts to read."""
        # alone, for others are not to be read; and nothing but what is shown
        items = basket.items.browse(basket.shown)
        items.fetch(["move_id", "move_name"])
        statement_sudo = request.env["account.dunning.statement"].sudo()
        instalments = statement_sudo._get_instalments(items)
        return [
            {
                "id": item.id,
                "name": item.move_name,
                "instalment": instalments[item],
                "due": format_date(request.env, row["date_due"]),
                "residual": basket.currency.format(row["residual"]),
                "payable": basket.currency.format(row["payable"]),
                "is_proposed": row["is_proposed"],
            }
            for item, row in zip(items, basket.shown.values(), strict=True)
        ]

    def _render_checkout(
        self,
        basket,
        typed,
        transaction_route,
        landing_route,
        back_url,
        knowingly=None,
        **kw,
    ):
        """Show what is paid, and the ways to do so.

        :param str typed: the part of it that the customer wants to pay; or nothing.
        :param str knowingly: the reader goes on, though somebody else has begun.
        """
        amount, error = self._get_typed_amount(basket, typed)
        checkout_sudo = request.env["account.dunning.checkout"].sudo()
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "dunning_checkout",
            "is_public": request.env.user._is_public(),
            "notice": basket.notice,
            "basket": basket,
            "entries": self._get_entries(basket),
            "shown": ITEMS_SHOWN,
            "amount": amount,
            "amount_text": typed if error else self._to_typed(basket, amount),
            "online_title": request.env._(
                "Pay %(amount)s online", amount=basket.currency.format(amount)
            ),
            "error": error,
            "back_url": back_url,
            "access_token": kw.get("access_token"),
            "bank_account": checkout_sudo._get_bank_account(basket),
            "reference": checkout_sudo._get_reference(basket),
            "qr": amount and checkout_sudo._get_qr(basket, amount),
            "rival": self._get_rival(checkout_sudo, basket),
            "knowingly": knowingly,
            "unbilled": request.env["account.dunning.statement"]
            .sudo()
            ._get_unbilled(basket.notice),
        }
        if knowingly:
            transaction_route = f"{transaction_route}/knowingly"
        if amount and checkout_sudo._is_enabled():
            values.update(
                self._prepare_form_values(
                    basket, amount, transaction_route, landing_route, **kw
                )
            )
        return self._render_dunning_private(
            "account_dunning_portal.portal_dunning_checkout", values
        )

    def _get_rival(self, checkout_sudo, basket):
        """Return the payment that somebody else has begun on the same items, if any."""
        return (checkout_sudo._get_begun(basket) - self._get_own_transaction())[:1]

    def _get_typed_amount(self, basket, typed):
        """Return the amount to pay, and what to tell if it was refused."""
        if not (typed and typed.strip()) or not basket.total:
            return basket.asked, None
        answer_sudo = request.env["account.dunning.answer"].sudo()
        try:
            return answer_sudo._to_amount(typed, basket, basket.total), None
        except UserError as error:
            return basket.asked, str(error)

    def _to_typed(self, basket, amount):
        """Return an amount as the customer would type it."""
        digits = basket.currency.decimal_places
        return formatLang(request.env, amount, digits=digits, grouping=False)

    def _prepare_form_values(
        self, basket, amount, transaction_route, landing_route, access_token=None
    ):
        """Return what the form of the payment engine needs."""
        values = self._get_common_page_view_values(
            {
                "partner": basket.partner,
                "company": basket.company,
                "total_amount": amount,
                "currency": basket.currency,
                "transaction_route": transaction_route,
                "landing_route": landing_route,
            },
            access_token=access_token,
        )
        providers_sudo = values["providers_sudo"].filtered(
            lambda provider: provider.code not in BY_TRANSFER
        )
        values.update(
            providers_sudo=providers_sudo,
            payment_methods_sudo=values["payment_methods_sudo"].filtered(
                lambda method: method.provider_ids & providers_sudo
            ),
            can_pay_online=not values["company_mismatch"] and bool(providers_sudo),
        )
        if request.env.user._is_public():
            # whoever holds a letter neither sees nor leaves means of payment
            values.update(
                tokens_sudo=values["tokens_sudo"].browse(),
                show_tokenize_input_mapping=dict.fromkeys(providers_sudo.ids, False),
            )
        return values

    # === PAYING === #

    def _try_transaction(self, get_basket, landing_route, /, **kwargs):
        """Begin to pay; who may not is told so and not thrown out.

        An error would undo the counting of who guesses, and tell how we are programmed.

        :param get_basket: function that returns what is paid, or refuses.
        """
        try:
            basket = get_basket()
            with request.env.cr.savepoint():
                return self._start_transaction(basket, landing_route, **kwargs)
        except (UserError, BadRequest) as error:
            return {"state": "error", "state_message": str(error)}

    def _start_transaction(
        self,
        basket,
        landing_route,
        /,
        amount=None,
        access_token=None,
        knowingly=None,
        **kwargs,
    ):
        """Write down that a payment begins; return what the provider's form needs."""
        kwargs.pop("payment_reference", None)
        self._validate_transaction_kwargs(kwargs)
        checkout_sudo = request.env["account.dunning.checkout"].sudo()
        amount = self._check_amount(basket, amount)
        partner_sudo = request.env.user.partner_id
        if request.env.user._is_public():
            partner_sudo = basket.partner
        self._check_provider(basket, amount, partner_sudo, kwargs)
        checkout_sudo._begin(
            basket, amount, self._get_own_transaction(), bool(knowingly)
        )
        tx_sudo = self._create_transaction(
            **{
                **kwargs,
                "amount": amount,
                "currency_id": basket.currency.id,
                "partner_id": partner_sudo.id,
                "landing_route": landing_route,
                "is_validation": False,
                "reference_prefix": self._get_reference_prefix(basket),
            },
            custom_create_values=checkout_sudo._prepare_transaction(basket),
        )
        return tx_sudo._get_processing_values()

    def _check_amount(self, basket, amount):
        """Return the amount as money; what is none becomes nothing, and is refused."""
        is_number = type(amount) in (int, float) and 0 < amount < BEYOND_MONEY
        return basket.currency.round(amount) if is_number else 0.0

    def _check_provider(self, basket, amount, partner_sudo, kwargs):
        """Take the providers alone that the page offers.

        :raise UserError: it is another one, or it is not open to this customer.
        """
        is_public = request.env.user._is_public()
        providers_sudo = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                basket.company.id,
                partner_sudo.id,
                amount,
                currency_id=basket.currency.id,
            )
            .filtered(lambda provider: provider.code not in BY_TRANSFER)
        )
        is_allowed = (
            request.env["account.dunning.checkout"]._is_enabled()
            and self._can_partner_pay_in_company(partner_sudo, basket.company)
            and self._is_offered(basket, partner_sudo, providers_sudo, kwargs)
        )
        if not is_allowed:
            raise UserError(request.env._("This way of paying is not open to you."))
        if is_public:
            kwargs["tokenization_requested"] = False

    def _is_offered(self, basket, partner_sudo, providers_sudo, kwargs):
        """Return whether the page offers the provider with this means of payment."""
        provider_sudo = providers_sudo.filtered(
            lambda provider: repr(provider.id) == repr(kwargs.get("provider_id"))
        )
        if kwargs.get("flow") == "token" and not request.env.user._is_public():
            tokens_sudo = (
                request.env["payment.token"]
                .sudo()
                ._get_available_tokens(provider_sudo.ids, partner_sudo.id)
            )
            return kwargs.get("token_id") in tokens_sudo.ids
        methods_sudo = (
            request.env["payment.method"]
            .sudo()
            ._get_compatible_payment_methods(
                provider_sudo.ids, partner_sudo.id, currency_id=basket.currency.id
            )
        )
        is_direct = kwargs.get("flow") in ("redirect", "direct")
        return is_direct and kwargs.get("payment_method_id") in methods_sudo.ids

    def _get_own_transaction(self):
        """Return the payment that this browser began last."""
        transaction_id = request.session.get(PaymentPostProcessing.MONITORED_TX_ID_KEY)
        return request.env["payment.transaction"].sudo().browse(transaction_id or [])

    def _get_reference_prefix(self, basket):
        """Return a short name for the provider."""
        if len(basket.move_ids) == 1:
            return basket.items.move_id.name
        return (
            basket.notice.name or basket.company.get_next_batch_payment_communication()
        )
