from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Customers that are merged have one debtor row afterwards, and its figures."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Fold the rows into one before core moves them.

        Where two rows of a company meet, core deletes those of the merged customers in
        all companies, with their collector, credit information and wishes.
        """
        self._merge_dunning_debtors(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _merge_dunning_debtors(self, src_partners, dst_partner):
        # who may merge customers need not see debtors
        Debtor_sudo = self.env["account.dunning.debtor"].sudo()
        target = dst_partner.commercial_partner_id
        rows = Debtor_sudo.search([("partner_id", "in", (src_partners | target).ids)])
        companies = rows.company_id
        for of_company in rows.grouped("company_id").values():
            kept = of_company.filtered(lambda row: row.partner_id == target)
            kept = kept or of_company[:1]
            others = of_company - kept
            if others:
                kept._absorb(others)
                self._update_foreign_keys_generic(Debtor_sudo._name, others, kept)
                self._update_reference_fields_generic(Debtor_sudo._name, others, kept)
                others.unlink()
            if kept.partner_id != target:
                kept.partner_id = target
        # figures are those of both together, once core has moved what they owe
        Debtor_sudo._refresh_pairs_later(
            (company.id, target.id) for company in companies
        )
