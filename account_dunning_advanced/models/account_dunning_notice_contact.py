from odoo import fields, models


class AccountDunningNoticeContact(models.Model):
    """The contacts that a notice led to."""

    # a room of its own: contact records
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    contact_ids = fields.One2many(
        comodel_name="account.dunning.contact",
        inverse_name="notice_id",
        string="Contacts",
        readonly=True,
    )
    contact_count = fields.Integer(compute="_compute_contact_count")

    def _compute_contact_count(self):
        counts = dict(
            self.env["account.dunning.contact"]._read_group(
                [("notice_id", "in", self.ids)], ["notice_id"], ["__count"]
            )
        )
        for notice in self:
            notice.contact_count = counts.get(notice, 0)

    def action_view_contacts(self):
        """Open the contacts about the notice."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_contact_action"
        )
        action["domain"] = [("notice_id", "=", self.id)]
        action["context"] = {
            "default_partner_id": self.partner_id.id,
            "default_notice_id": self.id,
        }
        return action
