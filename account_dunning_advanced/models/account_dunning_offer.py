from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, split_every

from ..engine import allocation, reward
from .account_dunning_guard import for_judging, is_judging

#: States in which reconciliations decide.
JUDGED_STATES = ("open", "lapsed", "to_credit", "taken")
#: Offers that the cron judges between two commits.
JUDGED_AT_ONCE = 100


class AccountDunningOffer(models.Model):
    """One offer to one debtor: pay so much until then, and we credit the rest.

    It stands or falls with what is matched with its items: paid by payments dated in
    its days, the discount is credited; undone, the credit is reversed; late, it
    lapses. An offer that lapsed before the payment was entered comes back with it.
    """

    _name = "account.dunning.offer"
    _description = "Offer for Settling Early"
    _inherit = ["account.dunning.guard"]
    _order = "date_from desc, id desc"

    notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    reward_id = fields.Many2one(
        comodel_name="account.dunning.reward",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    level_id = fields.Many2one(
        comodel_name="account.dunning.level", readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    date_from = fields.Date(string="Offered On", required=True, readonly=True)
    date_to = fields.Date(
        string="Open Until",
        required=True,
        readonly=True,
        help="Payments dated until this day count, whenever they are entered.",
    )
    kind = fields.Selection(
        selection=[("percent", "Percentage"), ("amount", "Amount")],
        required=True,
        readonly=True,
    )
    value = fields.Float(
        digits=(16, 3),
        required=True,
        readonly=True,
        help="The percentage, or the amount, as it was offered.",
    )
    pause_ladder = fields.Boolean(readonly=True)
    amount_base = fields.Monetary(
        string="Discounted", readonly=True, help="What the discount counts on."
    )
    amount_asked = fields.Monetary(
        string="Asked For", readonly=True, help="What the notice asked for."
    )
    amount_discount = fields.Monetary(string="Discount", readonly=True)
    amount_company = fields.Monetary(
        string="Budgeted",
        currency_field="company_currency_id",
        readonly=True,
        help="The discount in company currency at the rate of the day it was offered.",
    )
    amount_cost = fields.Monetary(
        string="Cost",
        currency_field="company_currency_id",
        compute="_compute_amount_cost",
        store=True,
        help="What was credited, taxes included, in company currency.",
    )
    rate_taken = fields.Float(
        string="Taken (%)",
        compute="_compute_rate_taken",
        store=True,
        aggregator="avg",
        help="How many of the offers counted have been taken.",
    )
    state = fields.Selection(
        selection=[
            ("open", "Pending"),
            ("to_credit", "To credit"),
            ("taken", "Taken"),
            ("lapsed", "Lapsed"),
            ("withdrawn", "Withdrawn"),
            ("refused", "Over budget"),
        ],
        required=True,
        default="open",
        readonly=True,
    )
    note = fields.Char(
        readonly=True, help="Why it was not made, or what keeps it from being credited."
    )
    line_ids = fields.One2many(
        comodel_name="account.dunning.offer.line",
        inverse_name="offer_id",
        readonly=True,
    )
    credit_move_ids = fields.One2many(
        comodel_name="account.move",
        inverse_name="dunning_offer_id",
        string="Credit Notes",
        readonly=True,
    )

    _notice_uniq = models.UniqueIndex("(notice_id)", "A notice makes one offer.")
    _open_idx = models.Index("(company_id, date_to) WHERE state = 'open'")

    # === COMPUTE METHODS === #

    @api.depends("notice_id.name", "amount_discount", "date_to")
    def _compute_display_name(self):
        for offer in self:
            offer.display_name = self.env._(
                "%(notice)s: %(discount)s until %(date)s",
                notice=offer.notice_id.name or "",
                discount=offer.currency_id.format(offer.amount_discount),
                date=format_date(self.env, offer.date_to),
            )

    @api.depends("credit_move_ids.amount_total_signed", "credit_move_ids.state")
    def _compute_amount_cost(self):
        for offer in self:
            posted = offer.credit_move_ids.filtered(lambda move: move.state == "posted")
            offer.amount_cost = -sum(posted.mapped("amount_total_signed"))

    @api.depends("state")
    def _compute_rate_taken(self):
        for offer in self:
            offer.rate_taken = 100.0 if offer.state == "taken" else 0.0

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        stored = {name for name, field in self._fields.items() if field.store}
        return super()._get_guarded_fields() | stored - set(models.MAGIC_COLUMNS)

    # === ACTION METHODS === #

    def action_withdraw(self):
        """Take open offers back; for those who set up rewards, for it was promised.

        :raise UserError: an offer is not open.
        """
        self.env["account.dunning.reward"].check_access("write")
        self.check_access("write")
        for offer in self:
            if offer.state != "open":
                raise UserError(
                    self.env._(
                        "The offer with %(notice)s is not open.",
                        notice=offer.notice_id.display_name,
                    )
                )
        self._withdraw()

    def action_judge(self):
        """Look again at what was paid, and credit what could not be credited before."""
        self.check_access("write")
        self.sudo()._judge()

    # === BUSINESS METHODS === #

    def _get_amount_to_pay(self, amount=None):
        """Return what is to be paid for the discount, of what is asked for."""
        self.ensure_one()
        return self.currency_id.round(
            (self.amount_asked if amount is None else amount) - self.amount_discount
        )

    def _withdraw(self):
        """Take back what is open; what has been taken stays taken."""
        self.filtered(lambda offer: offer.state == "open")._unguarded().write(
            {"state": "withdrawn"}
        )

    # === BUSINESS METHODS - JUDGING === #

    @api.model
    def _judge_items(self, items):
        """Judge the offers on items with which something was, or is not any more,
        matched.

        What judging itself matches and undoes is not judged once more.
        """
        if is_judging(self.env):
            return
        # who matches a payment need not have rights on offers, and may not choose
        # whether a promise is kept
        lines_sudo = (
            self.env["account.dunning.offer.line"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("offer_id.state", "in", JUDGED_STATES),
                ]
            )
        )
        lines_sudo.offer_id._judge()

    def _judge(self):
        """Set each offer to what its items' reconciliations say today."""
        offers = for_judging(self)
        offers._lock()
        # the older promise counts, where two stand on one item
        for offer in offers.sorted("id"):
            offer._judge_one(offer.company_id._dunning_today())

    def _lock(self):
        """Hold the offers: what two see as earned is credited by the first of them."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT FROM %s WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
                self._table_sql,
                self.ids,
            )
        )
        self.invalidate_recordset()

    def _judge_one(self, day):
        self.ensure_one()
        if self.state not in JUDGED_STATES:
            return
        earned = self._get_earned()
        if sum(earned.values()):
            if self.state == "taken":
                self._unguarded().write({"note": False})
            elif not self._get_rivals():
                self._credit(earned, day)
        elif self.state == "taken":
            self._take_back(day)
        else:
            self._set_unearned(day)

    def _set_unearned(self, day):
        """Open the offer again, or let it lapse after its last day."""
        self.ensure_one()
        state = "lapsed" if self.date_to < day else "open"
        if self.state != state:
            self._unguarded().write({"state": state, "note": False})

    def _get_rivals(self):
        """Return offers on the same items whose discount has been earned."""
        self.ensure_one()
        return self.search(
            [
                ("id", "!=", self.id),
                ("line_ids.move_line_id", "in", self.line_ids.move_line_id.ids),
                ("state", "in", ("to_credit", "taken")),
            ]
        )

    def _get_earned(self):
        """Return {offer line: the discount it has earned}, in the offer's currency."""
        self.ensure_one()
        unit = self.currency_id.rounding
        terms = reward.Terms(
            kind=self.kind,
            value=allocation.exact(self.value, 0.001),
            date_from=self.date_from,
            date_to=self.date_to,
            rounding=allocation.exact(unit, unit),
        )
        shares = reward.earned(
            terms, [self._get_engine_item(line) for line in self.line_ids]
        )
        return dict(zip(self.line_ids, map(float, shares), strict=True))

    def _get_engine_item(self, line):
        unit = self.currency_id.rounding
        item = line.move_line_id
        return reward.Item(
            total=allocation.exact(item.amount_currency, unit),
            base=allocation.exact(line.amount_base, unit),
            entries=[
                reward.Entry(
                    day=partial.credit_move_id.date,
                    amount=allocation.exact(partial.debit_amount_currency, unit),
                    is_payment=self._is_payment(partial.credit_move_id),
                )
                for partial in item.matched_credit_ids
                if partial.credit_move_id.move_id.dunning_offer_id != self
            ],
        )

    @api.model
    def _is_payment(self, credit):
        """Return whether a credit that was matched with an item earns the discount.

        What is given up does not: neither a credit note nor a loss.
        """
        return credit._is_money()

    # === CRON METHODS === #

    @api.model
    def _get_cron_domain(self, day):
        """Return the offers that are over, or wait to be credited or taken back."""
        return (
            Domain("state", "=", "open") & Domain("date_to", "<", day)
            | Domain("state", "=", "to_credit")
            | Domain("state", "=", "taken") & Domain("note", "!=", False)
        )

    @api.model
    def _cron_judge(self):
        """Let offers lapse whose last day is over; credit what could not be before."""
        waiting = self.browse()
        for company in self.env["res.company"].search([("active", "=", True)]):
            waiting |= self.search(
                Domain("company_id", "=", company.id)
                & self._get_cron_domain(company._dunning_today())
            )
        self.env["ir.cron"]._commit_progress(remaining=len(waiting))
        for ids in split_every(JUDGED_AT_ONCE, waiting.ids):
            self.browse(ids)._judge()
            if not self.env["ir.cron"]._commit_progress(len(ids)):
                break
