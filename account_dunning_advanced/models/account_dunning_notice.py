from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, html2plaintext

from ..engine.reference import index_definition
from .account_dunning_guard import GUARD_KEY, GUARD_SENTINEL

# (notice field, SQL aggregate over its draft or issued lines)
TOTALS = {
    "amount_principal": SQL(
        "SUM(line.amount_residual) FILTER (WHERE line.is_charge IS NOT TRUE)"
    ),
    "amount_charged": SQL("SUM(line.amount_residual) FILTER (WHERE line.is_charge)"),
    "amount_credit": SQL("SUM(line.amount_residual - line.amount_dunned)"),
    "amount_interest": SQL("SUM(line.amount_interest)"),
    "amount_fee": SQL("SUM(line.amount_fee)"),
    "amount_total": SQL(
        # a line that was never charged has no amounts of interest and fees
        "SUM(line.amount_dunned + COALESCE(line.amount_interest, 0)"
        " + COALESCE(line.amount_fee, 0))"
    ),
}

# What the letter says besides its figures; settled with the approval.
LETTER_FIELDS = {"recipient_id", "user_id", "note"}


class AccountDunningNotice(models.Model):
    """What one debtor is told in one run: one company, one currency, one letter."""

    _name = "account.dunning.notice"
    _description = "Dunning Notice"
    _inherit = [
        "account.dunning.guard",
        "account.dunning.addressed",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Number",
        copy=False,
        readonly=True,
        index="trigram",
        help="Given when the notice is issued.",
    )
    run_id = fields.Many2one(
        comodel_name="account.dunning.run",
        required=True,
        ondelete="restrict",
        readonly=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
        help="The commercial partner who owes the items.",
    )
    recipient_id = fields.Many2one(
        comodel_name="res.partner",
        tracking=True,
        domain="[('commercial_partner_id', '=', partner_id)]",
        help="Who is written to: the customer's dunning contact, else the invoice"
        " contact, else the customer.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
        help="The highest level among the items.",
    )
    level_values = fields.Json(
        readonly=True,
        help="The level's settings when the notice was made; a later change of the"
        " policy does not reach back.",
    )
    date = fields.Date(readonly=True)
    date_deadline = fields.Date(
        string="Pay Until",
        readonly=True,
        help="The day until which the notice asks for payment.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("issued", "Issued"),
            ("cancelled", "Cancelled"),
            ("reversed", "Reversed"),
        ],
        required=True,
        default="draft",
        readonly=True,
        index=True,
        tracking=True,
    )
    line_ids = fields.One2many(
        comodel_name="account.dunning.notice.line",
        inverse_name="notice_id",
        readonly=True,
    )
    open_line_ids = fields.One2many(
        comodel_name="account.dunning.notice.line",
        inverse_name="notice_id",
        string="Items",
        domain=[("state", "!=", "dropped")],
        readonly=True,
    )
    amount_principal = fields.Monetary(
        string="Principal",
        readonly=True,
        help="Open amount of the items, before credits.",
    )
    amount_charged = fields.Monetary(
        string="Earlier Charges",
        readonly=True,
        help="Open amount of what earlier notices charged and billed.",
    )
    amount_interest = fields.Monetary(string="Interest", readonly=True)
    amount_fee = fields.Monetary(string="Fees", readonly=True)
    amount_credit = fields.Monetary(
        string="Credits",
        readonly=True,
        help="Credits, money under way and disputed parts that are not asked for.",
    )
    amount_total = fields.Monetary(
        string="Asked For",
        readonly=True,
        help="Principal and earlier charges less credits, plus interest and fees.",
    )
    charge_move_id = fields.Many2one(
        comodel_name="account.move",
        string="Bill",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The invoice over the interest and fees of this notice.",
    )
    offer_ids = fields.One2many(
        comodel_name="account.dunning.offer",
        inverse_name="notice_id",
        string="Offer",
        readonly=True,
    )
    attachment_id = fields.Many2one(
        comodel_name="ir.attachment",
        string="Letter",
        readonly=True,
        copy=False,
        help="The letter as it went out.",
    )
    delivery_state = fields.Selection(
        selection=[
            ("pending", "To be delivered"),
            ("done", "Delivered to the channels"),
            ("skipped", "Not sent"),
            ("failed", "Failed"),
        ],
        readonly=True,
        index=True,
        copy=False,
    )
    delivery_note = fields.Char(readonly=True, copy=False)
    needs_print = fields.Boolean(
        readonly=True, copy=False, help="The letter waits for the printer."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Contact Person",
        tracking=True,
        domain="[('share', '=', False)]",
        help="The person whom the customer can turn to.",
    )
    note = fields.Text(tracking=True, help="Added to the letter and the e-mail.")
    error = fields.Char(
        readonly=True, copy=False, help="Why the notice could not be issued."
    )

    # what bank lines name
    _bare_name_idx = models.Index(index_definition("name", "name IS NOT NULL"))
    _run_state_idx = models.Index("(run_id, state)")
    _name_company_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name IS NOT NULL",
        "A notice of this number exists already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "partner_id.name")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = notice.name or self.env._(
                "Draft notice to %(customer)s", customer=notice.partner_id.name or ""
            )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("recipient_id")
    def _check_recipient_id(self):
        """A notice tells what somebody owes; it must not go to somebody else."""
        for notice in self:
            recipient = notice.recipient_id
            if recipient and recipient.commercial_partner_id != notice.partner_id:
                raise ValidationError(
                    self.env._(
                        "%(recipient)s is not a contact of %(customer)s.",
                        recipient=recipient.display_name,
                        customer=notice.partner_id.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            *TOTALS,
            "name",
            "run_id",
            "company_id",
            "partner_id",
            "currency_id",
            "level_id",
            "level_values",
            "date",
            "state",
            "charge_move_id",
            "attachment_id",
            "delivery_state",
            "date_deadline",
            "error",
        }

    def write(self, vals):
        if LETTER_FIELDS & vals.keys():
            self._check_letter_open()
        return super().write(vals)

    def _check_letter_open(self):
        """:raise UserError: the letter has been approved or has gone out."""
        if self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            # erased, when the law does not let it be kept any longer
            return
        for notice in self:
            if notice.state != "draft" or notice.run_id.state in ("approved", "issued"):
                raise UserError(
                    self.env._(
                        "%(notice)s cannot be changed any more; it is as it was"
                        " approved.",
                        notice=notice.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_left_out(self):
        for notice in self:
            if notice.run_id.state in ("proposed", "approved"):
                raise UserError(
                    self.env._(
                        "%(notice)s is part of a plan. Leave it out instead, with a"
                        " reason.",
                        notice=notice.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_issued(self):
        for notice in self:
            if notice.state in ("issued", "reversed"):
                raise UserError(
                    self.env._(
                        "Notice %(notice)s has been issued and cannot be deleted."
                        " Reverse it instead.",
                        notice=notice.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_print(self):
        """Return the report action for the letters."""
        return self.env.ref(
            "account_dunning_advanced.account_dunning_notice_report"
        ).report_action(self)

    def action_send(self):
        """Deliver the issued notices now, through the channels of their levels.

        What has been delivered, or need not be any more, is not sent again.

        :raise UserError: a notice is not issued.
        """
        for notice in self:
            if notice.state != "issued":
                raise UserError(
                    self.env._(
                        "Notice %(notice)s is not issued and cannot be sent.",
                        notice=notice.display_name,
                    )
                )
        self.check_access("write")
        self.run_id._check_delivery_hold()
        self._deliver()
        return True

    def action_reverse(self):
        """Take issued notices back; their items' levels are what they were before."""
        for notice in self:
            if notice.state != "issued":
                raise UserError(
                    self.env._(
                        "Notice %(notice)s is not issued and cannot be reversed.",
                        notice=notice.display_name,
                    )
                )
        self.check_access("write")
        self._check_may_give_up()
        self._reverse()
        return True

    def _check_may_give_up(self):
        """:raise UserError: more is charged than the user may waive.

        Reversing gives up what was charged, as waiving does.
        """
        self.charge_ids.filtered(
            lambda charge: charge.state in ("waiting", "posted")
        )._check_waive_limit()

    def action_drop(self):
        """Leave these customers out of the proposed run; asks for a reason."""
        return self.open_line_ids._action_adjust("drop")

    def action_adjust(self):
        """Change the level of these notices' items, or add a note."""
        return self.open_line_ids._action_adjust("level")

    def action_dispute(self):
        """Open a dispute on the items, with the text of the customer's last mail."""
        self.ensure_one()
        return self.env["account.dunning.dispute.create"]._open(
            self, description=self._get_last_reply()
        )

    def _get_last_reply(self):
        """Return the text of the last mail that came in on the notice, or False."""
        self.ensure_one()
        replies = self.message_ids.filtered(
            lambda message: message.message_type == "email"
        )
        return html2plaintext(replies[:1].body) if replies else False

    # === BUSINESS METHODS === #

    def _get_level_value(self, name):
        """Return a setting of the level as it was when the notice was made."""
        self.ensure_one()
        value = (self.level_values or {}).get(name)
        field = self.env["account.dunning.level"]._fields[name]
        if field.translate and isinstance(value, dict):
            lang = self.env.context.get("lang") or "en_US"
            return value.get(lang) or value.get("en_US")
        return value

    @api.model
    def _refresh_totals(self, condition: SQL):
        """Sum the lines that count up to the notices.

        :param SQL condition: which notices, by the alias ``notice``.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_notice notice
                   SET (%s) = (
                       SELECT %s FROM account_dunning_notice_line line
                        WHERE line.notice_id = notice.id AND line.state != 'dropped')
                 WHERE %s""",
                SQL(", ").join(map(SQL.identifier, TOTALS)),
                SQL(", ").join(
                    SQL("COALESCE(%s, 0)", total) for total in TOTALS.values()
                ),
                condition,
            )
        )
        self.invalidate_model([*TOTALS])

    def _cancel(self):
        """Cancel drafts; their items wait for the next run."""
        drafts = self.line_ids.filtered(lambda line: line.state == "draft")
        drafts._unguarded().write({"state": "dropped"})
        # what was planned on them is planned no more
        self.sudo().charge_ids.filtered(lambda c: c.state == "draft").unlink()
        self._unguarded().write({"state": "cancelled"})

    # === BUSINESS METHODS - REVERSING === #

    def _reverse(self):
        """Reverse issued notices: levels go back to what the notices left show."""
        self._unguarded().write(
            {"state": "reversed", "delivery_state": False, "needs_print": False}
        )
        self._stop_mails()
        # what a notice offered goes with it, whoever takes the notice back
        self.sudo().offer_ids._withdraw()
        lines = self.line_ids.filtered(lambda line: line.state == "issued")
        lines._unguarded().write({"state": "reversed"})
        self._reverse_charges(self.env._("Notice reversed"))
        lines._restore_levels()
        for company, notices in self.grouped("company_id").items():
            self.env["account.dunning.debtor"]._refresh(company, notices.partner_id.ids)
        self.run_id._close_reversed()

    def _stop_mails(self):
        """Cancel what is still in a queue; a reversed notice must not go out."""
        # the queue is not the collector's to write
        mails_sudo = self.env["mail.mail"].sudo()
        mails_sudo.search(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("state", "in", ("outgoing", "exception")),
            ]
        ).cancel()
