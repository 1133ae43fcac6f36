from odoo import api, fields, models
from odoo.tools import format_amount, format_date


class AccountDunningDebtorCredit(models.Model):
    """How much credit stands behind a debtor: insurance and what agencies say."""

    # a room of its own: credit
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    insurer_id = fields.Many2one(
        comodel_name="res.partner", string="Credit Insurer", tracking=True
    )
    amount_insured = fields.Monetary(string="Insured", tracking=True)
    insured_until = fields.Date(tracking=True, help="Empty: until further notice.")
    insurance_text = fields.Char(
        string="Insurance Gap",
        compute="_compute_insurance_text",
        help="What of the open amount is not insured, or not any more.",
    )
    is_watched = fields.Boolean(
        string="Watch Credit",
        tracking=True,
        help="The collector is told when a score changes.",
    )
    credit_info_ids = fields.One2many(
        comodel_name="account.dunning.credit.info",
        inverse_name="debtor_id",
        string="Credit Information",
    )
    credit_text = fields.Char(
        string="Credit Rating",
        compute="_compute_credit_text",
        help="The latest finding, and whether it is worse than the one before.",
    )

    # === COMPUTE METHODS === #

    @api.depends("amount_open", "amount_insured", "insured_until")
    @api.depends_context("lang")
    def _compute_insurance_text(self):
        for debtor in self:
            debtor.insurance_text = debtor._get_insurance_gap()

    @api.depends("credit_info_ids.score", "credit_info_ids.date")
    @api.depends_context("lang")
    def _compute_credit_text(self):
        for debtor in self:
            info = debtor.credit_info_ids.sorted(lambda info: (info.date, info.id))[-1:]
            if not info:
                debtor.credit_text = False
                continue
            values = {
                "agency": info.source,
                "score": info.score,
                "date": format_date(self.env, info.date),
                "before": info.previous_id.score,
            }
            if info.is_worse:
                debtor.credit_text = self.env._(
                    "%(agency)s, %(date)s: %(score)s, worse than %(before)s before.",
                    **values,
                )
            else:
                debtor.credit_text = self.env._(
                    "%(agency)s, %(date)s: %(score)s", **values
                )

    # === BUSINESS METHODS === #

    def _get_insurance_gap(self):
        """Say what of the open amount no insurer bears; nothing where it is covered."""
        self.ensure_one()
        if self.currency_id.is_zero(self.amount_insured or 0):
            return False
        today = self.company_id._dunning_today()
        if self.insured_until and self.insured_until < today:
            return self.env._(
                "The insurance ended on %s.", format_date(self.env, self.insured_until)
            )
        gap = self.amount_open - self.amount_insured
        if self.currency_id.compare_amounts(gap, 0) > 0:
            return self.env._(
                "%s is open beyond what is insured.",
                format_amount(self.env, gap, self.currency_id),
            )
        return False
