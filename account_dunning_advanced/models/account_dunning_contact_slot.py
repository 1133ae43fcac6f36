from odoo import api, fields, models
from odoo.tools import format_duration

from ..engine.contact import Window


class AccountDunningContactSlot(models.Model):
    """Hours of a weekday: in a rule such with contact, with a debtor such without."""

    _name = "account.dunning.contact.slot"
    _description = "Contact Hours"
    _order = "weekday, hour_from, id"

    rule_id = fields.Many2one(
        comodel_name="account.dunning.contact.rule",
        index="btree_not_null",
        ondelete="cascade",
    )
    debtor_id = fields.Many2one(
        comodel_name="account.dunning.debtor",
        index="btree_not_null",
        ondelete="cascade",
    )
    weekday = fields.Selection(
        selection=[
            ("0", "Monday"),
            ("1", "Tuesday"),
            ("2", "Wednesday"),
            ("3", "Thursday"),
            ("4", "Friday"),
            ("5", "Saturday"),
            ("6", "Sunday"),
        ],
        required=True,
    )
    hour_from = fields.Float(string="From", required=True)
    hour_to = fields.Float(string="To", required=True, default=24.0)

    _one_owner = models.Constraint(
        "CHECK (NUM_NONNULLS(rule_id, debtor_id) = 1)",
        "Hours are those of a rule or of a debtor.",
    )
    _hours_in_order = models.Constraint(
        "CHECK (hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "The hours begin before they end, between 0 and 24.",
    )

    @api.depends("weekday", "hour_from", "hour_to")
    def _compute_display_name(self):
        labels = dict(self._fields["weekday"]._description_selection(self.env))
        for slot in self:
            slot.display_name = self.env._(
                "%(day)s, %(start)s to %(end)s",
                day=labels.get(slot.weekday, ""),
                start=format_duration(slot.hour_from),
                end=format_duration(slot.hour_to),
            )

    @api.model_create_multi
    def create(self, vals_list):
        slots = super().create(vals_list)
        # hours added to a shipped rule would be lost with the next upgrade
        slots.rule_id._check_not_shipped({"slot_ids"})
        return slots

    def _to_window(self):
        """Return the hours as the engine judges by."""
        self.ensure_one()
        return Window(
            int(self.weekday), round(self.hour_from * 60), round(self.hour_to * 60)
        )
