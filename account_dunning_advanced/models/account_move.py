from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..engine.assessment import STANDING
from ..engine.reference import index_definition
from .account_dunning_guard import GUARD_KEY, GUARD_SENTINEL
from .account_dunning_writeoff_line import ReversedEntries

# By what a document is known as a bill, or a credit note, of the dunning process.
CHARGE_MARKS = {"dunning_notice_id", "dunning_promise_id"}
# By what a credit note is known as that of a decision: it is not set by hand either.
DUNNING_MARKS = CHARGE_MARKS | {"dunning_dispute_id", "dunning_offer_id"}
# Where the invoice stands, as its items do: for the process and for managers.
LADDER_MARKS = {"dunning_level_id", "dunning_date"}


class AccountMove(models.Model):
    _inherit = "account.move"

    dunning_policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        copy=False,
        check_company=True,
        index="btree_not_null",
        help="Takes the place of the customer's and the company's policy.",
    )
    dunning_level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The highest level that was given to an item of this invoice.",
    )
    dunning_date = fields.Date(
        string="Last Notice",
        readonly=True,
        copy=False,
        help="Date of the last notice that asked for this invoice.",
    )
    dunning_notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        string="Bills Charges of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The notice whose interest and fees this document bills or credits.",
    )
    dunning_promise_id = fields.Many2one(
        comodel_name="account.dunning.promise",
        string="Bills Interest of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The payment plan whose interest this document bills or credits.",
    )
    dunning_notice_count = fields.Integer(compute="_compute_dunning_notice_count")
    dunning_offer_id = fields.Many2one(
        comodel_name="account.dunning.offer",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The offer for settling early whose discount this document credits.",
    )
    dunning_explanation = fields.Text(
        string="Dunning Today",
        compute="_compute_dunning_explanation",
        groups="base.group_user",
        help="What a run today would decide for each open item, and why.",
    )

    dunning_dispute_id = fields.Many2one(
        comodel_name="account.dunning.dispute",
        string="Credits Dispute",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The dispute that was upheld with this credit note.",
    )
    dunning_dispute_count = fields.Integer(compute="_compute_dunning_dispute_count")
    dunning_delay_reason_id = fields.Many2one(
        groups="base.group_user",
        comodel_name="account.dunning.delay.reason",
        string="Reason of Delay",
        inverse="_inverse_dunning_delay_reason_id",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Why the invoice is not paid; the debtor takes it over as the last heard.",
    )

    # what bank lines name
    _dunning_name_idx = models.Index(
        index_definition("name", "state = 'posted' AND amount_residual > 0")
    )
    _dunning_reference_idx = models.Index(
        index_definition(
            "payment_reference", "state = 'posted' AND amount_residual > 0"
        )
    )
    _dunning_offer_uniq = models.UniqueIndex(
        "(dunning_offer_id, reversed_entry_id) WHERE dunning_offer_id IS NOT NULL",
        "The discount on this invoice has been credited already.",
    )

    # === COMPUTE METHODS === #

    def _compute_dunning_notice_count(self):
        counts = dict(self._get_notice_counts())
        for move in self:
            move.dunning_notice_count = counts.get(move.id, 0)

    def _get_notice_counts(self):
        """Return (move id, number of issued notices) pairs."""
        lines = self.env["account.dunning.notice.line"].search(
            [
                ("move_line_id.move_id", "in", self.ids),
                ("notice_id.state", "=", "issued"),
            ]
        )
        return [
            (move.id, len(of_move.notice_id))
            for move, of_move in lines.grouped("move_id").items()
        ]

    @api.depends_context("uid", "lang")
    def _compute_dunning_explanation(self):
        for move in self:
            items = move._get_dunning_items()
            texts = [
                (item.date_maturity, item.dunning_explanation)
                for item in items
                if item.dunning_explanation
            ]
            if len(texts) > 1:
                move.dunning_explanation = "\n".join(
                    self.env._(
                        "Due %(date)s: %(text)s",
                        date=format_date(self.env, date) if date else "–",
                        text=text,
                    )
                    for date, text in texts
                )
            else:
                move.dunning_explanation = texts[0][1] if texts else False

    # === ACTION METHODS === #

    def action_view_dunning_notices(self):
        """Open the notices that asked for these invoices."""
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_notice_action"
        )
        action["domain"] = [("line_ids.move_line_id.move_id", "in", self.ids)]
        return action

    def action_dunning_hold(self):
        """Put these invoices on hold; asks for a reason and an end."""
        self.check_access("read")
        return self.env["account.dunning.hold.create"]._open(self)

    def action_dunning_promise(self):
        """Take a promise, a plan or a settlement of these invoices' open items."""
        return self.env["account.dunning.promise.create"]._open(self)

    def action_dunning_exclude(self):
        """Take these invoices out of dunning, with core's own flag."""
        self.no_followup = True

    def action_dunning_include(self):
        """Take these invoices into dunning again."""
        self.no_followup = False

    # === BUSINESS METHODS === #

    def _get_dunning_items(self):
        """Return the open receivable items."""
        return self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
            and not line.reconciled
            and line.parent_state == "posted"
        )

    def _refresh_dunning_level(self):
        """Set level and last notice from the items, in one statement."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move move
                   SET dunning_level_id = item.level_id, dunning_date = item.date
                  FROM (
                      SELECT line.move_id, MAX(line.dunning_date) AS date,
                             (ARRAY_AGG(reached.level_id
                                  ORDER BY reached.rank DESC, reached.level_id)
                                  FILTER (WHERE reached.rank IS NOT NULL))[1]
                                 AS level_id
                        FROM account_move_line line
                        LEFT JOIN (%s) reached
                               ON reached.level_id = line.dunning_level_id
                       WHERE line.move_id = ANY(%s)
                       GROUP BY 1
                  ) item
                 WHERE item.move_id = move.id""",
                STANDING,
                list(self.ids),
            )
        )
        self.invalidate_recordset(["dunning_level_id", "dunning_date"])

    # --- Charges ---

    def _is_dunning_charge(self):
        """Return whether the document charges for being late, or credits that."""
        self.ensure_one()
        return any(self[mark] for mark in CHARGE_MARKS)

    @api.model_create_multi
    def create(self, vals_list):
        self = self._without_mark_defaults()
        if any(DUNNING_MARKS & vals.keys() for vals in vals_list):
            self._check_may_mark()
        if any(LADDER_MARKS & vals.keys() for vals in vals_list):
            self.env["account.move.line"]._check_ladder_rights()
        return super().create(vals_list)

    def write(self, vals):
        if DUNNING_MARKS & vals.keys():
            self._check_may_mark()
        if LADDER_MARKS & vals.keys():
            self.env["account.move.line"]._check_ladder_rights()
        return super().write(vals)

    @api.model
    def _without_mark_defaults(self):
        """Return the model without defaults of the context for the marks."""
        forged = {f"default_{name}" for name in DUNNING_MARKS}
        if self.env.su or not forged & self.env.context.keys():
            return self
        context = self.env.context.items()
        kept = {key: value for key, value in context if key not in forged}
        # keys are to go, which keyword arguments cannot say
        return self.with_context(kept)  # pylint: disable=context-overridden

    @api.model
    def _check_may_mark(self):
        """:raise AccessError: what a document is to dunning is not said by hand.

        Credit notes of decisions are made by the user's own right, but marked by the
        process, under the guard's key.
        """
        if self.env.su or self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            return
        raise AccessError(
            self.env._("What a document charges is set by the dunning process.")
        )

    def _get_dunning_credits(self):
        """Return the posted credit notes of the bill that nobody has taken back."""
        return self.reversal_move_ids.filtered(
            lambda credit: credit.state == "posted"
            and credit.move_type == "out_refund"
            and not any(undone.state == "posted" for undone in credit.reversal_move_ids)
        )

    def _get_dunning_amount_lines(self):
        """Return the lines of products, then those of taxes, each in their order."""
        products = self.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
        )
        taxes = self.line_ids.filtered("tax_line_id")
        return products.sorted(lambda line: (line.sequence, line.id)) + taxes.sorted(
            lambda line: (line.tax_line_id.id, line.account_id.id, line.id)
        )

    def _take_back_amounts(self, amounts):
        """Book these amounts the other way round, whatever Odoo computed.

        :param dict amounts: {line of a product or tax of the document that is taken
            back: (amount in currency, balance)}, in the order of the document.
        """
        self.ensure_one()
        own = self._get_dunning_amount_lines()
        receivable = self.line_ids - own
        # a tax that books otherwise in credit notes is left as Odoo computes it
        if len(own) != len(amounts) or len(receivable) != 1:
            return
        booked = {
            line: (-float(amount), -float(balance))
            for line, (amount, balance) in zip(own, amounts.values(), strict=True)
        }
        booked[receivable] = tuple(
            -sum(pair[index] for pair in booked.values()) for index in (0, 1)
        )
        # as a person would correct the tax of a document in its totals
        self.with_context(skip_invoice_sync=True).write(
            {
                "line_ids": [
                    Command.update(
                        line.id, {"amount_currency": amount, "balance": balance}
                    )
                    for line, (amount, balance) in booked.items()
                ]
            }
        )

    def _undo_dunning_credit(self):
        """Reverse a credit note to the cent: what it took back is owed again."""
        self.ensure_one()
        bill = self.reversed_entry_id
        day = max(self.date, self.company_id._dunning_today())
        self.company_id._check_dunning_lock(
            day, bool(self.invoice_line_ids.tax_ids), self.journal_id
        )
        self.line_ids.remove_move_reconcile()
        undone = self.with_context(**{GUARD_KEY: GUARD_SENTINEL})._reverse_moves(
            [
                {
                    "date": day,
                    "invoice_date": day,
                    "invoice_date_due": bill.invoice_date_due,
                    # at the bill's rate, or the books would not be what they were
                    "invoice_currency_rate": self.invoice_currency_rate,
                    "dunning_notice_id": bill.dunning_notice_id.id,
                }
            ]
        )
        undone._take_back_amounts(
            {
                line: (line.amount_currency, line.balance)
                for line in self._get_dunning_amount_lines()
            }
        )
        # posting sets it against the credit note
        undone._post(soft=False)

    def _check_no_dunning_loss(self):
        """:raise UserError: an item of these bills was written off as a loss."""
        for bill in self:
            if any(line._is_written_off() for line in bill.line_ids):
                raise UserError(
                    self.env._(
                        "%(bill)s was written off. Take the loss back first.",
                        bill=bill.display_name,
                    )
                )

    def _check_no_dunning_bill(self):
        """:raise UserError: one of them bills or credits what dunning charges."""
        for move in self.filtered("dunning_promise_id"):
            if move.state == "posted":
                raise UserError(
                    self.env._(
                        "%(bill)s is the interest of %(plan)s: cancel that instead.",
                        bill=move.display_name,
                        plan=move.sudo().dunning_promise_id.display_name,
                    )
                )
        for move in self.filtered("dunning_notice_id"):
            if move.state == "posted":
                raise UserError(
                    self.env._(
                        "%(bill)s belongs to the charges of %(notice)s: waive them, or"
                        " reverse the notice, instead.",
                        bill=move.display_name,
                        notice=move.sudo().dunning_notice_id.display_name,
                    )
                )

    def _note_credited_charges(self):
        """Note bills of charges that were credited as a whole with Odoo's wizard."""
        for credit in self:
            bill = credit.reversed_entry_id
            if not bill.dunning_notice_id or credit.dunning_notice_id:
                continue
            # accountants who are no collectors make credit notes as well
            charges_sudo = bill.sudo().dunning_notice_id.charge_ids.filtered(
                lambda charge, bill=bill: charge.state == "posted"
                and charge.invoice_line_id.move_id == bill
            )
            owed = sum(charges_sudo.mapped("amount"))
            if charges_sudo and not bill.currency_id.compare_amounts(
                credit.amount_total, owed
            ):
                charges_sudo._mark_credited(credit)

    # --- Reasons of delay ---

    def _inverse_dunning_delay_reason_id(self):
        Debtor = self.env["account.dunning.debtor"]
        for move in self.filtered("dunning_delay_reason_id"):
            debtor = Debtor._get_or_create(move.partner_id, move.company_id)
            debtor.delay_reason_id = move.dunning_delay_reason_id

    # --- Disputes ---

    def _compute_dunning_dispute_count(self):
        lines = self.env["account.dunning.dispute.line"].search(
            [("move_line_id.move_id", "in", self.ids)]
        )
        counts = {
            move: len(of_move.dispute_id)
            for move, of_move in lines.grouped("move_id").items()
        }
        for move in self:
            move.dunning_dispute_count = counts.get(move, 0)

    def action_dunning_dispute(self):
        """Open a dispute on these invoices; asks for what the customer says."""
        self.check_access("read")
        return self.env["account.dunning.dispute.create"]._open(self)

    def action_view_dunning_disputes(self):
        """Open the disputes on these invoices."""
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_dispute_action"
        )
        action["domain"] = [("move_line_ids.move_id", "in", self.ids)]
        action["context"] = {}
        return action

    # --- Write-offs ---

    def button_draft(self):
        """Keep entries that carry a decision; they are reversed, not edited."""
        self._check_no_dunning_decision()
        self._check_no_dunning_bill()
        result = super().button_draft()
        self.env["account.dunning.debtor"]._refresh_later(self._get_receivables())
        return result

    def _get_receivables(self):
        """Return the receivable items of these documents, open or not."""
        return self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def _post(self, soft=True):
        """Note reversals of write-offs, also those made with Odoo's own wizard."""
        posted = super()._post(soft=soft)
        self.env["account.dunning.debtor"]._refresh_later(posted._get_receivables())
        reversals = posted.filtered("reversed_entry_id")
        if reversals:
            reversals._note_credited_charges()
            self.env["account.dunning.writeoff.line"]._note_credit_notes(
                reversals.filtered(lambda move: move.move_type == "out_refund")
            )
            # accountants who are no collectors reverse entries as well
            lines_sudo = self.env["account.dunning.writeoff.line"].sudo()
            lines_sudo.search(
                [
                    ("entry_id", "in", reversals.reversed_entry_id.ids),
                    ("state", "=", "posted"),
                ]
            )._mark_reversed(reversals)
        return posted

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Let write-offs know what is unmatched in order to be reversed.

        :raise UserError: one credits charges, which come back another way.
        """
        self._check_no_charge_credit()
        moves = self
        if cancel:
            moves = self.with_context(
                dunning_reversed_entries=ReversedEntries(self.ids)
            )
        reversals = super(AccountMove, moves)._reverse_moves(
            default_values_list=default_values_list, cancel=cancel
        )
        return reversals.with_env(self.env)

    def _check_no_charge_credit(self):
        """:raise UserError: a credit note that took charges back is reversed by hand.

        The invoice that came of it would be a debt like others: dunned, and bearing
        interest.
        """
        if self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            return
        for move in self.filtered("dunning_notice_id"):
            if move.move_type == "out_refund":
                raise UserError(
                    self.env._(
                        "%(credit)s takes back what %(notice)s charged. Reinstate the"
                        " charges there instead.",
                        credit=move.name,
                        notice=move.sudo().dunning_notice_id.display_name,
                    )
                )

    def _check_no_dunning_decision(self):
        lines = (
            self.env["account.dunning.writeoff.line"]
            .sudo()
            .search(
                ["|", ("entry_id", "in", self.ids), ("reversal_id", "in", self.ids)]
            )
        )
        allowances = (
            self.env["account.dunning.allowance"]
            .sudo()
            .search(["|", ("move_id", "in", self.ids), ("reversal_id", "in", self.ids)])
        )
        entries = (
            lines.entry_id
            | lines.reversal_id
            | allowances.move_id
            | allowances.reversal_id
        )
        kept = (entries & self).filtered(lambda move: move.state == "posted")
        if kept:
            raise UserError(
                self.env._(
                    "%(entry)s belongs to a write-off or an allowance: reverse that"
                    " instead.",
                    entry=kept[0].display_name,
                )
            )

    def action_dunning_write_off(self):
        """Write off the open items of these invoices; asks for a reason."""
        return self.env["account.dunning.writeoff.create"]._open(self)
