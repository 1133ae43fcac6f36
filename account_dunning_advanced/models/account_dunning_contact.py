import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import chain

#: Outcomes of a call or visit in which the two sides spoke about the debt.
CONVERSATIONS = ("reached", "promised", "disputes", "asks_documents", "refuses", "paid")

CHANNELS = [
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("letter", "Letter"),
    ("call", "Call"),
    ("visit", "Visit"),
    ("portal", "Portal"),
    ("other", "Other"),
]

# What the hash of a link covers, besides its number. Delivery comes after the contact
# and stands outside; so does partner_id, which follows when customers are merged.
SEALED_FIELDS = (
    "company_id",
    "partner_number",
    "partner_name",
    "date",
    "direction",
    "channel",
    "outcome",
    "notice_id",
    "user_id",
    "recipient",
    "template",
    "subject",
    "body_hash",
    "attachment_hashes",
    "message_id",
    "decision",
    "override_reason",
    "by_hand",
    "note",
    "salt",
)
# What becomes known only afterwards.
DELIVERY_FIELDS = {"delivery_state", "delivery_date", "delivery_proof"}
# What did not reach the customer was no contact.
LOST_DELIVERIES = ["bounced", "refused", "failed", "cancelled"]
LOST_OUTCOMES = ["bounced", "wrong_number", "out_of_office"]
CHAIN_FIELDS = {
    "salt",
    "text_digest",
    "chain_number",
    "previous_hash",
    "chain_hash",
    "erasure_id",
}


