from odoo import http
from odoo.http import Controller, request

#: So many wrong codes an address may enter in so many minutes.
ATTEMPTS = 10
MINUTES = 15


class AccountDunningVerify(Controller):
    """Whether a letter is genuine: for whoever holds it, and nothing more."""

    @http.route(
        "/dunning/verify",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def dunning_verify(self, **kw):
        """Ask for number and code of a letter, and say what ours says.

        A wrong number is answered like a wrong code.
        """
        # texts alone: a file may be sent by any name
        sent = request.httprequest.values
        number, code = sent.get("number"), sent.get("code")
        values = {
            "number": number,
            "code": code,
            "result": None,
            "html_data": {"lang": request.env.lang.replace("_", "-")},
        }
        status = 200
        if request.httprequest.method == "POST":
            values["result"], values["letter"] = self._check_letter(number, code)
            status = 429 if values["result"] == "too_often" else 200
        response = request.render(
            "account_dunning_portal.dunning_verify", values, status=status
        )
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def _check_letter(self, number, code):
        """Return what is to be said, and the values of our letter or None."""
        Attempt = request.env["account.dunning.attempt"]
        address = Attempt._get_network(request.httprequest.remote_addr)
        if Attempt._is_exhausted("verify", address, ATTEMPTS, MINUTES):
            return "too_often", None
        notice_sudo = request.env["account.dunning.notice"]._verify(number, code)
        if not notice_sudo:
            Attempt._count("verify", address)
            return "unknown", None
        if notice_sudo.state == "reversed":
            return "withdrawn", self._prepare_letter(notice_sudo)
        return "genuine", self._prepare_letter(notice_sudo)

    def _prepare_letter(self, notice_sudo):
        """Return what is ours of the letter: neither the debtor nor the items."""
        bank_account = notice_sudo._get_bank_account()
        return {
            "number": notice_sudo.name,
            "date": notice_sudo.date,
            "amount": notice_sudo.amount_total,
            "currency": notice_sudo.currency_id,
            "company": notice_sudo.company_id.name,
            "account": bank_account.acc_number,
        }
