from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.tools import format_amount, format_date

#: How sure a rule is; the first is the surest.
CONFIDENCE = [
    ("text", "Read in the law"),
    ("secondary", "From another source"),
    ("common", "Common knowledge"),
    ("doubtful", "To be checked"),
]


class AccountDunningWriteoffReason(models.Model):
    """Why a receivable is given up, and what tax law asks for it.

    The conditions of tax law are data: the code knows ages, amounts and evidence, but
    no country. Reasons that ship with the addon follow its updates; to deviate from
    one, archive it and add your own.
    """

    _name = "account.dunning.writeoff.reason"
    _description = "Write-off Reason"
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short name for imports and documents.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(
        comodel_name="res.country",
        help="Only for companies that are taxed there; empty for all.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Leave empty to share the reason among all companies.",
    )
    deductible = fields.Selection(
        selection=[
            ("yes", "Deductible"),
            ("no", "Not deductible"),
            ("ask", "To be judged case by case"),
        ],
        string="Income Tax",
        required=True,
        default="ask",
        help="Whether the loss reduces the taxable income when the conditions are met.",
    )
    tax_relief = fields.Boolean(
        help="The VAT or consumption tax of the lost amount is claimed back, if the"
        " company does so.",
    )
    relief_base = fields.Boolean(
        string="Taxable Amount Too",
        default=True,
        help="The taxable amount is reduced along with the tax, as EU law has it"
        " (directive 2006/112/EC, article 90). Not where the tax of the loss is a"
        " deduction of its own, which leaves the turnover as it was declared.",
    )
    relief_max_months = fields.Integer(
        string="Relief Until (months)",
        help="Tax is claimed back up to so many months after the invoice; 0: always.",
    )
    rule = fields.Text(translate=True, help="What tax law says.")
    evidence = fields.Text(
        translate=True, help="What proves the loss and is to be kept."
    )
    evidence_required = fields.Boolean(
        help="A request needs a document attached before it is submitted."
    )
    min_months_overdue = fields.Integer(
        string="Overdue for (months)", help="Only items due so many months ago; 0: any."
    )
    not_due_allowed = fields.Boolean(
        string="Also Not Yet Due",
        help="Items may be written off before they are due: what the reason tells of"
        " the debtor does not wait for that.",
    )
    inactive_months = fields.Integer(
        string="No Trade for (months)",
        help="Only customers without an invoice or payment for so many months; 0: any.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        default=lambda self: self.env.company.currency_id,
        help="Of the amounts below.",
    )
    max_debtor_amount = fields.Monetary(
        string="Owed at Most",
        help="Only customers who owe no more than this in all; 0: any.",
    )
    below_cost = fields.Boolean(
        string="Below Collection Cost",
        help="Only customers who owe less in all than the company's cost to collect.",
    )
    memo_amount = fields.Monetary(
        string="Remains in the Books",
        help="What of each customer's items is kept as a memorandum.",
    )
    source = fields.Char(help="Where the rule comes from: law and article, or address.")
    verified_on = fields.Date(help="When the rule was last held against its source.")
    confidence = fields.Selection(
        selection=CONFIDENCE, required=True, default="doubtful"
    )

    _counts_positive = models.Constraint(
        "CHECK (min_months_overdue >= 0 AND inactive_months >= 0"
        " AND relief_max_months >= 0 AND max_debtor_amount >= 0 AND memo_amount >= 0)",
        "The conditions of a reason cannot be negative.",
    )
    _code_company_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "The code of a reason is given only once."
    )

    # === BUSINESS METHODS === #

    def _get_relief_end(self, date_supply):
        """Return the last day on which tax is claimed back, or False for no end."""
        self.ensure_one()
        if not self.relief_max_months:
            return False
        return date_supply + relativedelta(months=self.relief_max_months)

    def _get_violations(self, request):
        """Return what keeps a request's open items from being written off so.

        For an addon to check a condition of its own, it must extend this method.

        :param request: an account.dunning.writeoff with this reason.
        :return: list of sentences, empty when all conditions are met.
        """
        self.ensure_one()
        texts = self._get_country_violations(request)
        if self.evidence_required and not request.evidence_ids:
            texts.append(
                self.env._(
                    "%(reason)s needs evidence: %(evidence)s",
                    reason=self.name,
                    evidence=self.evidence or self.env._("attach a document."),
                )
            )
        lines = request._get_open_lines()
        for line in lines:
            texts += self._get_item_violations(line, request.date)
        figures = lines._get_debtor_figures()
        for partner, of_partner in lines.grouped("partner_id").items():
            texts += self._get_debtor_violations(
                of_partner, figures[partner], request.date
            )
        return texts

    def _get_country_violations(self, request):
        country = request.company_id.account_fiscal_country_id
        if not self.country_id or self.country_id == country:
            return []
        return [
            self.env._(
                "%(reason)s is for companies taxed in %(country)s.",
                reason=self.name,
                country=self.country_id.name,
            )
        ]

    def _get_item_violations(self, line, date):
        return [
            *self._get_booking_violations(line, date),
            *self._get_due_violations(line, date),
        ]

    def _get_booking_violations(self, line, date):
        """Nothing is lost before it is owed."""
        booked = line.move_line_id.date
        if booked <= date:
            return []
        return [
            self.env._(
                "%(item)s was booked on %(booked)s: its loss cannot be booked on"
                " %(date)s.",
                item=line.move_line_id.display_name,
                booked=format_date(self.env, booked),
                date=format_date(self.env, date),
            )
        ]

    def _get_due_violations(self, line, date):
        if line.date_due > date and not self.not_due_allowed:
            return [
                self.env._(
                    "%(item)s is not due before %(due)s: %(reason)s is no reason to"
                    " give it up now.",
                    item=line.move_line_id.display_name,
                    due=format_date(self.env, line.date_due),
                    reason=self.name,
                )
            ]
        if not self.min_months_overdue:
            return []
        ripe = line.date_due + relativedelta(months=self.min_months_overdue)
        if ripe <= date:
            return []
        return [
            self.env._(
                "%(item)s was due on %(due)s; it can be written off so from"
                " %(date)s on.",
                item=line.move_line_id.display_name,
                due=format_date(self.env, line.date_due),
                date=format_date(self.env, ripe),
            )
        ]

    def _get_debtor_violations(self, lines, figures, date):
        """Check what concerns a debtor as a whole.

        :param lines: the debtor's lines of one request.
        :param dict figures: see :meth:`_get_debtor_figures` of the lines.
        """
        return [
            text
            for text in (
                self._get_inactive_violation(lines, figures, date),
                self._get_amount_violation(lines, figures, date),
                self._get_cost_violation(lines, figures),
                self._get_memo_violation(lines, date),
            )
            if text
        ]

    def _get_inactive_violation(self, lines, figures, date):
        last = figures["date_last"]
        if not self.inactive_months or not last:
            return False
        if last + relativedelta(months=self.inactive_months) <= date:
            return False
        return self.env._(
            "%(partner)s has traded or paid on %(date)s, less than %(months)s months"
            " ago.",
            partner=lines.partner_id.display_name,
            date=format_date(self.env, last),
            months=self.inactive_months,
        )

    def _get_amount_violation(self, lines, figures, date):
        if not self.max_debtor_amount:
            return False
        company = lines.company_id
        owed = company.currency_id._convert(
            figures["amount_open"], self.currency_id, company, date
        )
        if self.currency_id.compare_amounts(owed, self.max_debtor_amount) <= 0:
            return False
        return self.env._(
            "%(partner)s owes %(owed)s in all, more than %(limit)s.",
            partner=lines.partner_id.display_name,
            owed=format_amount(self.env, owed, self.currency_id),
            limit=format_amount(self.env, self.max_debtor_amount, self.currency_id),
        )

    def _get_cost_violation(self, lines, figures):
        company = lines.company_id
        cost = company.dunning_writeoff_cost
        if not self.below_cost or figures["amount_open"] < cost:
            return False
        return self.env._(
            "%(partner)s owes %(owed)s in all, not less than the cost to collect"
            " of %(cost)s.",
            partner=lines.partner_id.display_name,
            owed=format_amount(self.env, figures["amount_open"], company.currency_id),
            cost=format_amount(self.env, cost, company.currency_id),
        )

    def _get_memo_violation(self, lines, date):
        if not self.memo_amount:
            return False
        company = lines.company_id
        kept = sum(lines.mapped("residual_company")) - sum(
            lines.mapped("amount_company")
        )
        kept = company.currency_id._convert(kept, self.currency_id, company, date)
        if self.currency_id.compare_amounts(kept, self.memo_amount) >= 0:
            return False
        return self.env._(
            "%(memo)s of what %(partner)s owes is to remain in the books.",
            memo=format_amount(self.env, self.memo_amount, self.currency_id),
            partner=lines.partner_id.display_name,
        )
