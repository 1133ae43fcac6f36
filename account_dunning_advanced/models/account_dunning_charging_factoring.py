from odoo import api, models


class AccountDunningChargingFactoring(models.AbstractModel):
    """What a delay costs a factor is not ours to charge."""

    # a room of its own: claims sold or pledged
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.charging"

    @api.model
    def _prepare_notice(self, notice, facts, added=()):
        if notice.partner_id in facts.once("speaking", notice._get_factorings):
            return []
        return super()._prepare_notice(notice, facts, added)
