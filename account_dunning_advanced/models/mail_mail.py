from odoo import api, models


class MailMail(models.Model):
    """Tells notices what became of their e-mails."""

    _inherit = "mail.mail"

    @api.model_create_multi
    def create(self, vals_list):
        mails = super().create(vals_list)
        mails._get_dunning_notices()._set_mail_state("queued")
        return mails

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # before mails that are not kept are deleted
        notices = self._get_dunning_notices()
        notices._set_mail_state("failed" if failure_type else "sent")
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )

    def _get_dunning_notices(self):
        """Return the notices whose own e-mail this is, not what is said about them."""
        notices = self.env["account.dunning.notice"]
        own = self.filtered(
            lambda mail: mail.model == notices._name and not mail.is_notification
        )
        return notices.browse(own.mapped("res_id")).exists()
