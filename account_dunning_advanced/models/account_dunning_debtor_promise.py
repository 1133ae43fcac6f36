from odoo import api, fields, models
from odoo.tools import SQL


class AccountDunningDebtorPromise(models.Model):
    # what agreements add to a debtor stands with them
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    broken_promise_count = fields.Integer(
        string="Broken Agreements",
        readonly=True,
        help="Promises, plans and settlements that were not kept, or only in part.",
    )
    promise_count = fields.Integer(compute="_compute_promise_count")

    # === COMPUTE METHODS === #

    def _compute_promise_count(self):
        counts = self._count("account.dunning.promise")
        for debtor in self:
            debtor.promise_count = counts.get((debtor.partner_id, debtor.company_id), 0)

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

    # === BUSINESS METHODS === #

    @api.model
    def _refresh(self, company, partner_ids=None):
        result = super()._refresh(company, partner_ids)
        self._refresh_broken_promises(company, partner_ids)
        return result

    @api.model
    def _refresh_broken_promises(self, company, partner_ids=None):
        """Count what was not kept, in one statement for any number of debtors.

        :param res.company company: whose debtors.
        :param partner_ids: commercial partners; None for all.
        """
        if partner_ids is not None and not partner_ids:
            return
        self.env["account.dunning.promise"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_debtor debtor
                   SET broken_promise_count = broken.number
                  FROM (
                      SELECT known.id, COUNT(promise.id)::int4 AS number
                        FROM account_dunning_debtor known
                        LEFT JOIN account_dunning_promise promise
                               ON promise.partner_id = known.partner_id
                              AND promise.company_id = known.company_id
                              AND promise.state IN ('broken', 'partial')
                       WHERE known.company_id = %(company)s AND %(some)s
                       GROUP BY known.id
                  ) broken
                 WHERE broken.id = debtor.id
                   AND debtor.broken_promise_count IS DISTINCT FROM broken.number""",
                company=company.id,
                some=SQL("TRUE")
                if partner_ids is None
                else SQL("known.partner_id = ANY(%s)", list(partner_ids)),
            )
        )
        self.invalidate_model(["broken_promise_count"], flush=False)
