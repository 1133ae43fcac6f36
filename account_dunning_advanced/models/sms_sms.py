from odoo import api, fields, models


class SmsSms(models.Model):
    _inherit = "sms.sms"

    dunning_contact_id = fields.Many2one(
        comodel_name="account.dunning.contact",
        string="Contact Record",
        index="btree_not_null",
        readonly=True,
        copy=False,
        help="What is kept of this message to a debtor.",
    )
    dunning_date_after = fields.Datetime(
        string="Not Before",
        readonly=True,
        copy=False,
        help="A contact rule has put the message off until then.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        messages._enter_dunning_gate()
        return messages

    def write(self, vals):
        result = super().write(vals)
        state = {
            "pending": "sent",
            "sent": "delivered",
            "error": "failed",
            "canceled": "cancelled",
        }.get(vals.get("state"))
        if state:
            self.sudo().dunning_contact_id._set_delivery(
                state, vals.get("failure_type") or ""
            )
        return result

    # === BUSINESS METHODS === #

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        """Send what the gate lets through at this moment; the rest waits."""
        ready = self._leave_dunning_gate()
        if not ready:
            return None
        return super(SmsSms, ready)._send(
            unlink_failed=unlink_failed,
            unlink_sent=unlink_sent,
            raise_exception=raise_exception,
        )

    def _get_dunning_records(self):
        """Return {message: record} of those that go to debtors."""
        Gate = self.env["account.dunning.gate"]
        gated = Gate._get_gated_models()
        records = {}
        for message in self.sudo().filtered("mail_message_id"):
            source = message.mail_message_id
            if source.model not in gated:
                continue
            record = self.env[source.model].sudo().browse(source.res_id).exists()
            partner = Gate._get_debtor_of(record) if record else None
            # a number without a partner is the debtor's, unless it is known better
            if partner and (
                not message.partner_id
                or message.partner_id.commercial_partner_id == partner
                or message.number in self._get_numbers(partner)
            ):
                records[message] = record
        return records

    @api.model
    def _get_numbers(self, partner):
        """Return the phone numbers of a debtor, as messages show them."""
        family = (
            self.env["res.partner"]
            .sudo()
            .search(
                [("commercial_partner_id", "=", partner.id), ("phone", "!=", False)]
            )
        )
        return {p._phone_format(fname="phone") or p.phone for p in family}

    def _enter_dunning_gate(self):
        """Judge messages to debtors as they are queued, and keep what goes out.

        :raise UserError: a person waits for it and a rule forbids it.
        """
        waiting = self.filtered(lambda message: message.state == "outgoing")
        self.env["account.dunning.gate"]._enter_queue(waiting, "sms")

    def _get_dunning_date_after(self):
        """Return the moment before which the message waits, if there is one."""
        self.ensure_one()
        return self.dunning_date_after

    def _prepare_dunning_contact(self, record, decision):
        """Return the values of the contact record of a message."""
        self.ensure_one()
        Gate = self.env["account.dunning.gate"]
        return Gate._prepare_contact(
            record,
            decision,
            "sms",
            recipient=self.number,
            template=Gate._get_template_name(),
            body_hash=Gate._hash(self.body),
            message_id=self.uuid,
            delivery_state="queued",
        )

    def _obey_dunning_gate(self, record, decision):
        """Put a message off, or cancel it."""
        self.ensure_one()
        if decision.state == "put_off":
            self.dunning_date_after = decision.until
            cron = self.env.ref("sms.ir_cron_sms_scheduler_action").sudo()
            cron._trigger(at=decision.until)
        else:
            self.action_set_canceled()
        self.env["account.dunning.gate"]._tell_decision(record, decision)

    def _is_dunning_notice(self):
        """Whether a notice goes by it; what is written by hand is made from nothing."""
        self.ensure_one()
        return self.mail_message_id.model == "account.dunning.notice" and bool(
            self.dunning_contact_id.template
        )

    def _take_back_dunning(self):
        """Cancel what does not hold any more."""
        self.action_set_canceled()

    def _divert_dunning_tests(self, records):
        """Send nothing where the company tries dunning out: to whom could it go?

        :param dict records: what messages are about.
        :return: those that may go to debtors.
        """
        tried = self.browse()
        for message, record in records.items():
            if record.sudo().company_id.dunning_test_email:
                tried |= message
                if isinstance(record, self.pool["mail.thread"]):
                    record.sudo()._message_log(
                        body=self.env._(
                            "[TEST] SMS to %(number)s, not sent: %(text)s",
                            number=message.number or "",
                            text=message.body or "",
                        )
                    )
        tried.sudo().action_set_canceled()
        return {m: record for m, record in records.items() if m not in tried}

    def _leave_dunning_gate(self):
        """Return the messages that may go out at this moment."""
        held = self.env["account.dunning.gate"]._hold_in_queue(self, "sms")
        return (self - self.browse(held.ids)).filtered(
            lambda message: message.sudo().state != "canceled"
        )
