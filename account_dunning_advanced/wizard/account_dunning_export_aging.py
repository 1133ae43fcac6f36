from odoo import models
from odoo.tools import SQL

from ..engine import aging
from ..engine.xlsx import Column


class AccountDunningExportAging(models.TransientModel):
    """The aging as of a day: by customer, and item by item."""

    # a room of its own: aging
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.export"

    # === BUSINESS METHODS === #

    def _get_aging_sheets(self):
        self.env["account.dunning.aging"].check_access("read")
        self.env.flush_all()
        for company in self.env.companies:
            scope = self.env["account.dunning.aging"]._get_scope(company, self.date)
            yield self._get_aging_summary(company, scope)
            yield self._get_aging_items(company, scope)

    def _get_aging_summary(self, company, scope):
        """One row a customer, one column an age group."""
        groups = self.env["account.dunning.aging.bucket"].browse(
            [bucket_id for _first, bucket_id in scope.buckets[company.id]]
        )
        currency = company.currency_id
        columns = [
            Column(self.env._("Customer"), width=36),
            *(self._get_money(group.display_name, currency) for group in groups),
            self._get_money(self.env._("Total"), currency),
        ]
        query = SQL(
            """SELECT partner.complete_name, ARRAY[%s]
                 FROM (%s) AS owed
                 LEFT JOIN res_partner partner ON partner.id = owed.partner_id
                GROUP BY owed.partner_id, partner.complete_name
                ORDER BY partner.complete_name, owed.partner_id""",
            SQL(", ").join(
                SQL(
                    "COALESCE(SUM(owed.amount) FILTER (WHERE bucket_id = %s), 0)",
                    group.id,
                )
                for group in groups
            ),
            aging.get_summary(scope),
        )
        rows = (
            (name or self.env._("No customer"), *amounts, currency.round(sum(amounts)))
            for name, amounts in (
                (name, [float(amount) for amount in amounts])
                for name, amounts in self._fetch(query)
            )
        )
        return self._prepare_sheet(
            f"{self.env._('Aging')} {company.name}", columns, rows
        )

    def _get_aging_items(self, company, scope):
        """One row an item."""
        currency = company.currency_id
        columns = [
            Column(self.env._("Customer"), width=36),
            Column(self.env._("Document"), width=20),
            Column(self.env._("Date"), "date"),
            Column(self.env._("Due Date"), "date"),
            Column(self.env._("Days Overdue"), "integer", width=14),
            self._get_money(self.env._("Open in Currency"), currency, total=False),
            Column(self.env._("Currency"), width=10),
            self._get_money(self.env._("Open"), currency),
        ]
        query = SQL(
            """SELECT partner.complete_name, move.name, item.date, item.date_due,
                      item.days_overdue, item.amount_currency::float, currency.name,
                      item.amount::float
                 FROM (%s) AS item
                 JOIN account_move move ON move.id = item.move_id
                 JOIN res_currency currency ON currency.id = item.currency_id
                 LEFT JOIN res_partner partner ON partner.id = item.partner_id
                ORDER BY partner.complete_name, item.date_due, item.id""",
            aging.get_statement(scope),
        )
        return self._prepare_sheet(
            f"{self.env._('Items')} {company.name}", columns, self._fetch(query)
        )
