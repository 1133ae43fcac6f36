from odoo import api, models

from .account_dunning_gate import RAISE_KEY

# Where the headers of an incoming mail are kept while it is routed.
HEADERS_KEY = "account_dunning_reply_headers"


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _notify_thread_by_email(self, message, recipients_data, **kwargs):
        """Tell a person who writes to a debtor by hand when a rule forbids it."""
        return super(MailThread, self._raise_at_dunning_gate())._notify_thread_by_email(
            message, recipients_data, **kwargs
        )

    def _notify_thread_by_sms(self, message, recipients_data, **kwargs):
        return super(MailThread, self._raise_at_dunning_gate())._notify_thread_by_sms(
            message, recipients_data, **kwargs
        )

    def _raise_at_dunning_gate(self):
        """Return the records so that what is forbidden is refused aloud.

        Not where the system itself writes: a job must not fail over one message.
        """
        gated = self.env["account.dunning.gate"]._get_gated_models()
        if self._name not in gated or self.env.su or self.env.user._is_superuser():
            return self
        return self.with_context(**{RAISE_KEY: True})

    # === INCOMING MAILS === #

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Keep the headers in reach: they say whether a machine wrote the mail."""
        headers = {name.lower(): str(value) for name, value in message.items()}
        return super(
            MailThread, self.with_context(**{HEADERS_KEY: headers})
        )._message_route_process(message, message_dict, routes)

    def message_update(self, msg_dict, update_vals=None):
        """Sort what comes in on a record about a debtor."""
        result = super().message_update(msg_dict, update_vals=update_vals)
        if self._name in self.env["account.dunning.gate"]._get_gated_models():
            headers = self.env.context.get(HEADERS_KEY) or {}
            for record in self:
                self.env["account.dunning.reply"]._receive(record, msg_dict, headers)
        return result
