from odoo import fields, models


class AccountDunningDebtorContact(models.Model):
    """The contacts with a debtor."""

    # a room of its own: when and how the debtor is contacted
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    contact_count = fields.Integer(compute="_compute_contact_count")

    # === COMPUTE METHODS === #

    def _compute_contact_count(self):
        counts = {
            (partner, company): count
            for partner, company, count in self.env[
                "account.dunning.contact"
            ]._read_group(
                [
                    ("partner_id", "in", self.partner_id.ids),
                    ("company_id", "in", self.company_id.ids),
                ],
                ["partner_id", "company_id"],
                ["__count"],
            )
        }
        for debtor in self:
            debtor.contact_count = counts.get((debtor.partner_id, debtor.company_id), 0)

    # === ACTION METHODS === #

    def action_view_contacts(self):
        """Open the contacts with the debtor, both ways."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_contact_action"
        )
        action["domain"] = [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {"default_partner_id": self.partner_id.id}
        return action

    def action_print_contacts(self):
        """Print the contacts of a period; asks for it."""
        self.ensure_one()
        return self.env["account.dunning.contact.print"]._open(self)
