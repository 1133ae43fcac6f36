from odoo import api, models
from odoo.tools import SQL, format_amount

from ..engine.writeoff import is_uneconomic, percent_at


class AccountDunningWriteoffLineProposal(models.Model):
    """Proposing: which open items are not worth collecting, and the figures for why."""

    # rooms of their own: booking, tax relief and proposing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.writeoff.line"

    # === BUSINESS METHODS === #

    def _get_debtor_figures(self):
        """Return {debtor: amount_open, date_last} for the lines' debtors.

        amount_open is net of credits, in company currency; date_last the newest
        invoice, credit note or payment, or False.
        """
        figures = {
            partner: {"amount_open": 0.0, "date_last": False}
            for partner in self.partner_id
        }
        domain = [
            ("partner_id.commercial_partner_id", "in", self.partner_id.ids),
            ("company_id", "=", self.company_id.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
        ]
        Item = self.env["account.move.line"]
        for partner, amount in Item._read_group(
            [*domain, ("reconciled", "=", False)],
            ["partner_id"],
            ["amount_residual:sum"],
        ):
            figures[partner.commercial_partner_id]["amount_open"] += amount
        traded = [("journal_id.type", "in", ("sale", "bank", "cash", "credit"))]
        for partner, date in Item._read_group(
            domain + traded, ["partner_id"], ["date:max"]
        ):
            figure = figures[partner.commercial_partner_id]
            figure["date_last"] = max(figure["date_last"] or date, date)
        # without a customer there is no debtor to look at
        empty = self.env["res.partner"]
        figures.setdefault(empty, {"amount_open": 0.0, "date_last": False})
        return figures

    @api.model
    def _find_uneconomic(self, company, date):
        """Return {item id: why} of what is not worth collecting any further.

        Items of debtors with an open credit in the same currency are left out: those
        are to be matched, not given up. So are items of other open requests, and such
        as a loss was unmatched from.
        """
        below, cost = company.dunning_writeoff_below, company.dunning_writeoff_cost
        if not below and not cost:
            return {}
        rates = company._get_dunning_expected_loss(company)
        lost_at_most = max((percent for _days, percent in rates), default=0.0)
        least_return = 1.0 - lost_at_most / 100.0
        found = {}
        for item_id, amount, days in self._select_small_items(
            company, date, below, cost, least_return
        ):
            percent = percent_at(days, rates)
            kind = is_uneconomic(float(amount), below, cost, percent)
            if kind:
                found[item_id] = self._explain_uneconomic(
                    company, kind, days, amount, percent
                )
        return found

    @api.model
    def _select_small_items(self, company, date, below, cost, least_return):
        """Return (item id, residual in company currency, days overdue) rows."""
        self.env.flush_all()
        accounts = self.env["account.dunning.assessment"]._get_receivable_accounts(
            company
        )
        return self.env.execute_query(
            SQL(
                """
                WITH item AS (
                    SELECT line.id, line.amount_residual, line.currency_id,
                           line.amount_residual_currency,
                           %(date)s - COALESCE(line.date_maturity, line.date) AS days,
                           partner.commercial_partner_id AS partner_id
                      FROM account_move_line line
                      LEFT JOIN res_partner partner ON partner.id = line.partner_id
                     WHERE line.reconciled IS NOT TRUE
                       AND line.account_id = ANY(%(accounts)s)
                       AND line.company_id = %(company)s
                       AND line.parent_state = 'posted'
                )
                SELECT item.id, item.amount_residual, item.days
                  FROM item
                 WHERE item.amount_residual > 0
                   AND item.amount_residual_currency > 0
                   AND item.days > 0 AND item.days >= %(days)s
                   AND (item.amount_residual < %(below)s
                        OR item.amount_residual * %(least_return)s < %(cost)s)
                   AND NOT EXISTS (
                       SELECT 1 FROM account_dunning_writeoff_line taken
                        WHERE taken.move_line_id = item.id
                          AND (taken.state = 'open' OR taken.is_unmatched))
                   AND NOT EXISTS (
                       SELECT 1 FROM item credit
                        WHERE credit.partner_id = item.partner_id
                          AND credit.currency_id = item.currency_id
                          AND credit.amount_residual_currency < 0)
                 ORDER BY item.partner_id, item.id
                """,
                date=date,
                accounts=accounts.ids,
                company=company.id,
                days=company.dunning_writeoff_days,
                below=below,
                cost=cost,
                least_return=least_return,
            )
        )

    @api.model
    def _explain_uneconomic(self, company, kind, days, amount, percent):
        currency = company.currency_id
        if kind == "small":
            return self.env._(
                "Overdue for %(days)s days, below %(limit)s",
                days=days,
                limit=format_amount(self.env, company.dunning_writeoff_below, currency),
            )
        expected = float(amount) * (100.0 - percent) / 100.0
        return self.env._(
            "Overdue for %(days)s days: collecting costs %(cost)s, expected return"
            " %(expected)s",
            days=days,
            cost=format_amount(self.env, company.dunning_writeoff_cost, currency),
            expected=format_amount(self.env, expected, currency),
        )
