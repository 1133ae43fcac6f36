from odoo import models

#: States of a notice that its debtor may look at: issued ones, and of those that
#: were taken back only that they were.
PORTAL_STATES = ("issued", "reversed")


class AccountDunningNotice(models.Model):
    """Gives notices a page in the portal and a link that opens it without login.

    Portal users get no rights on the model: what they may see is looked up by the
    controller, so that nothing of a notice can be read through RPC.
    """

    _name = "account.dunning.notice"
    _inherit = ["account.dunning.notice", "portal.mixin"]

    # === COMPUTE METHODS === #

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for notice in self:
            notice.access_url = f"/my/dunning/notice/{notice.id}"
        return result

    # === ACTION METHODS === #

    def action_preview(self):
        """Open the page that the customer sees."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "target": "self",
            "url": self.get_portal_url(),
        }

    # === BUSINESS METHODS === #

    def _is_portal_visible(self):
        """Say whether the debtor may know of the notice at all."""
        self.ensure_one()
        return self.state in PORTAL_STATES

    def _get_portal_link(self):
        """Return the page's address, with the token that opens it without login."""
        self.ensure_one()
        if self.state != "issued":
            return super()._get_portal_link()
        # letters are written by whoever may deliver; the token is the system's
        return self.get_base_url() + self.sudo().get_portal_url()

    def _get_letter_content(self):
        """Return the letter as bytes, written now if that has not been done yet."""
        self.ensure_one()
        self._render_letters()
        return self.attachment_id.raw
