import re
from datetime import timedelta

from odoo import fields, models
from odoo.tools import consteq, hmac

#: When it expires, in hexadecimal seconds, and the signature.
TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{40}")
DEFAULT_DAYS = 90


class AccountDunningNoticeLink(models.Model):
    """Links that open one notice without login: signed, for a time, to be revoked.

    They stand nowhere in the database, so no reader of it has the key to a page.
    """

    # a room of its own: the key to the page
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    link_version = fields.Integer(
        readonly=True,
        copy=False,
        help="Links were revoked so often; those of earlier versions open nothing.",
    )

    # === CRUD METHODS === #

    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"link_version", "access_token"}

    # === ACTION METHODS === #

    def action_revoke_links(self):
        """Make all links to the notices worthless that were given out so far."""
        self.check_access("write")
        for notice in self:
            notice._unguarded().link_version = notice.link_version + 1
            notice.message_post(body=self.env._("The links to it have been revoked."))

    # === BUSINESS METHODS === #

    def _portal_ensure_token(self):
        """Return a token that opens the notice for the days that its policy gives."""
        self.ensure_one()
        days = self.sudo().level_id.policy_id.portal_link_days or DEFAULT_DAYS
        expiry = fields.Datetime.now() + timedelta(days=days)
        return self._sign_link(f"{int(expiry.timestamp()):08x}")

    def _sign_link(self, expiry):
        """Return the token that expires then.

        :param str expiry: seconds since 1970, eight hexadecimal figures.
        """
        self.ensure_one()
        message = (self.id, self.sudo().link_version, expiry)
        signature = hmac(self.env(su=True), "account_dunning_portal-link", message)
        return f"{expiry}-{signature[:40]}"

    def _is_link_valid(self, token):
        """Return whether a token opens the notice now."""
        self.ensure_one()
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            return False
        expiry = token[:8]
        is_ours = consteq(self._sign_link(expiry), token)
        return is_ours and int(expiry, 16) > fields.Datetime.now().timestamp()

    def _log_visit(self, user):
        """Keep in the contact record that the customer looked, once a day a reader.

        Whose data may not be used may look at it, and is not watched at it.
        """
        self.ensure_one()
        Debtor = self.env["account.dunning.debtor"]
        if self.partner_id.id in Debtor._get_restricted_ids(self.company_id):
            return
        Attempt = self.env["account.dunning.attempt"]
        key = (self.id, user.id)
        if Attempt._is_exhausted("visit", key, 1, 24 * 60):
            return
        Attempt._count("visit", key)
        Answer = self.env["account.dunning.answer"]
        scope = Answer._make_scope(
            self.partner_id, self.company_id, self.currency_id, [], self, user
        )
        Answer._log(scope, "reached", self.env._("Opened the notice in the portal"))
