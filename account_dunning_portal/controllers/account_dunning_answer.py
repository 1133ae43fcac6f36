from urllib.parse import quote

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools.image import image_data_uri

from ..models.account_dunning_answer import MAX_FILE_SIZE, MAX_FILES, TOPICS
from .account_dunning_portal import AccountDunningPortal


def _routes(action):
    """Return the addresses of an answer: to a notice, or to an item of the account."""
    return [
        f"/my/dunning/notice/<int:notice_id>/{action}",
        f"/my/dunning/item/<int:item_id>/{action}",
    ]


class AccountDunningAnswer(AccountDunningPortal):
    """Pages on which customers answer, and what their forms send.

    Each request finds out anew for whom it speaks; what the form holds is checked in
    ``account.dunning.answer``. Nothing is changed by GET.
    """

    # === ROUTES === #

    @http.route(
        _routes("dispute"),
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def portal_dunning_dispute(self, notice_id=None, item_id=None, **post):
        """Object to items or a part of them, with reason, text and files."""

        def act(answer_sudo, scope):
            answer_sudo._dispute(
                scope,
                self._get_sent_items(),
                post.get("amount"),
                post.get("reason"),
                post.get("text"),
                self._get_sent_files(),
            )

        return self._answer("dispute", notice_id, item_id, post, act)

    @http.route(
        _routes("paid"),
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def portal_dunning_paid(self, notice_id=None, item_id=None, **post):
        """Say that items have been paid, when and with what reference."""

        def act(answer_sudo, scope):
            answer_sudo._claim_paid(
                scope, self._get_sent_items(), post.get("date"), post.get("reference")
            )

        return self._answer("paid", notice_id, item_id, post, act)

    @http.route(
        _routes("promise"),
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def portal_dunning_promise(self, notice_id=None, item_id=None, **post):
        """Promise a date or a plan: the schedule is shown first, then confirmed."""
        sent = (post.get("kind"), post.get("date"), post.get("count"))

        def act(answer_sudo, scope):
            if post.get("confirm"):
                answer_sudo._promise(scope, *sent, *self._get_sent_signature())
                return {}
            kind = sent[0]
            schedule = answer_sudo._prepare_schedule(scope, *sent)
            excess = answer_sudo._get_promise_excess(scope, kind, schedule)
            return {"schedule": schedule, "needs_person": bool(excess)}

        return self._answer("promise", notice_id, item_id, post, act)

    @http.route(
        "/my/dunning/notice/<int:notice_id>/offer",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def portal_dunning_offer(self, notice_id, **post):
        """Accept what the notice offers for settling early."""

        def act(answer_sudo, scope):
            answer_sudo._accept_offer(scope, *self._get_sent_signature())

        return self._answer("offer", notice_id, None, post, act)

    @http.route(
        _routes("message"),
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def portal_dunning_message(self, notice_id=None, item_id=None, **post):
        """Write to the collector, or ask to be called."""

        def act(answer_sudo, scope):
            answer_sudo._write_message(
                scope, post.get("topic"), post.get("text"), post.get("phone")
            )

        return self._answer("message", notice_id, item_id, post, act)

    @http.route(
        "/my/dunning/notice/<int:notice_id>/rate",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def portal_dunning_rate(self, notice_id, **post):
        """Say how it was, once all of the notice is settled."""

        def act(answer_sudo, scope):
            answer_sudo._rate(scope, post.get("grade"), post.get("text"))

        return self._answer("rate", notice_id, None, post, act)

    # === WHO MAY ANSWER WHAT === #

    def _get_answer_scope(self, answer_sudo, notice_id, item_id, access_token):
        """Return the scope of an answer.

        :raise AccessError: it is somebody else's, or nothing is to be answered.
        """
        user = request.env.user
        if notice_id:
            notice_sudo = self._get_dunning_notice(notice_id, access_token)
            if notice_sudo.state != "issued" or user._is_internal():
                # collectors look at the page, they do not speak for customers
                raise AccessError(request.env._("This document does not exist."))
            return answer_sudo._get_notice_scope(notice_sudo, user)
        item_sudo = request.env["account.move.line"].sudo()
        if not user._is_public() and not user._is_internal():
            statement_sudo = request.env["account.dunning.statement"].sudo()
            domain = statement_sudo._get_item_domain(*self._get_dunning_scope())
            item_sudo = item_sudo.search(
                domain
                & Domain("id", "=", item_id)
                & Domain("amount_residual_currency", ">", 0)
            )
        if not item_sudo:
            raise MissingError(request.env._("This document does not exist."))
        return answer_sudo._get_item_scope(item_sudo, user)

    # === THE COURSE OF AN ANSWER === #

    def _answer(self, name, notice_id, item_id, post, act):
        """Show the form; with POST act on it and go back, or say what was wrong.

        :param act: function of the superuser's model and the scope; what it returns is
            shown before the form is sent once more, nothing if all is done.
        """
        # texts alone: a file may be sent by any name
        access_token = request.httprequest.values.get("access_token")
        answer_sudo = request.env["account.dunning.answer"].sudo()
        try:
            scope = self._get_answer_scope(
                answer_sudo, notice_id, item_id, access_token
            )
        except (AccessError, MissingError):
            return request.redirect("/my")
        if request.env.user._is_public():
            lang = scope.notice._get_lang()
            request.update_context(lang=lang)
            answer_sudo = answer_sudo.with_context(lang=lang)
        shown, error = {}, None
        if request.httprequest.method == "POST":
            shown, error = self._act(act, answer_sudo, scope)
            if not shown and not error:
                return request.redirect(
                    self._get_answer_url(notice_id, access_token, f"done={name}")
                )
        values = self._prepare_answer_values(
            name, answer_sudo, scope, notice_id, item_id, access_token, post
        )
        return self._render_dunning_private(
            f"account_dunning_portal.portal_dunning_{name}",
            {**values, **shown, "error": error},
        )

    def _act(self, act, answer_sudo, scope):
        """Return what is to be shown, and what to tell if it was refused."""
        try:
            with request.env.cr.savepoint():
                return act(answer_sudo, scope) or {}, None
        except AccessError:
            return {}, request.env._("This cannot be done here. Please write to us.")
        except (UserError, ValidationError) as error:
            return {}, str(error)

    def _get_answer_url(self, notice_id, access_token, query=""):
        if not notice_id:
            return f"/my/dunning?{query}"
        token = f"&access_token={quote(access_token)}" if access_token else ""
        return f"/my/dunning/notice/{notice_id}?{query}{token}"

    def _get_sent_items(self):
        return request.httprequest.form.getlist("item")

    def _get_sent_signature(self):
        """Return the name and the drawing that were sent."""
        sent = request.httprequest.form
        return sent.get("signed_by"), sent.get("drawn")

    def _get_sent_files(self):
        """Return (name, content) of what was uploaded, no more of it than may be."""
        files = request.httprequest.files.getlist("files")[: MAX_FILES + 1]
        return [
            (file.filename, file.read(MAX_FILE_SIZE + 1))
            for file in files
            if file.filename
        ]

    # === VALUES OF THE PAGES === #

    def _prepare_answer_values(
        self, name, answer_sudo, scope, notice_id, item_id, access_token, post
    ):
        base = f"notice/{notice_id}" if notice_id else f"item/{item_id}"
        # what was typed is shown again; files have to be chosen anew
        typed = {key: value for key, value in post.items() if isinstance(value, str)}
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "dunning_answer",
            "is_public": request.env.user._is_public(),
            "action_url": f"/my/dunning/{base}/{name}",
            "back_url": self._get_answer_url(notice_id, access_token),
            "access_token": access_token,
            "scope": scope,
            "today": scope.company._dunning_today(),
            "typed": typed,
            "chosen": self._get_sent_items(),
        }
        extra = getattr(self, f"_prepare_{name}_values", None)
        return {**values, **(extra(answer_sudo, scope) if extra else {})}

    def _prepare_dispute_values(self, answer_sudo, scope):
        return {
            "amounts": answer_sudo._get_disputable(scope),
            "reasons": answer_sudo._get_dispute_reasons(),
        }

    def _prepare_paid_values(self, answer_sudo, scope):
        return {"amounts": {i: i.amount_residual_currency for i in scope.items}}

    def _prepare_promise_values(self, answer_sudo, scope):
        policy = answer_sudo._get_policy(scope)
        return {
            "amounts": answer_sudo._get_promisable(scope),
            "policy": policy,
            "limit_sentence": answer_sudo._get_limit_sentence(policy),
            "debt_help": self._get_debt_help(scope),
        }

    def _prepare_offer_values(self, answer_sudo, scope):
        schedule = answer_sudo._get_offer_schedule(scope)
        return {
            "schedule": schedule,
            "policy": answer_sudo._get_policy(scope),
            "offer_sentence": answer_sudo._get_offer_sentence(scope, schedule),
        }

    def _get_debt_help(self, scope):
        Help_sudo = request.env["account.dunning.debt.help"].sudo()
        return Help_sudo._get_for(scope.partner)

    def _prepare_message_values(self, answer_sudo, scope):
        collector = answer_sudo._get_collector(scope)
        return {
            "topics": list(TOPICS),
            "collector_sentence": request.env._(
                "Your message goes to %(collector)s.", collector=collector.name
            ),
            # no address of a picture that only employees may open
            "collector_image": image_data_uri(collector.avatar_128),
        }

    def _prepare_dunning_notice_values(self, notice_sudo, access_token, **kw):
        values = super()._prepare_dunning_notice_values(notice_sudo, access_token, **kw)
        if notice_sudo.state != "issued":
            return values
        answer_sudo = request.env["account.dunning.answer"].sudo()
        # of its items the page needs how they stand, which it knows
        scope = answer_sudo._make_scope(
            notice_sudo.partner_id,
            notice_sudo.company_id,
            notice_sudo.currency_id,
            [],
            notice_sudo,
            request.env.user,
        )
        statement_sudo = request.env["account.dunning.statement"].sudo()
        items = statement_sudo._get_letter_items(notice_sudo)
        about = (notice_sudo.partner_id, notice_sudo.company_id, items)
        bill_ids = statement_sudo._get_notice_bills(notice_sudo).ids
        listed = [row for row in values["positions"] if row["line_id"] not in bill_ids]
        query = f"?access_token={quote(access_token)}" if access_token else ""
        base = f"/my/dunning/notice/{notice_sudo.id}"
        return {
            **values,
            "agreements": self._pay_by_link(
                statement_sudo._get_agreements(*about), values
            ),
            "disputes": statement_sudo._get_disputes(*about),
            "answer_urls": {
                action: f"{base}/{action}{query}"
                for action in self._get_answers(answer_sudo, scope, listed)
            },
            "debt_help": self._get_debt_help(scope),
            "is_rateable": notice_sudo._is_rateable(),
            "rate_url": f"{base}/rate",
            "access_token": access_token,
            "done": kw.get("done"),
        }

    def _pay_by_link(self, agreements, values):
        """Have instalments paid from the notice where nobody is logged in."""
        for agreement in agreements if values["is_public"] else ():
            if agreement["pay_url"]:
                choice = f"choice=p{agreement['id']}"
                agreement["pay_url"] = f"{values['pay_url']}&{choice}"
        return agreements

    def _get_answers(self, answer_sudo, scope, positions):
        """Return the names of the answers that make sense now.

        :param list positions: of the items of the notice.
        """
        answers = ["message"]
        if not positions:
            return answers
        answers.append("paid")
        if answer_sudo._may_dispute(positions):
            answers.append("dispute")
        if answer_sudo._sum_promisable(scope, positions) > 0:
            answers.append("promise")
        if answer_sudo._get_offer_schedule(scope, positions):
            answers.append("offer")
        return answers

    def _prepare_dunning_statement_values(self, page, sortby, filterby, search):
        values = super()._prepare_dunning_statement_values(
            page, sortby, filterby, search
        )
        return {**values, "done": request.params.get("done")}
