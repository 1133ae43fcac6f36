from odoo import models
from odoo.exceptions import UserError

from .account_dunning_writeoff_line import ReversedEntries


class AccountMovePosting(models.Model):
    """Posting, reversing and drafting by Odoo's own means, as dunning sees it.

    Debtors are refreshed, reversals of losses and charges are noticed, and entries that
    carry a decision are kept.
    """

    # rooms of their own: what dunning bills, and what is posted
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    # === ACTION METHODS === #

    def button_draft(self):
        """Keep entries that carry a decision; they are reversed, not edited."""
        self._check_no_dunning_decision()
        self._check_no_dunning_bill()
        result = super().button_draft()
        self.env["account.dunning.debtor"]._refresh_later(self._get_receivables())
        return result

    # === BUSINESS METHODS === #

    def _post(self, soft=True):
        """Note reversals of write-offs, also those made with Odoo's own wizard."""
        posted = super()._post(soft=soft)
        self.env["account.dunning.debtor"]._refresh_later(posted._get_receivables())
        reversals = posted.filtered("reversed_entry_id")
        if reversals:
            reversals._note_credited_charges()
            self.env["account.dunning.writeoff.line"]._note_credit_notes(
                reversals.filtered(lambda move: move.move_type == "out_refund")
            )
            # accountants who are no collectors reverse entries as well
            lines_sudo = self.env["account.dunning.writeoff.line"].sudo()
            lines_sudo.search(
                [
                    ("entry_id", "in", reversals.reversed_entry_id.ids),
                    ("state", "=", "posted"),
                ]
            )._mark_reversed(reversals)
        return posted

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Let write-offs know what is unmatched in order to be reversed.

        :raise UserError: one credits charges, which come back another way.
        """
        self._check_no_charge_credit()
        moves = self
        if cancel:
            moves = self.with_context(
                dunning_reversed_entries=ReversedEntries(self.ids)
            )
        reversals = super(AccountMovePosting, moves)._reverse_moves(
            default_values_list=default_values_list, cancel=cancel
        )
        return reversals.with_env(self.env)

    def _get_receivables(self):
        """Return the receivable items of these documents, open or not."""
        return self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def _check_no_dunning_decision(self):
        lines = (
            self.env["account.dunning.writeoff.line"]
            .sudo()
            .search(
                ["|", ("entry_id", "in", self.ids), ("reversal_id", "in", self.ids)]
            )
        )
        allowances = (
            self.env["account.dunning.allowance"]
            .sudo()
            .search(["|", ("move_id", "in", self.ids), ("reversal_id", "in", self.ids)])
        )
        entries = (
            lines.entry_id
            | lines.reversal_id
            | allowances.move_id
            | allowances.reversal_id
        )
        kept = (entries & self).filtered(lambda move: move.state == "posted")
        if kept:
            raise UserError(
                self.env._(
                    "%(entry)s belongs to a write-off or an allowance: reverse that"
                    " instead.",
                    entry=kept[0].display_name,
                )
            )
