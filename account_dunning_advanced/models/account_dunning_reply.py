from odoo import api, fields, models
from odoo.tools import email_normalize, html2plaintext

from ..engine import reply as engine

# A mail that says it is older than so many days does not know its date.
OLDEST_DAYS = 30
# Accepting a proposal leads there.
NEXT_STEPS = {
    "promise": "_open_promise",
    "dispute": "_open_dispute",
    "paid": "_open_items",
    "address": "_open_partner",
}


class AccountDunningReply(models.Model):
    """A mail that came in about a debt, what it seems to be, and whether it is done.

    The rules only propose. What a person wrote pauses the debtor's ladder until
    somebody has looked, for some days at most; what a machine wrote pauses nothing.
    """

    _name = "account.dunning.reply"
    _description = "Reply of a Debtor"
    _inherit = ["account.dunning.guard"]
    _order = "date desc, id desc"
    _rec_name = "subject"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        index="btree_not_null",
        readonly=True,
        ondelete="restrict",
    )
    contact_id = fields.Many2one(
        comodel_name="account.dunning.contact",
        string="Contact Record",
        readonly=True,
        ondelete="restrict",
    )
    hold_id = fields.Many2one(
        comodel_name="account.dunning.hold",
        string="Pause",
        readonly=True,
        ondelete="set null",
    )
    activity_id = fields.Many2one(
        comodel_name="mail.activity",
        string="Task",
        readonly=True,
        ondelete="set null",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="For",
        index="btree_not_null",
        domain="[('share', '=', False)]",
    )
    date = fields.Datetime(required=True, readonly=True)
    email_from = fields.Char(string="Sender", readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Text(readonly=True)
    kind = fields.Selection(
        selection=[
            ("promise", "Promise to pay"),
            ("paid", "Says it is paid"),
            ("dispute", "Dispute"),
            ("address", "Change of address"),
            ("out_of_office", "Out of office"),
            ("bounce", "Bounced"),
            ("unknown", "Something else"),
        ],
        string="Seems To Be",
        required=True,
        readonly=True,
        default="unknown",
    )
    words = fields.Char(readonly=True, help="The words that led to it.")
    is_automatic = fields.Boolean(
        string="Written by a Machine",
        readonly=True,
        help="The mail itself says so: nobody has been told anything, and nothing"
        " pauses.",
    )
    date_promised = fields.Date(string="Promised For", readonly=True)
    state = fields.Selection(
        selection=[("open", "To be read"), ("done", "Read")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    done_by_id = fields.Many2one(
        comodel_name="res.users", string="Read By", readonly=True
    )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "company_id",
            "partner_id",
            "notice_id",
            "contact_id",
            "hold_id",
            "activity_id",
            "date",
            "email_from",
            "subject",
            "body",
            "kind",
            "words",
            "is_automatic",
            "date_promised",
            "state",
            "done_by_id",
        }

    @api.model_create_multi
    def create(self, vals_list):
        replies = super().create(vals_list)
        self.env["account.dunning.debtor"]._refresh_later(replies)
        return replies

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self.env["account.dunning.debtor"]._refresh_later(self)
        return result

    # === ACTION METHODS === #

    def action_accept(self):
        """Take the proposal: open what it leads to, filled in, and end the pause."""
        self.ensure_one()
        step = NEXT_STEPS.get(self.kind, "_open_debtor")
        action = getattr(self, step)()
        self.action_done()
        return action

    def action_done(self):
        """Somebody has read it: the pause ends."""
        self.check_access("write")
        opened = self.filtered(lambda reply: reply.state == "open")
        opened._unguarded().write({"state": "done", "done_by_id": self.env.uid})
        waiting = self.sudo().search(
            [("hold_id", "in", opened.hold_id.ids), ("state", "=", "open")]
        )
        # another mail of the debtor may still be unread
        (opened.hold_id - waiting.hold_id).action_end()
        # the task may be somebody else's
        opened.sudo().activity_id.action_feedback()

    # === BUSINESS METHODS === #

    def _get_debtor(self):
        self.ensure_one()
        return self.env["account.dunning.debtor"]._get_or_create(
            self.partner_id, self.company_id
        )

    def _open_promise(self):
        action = self.env["account.dunning.promise.create"]._open(self._get_debtor())
        context = {
            **action["context"],
            "default_channel": "email",
            "default_note": self.body,
        }
        if self.date_promised:
            context["default_date_first"] = self.date_promised
        return {**action, "context": context}

    def _open_dispute(self):
        return self.env["account.dunning.dispute.create"]._open(
            self.notice_id or self._get_debtor(), description=self.body
        )

    def _open_items(self):
        """To look whether the money is there, and to set it off."""
        return self._get_debtor().action_open_items()

    def _open_partner(self):
        return self.partner_id._get_records_action()

    def _open_debtor(self):
        return self._get_debtor()._get_records_action()

    # === BUSINESS METHODS - RECEIVING === #

    @api.model
    def _receive(self, record, msg_dict, headers):
        """Keep a mail that came in on a record about a debtor.

        :param record: of a gated model.
        :param dict msg_dict: the mail as parsed by Odoo.
        :param dict headers: its headers, by names in lower case.
        :return: the reply; none for mails of one's own users.
        """
        Gate = self.env["account.dunning.gate"]
        partner = Gate._get_debtor_of(record)
        if not partner or self._is_own(msg_dict):
            return self.browse()
        body = html2plaintext(msg_dict.get("body") or "")[: 2 * engine.READ_AT_MOST]
        date = self._get_date(msg_dict)
        proposal = engine.propose(
            msg_dict.get("subject") or "", body, date.date(), headers
        )
        # the mail gateway's user has no rights of a collector
        reply = self.sudo().create(
            self._prepare_reply(record, partner, msg_dict, body, date, proposal)
        )
        reply._keep_contact(msg_dict)
        if not proposal.automatic:
            reply.notice_id._set_mail_state("replied")
            reply._pause()
            reply._ask_to_read()
        elif proposal.kind == "bounce":
            reply._report_bounce()
        return reply

    @api.model
    def _get_date(self, msg_dict):
        """Return when a mail was written, as far as its sender is to be believed."""
        now = fields.Datetime.now()
        date = fields.Datetime.to_datetime(msg_dict.get("date"))
        oldest = fields.Datetime.subtract(now, days=OLDEST_DAYS)
        return date if date and oldest <= date <= now else now

    @api.model
    def _is_own(self, msg_dict):
        """Return whether one of the company's own users wrote it."""
        address = email_normalize(msg_dict.get("email_from") or "")
        return bool(
            address
            and self.env["res.users"]
            .sudo()
            .search_count(
                [("share", "=", False), ("email_normalized", "=", address)], limit=1
            )
        )

    @api.model
    def _prepare_reply(self, record, partner, msg_dict, body, date, proposal):
        record = record.sudo()
        is_notice = record._name == "account.dunning.notice"
        debtor = (
            self.env["account.dunning.debtor"]
            .sudo()
            ._get_or_create(partner, record.company_id)
        )
        owner = "user_id" in record._fields and record.user_id or debtor.user_id
        return {
            "company_id": record.company_id.id,
            "partner_id": partner.id,
            "notice_id": record.id if is_notice else False,
            "user_id": owner.id,
            "date": date,
            "email_from": msg_dict.get("email_from"),
            "subject": msg_dict.get("subject"),
            "body": (engine.strip_quotes(body) or body)[: engine.READ_AT_MOST],
            "kind": proposal.kind,
            "words": proposal.words,
            "date_promised": proposal.day,
            "state": "done"
            if proposal.automatic and proposal.kind == "out_of_office"
            else "open",
            "is_automatic": proposal.automatic,
        }

    def _keep_contact(self, msg_dict):
        """Keep the contact; what a machine wrote never counts as a conversation."""
        outcomes = {"out_of_office": "out_of_office", "bounce": "bounced"}
        Gate = self.env["account.dunning.gate"]
        for reply in self:
            reply._unguarded().contact_id = self.env["account.dunning.contact"].create(
                {
                    "company_id": reply.company_id.id,
                    "partner_id": reply.partner_id.id,
                    "notice_id": reply.notice_id.id,
                    "date": reply.date,
                    "direction": "in",
                    "channel": "email",
                    "outcome": outcomes.get(reply.kind, "received")
                    if reply.is_automatic
                    else "received",
                    "recipient": reply.email_from,
                    "subject": reply.subject,
                    "body_hash": Gate._hash(msg_dict.get("body")),
                    "message_id": msg_dict.get("message_id"),
                    "by_hand": False,
                }
            )

    def _pause(self):
        """Pause the debtor's ladder until a person has looked, some days at most."""
        for reply in self:
            company = reply.company_id
            last = fields.Date.add(
                company._dunning_today(), days=company.dunning_reply_days
            )
            earlier = self.search(
                [
                    ("partner_id", "=", reply.partner_id.id),
                    ("company_id", "=", company.id),
                    ("state", "=", "open"),
                    ("hold_id.state", "=", "active"),
                ],
                limit=1,
            )
            hold = earlier.hold_id
            if hold:
                hold.date_to = last
            else:
                hold = hold.create(
                    {
                        "partner_id": reply.partner_id.id,
                        "company_id": company.id,
                        "reason": self.env._(
                            "A reply waits to be read: %s", reply.subject or "–"
                        ),
                        "date_to": last,
                        "user_id": reply.user_id.id,
                    }
                )
            reply._unguarded().hold_id = hold

    def _ask_to_read(self):
        """Leave whoever looks after the debtor the task to read it."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for reply in self:
            target = reply.notice_id or reply._get_debtor()
            reply._unguarded().activity_id = target.activity_schedule(
                "mail.mail_activity_data_todo",
                reply.company_id._dunning_today(),
                user_id=(reply.user_id or target.create_uid).id,
                summary=self.env._("Read the reply: %s", labels[reply.kind]),
                note=reply.body,
            )

    def _report_bounce(self):
        """Have a person mend the address of what came back.

        Who reports it is a mail server: the address is the one that was written to.
        """
        for reply in self.filtered("notice_id"):
            reply.notice_id._mark_bounced("", reply.subject or "")
