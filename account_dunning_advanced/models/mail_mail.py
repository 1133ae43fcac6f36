from odoo import api, fields, models
from odoo.fields import Command

# Mails of the queue that have not gone out.
UNSENT = ("outgoing", "exception")


class MailMail(models.Model):
    """What goes to debtors passes the gate, and notices learn what became of it."""

    _inherit = "mail.mail"

    dunning_contact_id = fields.Many2one(
        comodel_name="account.dunning.contact",
        string="Contact Record",
        index="btree_not_null",
        readonly=True,
        copy=False,
        help="What is kept of this mail to a debtor.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        mails = super().create(vals_list)
        mails._enter_dunning_gate()
        queued = mails.filtered(lambda mail: mail.state == "outgoing")
        queued._get_dunning_notices()._set_mail_state("queued")
        return mails

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "cancel":
            self._close_dunning_contacts("cancelled")
            self._get_dunning_notices()._set_mail_state("cancelled")
        elif vals.get("state") == "outgoing":
            # what was cancelled or failed is tried again, by the rules of now
            self._enter_dunning_gate()
            queued = self.filtered(lambda mail: mail.state == "outgoing")
            queued._get_dunning_notices()._set_mail_state("queued")
        return result

    def unlink(self):
        unsent = self.filtered(lambda mail: mail.state in UNSENT)
        unsent._close_dunning_contacts("cancelled")
        unsent._get_dunning_notices()._set_mail_state("cancelled")
        return super().unlink()

    def _close_dunning_contacts(self, state):
        contacts_sudo = self.sudo().dunning_contact_id.filtered(
            lambda contact: contact.delivery_state == "queued"
        )
        contacts_sudo._set_delivery(state)

    # === MAIL METHODS === #

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Send what the gate lets through at this moment; the rest waits."""
        return super(MailMail, self._leave_dunning_gate()).send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # before core deletes what was sent
        for mail in self.sudo().filtered("dunning_contact_id"):
            mail.dunning_contact_id._set_delivery(
                "failed" if failure_type else "sent",
                failure_reason or failure_type or mail.message_id,
            )
        notices = self._get_dunning_notices()
        notices._set_mail_state("failed" if failure_type else "sent")
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )

    # === BUSINESS METHODS === #

    def _get_dunning_notices(self):
        """Return the notices whose own e-mail this is, not what is said about them."""
        notices = self.env["account.dunning.notice"]
        own = self.filtered(
            lambda mail: mail.model == notices._name and not mail.is_notification
        )
        return notices.browse(own.mapped("res_id")).exists()

    def _get_dunning_records(self):
        """Return {mail: record} of those that go to debtors."""
        Gate = self.env["account.dunning.gate"]
        gated = Gate._get_gated_models()
        records = {}
        for model, mails in self.sudo().grouped("model").items():
            if model not in gated:
                if Gate._is_about_dunning(model):
                    records.update(mails._find_debtor_rows())
                continue
            found = self.env[model].sudo().browse(mails.mapped("res_id")).exists()
            by_id = dict(zip(found.ids, found, strict=True))
            for mail in mails.filtered(lambda mail, by_id=by_id: mail.res_id in by_id):
                record = by_id[mail.res_id]
                partner = Gate._get_debtor_of(record)
                addresses = ",".join(filter(None, (mail.email_to, mail.email_cc)))
                if Gate._reaches_debtor(partner, mail.recipient_ids, addresses):
                    records[mail] = record
        return records

    def _find_debtor_rows(self):
        """Return {mail: debtor} of mails from records that are about many debtors."""
        Gate = self.env["account.dunning.gate"]
        rows = {
            mail: Gate._find_debtor_row(
                self.env[mail.model].browse(mail.res_id).exists(), mail.recipient_ids
            )
            for mail in self
            if mail.model in self.env
        }
        return {mail: row for mail, row in rows.items() if row}

    def _is_dunning_notice(self):
        """Whether it is the e-mail of a notice, not one about it by hand."""
        self.ensure_one()
        return (
            self.model == "account.dunning.notice"
            and not self.is_notification
            and bool(self.dunning_contact_id.template)
        )

    def _take_back_dunning(self):
        """Cancel what does not hold any more."""
        self.write({"state": "cancel"})

    def _divert_dunning_tests(self, records):
        """Send to one address where the company tries dunning out.

        :param dict records: what mails are about.
        :return: the same.
        """
        for mail, record in records.items():
            address = record.sudo().company_id.dunning_test_email
            # who takes a template does so before; the subject names the recipients
            if address and (mail.recipient_ids or mail.email_to != address):
                names = [mail.email_to, *mail.recipient_ids.mapped("email")]
                mail.sudo().write(
                    {
                        "email_to": address,
                        "email_cc": False,
                        "recipient_ids": [Command.clear()],
                        "subject": self.env._(
                            "[TEST for %(recipients)s] %(subject)s",
                            recipients=", ".join(filter(None, names)),
                            subject=mail.subject or "",
                        ),
                    }
                )
        return records

    def _enter_dunning_gate(self):
        """Judge mails to debtors as they are queued, and keep what goes out.

        :raise UserError: a person waits for it and a rule forbids it.
        """
        waiting = self.filtered(lambda mail: mail.state == "outgoing")
        self.env["account.dunning.gate"]._enter_queue(waiting, "email")

    def _get_dunning_date_after(self):
        """Return the moment before which the mail does not go out, if there is one."""
        self.ensure_one()
        return self.scheduled_date

    def _obey_dunning_gate(self, record, decision):
        """Put a mail off, or cancel it."""
        self.ensure_one()
        if decision.state == "put_off":
            self.scheduled_date = decision.until
            cron = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()
            cron._trigger(at=decision.until)
        else:
            self.write({"state": "cancel", "failure_reason": decision.reason})
        self.env["account.dunning.gate"]._tell_decision(record, decision)

    def _prepare_dunning_contact(self, record, decision):
        """Return the values of the contact record of a mail."""
        self.ensure_one()
        Gate = self.env["account.dunning.gate"]
        addresses = [
            self.email_to,
            *self.recipient_ids.mapped(lambda partner: partner.email_formatted),
        ]
        return Gate._prepare_contact(
            record,
            decision,
            "email",
            date=decision.until or self.scheduled_date or fields.Datetime.now(),
            recipient=", ".join(filter(None, addresses)),
            template=Gate._get_template_name(),
            subject=self.subject,
            body_hash=Gate._hash(self.body_html),
            attachment_hashes=Gate._hash_attachments(self.attachment_ids),
            message_id=self.message_id,
            delivery_state="queued",
        )

    def _leave_dunning_gate(self):
        """Return the mails that may go out at this moment."""
        waiting = self.filtered(lambda mail: mail.sudo().state in UNSENT)
        # whatever it was that came into the queue by a way round the gate
        unknown = waiting.filtered(lambda mail: not mail.sudo().dunning_contact_id)
        unknown._enter_dunning_gate()
        waiting = waiting.filtered(lambda mail: mail.sudo().state in UNSENT)
        held = self.env["account.dunning.gate"]._hold_in_queue(waiting, "email")
        return (self - self.browse(held.ids)).filtered(
            lambda mail: mail.sudo().state != "cancel"
        )
