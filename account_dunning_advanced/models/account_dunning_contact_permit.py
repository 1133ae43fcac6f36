from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# A permit is for what is to be done now, not for good.
LONGEST_HOURS = 24


class AccountDunningContactPermit(models.Model):
    """A manager's leave to contact a debtor against the rules, for a reason.

    It lasts some hours; every contact that it lets through keeps the reason.
    """

    _name = "account.dunning.contact.permit"
    _description = "Leave to Contact"
    _inherit = ["account.dunning.guard"]
    _order = "id desc"
    _check_company_auto = True

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Given By",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    reason = fields.Char(required=True)
    hours = fields.Integer(string="For (hours)", required=True, default=1)
    date_from = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now
    )

    @api.depends("partner_id", "date_from")
    def _compute_display_name(self):
        for permit in self:
            permit.display_name = self.env._(
                "Leave to contact %(customer)s", customer=permit.partner_id.name or ""
            )

    @api.constrains("hours")
    def _check_hours(self):
        for permit in self:
            if not 0 < permit.hours <= LONGEST_HOURS:
                raise ValidationError(
                    self.env._(
                        "Leave is given for 1 to %(hours)s hours.", hours=LONGEST_HOURS
                    )
                )

    @api.constrains("reason")
    def _check_reason(self):
        for permit in self:
            if not permit.reason.strip():
                raise ValidationError(self.env._("Say why."))

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"user_id"}

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._complete(vals) for vals in vals_list])

    @api.model
    def _complete(self, vals):
        """Return the values for the debtor, from now on, whatever a client says."""
        partner_id = vals.get("partner_id") or self.env.context.get(
            "default_partner_id"
        )
        partner = self.env["res.partner"].browse(partner_id)
        return {
            **vals,
            "partner_id": partner.commercial_partner_id.id,
            "date_from": fields.Datetime.now(),
        }

    def action_close(self):
        """Close the dialog; the leave was given by saving it."""
        return {"type": "ir.actions.act_window_close"}

    @api.model
    def _get_open(self, company, partners, now):
        """Return {partner: permit} of those that count at a moment."""
        permits = self.search(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "=", company.id),
                ("date_from", "<=", now),
                ("date_from", ">", now - timedelta(hours=LONGEST_HOURS)),
            ],
            order="id",
        )
        return {
            permit.partner_id: permit
            for permit in permits
            if now < permit.date_from + timedelta(hours=permit.hours)
        }

    def _get_text(self):
        self.ensure_one()
        return self.env._(
            "%(user)s: %(reason)s", user=self.user_id.name, reason=self.reason
        )
