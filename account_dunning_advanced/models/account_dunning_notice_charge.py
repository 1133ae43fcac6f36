import json

from odoo import api, fields, models
from odoo.tools import SQL, format_date, formatLang
from odoo.tools.json import json_default

from ..engine.allocation import choose_sum, exact
from ..engine.rounding import to_decimal

#: States in which a charge is owed: announced with its notice, billed or not.
OWED = ("shown", "waiting", "posted")


class AccountDunningNoticeCharge(models.Model):
    """One line of arithmetic: what one notice charges on one item, and why.

    Also what it would have charged, had it been allowed to: refused, with the rule.
    Written by the addon alone; users waive and reinstate.
    """

    _name = "account.dunning.notice.charge"
    _description = "Charge of a Dunning Notice"
    _order = "notice_id, notice_line_id, kind, date_from, id"

    notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        required=True,
        index=True,
        ondelete="cascade",
    )
    notice_line_id = fields.Many2one(
        comodel_name="account.dunning.notice.line",
        required=True,
        index=True,
        ondelete="cascade",
        help="The item that is charged; what is charged once a notice stands with its"
        " oldest item.",
    )
    company_id = fields.Many2one(comodel_name="res.company", required=True)
    partner_id = fields.Many2one(related="notice_id.partner_id", store=True)
    currency_id = fields.Many2one(comodel_name="res.currency", required=True)
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        required=True,
        index=True,
        ondelete="restrict",
    )
    move_id = fields.Many2one(
        comodel_name="account.move", string="Invoice", required=True, index=True
    )
    kind = fields.Selection(
        selection=[
            ("interest", "Interest"),
            ("fee", "Fee"),
            ("lump_sum", "Lump Sum"),
        ],
        required=True,
    )
    charge_id = fields.Many2one(
        comodel_name="account.dunning.charge", index="btree_not_null"
    )
    interest_id = fields.Many2one(
        comodel_name="account.dunning.interest", index="btree_not_null"
    )
    state = fields.Selection(
        selection=[
            ("draft", "Planned"),
            ("refused", "Refused"),
            ("dropped", "Left out"),
            ("shown", "Shown only"),
            ("waiting", "To be billed when the items are paid"),
            ("posted", "Billed"),
            ("carried", "Carried to the next notice"),
            ("waived", "Waived"),
            ("reversed", "Reversed"),
        ],
        required=True,
        default="draft",
        index=True,
    )
    amount = fields.Monetary()
    # --- the arithmetic
    base = fields.Monetary(help="The amount that is charged on.")
    base_floor = fields.Monetary(
        string="Charged Before",
        help="How much of the open amount other charges bear for the same days; this"
        " one bears what lies above it.",
    )
    rate = fields.Float(digits=(12, 4), help="Percent a year.")
    date_from = fields.Date(string="From", help="First day charged.")
    date_to = fields.Date(string="To", help="Last day charged.")
    days = fields.Integer(help="By the day count of the interest rule.")
    source = fields.Char(
        string="Legal Basis", help="The article of law, or the clause of the terms."
    )
    refusal = fields.Char(
        string="Not Charged Because", help="The rule that forbids it, or what lacks."
    )
    explanation = fields.Text(compute="_compute_explanation")
    warning = fields.Char(
        help="What a person should know before the charge goes out, e.g. that the rate"
        " is above the cap of its rule."
    )
    is_manual = fields.Boolean(help="Added by a person in the review.")
    # --- what it was computed with, see account_dunning_notice_correction
    known_partial_id = fields.Integer(
        string="Matchings Known",
        help="The last matching in the books when it was charged.",
    )
    checked_partial_id = fields.Integer(
        string="Matchings Checked",
        help="The last matching in the books when it was last held against them.",
    )
    known_credit_id = fields.Integer(
        string="Credits Known",
        help="The last journal item when it was charged: what was there already may"
        " have been left out of the base.",
    )
    known_dispute_id = fields.Integer(string="Disputes Known")
    amount_left_out = fields.Monetary(
        string="Left Out",
        help="What was open of the item beyond the base of the interest: disputed, or"
        " covered by credits that were not matched.",
    )
    # --- in the ledger
    carried_from_id = fields.Many2one(
        comodel_name="account.dunning.notice.charge",
        index="btree_not_null",
        help="The charge of an earlier notice, not billed yet, that this one repeats.",
    )
    restored_id = fields.Many2one(
        comodel_name="account.dunning.notice.charge",
        string="Brings Back",
        index="btree_not_null",
        help="The charge that was taken back for a reason that holds no more.",
    )
    invoice_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Bill Line",
        index="btree_not_null",
        ondelete="restrict",
    )
    credit_move_id = fields.Many2one(
        comodel_name="account.move",
        string="Credit Note",
        index="btree_not_null",
        ondelete="restrict",
    )
    is_lost = fields.Boolean(
        string="Lost with the Item",
        help="Waived because the item was written off; owed again if that is undone.",
    )
    reason = fields.Char(help="Why it was waived, reinstated, reversed or left out.")
    decided_by_id = fields.Many2one(comodel_name="res.users", string="Decided By")

    # Charging a lump sum twice for an invoice is prevented here, not by a search.
    _lump_sum_once = models.UniqueIndex(
        # an opening entry has items of many customers
        "(move_id, partner_id) WHERE kind = 'lump_sum'"
        " AND state IN ('shown', 'waiting', 'posted', 'waived')",
        "The lump sum of an invoice has been charged already.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("lang")
    @api.depends("kind", "amount", "base", "rate", "days", "date_from", "charge_id")
    def _compute_explanation(self):
        for charge in self:
            text = charge._explain()
            if charge.refusal and charge.state != "refused":
                text = f"{text} ({charge.refusal})"
            charge.explanation = text

    @api.depends("explanation")
    def _compute_display_name(self):
        for charge in self:
            charge.display_name = charge.explanation or charge.refusal

    # === ACTION METHODS === #

    def action_view_credit(self):
        """Open the credit note by which the charge was waived or reversed."""
        self.ensure_one()
        return self.credit_move_id._get_records_action()

    # === BUSINESS METHODS === #

    def _get_key(self):
        """Return what makes a charge the same one when it is planned anew."""
        self.ensure_one()
        return self._get_key_of(
            {
                "move_line_id": self.move_line_id.id,
                "kind": self.kind,
                "charge_id": self.charge_id.id,
                "carried_from_id": self.carried_from_id.id,
                "is_manual": self.is_manual,
            }
        )

    @api.model
    def _get_key_of(self, values):
        """Return the key that a charge of these values has."""
        return (
            values["move_line_id"],
            values["kind"],
            *(
                values.get(name) or False
                for name in ("charge_id", "carried_from_id", "is_manual")
            ),
        )

    @api.model
    def _insert(self, vals_list):
        """Write planned and refused charges, all in one statement.

        By the ORM it took longer than working them out. Amounts must be rounded.

        :param vals_list: as for ``create``; the fields named in any of them.
        """
        if not vals_list:
            return
        names = sorted({"state", *(name for values in vals_list for name in values)})
        columns = SQL(", ").join(map(SQL.identifier, names))
        rows = [
            {
                "state": "draft",
                # what the ORM calls False is nothing
                **{key: value for key, value in values.items() if value is not False},
            }
            for values in vals_list
        ]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_notice_charge (
                    %(columns)s, create_uid, create_date, write_uid, write_date)
                SELECT %(columns)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM JSONB_POPULATE_RECORDSET(
                           NULL::account_dunning_notice_charge, %(rows)s)""",
                columns=columns,
                rows=json.dumps(rows, default=json_default),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.env["account.dunning.notice"].invalidate_model(
            ["charge_ids", "refused_charge_ids"]
        )

    def _explain(self):
        """Say in one line how the amount came about, in the reader's language."""
        self.ensure_one()
        if self.kind != "interest":
            return self.charge_id._explain_amount(
                self.amount, self.base, self.currency_id
            )
        text = self.env._(
            "%(base)s, %(rate)s %% a year, %(from)s to %(to)s, %(days)s days ="
            " %(amount)s",
            base=self.currency_id.format(self.base),
            rate=format_rate(self.env, self.rate),
            days=self.days,
            amount=self.currency_id.format(self.amount),
            **{
                "from": format_date(self.env, self.date_from),
                "to": format_date(self.env, self.date_to),
            },
        )
        if not self.restored_id:
            return text
        return self.env._(
            "%(arithmetic)s (charged again: what lowered it has been undone)",
            arithmetic=text,
        )

    def _undo(self, state, reason):
        """Take charges back and credit what was billed of them.

        :param str state: ``waived`` or ``reversed``.
        """
        billed = self.filtered(lambda charge: charge.state == "posted")
        credits = billed._credit(reason)
        for charge in self:
            charge.sudo().write(
                {
                    "state": state,
                    "reason": reason,
                    "decided_by_id": self.env.uid,
                    "credit_move_id": credits.get(charge.invoice_line_id.move_id),
                }
            )
        for notice, charges in self.grouped("notice_id").items():
            notice.sudo()._tell_charges(charges, state, reason)
        # flushed, since totals are summed in SQL
        self.env.flush_all()
        self.notice_id._refresh_charge_totals()

    def _mark_credited(self, credit):
        """Note that somebody credited the bill by a credit note of Odoo's own."""
        self.write(
            {
                "state": "waived",
                "credit_move_id": credit.id,
                "decided_by_id": self.env.uid,
                "reason": self.env._("Credited with %(credit)s", credit=credit.name),
            }
        )
        self.env.flush_all()
        self.notice_id._refresh_charge_totals()

    def _get_lines_charged_for(self):
        """Return the lines of the notice that a fee or lump sum stands for."""
        self.ensure_one()
        if self.charge_id.basis != "notice" or self.kind == "lump_sum":
            return self.notice_line_id
        notice = self.notice_id
        return notice.line_ids.filtered(
            lambda line: line.state == "issued"
            and not line.is_charge
            and line.date_due
            and line.date_due < notice.date
        )

    def _get_sum_of(self, amount):
        """Return charges of these that come to an amount; none if no choice does.

        Whole charges are given up, for each explains itself.
        """
        charges = self.sorted("amount", reverse=True)
        unit = to_decimal(self.currency_id.rounding)
        places = choose_sum(
            [int(exact(charge.amount, unit) / unit) for charge in charges],
            int(exact(amount, unit) / unit),
        )
        return self.browse([charges[place].id for place in places])

    def _get_first_announced(self):
        """Return the charge that this one repeats, of the notice that announced it."""
        self.ensure_one()
        first = self
        while first.carried_from_id:
            first = first.carried_from_id
        return first

    def _get_last_copies(self):
        """Return where these charges stand now: what was carried, its last copy."""
        last = self.filtered(lambda charge: charge.state in OWED)
        carried = self - last
        while carried:
            copies = self.search([("carried_from_id", "in", carried.ids)])
            last |= copies.filtered(lambda charge: charge.state in OWED)
            carried = copies.filtered(lambda charge: charge.state == "carried")
        return last


def format_rate(env, rate):
    """Return a percentage as the reader writes numbers, with the places it needs."""
    places = len(f"{rate:g}".partition(".")[2])
    return formatLang(env, rate, digits=places)
