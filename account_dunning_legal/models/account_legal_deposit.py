from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountLegalDeposit(models.Model):
    """Security that the creditor gives for a provisional attachment.

    The court asks for it in case the attachment turns out wrong, and gives it back
    when that is settled: money that is easily forgotten. Amounts are in the case's
    currency; what the security costs, such as a premium, is a cost of the case.
    """

    _name = "account.legal.deposit"
    _description = "Security Deposit"
    _inherit = ["account.legal.advance.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_ordered desc, id desc"

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="case_id.partner_id", store=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    kind = fields.Selection(
        selection=[
            ("cash", "Cash"),
            ("bond", "Bond or bank guarantee"),
            ("insurance", "Guarantee insurance"),
        ],
        required=True,
        default="cash",
    )
    amount = fields.Monetary(
        required=True, tracking=True, help="The sum that the court has set."
    )
    date_ordered = fields.Date(
        string="Ordered On",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        help="The day of the court's order.",
    )
    date_deposited = fields.Date(
        string="Deposited On", tracking=True, help="The day on which it was given."
    )
    place = fields.Char(
        string="Where", help="Who holds it: deposit office, bank or insurer."
    )
    reference = fields.Char(help="The number of the deposit or of the policy.")
    date_returned = fields.Date(
        string="Returned On",
        tracking=True,
        help="The day on which it came back, less what was forfeited.",
    )
    amount_forfeited = fields.Monetary(
        string="Forfeited",
        tracking=True,
        help="What went to the debtor, because the attachment did him wrong.",
    )
    amount_open = fields.Monetary(
        string="Still Out",
        compute="_compute_state",
        store=True,
        help="What has been given and is not back.",
    )
    state = fields.Selection(
        selection=[
            ("ordered", "Ordered"),
            ("deposited", "Deposited"),
            ("returned", "Returned"),
            ("forfeited", "Forfeited"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
    )

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "The security is a positive amount."
    )
    _forfeited_in_amount = models.Constraint(
        "CHECK (amount_forfeited >= 0 AND amount_forfeited <= amount)",
        "No more than the whole security can be forfeited.",
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "case_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for deposit in self:
            deposit.display_name = self.env._(
                "Security of %(case)s: %(kind)s",
                case=deposit.case_id.name or "",
                kind=labels.get(deposit.kind, ""),
            )

    @api.depends("amount", "amount_forfeited", "date_deposited", "date_returned")
    def _compute_state(self):
        for deposit in self:
            left = (deposit.amount or 0.0) - (deposit.amount_forfeited or 0.0)
            currency = deposit.currency_id or self.env.company.currency_id
            if not deposit.date_deposited:
                deposit.state = "ordered"
            elif deposit.date_returned:
                deposit.state = "returned"
            else:
                deposit.state = "forfeited" if currency.is_zero(left) else "deposited"
            deposit.amount_open = left if deposit.state == "deposited" else 0.0

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("date_ordered", "date_deposited", "date_returned")
    def _check_dates(self):
        for deposit in self:
            if deposit.date_returned and not deposit.date_deposited:
                raise ValidationError(
                    self.env._(
                        "%(deposit)s cannot come back before it was given.",
                        deposit=deposit.display_name,
                    )
                )
            days = [
                deposit.date_ordered,
                deposit.date_deposited,
                deposit.date_returned,
            ]
            known = [day for day in days if day]
            if known != sorted(known):
                raise ValidationError(
                    self.env._(
                        "%(deposit)s is ordered first, then given, then returned.",
                        deposit=deposit.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        deposits = super().create(vals_list)
        deposits._remind()
        return deposits

    def write(self, vals):
        result = super().write(vals)
        if {"date_deposited", "date_returned", "amount_forfeited"} & vals.keys():
            self._remind()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_given(self):
        for deposit in self:
            if deposit.date_deposited:
                raise ValidationError(
                    self.env._(
                        "%(deposit)s has been given and is kept. Say when it came"
                        " back, or what was forfeited.",
                        deposit=deposit.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_return(self):
        """Say that the security came back today."""
        for deposit in self:
            deposit.date_returned = deposit.company_id._dunning_today()

    # === BUSINESS METHODS === #

    def _remind(self):
        """Keep one activity on what is out although its case is over."""
        kind = "account_dunning_legal.mail_activity_legal_follow_up"
        for deposit in self:
            case = deposit.case_id
            wanted = deposit.state == "deposited" and case.state in (
                "closed",
                "cancelled",
            )
            known = deposit.activity_ids.filtered(
                lambda activity: activity.activity_type_id == self.env.ref(kind)
            )
            if wanted and not known:
                deposit.activity_schedule(
                    kind,
                    date_deadline=case.company_id._dunning_today(),
                    summary=self.env._(
                        "Get the security back: %(amount)s at %(place)s",
                        amount=deposit.currency_id.format(deposit.amount_open),
                        place=deposit.place or self.env._("the court"),
                    ),
                    user_id=case.user_id.id or self.env.uid,
                )
            elif known and not wanted:
                deposit.activity_unlink([kind])

    def _get_cost_date(self):
        return self.date_deposited or self.date_ordered
