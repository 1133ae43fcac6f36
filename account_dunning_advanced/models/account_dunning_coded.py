from odoo import models


class AccountDunningCoded(models.AbstractModel):
    """Records that imports and integrators name by a code of their own.

    For models with a field ``code`` that is unique over all and not copied.
    """

    _name = "account.dunning.coded"
    _description = "Dunning Record with a Code"

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        """A copy has a code of its own, unless one is given."""
        vals_list = super().copy_data(default=default)
        for record, vals in zip(self, vals_list, strict=True):
            vals.setdefault("code", record._get_copy_code())
        return vals_list

    # === BUSINESS METHODS === #

    def _get_copy_code(self):
        """Return a code for a copy that no record has."""
        self.ensure_one()
        code = self.code
        records_sudo = self.sudo().with_context(active_test=False)  # unique over all
        while records_sudo.search_count([("code", "=", code)], limit=1):
            code = self.env._("%(code)s (copy)", code=code)
        return code
