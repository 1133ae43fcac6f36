from dataclasses import dataclass

from odoo import api, models

from ..engine import reply as engine
from .account_dunning_gate import RAISE_KEY

# Where an incoming mail is kept while it is routed.
INCOMING_KEY = "account_dunning_incoming_mail"


@dataclass(frozen=True)
class Incoming:
    """A mail that the gateway has just taken in; no RPC call can send one."""

    #: By names in lower case: they say whether a machine wrote the mail.
    headers: dict


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
        """Keep the headers in reach, and that it was the gateway that took it in."""
        headers = {name.lower(): str(value) for name, value in message.items()}
        return super(
            MailThread, self.with_context(**{INCOMING_KEY: Incoming(headers)})
        )._message_route_process(message, message_dict, routes)

    def message_update(self, msg_dict, update_vals=None):
        """Sort what comes in on a record about a debtor.

        Only what came by mail: everybody may call this method from outside.
        """
        result = super().message_update(msg_dict, update_vals=update_vals)
        incoming = self.env.context.get(INCOMING_KEY)
        gated = self.env["account.dunning.gate"]._get_gated_models()
        if isinstance(incoming, Incoming) and self._name in gated:
            for record in self:
                self.env["account.dunning.reply"]._receive(
                    record, msg_dict, incoming.headers
                )
        return result

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """A report that a mail to a debtor is late, or has arrived, is no bounce."""
        original = message_dict["bounced_message"]
        actions = engine.read_report(email_message)
        gated = self.env["account.dunning.gate"]._get_gated_models()
        if original.model in gated and actions and "failed" not in actions:
            self.env["account.dunning.contact"]._note_report(
                original.message_id, actions
            )
            return None
        return super()._routing_handle_bounce(email_message, message_dict)
