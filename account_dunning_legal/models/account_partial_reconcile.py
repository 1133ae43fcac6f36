from odoo import api, models


class AccountPartialReconcile(models.Model):
    """Keeps the claim accounts of cases in step with the ledger."""

    _inherit = "account.partial.reconcile"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._record_legal_payments()
        partials._note_part_payments()
        return partials

    def unlink(self):
        self._reverse_legal_payments()
        self._forget_part_payments()
        return super().unlink()

    # === BUSINESS METHODS === #

    def _record_legal_payments(self):
        """Enter what was matched with items of cases into their accounts."""
        for case_sudo, partials in self._group_by_legal_case().items():
            case_sudo.claim_ids._unguarded().create(
                partials._prepare_legal_claims(case_sudo)
            )

    def _group_by_legal_case(self):
        """Return {case: partials}, each with the last case of its item.

        A case that is over is kept in step with the ledger until another one takes
        the item.
        """
        # who matches a payment need not have rights on legal cases
        cases_sudo = (
            self.env["account.legal.case"]
            .sudo()
            .search(
                [
                    ("move_line_ids", "in", self.debit_move_id.ids),
                    ("state", "in", ("open", "closed")),
                ],
                order="date_open, id",
            )
        )
        last = {item: case for case in cases_sudo for item in case.move_line_ids}
        return self.filtered(lambda partial: partial.debit_move_id in last).grouped(
            lambda partial: last[partial.debit_move_id]
        )

    def _note_part_payments(self):
        """Tell the clocks of part payments: in many countries they restart them.

        Undoing the match takes the event away with it.
        """
        # who matches a payment need not have rights on clocks
        clocks_sudo = (
            self.env["account.legal.clock"]
            .sudo()
            .search([("move_line_id", "in", self.debit_move_id.ids)])
        )
        by_item = clocks_sudo.grouped("move_line_id")
        self.env["account.legal.limitation.event"].sudo().create(
            [
                {
                    "kind": "part_payment",
                    "date_from": partial.max_date,
                    "company_id": partial.company_id.id,
                    "clock_ids": by_item[partial.debit_move_id].ids,
                    "partial_id": partial.id,
                    "note": partial.credit_move_id.move_name,
                }
                for partial in self
                if partial.debit_move_id in by_item
                and partial.credit_move_id.move_id.move_type != "out_refund"
            ]
        )

    def _forget_part_payments(self):
        """Take the events of the payments off the clocks."""
        events_sudo = self.env["account.legal.limitation.event"].sudo()
        events_sudo.search([("partial_id", "in", self.ids)]).unlink()

    def _reverse_legal_payments(self):
        """Take back in the accounts of cases what is not matched any more."""
        claims_sudo = (
            self.env["account.legal.claim"]
            .sudo()
            .search(
                [
                    ("partial_id", "in", self.ids),
                    ("case_id.state", "in", ("open", "closed")),
                    ("reversed_by_ids", "=", False),
                ]
            )
        )
        claims_sudo._unguarded()._reverse()
        for case_sudo, events_sudo in claims_sudo.grouped("case_id").items():
            if case_sudo.state == "closed":
                case_sudo._warn_of_return(events_sudo)

    def _prepare_legal_claims(self, case):
        """Return values of claim events: a payment, or a credit note as a waiver.

        Exchange differences move no money in the item's currency and are left out.
        """
        return [
            {
                "case_id": case.id,
                "date": partial.max_date,
                "kind": "waiver"
                if partial.credit_move_id.move_id.move_type == "out_refund"
                else "payment",
                "amount": partial.debit_amount_currency,
                "move_line_id": partial.credit_move_id.id,
                "partial_id": partial.id,
                "note": partial.credit_move_id.move_name,
            }
            for partial in self
            if partial.debit_amount_currency > 0
        ]
