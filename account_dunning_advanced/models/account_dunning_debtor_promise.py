from odoo import fields, models


class AccountDunningDebtorPromise(models.Model):
    """The agreements with a debtor, and the way to take another."""

    # what agreements add to a debtor stands with them
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    promise_count = fields.Integer(compute="_compute_promise_count")

    # === COMPUTE METHODS === #

    def _compute_promise_count(self):
        self._set_count("promise_count", "account.dunning.promise")

    # === ACTION METHODS === #

    def action_promise(self):
        """Take a promise, a plan or a settlement of the debtor's open items."""
        self.ensure_one()
        return self.env["account.dunning.promise.create"]._open(self)

    def action_view_promises(self):
        """Open the debtor's agreements, past ones included."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_promise_action"
        )
        action["domain"] = [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {
            "default_partner_id": self.partner_id.id,
            "default_company_id": self.company_id.id,
        }
        return action
