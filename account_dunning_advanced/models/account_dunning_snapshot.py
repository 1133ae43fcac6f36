from odoo import api, fields, models
from odoo.fields import Domain


class AccountDunningSnapshot(models.AbstractModel):
    """What was found out on a day, kept as it was; a company's last one counts.

    A model that inherits it has a ``company_id``.
    """

    _name = "account.dunning.snapshot"
    _description = "Dunning Snapshot"

    is_last = fields.Boolean(
        string="Last One",
        compute="_compute_is_last",
        search="_search_is_last",
        help="There is no later one of the company.",
    )

    def _compute_is_last(self):
        last = self._get_last_ids(self.company_id)
        for snapshot in self:
            snapshot.is_last = snapshot.id in last

    @api.model
    def _search_is_last(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        domain = Domain("id", "in", self._get_last_ids())
        return domain if (operator == "in") == (True in value) else ~domain

    @api.model
    def _get_last_ids(self, companies=None):
        domain = Domain("company_id", "in", companies.ids) if companies else Domain.TRUE
        groups = self._read_group(domain, ["company_id"], ["id:max"])
        return [last_id for _company, last_id in groups]
