from odoo import models


class AccountDunningNoticeReply(models.Model):
    """What comes back on a notice."""

    # a room of its own: replies
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    def _message_receive_bounce(self, email, partner):
        """Mark what came back, and have a person mend the address."""
        result = super()._message_receive_bounce(email, partner)
        for notice in self:
            notice._mark_bounced(email, self.env._("Reported by the mail server"))
        return result

    def _mark_bounced(self, address, proof):
        """Mark that a notice's mail came back.

        :param str address: as far as it is known.
        :param str proof: what was reported.
        """
        self.ensure_one()
        self.contact_ids.filtered(
            lambda contact: (
                contact.channel == "email"
                and contact.direction == "out"
                and contact.delivery_state != "bounced"
            )
        )._set_delivery("bounced", f"{address or ''} {proof}".strip())
        notice_sudo = self.sudo()
        notice_sudo._unguarded().delivery_note = self.env._(
            "The e-mail came back: %s", address or self.recipient_id.email or ""
        )
        notice_sudo._set_mail_state("bounced")
        notice_sudo._ask_for_address(
            self.env._(
                "E-mail to %(email)s came back",
                email=address or self.recipient_id.email or "",
            )
        )
        notice_sudo._fall_back()
        notice_sudo.run_id._stop_on_bounces()
