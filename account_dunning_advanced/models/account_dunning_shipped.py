from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountDunningShipped(models.AbstractModel):
    """Facts of law that come with an addon and are renewed when it is upgraded.

    What a user changed on them would be lost with the next upgrade, silently. So
    they are not changed by hand: a user adds a value of the company's own, or copies
    the record and works on the copy.
    """

    _name = "account.dunning.shipped"
    _description = "Shipped Dunning Record"

    is_shipped = fields.Boolean(
        string="Shipped",
        compute="_compute_is_shipped",
        help="Comes with the addon and is renewed when it is upgraded.",
    )

    def _compute_is_shipped(self):
        external_ids = self._get_external_ids()
        for record in self:
            record.is_shipped = any(
                # records that a user imported or exported have ids like __import__.x
                not external_id.startswith("__")
                for external_id in external_ids.get(record._origin.id, [])
            )

    # === CRUD METHODS === #

    def write(self, vals):
        self._check_not_shipped(vals.keys() - self._get_own_fields())
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shipped(self):
        self._check_not_shipped({"id"})

    # === BUSINESS METHODS === #

    @api.model
    def _get_own_fields(self):
        """Return the fields of shipped records that users may change all the same.

        For an addon to leave a field to the users, it must override this method, and
        not fill the field in the data that it ships.
        """
        return {"active"}

    def _check_not_shipped(self, names):
        if self.env.su or not names:
            return
        shipped = self.filtered("is_shipped")[:1]
        if shipped:
            raise UserError(shipped._get_shipped_message())

    def _get_shipped_message(self):
        self.ensure_one()
        return self.env._(
            "%(record)s comes with the addon, and an upgrade would undo your change."
            " Copy it and change the copy.",
            record=self.display_name,
        )
