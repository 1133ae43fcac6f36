from markupsafe import Markup

from odoo import models

# Given for one customer's risk, not for that of both together.
NOT_ABSORBED = ("trade_release",)


class AccountDunningDebtorMerge(models.Model):
    """What becomes of debtors' rows when their customers become one."""

    # a room of its own: customers that are merged
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    # === BUSINESS METHODS === #

    def _absorb(self, others):
        """Take over what people set on rows of customers merged into this one.

        What this row has stays; what it lacks comes from the others. So a customer who
        wants no calls is not called under the other name.

        :param others: rows of the same company, which the caller deletes.
        """
        self.ensure_one()
        values = {}
        for other in others:
            for name in self._get_absorbed_fields():
                if not self[name] and other[name]:
                    values.setdefault(name, other[name])
        values = self._convert_to_write(values)
        notes = [row.note for row in (self, *others) if row.note]
        self.write({**values, "note": Markup("").join(notes)})

    def _get_absorbed_fields(self):
        """Return the fields that people set on a row; an override point."""
        kept = {
            "partner_id",
            "company_id",
            *models.MAGIC_COLUMNS,
            *self._get_guarded_fields(),
            *self.env["mail.thread"]._fields,
            *self.env["mail.activity.mixin"]._fields,
        }
        return [
            name
            for name, field in self._fields.items()
            if field.store
            and field.column_type
            and not field.compute
            and not field.related
            and name not in kept
            and not name.startswith(NOT_ABSORBED)
        ]
