from odoo import models


class AccountDunningNoticePost(models.Model):
    """Letters that a service posts, where the addon for that is installed.

    The service gets the very letter that is kept with the notice. It queues and sends
    by itself, and shows on the notice what became of it.
    """

    # a room of its own: the post
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    def _deliver_letter(self):
        result = super()._deliver_letter()
        if self._has_post():
            self.filtered(lambda notice: notice._goes_by_post())._hand_to_post()
        return result

    def _has_post(self):
        """Return whether letters can be handed to somebody who posts them.

        For an addon to bring a service of its own, it must override this method and
        :meth:`_hand_to_post`.
        """
        return "snailmail.letter" in self.env

    def _goes_by_post(self):
        self.ensure_one()
        return bool(
            self.level_id.policy_id.letter_post
            and self.attachment_id
            # what is tried out goes to nobody's door
            and not self.sudo().company_id.dunning_test_email
        )

    def _hand_to_post(self):
        """Queue the letters with the service; nobody has to print them."""
        # the queue is the service's own; who delivers needs no rights on it
        letters_sudo = self.env["snailmail.letter"].sudo()
        letters_sudo.create([notice._prepare_posted_letter() for notice in self])
        self._unguarded().needs_print = False

    def _stop_mails(self):
        """Take back what the service has not sent yet."""
        result = super()._stop_mails()
        if self._has_post():
            self.env["snailmail.letter"].sudo().search(
                [
                    ("model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("state", "in", ("pending", "error")),
                ]
            ).cancel()
        return result

    def _prepare_posted_letter(self):
        """Return the values of a letter of Odoo's service."""
        self.ensure_one()
        return {
            "model": self._name,
            "res_id": self.id,
            "partner_id": self.recipient_id.id,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id or self.env.uid,
            "attachment_id": self.attachment_id.id,
        }
