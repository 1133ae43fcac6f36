from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

# What the company must have set up before it can waive the rest of a settlement.
WAIVER_SETUP = ["dunning_writeoff_journal_id", "dunning_writeoff_account_id"]


class AccountDunningPromiseConfirming(models.Model):
    """Confirming: from a draft to an agreement that claims its items.

    An item is in one agreement at a time. From here on until the agreement is closed
    its items are not dunned.
    """

    # rooms of their own: confirming and limits
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.promise"

    # === ACTION METHODS === #

    def action_confirm(self):
        """Begin the agreements; above the policy's limits, ask for approval instead.

        :raise UserError: nothing is covered or agreed, more is agreed than is open, an
            item is in another agreement, or a waiver is not set up.
        """
        for promise in self:
            promise._start(["draft"], self.env._("confirmed"))
            promise._prepare_terms()
            promise._check_content()
            promise._unguarded().policy_id = promise._find_policy()
            excess = promise._get_excess()
            if excess and not promise._may_approve():
                promise._ask_approver(excess)
                continue
            promise._unguarded().write(
                {"approved_by_id": self.env.uid if excess else False}
            )
            promise.activity_feedback(["mail.mail_activity_data_todo"])
            promise._activate()
        return True

    # === BUSINESS METHODS - CHECKING === #

    def _prepare_terms(self):
        """Bring what is agreed in line with the ledger, on confirming.

        For an addon to keep amounts of its own up to date, it must override this
        method.
        """
        self.ensure_one()

    def _check_content(self):
        """Check what is agreed, on confirming."""
        self.ensure_one()
        if not self.move_line_ids:
            raise UserError(self.env._("Choose the items that the agreement covers."))
        if not self.line_ids:
            raise UserError(self.env._("Say how much is to be paid, and when."))
        self._check_open()
        self._check_free()
        if not self.currency_id.is_zero(self.amount_discount):
            self.company_id._check_dunning_setup(WAIVER_SETUP)

    def _check_open(self):
        self._check_currencies()
        for item in self.move_line_ids:
            if item.parent_state != "posted" or item.amount_residual_currency <= 0:
                raise UserError(
                    self.env._("%(item)s is not open.", item=item.display_name)
                )
        agreed = self._get_amount_agreed()
        if self.currency_id.compare_amounts(agreed, self.amount_open) > 0:
            raise UserError(
                self.env._(
                    "%(agreed)s is more than the %(open)s that is open. Add the other"
                    " items that it is for.",
                    agreed=self._format(agreed),
                    open=self._format(self.amount_open),
                )
            )

    def _get_amount_agreed(self):
        """Return what is to be paid for the items themselves; an override point."""
        self.ensure_one()
        return self.amount_total

    def _check_free(self):
        """:raise UserError: an item is in another agreement that is on track."""
        rivals = self._get_rivals()
        if rivals:
            raise UserError(
                self.env._(
                    "%(items)s: already in “%(other)s”. Cancel that first.",
                    items=", ".join(
                        (rivals.move_line_ids & self.move_line_ids).mapped(
                            "display_name"
                        )
                    ),
                    other=rivals[0].display_name,
                )
            )

    def _get_rivals(self):
        """Return the other agreements that are on track for the same items."""
        self.ensure_one()
        claims = self.env["account.dunning.promise.item"].search(
            [
                ("move_line_id", "in", self.move_line_ids.ids),
                ("is_open", "=", True),
                ("promise_id", "!=", self.id),
            ]
        )
        return claims.promise_id

    # === BUSINESS METHODS - CLAIMING === #

    def _activate(self):
        """Claim the items: from now on they are not dunned."""
        for promise in self:
            promise._touch_items()
            promise.item_ids.sudo().create(
                [
                    {
                        "promise_id": promise.id,
                        "move_line_id": item.id,
                        "date": promise.company_id._dunning_today(),
                        "amount_open": item.amount_residual_currency,
                        "known_partial_id": max(item.matched_credit_ids.ids, default=0),
                        "is_open": True,
                    }
                    for item in promise.move_line_ids
                ]
            )
            promise._unguarded().write({"state": "active", "needs_approval": False})
            promise.line_ids._unguarded().write({"state": "active"})
            promise._tell(promise._describe())

    def _touch_items(self):
        """Make a new version of the items' rows.

        Whoever issues a notice on them or agrees on them at this moment meets it and
        begins anew, with this agreement in sight. What it writes is no pretence: a new
        agreement ends the call for the next level.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE account_move_line SET dunning_raise_date = NULL"
                " WHERE id = ANY(%s)",
                sorted(self.move_line_ids.ids),
            )
        )
        self.move_line_ids.invalidate_recordset(["dunning_raise_date"])
