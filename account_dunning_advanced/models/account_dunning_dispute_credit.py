from odoo import models


class AccountDunningDisputeCredit(models.Model):
    """The mark of a dispute's credit note is the process's own to set."""

    # rooms of their own: what is decided, and what the documents are marked with
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.dispute"

    def _credit(self, move, lines):
        # the note itself is made by the user's own right, so no sudo
        unguarded = self._unguarded()
        return super(AccountDunningDisputeCredit, unguarded)._credit(
            move.with_env(unguarded.env), lines
        )
