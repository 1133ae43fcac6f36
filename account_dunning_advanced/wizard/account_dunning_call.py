from odoo import api, fields, models

# What may be noted of a call or visit, and what the wizard leads to.
NEXT_STEPS = {
    "promised": "_open_promise",
    "disputes": "_open_dispute",
    "refuses": "_open_debtor",
}
# Days until the next call where nobody was reached.
DAYS_TO_NEXT_CALL = 2
# In the context of what a call leads to: the debtor called stays on the screen.
STAY_KEY = "dunning_stay"


class AccountDunningCall(models.TransientModel):
    """Note a call or visit, and go on with what came out of it."""

    _name = "account.dunning.call"
    _description = "Note a Call or Visit"

    debtor_id = fields.Many2one(
        comodel_name="account.dunning.debtor", required=True, readonly=True
    )
    partner_id = fields.Many2one(related="debtor_id.partner_id", string="Customer")
    company_id = fields.Many2one(related="debtor_id.company_id")
    currency_id = fields.Many2one(related="debtor_id.currency_id")
    amount_overdue = fields.Monetary(related="debtor_id.amount_overdue")
    notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        domain="[('partner_id', '=', partner_id), ('state', '=', 'issued')]",
    )
    channel = fields.Selection(
        selection=[("call", "Call"), ("visit", "Visit")],
        required=True,
        default="call",
    )
    direction = fields.Selection(
        selection=[("out", "To the customer"), ("in", "From the customer")],
        required=True,
        default="out",
    )
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Spoken To",
        domain="[('id', 'child_of', partner_id)]",
    )
    phone = fields.Char(related="contact_id.phone")
    script = fields.Text(compute="_compute_script")
    outcome = fields.Selection(
        selection=[
            ("reached", "Reached"),
            ("voicemail", "Voicemail or nobody there"),
            ("wrong_number", "Wrong number or address"),
            ("promised", "Promised to pay"),
            ("paid", "Says it is paid"),
            ("disputes", "Disputes"),
            ("asks_documents", "Asks for documents"),
            ("refuses", "Refuses to pay"),
        ],
        required=True,
    )
    note = fields.Text(help="What was said.")
    date_next = fields.Date(
        string="Next Call",
        compute="_compute_date_next",
        store=True,
        readonly=False,
        help="A task to call again on this day; empty for none.",
    )

    # === COMPUTE METHODS === #

    @api.depends("notice_id", "debtor_id")
    def _compute_script(self):
        for wizard in self:
            level = wizard.notice_id.level_id or wizard.debtor_id.level_id
            wizard.script = level.call_script

    @api.depends("outcome")
    def _compute_date_next(self):
        for wizard in self:
            wizard.date_next = (
                fields.Date.add(
                    wizard.company_id._dunning_today(), days=DAYS_TO_NEXT_CALL
                )
                if wizard.outcome in ("voicemail", "asks_documents")
                else False
            )

    # === ACTION METHODS === #

    @api.model
    def _open(self, record, channel):
        """Return the action that opens the wizard.

        :param record: a debtor or a notice.
        :raise UserError: a contact rule does not allow the contact now.
        """
        notice = record if record._name == "account.dunning.notice" else None
        debtor = (
            self.env["account.dunning.debtor"]._get_or_create(
                record.partner_id, record.company_id
            )
            if notice
            else record
        )
        self.env["account.dunning.gate"]._check(
            debtor.company_id, debtor.partner_id, channel
        )
        partner = notice.recipient_id if notice else debtor.partner_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Note a Visit")
            if channel == "visit"
            else self.env._("Note a Call"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_debtor_id": debtor.id,
                "default_notice_id": notice.id if notice else False,
                "default_channel": channel,
                "default_contact_id": (partner or debtor.partner_id).id,
            },
        }

    def action_apply(self):
        """Keep the contact, and go on with what came out of it.

        :raise UserError: the customer was contacted although a rule does not allow it
            at this time, and no manager gave leave.
        """
        self.ensure_one()
        self.debtor_id.check_access("write")
        decision = self._get_decision()
        # what the rules said is not a collector's to write
        self.env["account.dunning.contact"].sudo().create(
            self._prepare_contact(decision)
        )
        self._finish_tasks()
        self._finish_follow_up()
        if self.outcome == "wrong_number":
            self._ask_for_address()
        if self.date_next:
            self._schedule_next()
        step = NEXT_STEPS.get(self.outcome)
        if step:
            return getattr(self, step)()
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    def _get_decision(self):
        """Return what the gate says; who calls us may do so at any time."""
        if self.direction == "in":
            return None
        return self.env["account.dunning.gate"]._check(
            self.company_id, self.partner_id, self.channel
        )

    def _prepare_contact(self, decision):
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "direction": self.direction,
            "channel": self.channel,
            "outcome": self.outcome,
            "notice_id": self.notice_id.id,
            "user_id": self.env.uid,
            "recipient": " ".join(
                filter(None, (self.contact_id.display_name, self.phone))
            ),
            "note": self.note,
            "by_hand": True,
            "decision": decision.reason if decision else False,
            "override_reason": decision.override_reason if decision else False,
        }

    def _finish_tasks(self):
        """Close the user's tasks to make this very contact."""
        kinds = {
            "call": "mail.mail_activity_data_call",
            "visit": "account_dunning_advanced.mail_activity_type_visit",
        }
        if self.notice_id:
            self.notice_id.activity_feedback(
                [kinds[self.channel]], user_id=self.env.uid, feedback=self.note
            )
        if self.channel == "call":
            self.debtor_id.activity_feedback(
                [kinds["call"]], user_id=self.env.uid, feedback=self.note
            )

    def _finish_follow_up(self):
        """What was to be looked at by today has been looked at."""
        planned = self.debtor_id.next_action_date
        if planned and planned <= self.company_id._dunning_today():
            self.debtor_id.next_action_date = False

    def _ask_for_address(self):
        self.debtor_id.activity_schedule(
            "mail.mail_activity_data_warning",
            user_id=self.env.uid,
            summary=self.env._(
                "Wrong number or address of %(contact)s",
                contact=self.contact_id.display_name or self.partner_id.display_name,
            ),
        )

    def _schedule_next(self):
        self.debtor_id.next_action_date = self.date_next
        self.debtor_id.activity_schedule(
            "mail.mail_activity_data_call",
            self.date_next,
            user_id=self.env.uid,
            summary=self.env._("Call again"),
            note=self.note,
        )

    def _open_promise(self):
        """Return the action that takes the promise down."""
        action = self.env["account.dunning.promise.create"]._open(self.debtor_id)
        action["context"] = {
            **action["context"],
            "default_channel": self.channel,
            "default_contact_id": self.contact_id.id,
            "default_note": self.note,
            STAY_KEY: True,
        }
        return action

    def _open_dispute(self):
        """Return the action that opens the dispute."""
        action = self.env["account.dunning.dispute.create"]._open(
            self.notice_id or self.debtor_id, description=self.note
        )
        action["context"] = {**action["context"], STAY_KEY: True}
        return action

    @api.model
    def _show(self, records, **kwargs):
        """Return the action that shows what was made.

        Whoever is on the way through the worklist stays there and is told: the next
        call is one click away. All others are led to it.

        :param records: agreements or disputes, not none.
        :param kwargs: values of the action that shows them otherwise.
        """
        if not self.env.context.get(STAY_KEY):
            return records._get_records_action(**kwargs)
        draft = records.filtered(lambda record: record.state == "draft")
        message = (
            self.env._("Noted, and still a draft: %s")
            if draft
            else self.env._("Noted: %s")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if draft else "success",
                "message": message.replace("%s", ", ".join(["%s"] * len(records))),
                "links": [
                    {
                        "label": record.display_name,
                        "url": f"/odoo/{record._name}/{record.id}",
                    }
                    for record in records
                ],
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _open_debtor(self):
        """Return the action that shows the debtor, to decide what comes next."""
        return self.debtor_id._get_records_action()

    def action_hold(self):
        """Keep the contact and put the debtor on hold, e.g. for a hardship."""
        self.action_apply()
        return self.debtor_id.action_hold()
