from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountLegalAdvanceMixin(models.AbstractModel):
    """Something in a case that costs money, which the creditor advances.

    A model that inherits it has a ``case_id`` and a ``currency_id``.
    """

    _name = "account.legal.advance.mixin"
    _description = "Costs That Are Advanced"
    _inherit = ["account.dunning.guard"]

    currency_id = fields.Many2one(comodel_name="res.currency")
    amount_cost = fields.Monetary(
        string="Costs", help="What it costs the creditor, in the case's currency."
    )
    cost_claim_id = fields.Many2one(
        comodel_name="account.legal.claim",
        string="On the Account",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The entry of the costs on the claim account.",
    )

    _cost_not_negative = models.Constraint(
        "CHECK (amount_cost >= 0)", "Costs cannot be negative."
    )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"cost_claim_id"}

    # === ACTION METHODS === #

    def action_advance_cost(self):
        """Enter the costs on the claim account: they were advanced.

        :raise UserError: the case is not open, there are no costs, or they have been
            entered.
        """
        self.ensure_one()
        self.case_id._start(["open"], self.env._("charged with costs"))
        if self.currency_id.is_zero(self.amount_cost):
            raise UserError(
                self.env._("Enter what %(what)s costs.", what=self.display_name)
            )
        if self.cost_claim_id and not self.cost_claim_id.reversed_by_ids:
            raise UserError(
                self.env._(
                    "The costs of %(what)s are on the account already.",
                    what=self.display_name,
                )
            )
        self._unguarded().cost_claim_id = self.env["account.legal.claim"].create(
            {
                "case_id": self.case_id.id,
                "date": self._get_cost_date()
                or self.case_id.company_id._dunning_today(),
                "kind": "cost",
                "amount": self.amount_cost,
                # the account is printed in the debtor's language
                "note": self.with_context(lang=self.case_id._get_lang()).display_name,
            }
        )

    # === BUSINESS METHODS === #

    def _get_cost_date(self):
        """Return the day of the costs; an override point."""
        return False
