from odoo import api, fields, models
from odoo.tools import format_amount, format_date

FROZEN_FIELDS = {"promise_id", "date", "amount", "amount_interest"}


class AccountDunningPromiseLine(models.Model):
    """An instalment: so much by that day."""

    _name = "account.dunning.promise.line"
    _description = "Instalment"
    _inherit = ["account.dunning.guard"]
    _order = "date, id"

    promise_id = fields.Many2one(
        comodel_name="account.dunning.promise",
        string="Agreement",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="promise_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(related="promise_id.partner_id", store=True)
    user_id = fields.Many2one(related="promise_id.user_id")
    kind = fields.Selection(related="promise_id.kind")
    currency_id = fields.Many2one(related="promise_id.currency_id")
    date = fields.Date(
        required=True, help="The day by which the instalment is to be paid."
    )
    amount = fields.Monetary(required=True)
    amount_interest = fields.Monetary(
        string="Of It Interest", help="The part that pays for the time the plan gives."
    )
    amount_paid = fields.Monetary(
        string="Paid",
        readonly=True,
        copy=False,
        help="Money for this instalment, late money included.",
    )
    amount_settled = fields.Monetary(
        string="Settled Otherwise",
        readonly=True,
        copy=False,
        help="What a credit note or a write-off took off.",
    )
    amount_credited = fields.Monetary(
        string="Interest Credited",
        readonly=True,
        copy=False,
        help="Interest that was billed and is not owed: less was open than agreed.",
    )
    amount_due = fields.Monetary(
        string="To Be Paid",
        compute="_compute_amount_due",
        help="What is left of the instalment.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("active", "Pending"),
            ("kept", "Kept"),
            ("partial", "Partly kept"),
            ("broken", "Broken"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    date_reminded = fields.Date(
        string="Reminded On",
        readonly=True,
        copy=False,
        help="When the customer was reminded of the instalment.",
    )

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "An instalment must be above zero."
    )
    _amount_interest_range = models.Constraint(
        "CHECK (amount_interest >= 0 AND amount_interest <= amount)",
        "The interest is a part of its instalment.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "amount", "date")
    def _compute_display_name(self):
        for line in self:
            line.display_name = self.env._(
                "%(partner)s: %(amount)s by %(date)s",
                partner=line.partner_id.name or "",
                amount=format_amount(self.env, line.amount, line.currency_id)
                if line.currency_id
                else line.amount,
                date=format_date(self.env, line.date),
            )

    @api.depends("amount", "amount_credited", "amount_paid", "amount_settled")
    def _compute_amount_due(self):
        for line in self:
            owed = line.amount - line.amount_credited
            line.amount_due = owed - line.amount_paid - line.amount_settled

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "state",
            "amount_paid",
            "amount_settled",
            "amount_credited",
            "date_reminded",
        }

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.promise_id._check_editable()
        return lines

    def write(self, vals):
        if FROZEN_FIELDS & vals.keys():
            self.promise_id._check_editable()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        self.promise_id._check_editable()

    # === ACTION METHODS === #

    def action_open_promise(self):
        """Open the agreement of the instalment."""
        self.ensure_one()
        return self.promise_id._get_records_action()
