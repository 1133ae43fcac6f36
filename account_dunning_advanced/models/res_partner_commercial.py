from odoo import models

# What a customer belongs to hangs on these.
FAMILY_FIELDS = {"is_company", "parent_id"}
# What is going on with a debtor follows the items it is about; what is past stays with
# whom it was done with.
GOING_ON = {
    "account.dunning.dispute": [("state", "=", "open")],
    "account.dunning.promise": [("state", "in", ("draft", "active"))],
    "account.dunning.reply": [("state", "=", "open")],
}


class ResPartnerCommercial(models.Model):
    """A customer that comes under another company, or leaves it, owes elsewhere."""

    # a room of its own: debtors whose commercial partner changes
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.partner"

    def write(self, vals):
        """Let the debtors' rows follow when the commercial partner changes."""
        if not FAMILY_FIELDS & vals.keys():
            return super().write(vals)
        before = self._get_dunning_family()
        result = super().write(vals)
        moved = {
            partner: commercial
            for partner, commercial in before.items()
            if partner.commercial_partner_id != commercial
        }
        if moved:
            self.browse().union(*moved)._follow_dunning_debtors(
                self.browse().union(*moved.values())
            )
        return result

    def _get_dunning_family(self):
        """Return {partner: commercial partner} of these and of all below them."""
        family_sudo = (
            self.sudo()
            .with_context(active_test=False)
            .search([("id", "child_of", self.ids)])
        )
        return {partner: partner.commercial_partner_id for partner in family_sudo}

    def _follow_dunning_debtors(self, before):
        """Bring the rows of the former and of the present debtors up to date.

        :param before: the commercial partners so far.
        """
        # who edits a contact need not see debtors
        Debtor_sudo = self.env["account.dunning.debtor"].sudo()
        for model, going_on in GOING_ON.items():
            records_sudo = self.env[model].sudo()
            domain = [("partner_id", "in", self.ids), *going_on]
            for record in records_sudo.search(domain):
                record.partner_id = record.partner_id.commercial_partner_id
        rows = Debtor_sudo.search([("partner_id", "in", before.ids)])
        for company, partner in self._get_dunning_claims(rows.company_id):
            Debtor_sudo._get_or_create(partner, company)
        pairs = {
            (company.id, partner.id)
            for company in rows.company_id
            for partner in before | self.commercial_partner_id
        }
        Debtor_sudo._refresh_pairs_later(pairs)

    def _get_dunning_claims(self, companies):
        """Yield (company, commercial partner) where those of these owe something."""
        for company, partner in (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [
                    # core gives the items of a contact to its company at once
                    (
                        "partner_id.commercial_partner_id",
                        "in",
                        self.commercial_partner_id.ids,
                    ),
                    ("company_id", "in", companies.ids),
                    ("account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                ],
                ["company_id", "partner_id"],
            )
        ):
            yield company, partner.commercial_partner_id
