from odoo import api, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.constrains("active")
    def _check_dunning_charges(self):
        """:raise RedirectWarning: dunning charges are billed with it."""
        archived = self.filtered(lambda product: not product.active)
        if not archived:
            return
        for company_sudo in (
            self.env["res.company"].sudo().search([("active", "=", True)])
        ):
            products = company_sudo._get_dunning_charge_products()
            if archived & self.browse().union(*products):
                company_sudo._check_dunning_charges_in_use()
