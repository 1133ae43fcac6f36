from odoo import fields, models


class MailMailOnce(models.Model):
    """A mail to a debtor goes out once, even if the server dies while it is sent.

    What was handed to a mail server cannot be taken back with the transaction. So the
    queue notes, for good, that it begins to send a mail; where it finds such a note on
    a mail that still waits, nobody knows whether that went out, and a person looks.
    """

    # a room of its own: what happens when sending is interrupted
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "mail.mail"

    dunning_is_sending = fields.Boolean(
        string="Being Sent",
        readonly=True,
        copy=False,
        help="The queue has begun to send this e-mail to a debtor.",
    )

    def write(self, vals):
        # whatever becomes of it, sending is over; rolled back where the server dies
        if "state" in vals and self.filtered("dunning_is_sending"):
            vals = {**vals, "dunning_is_sending": False}
        return super().write(vals)

    # === MAIL METHODS === #

    def _send(self, auto_commit=False, **kwargs):
        """Send; what may have gone out already is left to a person."""
        if auto_commit is not True:
            return super()._send(auto_commit=auto_commit, **kwargs)
        to_debtors = self.filtered(
            lambda mail: mail.dunning_contact_id and mail.state == "outgoing"
        )
        super(MailMailOnce, self - to_debtors)._send(auto_commit=True, **kwargs)
        for mail in to_debtors - to_debtors._stop_interrupted():
            mail._begin_dunning_send()
            super(MailMailOnce, mail)._send(auto_commit=True, **kwargs)
        return True

    # === BUSINESS METHODS === #

    def _begin_dunning_send(self):
        self.dunning_is_sending = True
        # the note has to outlive this process; the queue commits mail by mail as well
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _stop_interrupted(self):
        """Return the mails whose sending had begun before; they are not sent again.

        One that another worker is sending at this moment is locked, and left to it.
        """
        begun = self.filtered("dunning_is_sending")
        interrupted = begun.try_lock_for_update()
        reason = self.env._(
            "The server stopped while this e-mail was being sent. It may have gone out:"
            " ask the customer, or look at the mail server, before it is sent again."
        )
        for mail in interrupted:
            mail.write(
                {
                    "state": "exception",
                    "failure_type": "unknown",
                    "failure_reason": reason,
                }
            )
            mail._postprocess_sent_message(
                [], [], failure_reason=reason, failure_type="unknown"
            )
            for notice in mail._get_dunning_notices():
                notice.activity_schedule(
                    "mail.mail_activity_data_warning",
                    user_id=(notice.user_id or notice.create_uid).id,
                    summary=self.env._("Did this e-mail go out?"),
                    note=reason,
                )
        return begun
