from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_datetime

# Characters of a seal that are printed in a row; the last one is printed whole.
SEAL_SHOWN = 12


class AccountDunningContactPrint(models.TransientModel):
    """The communication record of one debtor and period, on paper."""

    _name = "account.dunning.contact.print"
    _description = "Print Communication Record"

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", required=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._default_date_from()
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
    )

    @api.model
    def _default_date_from(self):
        today = self.env.company._dunning_today()
        return fields.Date.start_of(today, "year")

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for wizard in self:
            if wizard.date_from > wizard.date_to:
                raise ValidationError(self.env._("The period ends before it begins."))

    # === ACTION METHODS === #

    @api.model
    def _open(self, debtor):
        """Return the action that asks for the period."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Print Communication Record"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_partner_id": debtor.partner_id.id,
                "default_company_id": debtor.company_id.id,
            },
        }

    def action_print(self):
        """Print the contacts of the period.

        :raise UserError: there are none.
        """
        self.ensure_one()
        if not self._get_contacts():
            raise UserError(
                self.env._(
                    "There was no contact with %(customer)s in this period.",
                    customer=self.partner_id.display_name,
                )
            )
        return self.env.ref(
            "account_dunning_advanced.account_dunning_contact_report"
        ).report_action(self)

    # === BUSINESS METHODS === #

    def _get_zone(self):
        """Return the time zone of the company, whose days the period is in."""
        self.ensure_one()
        return pytz.timezone(
            self.company_id.sudo().partner_id.tz or self.env.user.tz or "UTC"
        )

    def _get_contacts(self):
        """Return the contacts of the period, oldest first."""
        self.ensure_one()
        zone = self._get_zone()
        start, end = (
            zone.localize(datetime.combine(day, time.min))
            .astimezone(pytz.utc)
            .replace(tzinfo=None)
            for day in (self.date_from, self.date_to + timedelta(days=1))
        )
        return self.env["account.dunning.contact"].search(
            [
                ("partner_id", "=", self.partner_id.commercial_partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("date", ">=", start),
                ("date", "<", end),
            ],
            order="date, id",
        )

    def _format_moment(self, moment):
        """Return a moment as read where the company is."""
        return format_datetime(
            self.env, moment, tz=self._get_zone().zone, dt_format="short"
        )

    def _get_label(self, contact, name):
        """Return how a selection value of a contact reads."""
        labels = dict(contact._fields[name]._description_selection(self.env))
        return labels.get(contact[name], "")

    def _get_seal(self, contact):
        """Return number and first characters of a contact's seal."""
        if not contact.chain_number:
            return "–"
        return f"{contact.chain_number}: {contact.chain_hash[:SEAL_SHOWN]}"

    def _get_head(self):
        """Return the last seal of the company, to compare with later."""
        number, head = self.env["account.dunning.contact"]._get_head(self.company_id)
        return f"{number}: {head}" if number else ""
