from odoo import api, models
from odoo.tools import SQL


class AccountDunningAssessment(models.AbstractModel):
    """Knows what customers are paying in the portal beside invoices."""

    _inherit = "account.dunning.assessment"

    @api.model
    def _get_transaction_money(self, company) -> SQL:
        """Add payments of opening balances and the like, which are no invoices."""
        return SQL(
            "%s UNION ALL %s",
            super()._get_transaction_money(company),
            self._get_item_transaction_money(company),
        )

    @api.model
    def _get_item_transaction_money(self, company) -> SQL:
        return SQL(
            """
            SELECT item.move_id, 'payment.transaction', tx.id
              FROM account_dunning_transaction_item_rel rel
              JOIN payment_transaction tx ON tx.id = rel.transaction_id
              JOIN payment_provider provider ON provider.id = tx.provider_id
              JOIN account_move_line item ON item.id = rel.move_line_id
             WHERE %s""",
            self._get_under_way(company),
        )
