from odoo import models

from .account_dunning_guard import GUARD_KEY, GUARD_SENTINEL


class AccountDunningEvidence(models.AbstractModel):
    """Something that people decide on, with documents that prove it.

    A model that inherits it has ``evidence_ids`` and says in which states it may be
    changed by hand.
    """

    _name = "account.dunning.evidence"
    _description = "Dunning Evidence"
    _inherit = ["account.dunning.guard"]

    def _get_editable_states(self):
        """Return the states in which a person may change the record."""
        return ["draft"]

    def _check_editable(self):
        """:raise UserError: what has been decided on is to be changed by hand."""
        if self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            return
        for record in self:
            record._check_state(record._get_editable_states(), self.env._("changed"))

    def _adopt_evidence(self):
        """Tie freshly uploaded documents to their record: who sees it sees them."""
        for record in self:
            orphans = record.evidence_ids.filtered(
                lambda document: (
                    not document.res_id and document.create_uid == self.env.user
                )
            )
            orphans.write({"res_model": self._name, "res_id": record.id})
