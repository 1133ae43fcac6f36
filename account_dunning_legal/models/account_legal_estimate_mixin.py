from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..engine import claim

#: What a chance is taken to be until somebody has thought about it.
DEFAULT_CHANCE = 0.5


class AccountLegalEstimateMixin(models.AbstractModel):
    """What a case costs and what it is likely to bring, before it is opened."""

    _name = "account.legal.estimate.mixin"
    _description = "Estimate of a Legal Case"

    #: The model that uses the mixin says whence it comes.
    currency_id = fields.Many2one(comodel_name="res.currency")
    chance = fields.Float(
        default=DEFAULT_CHANCE,
        tracking=True,
        help="How likely it is that the claim is collected.",
    )
    amount_claimed = fields.Monetary(
        string="Claimed",
        compute="_compute_estimate",
        help="The claim today; for a draft, what opening would claim.",
    )
    amount_fees_ahead = fields.Monetary(
        string="Fees Ahead",
        compute="_compute_estimate",
        help="Fees by the tariffs of the steps that are left, if each ends as usual.",
    )
    amount_expected = fields.Monetary(
        string="Expected Return",
        compute="_compute_estimate",
        help="The chance times the claim, less the fees ahead.",
    )
    estimate_note = fields.Char(
        string="Not Estimated",
        compute="_compute_estimate",
        help="Why not all of the fees are known.",
    )
    relation_text = fields.Char(
        string="Relation",
        compute="_compute_relation_text",
        help="What is at stake beside the claim: how much the customer buys, and since"
        " when.",
    )
    date_title = fields.Date(
        string="Title Since",
        compute="_compute_date_title",
        store=True,
        help="The day from which the claim can be enforced.",
    )

    _chance_is_a_share = models.Constraint(
        "CHECK (chance >= 0 AND chance <= 1)",
        "The chance lies between 0 and 100 percent.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "claim_ids",
        "move_line_ids",
        "chance",
        "step_ids.state",
        "step_ids.fee_claim_id",
    )
    def _compute_estimate(self):
        for case in self:
            day = (case.company_id or self.env.company)._dunning_today()
            reasons, fees = [], 0.0
            claimed = sum(case._get_claimed(day).values())
            for step in case._get_steps_ahead():
                fee, reason = case._get_step_fee(step, day)
                fees += fee
                reasons += [reason] if reason else []
            case.amount_claimed = claimed
            case.amount_fees_ahead = fees
            case.amount_expected = case.chance * claimed - fees
            case.estimate_note = " ".join(reasons)

    @api.depends("partner_id", "company_id")
    def _compute_relation_text(self):
        for case in self:
            company = case.company_id or self.env.company
            since, _total = case._get_sales(company)
            year_ago = company._dunning_today() - relativedelta(years=1)
            _day, total = case._get_sales(company, year_ago)
            case.relation_text = since and self.env._(
                "customer since %(date)s, bought for %(amount)s in the last year",
                date=format_date(self.env, since),
                amount=company.currency_id.format(total),
            )

    @api.depends("step_ids.outcome_id", "step_ids.state", "step_ids.date_done")
    def _compute_date_title(self):
        for case in self:
            titles = case.step_ids.filtered(
                lambda step: step.state == "done" and step.outcome_id.gives_title
            )
            case.date_title = min(titles.mapped("date_done"), default=False)

    # === BUSINESS METHODS === #

    def _get_sales(self, company, since=None):
        """Return the day of the first invoice, and what was invoiced before tax.

        In the company's currency, less credit notes.
        """
        self.ensure_one()
        domain = (
            Domain("company_id", "=", company.id)
            & Domain("commercial_partner_id", "=", self.partner_id.id)
            & Domain("move_type", "in", ("out_invoice", "out_refund", "out_receipt"))
            & Domain("state", "=", "posted")
        )
        if since:
            domain &= Domain("invoice_date", ">=", since)
        [(day, total)] = self.env["account.move"]._read_group(
            domain, [], ["invoice_date:min", "amount_untaxed_signed:sum"]
        )
        return day, total or 0.0

    def _get_claimed(self, day):
        """Return {part of the claim: amount} on a day; a draft as opening begins it."""
        self.ensure_one()
        return claim.fold(self._get_claim_events(), day, self._get_payment_order())

    def _get_steps_ahead(self):
        """Return the steps of the procedure that are expected from now on."""
        self.ensure_one()
        current = self.current_step_id.procedure_step_id
        if not current:
            return current
        left = self.step_ids.filtered(
            lambda step: step.state == "todo"
            # what was advanced is claimed already
            and (not step.fee_claim_id or step.fee_claim_id.reversed_by_ids)
        )
        return current._get_expected_way() & left.procedure_step_id

    def _get_step_fee(self, step, day):
        """Return what a step of the procedure costs in this case; see there."""
        self.ensure_one()
        parts = self._get_claimed(day)
        return step._get_fee(
            max(parts["principal"], 0.0),
            max(sum(parts.values()), 0.0),
            self.currency_id,
            self.company_id or self.env.company,
            day,
            self._get_party_count(),
        )

    def _get_party_count(self):
        """Return how many parties a court has to serve; an override point."""
        return 2
