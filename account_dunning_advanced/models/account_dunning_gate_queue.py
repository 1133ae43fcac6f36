import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize_all, format_datetime

from .account_dunning_gate import DECISIONS_KEY, RAISE_KEY, UNMADE, Decision, Request

# States of contacts that were not made, or not yet.
UNSENT_CONTACTS = ("queued", *UNMADE)


class TemplateName(str):
    """What a text was made from; no RPC call can send one."""

    __slots__ = ()


class AccountDunningGateQueue(models.AbstractModel):
    """What passes the gate by a queue of Odoo's: mails and messages.

    Whatever made them (a notice, a template, the chatter, another addon) they are
    judged when they enter the queue and once more when they leave it, for a queue may
    stand still over night.
    """

    # a room of its own: queues
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.gate"

    # === BUSINESS METHODS - ENTERING === #

    @api.model
    def _get_request(self, record, channel, moment=None, counted=False):
        """Return the request for a contact about a record of a gated model."""
        is_notice = record._name == "account.dunning.notice"
        return Request(
            company=record.sudo().company_id,
            partner=self._get_debtor_of(record),
            channel=channel,
            policy=record.sudo().level_id.policy_id if is_notice else None,
            moment=moment,
            counted=counted,
        )

    @api.model
    def _decide_queued(self, entries, channel):
        """Return the decisions on what enters a queue.

        :param entries: list of (record, moment or None); a decision that was taken
            right before, in this transaction, stands.
        """
        given = self.env.context.get(DECISIONS_KEY)
        given = given if isinstance(given, dict) else {}
        decisions = [given.get((record._name, record.id)) for record, _m in entries]
        open_numbers = [
            number
            for number, decision in enumerate(decisions)
            # nothing that came by RPC is one
            if not isinstance(decision, Decision)
        ]
        judged = self._judge(
            [
                self._get_request(entries[number][0], channel, entries[number][1])
                for number in open_numbers
            ]
        )
        for number, decision in zip(open_numbers, judged, strict=True):
            decisions[number] = decision
        return decisions

    @api.model
    def _enter_queue(self, queue, channel):
        """Judge what enters a queue, and keep a contact record of what will go out.

        :param queue: mails or messages, with ``_get_dunning_records()``,
            ``_get_dunning_date_after()``, ``_obey_dunning_gate()`` and
            ``_prepare_dunning_contact()``.
        :raise UserError: a person waits for it and a rule forbids it.
        """
        records = queue._divert_dunning_tests(queue._get_dunning_records())
        if not records:
            return
        decisions = self._decide_queued(
            [(record, q._get_dunning_date_after()) for q, record in records.items()],
            channel,
        )
        self._raise_if_asked(decisions)
        kept, vals_list = [], []
        for (queued, record), decision in zip(records.items(), decisions, strict=True):
            if not decision.allowed:
                queued._obey_dunning_gate(record, decision)
            known = queued.sudo().dunning_contact_id
            if decision.state == "forbidden":
                continue
            if known.delivery_state in UNSENT_CONTACTS:
                # cancelled or failed before, and tried again
                known._set_delivery("queued")
            else:
                kept.append(queued)
                vals_list.append(queued._prepare_dunning_contact(record, decision))
        # whoever writes to a debtor need not be allowed to note contacts
        contacts_sudo = self.env["account.dunning.contact"].sudo().create(vals_list)
        for queued, contact in zip(kept, contacts_sudo, strict=True):
            queued.dunning_contact_id = contact

    @api.model
    def _hold_in_queue(self, queue, channel):
        """Return what of a queue may not go out at this moment.

        Limits on numbers were looked at when it was queued; a manager's leave was
        given then.
        """
        records = queue._divert_dunning_tests(queue._get_dunning_records())
        held = self._stop_settled(queue, records)
        records = {q: record for q, record in records.items() if q not in held}
        if not records:
            return held
        now = fields.Datetime.now()
        judged = []
        for queued, record in records.items():
            date_after = queued._get_dunning_date_after()
            if date_after and date_after > now:
                held |= queued
            elif not queued.dunning_contact_id.override_reason:
                judged.append((queued, record))
        decisions = self._judge(
            [self._get_request(record, channel, counted=True) for _q, record in judged]
        )
        for (queued, record), decision in zip(judged, decisions, strict=True):
            if not decision.allowed:
                held |= queued
                queued._obey_dunning_gate(record, decision)
        return held

    @api.model
    def _stop_settled(self, queue, records):
        """Take back what no longer holds since it was queued, a moment or days ago.

        A notice of which nothing is left to ask for is not sent; one of which less is
        left is delivered anew, with the letter of today.

        :param dict records: what the queue's mails and messages are about.
        :return: those that do not go out.
        """
        own = {
            queued: record
            for queued, record in records.items()
            if queued.sudo()._is_dunning_notice()
        }
        notices = self.env["account.dunning.notice"].union(*own.values())
        stale = notices.sudo()._recheck_in_queue()
        stopped = queue.browse(q.id for q, notice in own.items() if notice in stale)
        stopped.sudo()._take_back_dunning()
        stale._deliver_anew()
        return stopped

    @api.model
    def _raise_if_asked(self, decisions):
        """:raise UserError: somebody waits for it, and it may not go out at all."""
        if not self.env.context.get(RAISE_KEY):
            return
        for decision in decisions:
            if decision.state == "forbidden":
                raise UserError(self._get_refusal(decision))

    @api.model
    def _tell_decision(self, record, decision):
        """Note on a record that its message waits, or why it does not go out."""
        if not isinstance(record, self.pool["mail.thread"]):
            return
        if decision.state == "put_off":
            body = self.env._(
                "The message to the customer goes out at %(moment)s. %(reason)s",
                moment=format_datetime(self.env, decision.until),
                reason=decision.reason,
            )
        else:
            body = self.env._(
                "The message to the customer was not sent. %(reason)s",
                reason=decision.reason,
            )
        record.sudo()._message_log(body=body)

    @api.model
    def _prepare_contact(self, record, decision, channel, **values):
        """Return the values of the contact record of what goes out."""
        is_notice = record._name == "account.dunning.notice"
        return {
            "company_id": record.sudo().company_id.id,
            "partner_id": self._get_debtor_of(record).id,
            "date": decision.until or fields.Datetime.now(),
            "direction": "out",
            "channel": channel,
            "outcome": "sent",
            "notice_id": record.id if is_notice else False,
            "user_id": self._get_sender(record).id,
            "by_hand": False,
            "decision": decision.reason,
            "override_reason": decision.override_reason,
            **values,
        }

    @api.model
    def _get_template_name(self):
        """Return what the text at hand was made from, or False for one by hand."""
        name = self.env.context.get("dunning_template_name")
        return str(name) if isinstance(name, TemplateName) else False

    @api.model
    def _get_sender(self, record):
        """Return who has the system write: the user, or by a job whose debtor it is."""
        user = self.env.user
        if user._is_superuser() and "user_id" in record._fields:
            return record.sudo().user_id or user
        return user

    @api.model
    def _hash(self, content):
        """Return the SHA-256 of a text or bytes."""
        content = content or ""
        content = content if isinstance(content, bytes) else str(content).encode()
        return hashlib.sha256(content).hexdigest()

    @api.model
    def _hash_attachments(self, attachments):
        """Return a line for each attachment: its name and hash."""
        return "\n".join(
            f"{attachment.name} {self._hash(attachment.raw or b'')}"
            for attachment in attachments
        )

    # === BUSINESS METHODS - WHO IS WRITTEN TO === #

    @api.model
    def _is_about_dunning(self, model):
        """Whether texts on records of a model are dunning, whoever they are about."""
        return (model or "").startswith(("account.dunning.", "account.legal."))

    @api.model
    def _find_debtor_row(self, record, recipients):
        """Return the debtor who is written to from a record that is about many.

        From a run or a policy nobody is dunned, but somebody may be written to.
        """
        company = record.sudo()[:1].company_id or self.env.company
        return (
            self.env["account.dunning.debtor"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", recipients.sudo().commercial_partner_id.ids),
                    ("company_id", "=", company.id),
                ],
                limit=1,
            )
        )

    @api.model
    def _reaches_debtor(self, partner, recipients, emails=""):
        """Return whether somebody of the debtor's is among the recipients.

        Colleagues and third parties, a lawyer for one, are none of the gate's
        business. An address that belongs to none of one's own users is taken for the
        debtor's.
        """
        recipients = recipients.sudo()
        if any(r.commercial_partner_id == partner for r in recipients):
            return True
        # a second record with the debtor's address is the debtor
        others = set(recipients.mapped("email_normalized")) - {False}
        if others and recipients.search_count(
            [
                ("commercial_partner_id", "=", partner.id),
                ("email_normalized", "in", list(others)),
            ],
            limit=1,
        ):
            return True
        addresses = set(email_normalize_all(emails or ""))
        if not addresses:
            return False
        users = (
            self.env["res.users"]
            .sudo()
            .search(
                [("share", "=", False), ("email_normalized", "in", list(addresses))]
            )
        )
        return bool(addresses - set(users.mapped("email_normalized")))
