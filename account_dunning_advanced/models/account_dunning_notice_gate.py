from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .account_dunning_gate import DECISIONS_KEY, Request


class AccountDunningNoticeGate(models.Model):
    """Delivering through the gate, channel by channel.

    What a rule puts off waits for its time, the other channels go; what a rule forbids
    is not sent by that channel, and the notice says why.
    """

    # a room of its own: the gate
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    delivery_after = fields.Datetime(
        string="Not Before",
        readonly=True,
        copy=False,
        help="A contact rule has put the delivery off until then.",
    )
    channel_states = fields.Json(
        readonly=True,
        copy=False,
        help="By channel: done, or refused by a contact rule.",
    )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"delivery_after", "channel_states"}

    # === BUSINESS METHODS === #

    @api.model
    def _get_delivery_channels(self):
        """Return {channel: the level's field that turns it on}, in order.

        For an addon to bring a channel, it must add it here, add the field to the
        level, say in ``account.dunning.assessment._get_channels()`` whom it reaches,
        and deliver in a method ``_deliver_<channel>()``.
        """
        return {"email": "channel_email", "letter": "channel_letter"}

    def _goes_by(self, channel):
        """Return whether the notice's level uses a channel that reaches the debtor."""
        self.ensure_one()
        if channel == "email":
            return self._goes_by_email()
        return bool(self._get_level_value(self._get_delivery_channels()[channel]))

    def _get_open_channels(self, preferred=None):
        """Return the channels by which the notice still is to go, preferred first."""
        self.ensure_one()
        settled = self.channel_states or {}
        channels = [
            channel
            for channel in self._get_delivery_channels()
            if channel not in settled and self._goes_by(channel)
        ]
        return sorted(channels, key=lambda channel: channel != preferred)

    def _get_debtors(self):
        """Return the debtor records; missing ones are left out."""
        return self.env["account.dunning.debtor"].search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ]
        )

    def _get_gate_request(self, channel, counted=False):
        self.ensure_one()
        return Request(
            company=self.company_id,
            partner=self.partner_id,
            channel=channel,
            policy=self.level_id.policy_id,
            counted=counted,
        )

    def _deliver_channels(self):
        """Deliver through each channel that the gate lets through now."""
        decisions = self._pass_gate()
        through = defaultdict(dict)
        for (notice, channel), decision in decisions.items():
            if decision.allowed:
                through[channel][notice.id] = decision
        held = self.browse(notice.id for notice, _channel in decisions)
        for passed in through.values():
            held -= self.browse(passed)
        (self - held)._render_letters()
        for channel, passed in through.items():
            notices = self.browse(passed).with_context(
                **{
                    DECISIONS_KEY: {
                        (self._name, id_): decision for id_, decision in passed.items()
                    }
                }
            )
            getattr(notices, f"_deliver_{channel}")()
        self._close_delivery(decisions)

    def _pass_gate(self):
        """Return {(notice, channel): decision} for all that is still to go."""
        todo = self._get_todo()
        decisions = self.env["account.dunning.gate"]._judge(
            [notice._get_gate_request(channel) for notice, channel in todo]
        )
        return dict(zip(todo, decisions, strict=True))

    def _get_todo(self):
        """Return (notice, channel) of all that is still to go, set-based."""
        preferred = {
            (debtor.partner_id, debtor.company_id): debtor.preferred_channel
            for debtor in self._get_debtors()
        }
        return [
            (notice, channel)
            for notice in self
            for channel in notice._get_open_channels(
                preferred.get((notice.partner_id, notice.company_id))
            )
        ]

    def _close_delivery(self, decisions):
        """Write what became of the delivery."""
        by_notice = defaultdict(dict)
        for (notice, channel), decision in decisions.items():
            by_notice[notice][channel] = decision
        refused = self.browse()
        for notice in self:
            vals = notice._prepare_delivery_vals(by_notice[notice])
            if vals["delivery_state"] == "skipped":
                refused |= notice
            notice._unguarded().write(vals)
        refused._undo_refused()
        waiting = self.filtered("delivery_after")
        if waiting:
            cron = self.env.ref("account_dunning_advanced.ir_cron_deliver").sudo()
            cron._trigger(at=sorted(set(waiting.mapped("delivery_after"))))

    def _prepare_delivery_vals(self, decisions):
        """Return the state of the delivery.

        :param dict decisions: what the gate said, by channel.
        """
        self.ensure_one()
        states = dict(self.channel_states or {})
        states.update(
            (channel, "done" if decision.allowed else "refused")
            for channel, decision in decisions.items()
            if decision.state != "put_off"
        )
        put_off = [d for d in decisions.values() if d.state == "put_off"]
        reasons = [d.reason for d in decisions.values() if not d.allowed]
        if put_off:
            state = "pending"
        elif states and "done" not in states.values():
            state = "skipped"
        else:
            state = "done"
        vals = {
            "channel_states": states or False,
            "delivery_state": state,
            "delivery_after": min((d.until for d in put_off), default=False),
        }
        if reasons:
            vals["delivery_note"] = "\n".join(dict.fromkeys(reasons))
        elif self.delivery_after and state == "done":
            vals["delivery_note"] = False
        if states.get("letter") == "refused":
            vals["needs_print"] = False
        return vals

    def _undo_refused(self):
        """Charge nothing for notices that may not be sent, and have a person look."""
        for notice in self:
            try:
                with self.env.cr.savepoint():
                    notice._reverse_charges(self.env._("The notice could not be sent."))
            except UserError as error:
                # closed books must not stop the delivery to the others
                notice._unguarded().delivery_note = f"{notice.delivery_note} {error}"
            notice.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=notice.user_id.id or self.env.uid,
                summary=self.env._("Not sent: %s", notice.delivery_note),
            )

    @api.model
    def _get_waiting_domain(self):
        """Return the notices whose delivery is due."""
        return (
            Domain("state", "=", "issued")
            & Domain("delivery_state", "=", "pending")
            & Domain("run_id.delivery_hold", "=", False)
            & (
                Domain("delivery_after", "=", False)
                | Domain("delivery_after", "<=", fields.Datetime.now())
            )
        )

    # === BUSINESS METHODS - CHANNELS === #

    def _deliver_email(self):
        self._queue_emails()

    def _deliver_letter(self):
        """Keep the contact; the letter waits for the printer."""
        decisions = self.env.context[DECISIONS_KEY]
        self._keep_letter_contacts(
            {notice.id: decisions[notice._name, notice.id] for notice in self}
        )

    def _get_address_line(self):
        """Return the postal address of who is written to, in one line."""
        self.ensure_one()
        lines = self.recipient_id._display_address().splitlines()
        return ", ".join(line.strip() for line in lines if line.strip())