class AccountDunningContact(models.Model):
    """One contact with a debtor, either way: when, who, how, what, with what result.

    Nobody edits or deletes it. Its contents are sealed in a chain of hashes for each
    company, so that tampering in the database shows too; see
    ``account_dunning_contact_chain``. What is learnt later (delivered, bounced) is kept
    beside it and does not touch the seal.
    """

    _name = "account.dunning.contact"
    _description = "Contact Record"
    _inherit = ["account.dunning.guard"]
    _order = "date desc, id desc"
    _rec_names_search = ["partner_id", "subject", "recipient"]
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        index=True,
        ondelete="restrict",
        help="The commercial partner who owes; nobody once the record was erased.",
    )
    partner_number = fields.Integer(
        string="Customer Record",
        compute="_compute_partner",
        store=True,
        precompute=True,
        aggregator=None,
        help="The number of the customer's record at the time of the contact.",
    )
    partner_name = fields.Char(
        string="Customer's Name",
        compute="_compute_partner",
        store=True,
        precompute=True,
        help="The customer's name at the time of the contact.",
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    direction = fields.Selection(
        selection=[("out", "To the customer"), ("in", "From the customer")],
        required=True,
        default="out",
    )
    channel = fields.Selection(selection=CHANNELS, required=True, default="other")
    outcome = fields.Selection(
        selection=[
            ("sent", "Sent"),
            ("received", "Received"),
            ("reached", "Reached"),
            ("voicemail", "Voicemail or nobody there"),
            ("wrong_number", "Wrong number or address"),
            ("promised", "Promised to pay"),
            ("paid", "Says it is paid"),
            ("disputes", "Disputes"),
            ("asks_documents", "Asks for documents"),
            ("refuses", "Refuses to pay"),
            ("out_of_office", "Out of office"),
            ("bounced", "Bounced"),
            ("address", "Change of address"),
        ],
    )
    notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        default=lambda self: self.env.user,
        ondelete="restrict",
        help="Who was in contact, or had the system write.",
    )
    recipient = fields.Char(help="The address, number or person.")
    template = fields.Char(readonly=True, help="What the text was made from.")
    subject = fields.Char()
    note = fields.Text(help="What was said.")
    by_hand = fields.Boolean(
        string="Noted by Hand",
        readonly=True,
        default=True,
        help="A person noted the contact; otherwise it was kept as it happened.",
    )
    # --- proof
    body_hash = fields.Char(
        string="Hash of the Text", readonly=True, help="SHA-256 of the text as sent."
    )
    attachment_hashes = fields.Text(
        string="Attachments", readonly=True, help="Name and SHA-256 of each attachment."
    )
    message_id = fields.Char(string="Message-ID", readonly=True, index="btree_not_null")
    decision = fields.Text(
        string="Contact Rules",
        readonly=True,
        help="What the contact rules said at the time.",
    )
    override_reason = fields.Char(
        readonly=True, help="Why a manager made the contact against the rules."
    )
    # --- what became of it
    delivery_state = fields.Selection(
        selection=[
            ("queued", "Queued"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("bounced", "Bounced"),
            ("refused", "Refused"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        string="Delivery Status",
        readonly=True,
    )
    delivery_date = fields.Datetime(readonly=True)
    delivery_proof = fields.Text(
        readonly=True, help="What was reported about the delivery, line by line."
    )
    # --- the seal
    salt = fields.Char(
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_hex(16),
        help="Keeps the text of an erased record from being guessed by its digest.",
    )
    text_digest = fields.Char(
        string="Digest", readonly=True, help="SHA-256 of all that the seal covers."
    )
    chain_number = fields.Integer(string="Link", readonly=True, aggregator=None)
    previous_hash = fields.Char(readonly=True)
    chain_hash = fields.Char(string="Seal", readonly=True)
    erasure_id = fields.Many2one(
        comodel_name="account.dunning.erasure",
        string="Erased By",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="By which rule the record was erased; the seal and its digest stay.",
    )

    _customer_unless_erased = models.Constraint(
        "CHECK (partner_id IS NOT NULL OR erasure_id IS NOT NULL)",
        "A contact is one with a customer.",
    )
    _chain_number_uniq = models.UniqueIndex(
        "(company_id, chain_number) WHERE chain_number IS NOT NULL",
        "A link of the chain has one successor.",
    )
    # for the caps: what has there been with a debtor lately
    _partner_date_idx = models.Index("(partner_id, company_id, date)")

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "channel", "date")
    def _compute_display_name(self):
        labels = dict(self._fields["channel"]._description_selection(self.env))
        for contact in self:
            contact.display_name = self.env._(
                "%(channel)s, %(customer)s",
                channel=labels.get(contact.channel, ""),
                customer=contact.partner_id.name
                or (contact.erasure_id and self.env._("erased"))
                or "",
            )

    # on the link alone: what a customer is renamed to later is not what was written to
    @api.depends("partner_id")
    def _compute_partner(self):
        for contact in self:
            contact.partner_number = contact.partner_id.id
            contact.partner_name = contact.partner_id.name

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "partner_number",
            "partner_name",
            "user_id",
            "template",
            "by_hand",
            "body_hash",
            "attachment_hashes",
            "message_id",
            "decision",
            "override_reason",
            *DELIVERY_FIELDS,
            *CHAIN_FIELDS,
        }

    @api.model_create_multi
    def create(self, vals_list):
        contacts = super().create([self._complete(vals) for vals in vals_list])
        contacts._seal_later()
        self.env["account.dunning.debtor"]._refresh_later(contacts)
        return contacts

    def write(self, vals):
        """:raise UserError: anything but the delivery would be changed, by whomever."""
        if vals.keys() - DELIVERY_FIELDS:
            raise UserError(
                self.env._(
                    "A contact record stays as it was made. Note a new one instead."
                )
            )
        result = super().write(vals)
        if vals.get("delivery_state") in LOST_DELIVERIES:
            self.env["account.dunning.debtor"]._refresh_later(self)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Contact records are never deleted."))

    @api.model
    def _complete(self, vals):
        """Return the values with the debtor in place of a contact person."""
        vals = dict(vals)
        partner_id = vals.get("partner_id") or self.env.context.get(
            "default_partner_id"
        )
        partner = self.env["res.partner"].browse(partner_id)
        if partner and partner.commercial_partner_id != partner:
            vals["partner_id"] = partner.commercial_partner_id.id
            vals.setdefault("recipient", partner.display_name)
        return vals

    def copy_data(self, default=None):
        raise UserError(self.env._("A contact happened once."))

    # === ACTION METHODS === #

    def action_check_chain(self):
        """Check the seals of the current company's records and say what was found."""
        self.check_access("read")
        faults = self._check_chain(self.env.company)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if faults else "success",
                "sticky": bool(faults),
                "title": self.env._("Contact records of %s", self.env.company.name),
                "message": self._describe_faults(faults),
            },
        }

    # === BUSINESS METHODS === #

    def _is_conversation(self):
        """Return whether the two sides spoke."""
        self.ensure_one()
        return self.channel in ("call", "visit") and self.outcome in CONVERSATIONS

    def _get_moment(self, now):
        """Return when the debtor was reached: by a queue later than it was filled."""
        self.ensure_one()
        if self.delivery_state == "queued":
            return max(self.date, now)
        if self.delivery_state in ("sent", "delivered") and self.delivery_date:
            return max(self.date, self.delivery_date)
        return self.date

    def _set_delivery(self, state, proof=""):
        """Keep what became of the contact; earlier reports stay readable.

        :param str state: a value of ``delivery_state``.
        :param str proof: what was reported, for a person to read.
        """
        now = fields.Datetime.now()
        labels = dict(self._fields["delivery_state"]._description_selection(self.env))
        # nobody has a right to write contact records
        for contact in self.sudo():
            line = f"{now} UTC: {labels[state]}"
            contact._unguarded().write(
                {
                    "delivery_state": state,
                    "delivery_date": now,
                    "delivery_proof": "\n".join(
                        filter(
                            None,
                            (
                                contact.delivery_proof,
                                f"{line}, {proof}" if proof else line,
                            ),
                        )
                    ),
                }
            )

    @api.model
    def _note_report(self, message_id, actions):
        """Keep what a mail server reports about a mail that has not come back.

        :param set actions: see ``engine.reply.read_report()``.
        """
        # it is the mail gateway that tells
        contacts = self.sudo().search(
            [("message_id", "=", message_id), ("direction", "=", "out")]
        )
        arrived = bool({"delivered", "displayed"} & actions)
        for contact in contacts:
            contact._set_delivery(
                "delivered" if arrived else contact.delivery_state or "sent",
                ", ".join(sorted(actions)),
            )
        if arrived:
            contacts.notice_id._set_mail_state("delivered")

    def _get_text(self):
        """Return the one text that the seal covers."""
        self.ensure_one()
        values = {}
        for name in SEALED_FIELDS:
            value = self[name]
            if isinstance(value, models.BaseModel):
                value = value.id
            elif name == "date":
                value = fields.Datetime.to_string(value)
            values[name] = value
        return chain.canonical(values)
