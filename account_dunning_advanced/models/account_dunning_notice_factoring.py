from odoo import fields, models
from odoo.tools import SQL


class AccountDunningNoticeFactoring(models.Model):
    """Notices in the name of a factor: who the creditor is, and where to pay."""

    # a room of its own: claims sold or pledged
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    factoring_id = fields.Many2one(
        comodel_name="account.dunning.factoring",
        string="In the Name Of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="Contract by which the claims were sold or pledged when this was issued.",
    )

    # === BUSINESS METHODS === #

    def _write_issued(self):
        """Keep in whose name the notices are issued."""
        result = super()._write_issued()
        Factoring = self.env["account.dunning.factoring"]
        for company, notices in self.grouped("company_id").items():
            speaking = Factoring._get_speaking(company, company._dunning_today())
            for factoring in Factoring.union(*speaking.values()):
                partners = [p.id for p, named in speaking.items() if named == factoring]
                self.env.cr.execute(
                    SQL(
                        """UPDATE account_dunning_notice SET factoring_id = %s
                            WHERE id = ANY(%s) AND partner_id = ANY(%s)""",
                        factoring.id,
                        notices.ids,
                        partners,
                    )
                )
        self.invalidate_recordset(["factoring_id"])
        return result

    def _get_factoring(self):
        """Return in whose name the notice is: as issued, or as it would be today."""
        self.ensure_one()
        if self.state != "draft":
            return self.sudo().factoring_id
        return self.env["account.dunning.factoring"].union(
            *filter(None, [self._get_factorings().get(self.partner_id)])
        )

    def _get_factorings(self):
        """Return {commercial partner: assignment} for drafts of one company."""
        company = self.company_id or self.env.company
        return self.env["account.dunning.factoring"]._get_speaking(
            company, company._dunning_today()
        )

    def _get_bank_account(self):
        """The factor's account comes before ours and those of the invoices."""
        factoring = self._get_factoring()
        return factoring.bank_account_id if factoring else super()._get_bank_account()

    def _get_creditor_sentence(self):
        """Return to whom the claims belong, or an empty text where they are ours."""
        self.ensure_one()
        factoring = self._get_factoring().with_context(
            lang=self.env.context.get("lang")
        )
        return factoring._get_creditor_sentence() if factoring else ""
