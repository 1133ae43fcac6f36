from odoo import fields, models

from ..engine.xlsx import Column


class AccountDunningExportStatement(models.TransientModel):
    """Statements of account: for each currency the activity and the open items."""

    # a room of its own: statements
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.export"

    kind = fields.Selection(
        selection_add=[("statement", "Statement of Account")],
        ondelete={"statement": "cascade"},
    )

    # === BUSINESS METHODS === #

    def _get_statement_sheets(self):
        statements = self._get_records("account.dunning.customer.statement")
        for statement in statements:
            heading = (
                statement.display_name,
                statement.company_id.name,
                f"{statement.date_from} – {statement.date_to}",
            )
            for part in statement._get_content():
                yield self._get_statement_activity(statement, part, heading)
                yield self._get_statement_items(part, heading)

    def _get_statement_activity(self, statement, part, heading):
        """The opening balance is a row, so that the total is the closing one."""
        currency = part["currency"]
        columns = [
            Column(self.env._("Date"), "date"),
            Column(self.env._("Document"), width=22),
            Column(self.env._("Kind"), width=22),
            Column(self.env._("Reference")),
            self._get_money(self.env._("Amount"), currency),
            self._get_money(self.env._("Balance"), currency, total=False),
        ]
        opening = (
            statement.date_from,
            "",
            self.env._("Opening balance"),
            "",
            part["opening"],
            part["opening"],
        )
        rows = [
            (
                row["date"],
                row["name"],
                row["kind"],
                row["reference"],
                row["amount"],
                row["balance"],
            )
            for row in part["rows"]
        ]
        name = f"{self.env._('Activity')} {currency.name}"
        return self._prepare_sheet(name, columns, [opening, *rows], heading)

    def _get_statement_items(self, part, heading):
        currency = part["currency"]
        columns = [
            Column(self.env._("Date"), "date"),
            Column(self.env._("Document"), width=22),
            Column(self.env._("Reference")),
            Column(self.env._("Due Date"), "date"),
            Column(self.env._("Days Overdue"), "integer", width=14),
            self._get_money(self.env._("Amount"), currency, total=False),
            self._get_money(self.env._("Open"), currency),
        ]
        rows = [
            (
                item["date"],
                item["name"],
                item["reference"],
                item["date_due"],
                item["days_overdue"],
                item["amount"],
                item["residual"],
            )
            for item in part["items"]
        ]
        name = f"{self.env._('Open Items')} {currency.name}"
        return self._prepare_sheet(name, columns, rows, heading)
