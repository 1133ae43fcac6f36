from odoo import api, models


class AccountDunningGateStatement(models.AbstractModel):
    """Statements of account pass the gate."""

    # a room of its own: statements
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.gate"

    @api.model
    def _get_gated_models(self):
        return {
            **super()._get_gated_models(),
            "account.dunning.customer.statement": "partner_id",
        }
