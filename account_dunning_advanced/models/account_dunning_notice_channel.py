from odoo import api, fields, models
from odoo.exceptions import UserError

from .account_dunning_gate import DECISIONS_KEY
from .account_dunning_gate_queue import TemplateName

#: The kinds of tasks by the channels that a person uses.
TASK_TYPES = {
    "call": "mail.mail_activity_data_call",
    "visit": "account_dunning_advanced.mail_activity_type_visit",
}

#: Channels that may take the place of an e-mail that cannot be delivered.
FALLBACKS = ("letter", "sms", "call")


class AccountDunningNoticeChannel(models.Model):
    """Delivering by message, call and visit."""

    # a room of its own: channels
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    # === ACTION METHODS === #

    def action_call(self):
        """Note a call about the notice, with the level's script."""
        self.ensure_one()
        return self.env["account.dunning.call"]._open(self, "call")

    def action_visit(self):
        """Note a visit about the notice, with the level's script."""
        self.ensure_one()
        return self.env["account.dunning.call"]._open(self, "visit")

    # === BUSINESS METHODS === #

    @api.model
    def _get_delivery_channels(self):
        return {
            **super()._get_delivery_channels(),
            "sms": "channel_sms",
            "call": "channel_call",
            "visit": "channel_visit",
        }

    def _goes_by(self, channel):
        if channel in ("sms", "call") and not self._get_phone():
            return False
        return super()._goes_by(channel) or self._falls_back_on(channel)

    def _falls_back_on(self, channel):
        """Return whether the notice goes by a channel because its e-mail cannot."""
        self.ensure_one()
        return (
            channel in FALLBACKS
            and self.mail_state in ("no_address", "bounced")
            and bool(self._get_level_value(f"fallback_{channel}"))
        )

    def _fall_back(self):
        """Deliver by the next channel of the level what came back by e-mail."""
        waiting = self.filtered(
            lambda notice: (
                notice.state == "issued"
                and notice.delivery_state == "done"
                and any(
                    notice._falls_back_on(channel)
                    for channel in notice._get_open_channels()
                )
            )
        )
        waiting._unguarded().write({"delivery_state": "pending"})
        if waiting:
            self.env.ref("account_dunning_advanced.ir_cron_deliver").sudo()._trigger()

    def _deliver_letter(self):
        fallen = self.filtered(lambda notice: notice._falls_back_on("letter"))
        fallen._unguarded().needs_print = True
        return super()._deliver_letter()

    @api.model
    def _get_task_channels(self):
        """Return the channels by which a person is to do it: no contact yet."""
        return ("call", "visit")

    def _pass_gate(self):
        """Let tasks through whose time has not come: they are put on a later day."""
        decisions = super()._pass_gate()
        return {
            (notice, channel): decision.as_task()
            if channel in self._get_task_channels()
            else decision
            for (notice, channel), decision in decisions.items()
        }

    def _get_phone(self):
        """Return the number to call: who is written to, else the customer."""
        self.ensure_one()
        return self.recipient_id.phone or self.partner_id.phone

    def _deliver_sms(self):
        """Queue one message a notice.

        :raise UserError: the level has no template.
        """
        for notice in self:
            template = notice.level_id.sms_template_id
            if not template:
                raise UserError(
                    self.env._(
                        "Level “%(level)s” has no SMS template.",
                        level=notice.level_id.name,
                    )
                )
            reached = notice.recipient_id.filtered("phone") or notice.partner_id
            # rendering the template is not a collector's right
            named = notice.sudo().with_context(
                dunning_template_name=TemplateName(template.sudo().name)
            )
            named._message_sms_with_template(
                template=template, partner_ids=reached.ids, put_in_queue=True
            )

    def _deliver_call(self):
        self._schedule_task("call")

    def _deliver_visit(self):
        self._schedule_task("visit")

    def _schedule_task(self, channel):
        """Give the contact persons the task, for the day that the gate allows."""
        decisions = self.env.context[DECISIONS_KEY]
        for notice in self:
            company = notice.company_id
            until = decisions[notice._name, notice.id].until
            notice.activity_schedule(
                TASK_TYPES[channel],
                fields.Date.context_today(company, until)
                if until
                else company._dunning_today(),
                user_id=(notice.user_id or self.env.user).id,
                summary=notice._get_task_summary(channel),
                note=notice.with_context(lang=self.env.user.lang)._get_level_value(
                    "call_script"
                ),
            )

    def _stop_mails(self):
        """Take messages and tasks back with the mails."""
        result = super()._stop_mails()
        # the queue is not the collector's to write, nor are others' tasks
        self.env["sms.sms"].sudo().search(
            [
                ("mail_message_id.model", "=", self._name),
                ("mail_message_id.res_id", "in", self.ids),
                ("state", "=", "outgoing"),
            ]
        ).action_set_canceled()
        self.sudo().activity_unlink([*TASK_TYPES.values()])
        return result

    def _get_task_summary(self, channel):
        self.ensure_one()
        values = {
            "customer": self.partner_id.name,
            "amount": self.currency_id.format(self.amount_total),
        }
        if channel == "call":
            return self.env._("Call %(customer)s about %(amount)s", **values)
        return self.env._("Visit %(customer)s about %(amount)s", **values)
