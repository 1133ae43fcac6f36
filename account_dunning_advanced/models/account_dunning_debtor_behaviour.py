from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount

from ..engine import credit
from ..engine.rounding import to_decimal
from .account_dunning_guard import is_dunning_manager

# How far back behaviour is looked at, in months.
BEHAVIOUR_MONTHS = 12


class AccountDunningDebtorBehaviour(models.Model):
    """How a debtor has paid, and the credit limit that supports."""

    # a room of its own: nothing here is stored
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    average_days_late = fields.Float(
        compute="_compute_behaviour",
        digits=(6, 1),
        help="Days from due date to payment over twelve months, weighted by amount;"
        " what is open counts with its delay until today. Negative: paid early.",
    )
    average_term_days = fields.Float(
        compute="_compute_behaviour",
        digits=(6, 1),
        help="Days from invoice to due date over twelve months, weighted by amount.",
    )
    monthly_sales = fields.Monetary(
        string="Invoiced a Month",
        compute="_compute_behaviour",
        help="Invoices less credit notes, on average of twelve months; of a new"
        " customer since the first invoice.",
    )
    credit_limit = fields.Monetary(
        compute="_compute_credit_limit",
        help="The limit in force for the customer; 0 is none.",
    )
    credit_limit_suggested = fields.Monetary(
        string="Suggested Credit Limit", compute="_compute_behaviour"
    )
    credit_limit_text = fields.Char(
        string="Suggested Because", compute="_compute_behaviour"
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "lang")
    def _compute_behaviour(self):
        figures = {}
        for company, debtors in self.grouped("company_id").items():
            rows = self._get_behaviour(
                company, debtors.partner_id.ids, company._dunning_today()
            )
            figures.update({(company.id, row["partner_id"]): row for row in rows})
        for debtor in self:
            row = figures.get((debtor.company_id.id, debtor.partner_id.id), {})
            debtor.average_days_late = row.get("days_late") or 0
            debtor.average_term_days = row.get("term_days") or 0
            debtor.monthly_sales = row.get("monthly_sales") or 0
            suggestion = debtor._suggest_credit_limit(row)
            debtor.credit_limit_suggested = suggestion and float(suggestion.limit)
            debtor.credit_limit_text = debtor._explain_credit_limit(row, suggestion)

    @api.depends("partner_id", "company_id")
    def _compute_credit_limit(self):
        for debtor in self:
            # core shows limits to invoicing users; so does the row, to collectors
            partner_sudo = debtor.partner_id.sudo().with_company(debtor.company_id)
            debtor.credit_limit = partner_sudo.credit_limit

    # === ACTION METHODS === #

    def action_apply_credit_limit(self):
        """Set the suggested limit on the customer, and say so in the chatter.

        :raise AccessError: only dunning managers set limits.
        :raise UserError: nothing is suggested, or the company uses no limits.
        """
        self.ensure_one()
        if not is_dunning_manager(self.env):
            raise AccessError(self.env._("Only a dunning manager sets credit limits."))
        self.check_access("write")
        if not self.company_id.account_use_credit_limit:
            raise UserError(
                self.env._(
                    "%(company)s does not use credit limits. Turn them on in the"
                    " settings of Invoicing first.",
                    company=self.company_id.name,
                )
            )
        if not self.credit_limit_text:
            raise UserError(self.env._("There is too little history for a limit."))
        if not self.credit_limit_suggested:
            # core reads a limit of 0 as none at all
            raise UserError(
                self.env._(
                    "The behaviour supports no credit, and a limit of zero would mean"
                    " none at all. Let the dunning level stop new invoices instead."
                )
            )
        # partners are not the manager's to edit; the limit that is proposed is
        partner_sudo = self.partner_id.sudo().with_company(self.company_id)
        partner_sudo.credit_limit = self.credit_limit_suggested
        self.message_post(
            body=self.env._(
                "Credit limit set to %(limit)s: %(why)s",
                limit=format_amount(
                    self.env, self.credit_limit_suggested, self.currency_id
                ),
                why=self.credit_limit_text,
            )
        )
        self.invalidate_recordset(["credit_limit"])

    # === BUSINESS METHODS === #

    def _suggest_credit_limit(self, row):
        self.ensure_one()
        if not row or row["days_late"] is None:
            return None
        return credit.suggest(
            credit.Behaviour(
                monthly_sales=to_decimal(row["monthly_sales"] or 0),
                term_days=to_decimal(row["term_days"] or 0),
                days_late=to_decimal(row["days_late"]),
                broken=self.broken_promise_count,
            )
        )

    def _explain_credit_limit(self, row, suggestion):
        self.ensure_one()
        if not suggestion:
            return False
        return self.env._(
            "%(sales)s a month at %(term)s days to pay, plus a month not yet billed,"
            " make %(line)s; times %(factor)s for %(late)s days late on average and"
            " %(broken)s broken agreements.",
            sales=format_amount(self.env, row["monthly_sales"], self.currency_id),
            term=round(row["term_days"] or 0),
            line=format_amount(self.env, float(suggestion.line), self.currency_id),
            factor=suggestion.factor,
            late=round(row["days_late"]),
            broken=self.broken_promise_count,
        )

    @api.model
    def _get_behaviour(self, company, partner_ids, date, months=BEHAVIOUR_MONTHS):
        """Return how customers have bought and paid, in one statement for any number.

        :param res.company company: whose ledger; amounts are in its currency.
        :param list partner_ids: commercial partners.
        :param date date: until when they are looked at.
        :param int months: how far back.
        :return: a dict a partner with ``partner_id``, ``monthly_sales``,
            ``term_days`` and ``days_late`` (None where nothing fell due or was paid).
        """
        self.env.flush_all()
        accounts = self.env["account.dunning.assessment"]._get_receivable_accounts(
            company
        )
        return self.env.execute_query_dict(
            SQL(
                """
                WITH item AS (
                    SELECT line.id, partner.commercial_partner_id AS partner_id,
                           line.balance, line.amount_residual,
                           COALESCE(line.date_maturity, line.date) AS date_maturity,
                           COALESCE(move.invoice_date, line.date) AS invoice_date,
                           move.move_type,
                           move.dunning_notice_id IS NOT NULL
                               OR move.dunning_promise_id IS NOT NULL AS is_charge
                      FROM account_move_line line
                      JOIN account_move move ON move.id = line.move_id
                      JOIN res_partner partner ON partner.id = line.partner_id
                     WHERE line.account_id = ANY(%(accounts)s)
                       AND line.company_id = %(company)s
                       AND line.partner_id IN (%(family)s)
                       AND line.parent_state = 'posted'
                       AND line.date <= %(date)s
                ),
                bought AS (
                    SELECT partner_id,
                           -- a new customer's months count from the first invoice
                           SUM(balance) / LEAST(%(months)s, GREATEST(1, CEIL(
                               (%(date)s - MIN(invoice_date)) / 30.44)))
                               AS monthly_sales,
                           SUM(balance * (date_maturity - invoice_date))
                               FILTER (WHERE balance > 0)
                           / NULLIF(SUM(balance) FILTER (WHERE balance > 0), 0)
                               AS term_days
                      FROM item
                     WHERE move_type IN ('out_invoice', 'out_refund')
                       AND invoice_date > %(since)s
                       AND NOT is_charge
                     GROUP BY 1
                ),
                delay AS (
                    -- what was settled within the time, each part with its own delay
                    SELECT item.partner_id, part.amount,
                           part.max_date - item.date_maturity AS days
                      FROM item
                      JOIN account_partial_reconcile part
                             ON part.debit_move_id = item.id
                      JOIN account_move_line credit ON credit.id = part.credit_move_id
                      JOIN account_move entry ON entry.id = credit.move_id
                     -- what was credited was not paid, early or late
                     WHERE entry.move_type != 'out_refund' AND item.balance > 0
                       AND part.max_date > %(since)s
                       AND part.max_date <= %(date)s
                       AND NOT item.is_charge
                    UNION ALL
                    -- what is late still, with its delay until today
                    SELECT partner_id, amount_residual, %(date)s - date_maturity
                      FROM item
                     WHERE amount_residual > 0 AND date_maturity < %(date)s
                       AND NOT is_charge
                ),
                paid AS (
                    SELECT partner_id, SUM(amount * days) / NULLIF(SUM(amount), 0)
                               AS days_late
                      FROM delay GROUP BY 1
                )
                SELECT known.partner_id, bought.monthly_sales,
                       bought.term_days::float, paid.days_late::float
                  FROM (SELECT DISTINCT partner_id FROM item) known
                  LEFT JOIN bought USING (partner_id)
                  LEFT JOIN paid USING (partner_id)
                """,
                accounts=accounts.ids,
                company=company.id,
                family=self._get_family(partner_ids),
                date=date,
                since=date - relativedelta(months=months),
                months=months,
            )
        )
