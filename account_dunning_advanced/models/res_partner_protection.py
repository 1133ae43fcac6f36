from odoo import models


class ResPartnerProtection(models.Model):
    # a room of its own: data protection
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.partner"

    def action_export_dunning_personal(self):
        """Download everything that is held on the person or company.

        Of a company's contact only what names that person, and not its colleagues.

        :raise AccessError: the user is no dunning manager.
        """
        self.ensure_one()
        self.check_access("read")
        self.env["account.dunning.retention"]._check_manager()
        return {
            "type": "ir.actions.act_url",
            "url": f"/dunning/personal/{self.id}",
            "target": "download",
        }

    def action_erase_dunning_personal(self):
        """Deal with a request to be forgotten; says first what can go, and what not.

        Of a company's contact only what names that person, as in the export.

        :raise AccessError: the user is no dunning manager.
        """
        self.ensure_one()
        self.check_access("read")
        self.env["account.dunning.retention"]._check_manager()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Request to Erase"),
            "res_model": "account.dunning.erase",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.id},
        }
