from odoo import models


class IrActionsReportStatement(models.Model):
    """Statements are printed lightly, as letters are."""

    # a room of its own: statements
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "ir.actions.report"

    def _is_printed_lightly(self):
        return (
            super()._is_printed_lightly()
            or self.model == "account.dunning.customer.statement"
        )
