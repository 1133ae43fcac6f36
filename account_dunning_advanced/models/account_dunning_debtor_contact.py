from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ..engine import contact as engine

# Channels that a debtor may ask not to be contacted by.
REFUSABLE = ("email", "sms", "letter", "call", "visit")


class AccountDunningDebtorContact(models.Model):
    """The contacts with a debtor."""

    # a room of its own: when and how the debtor is contacted
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    contact_count = fields.Integer(compute="_compute_contact_count")
    preferred_channel = fields.Selection(
        selection=[
            ("email", "E-mail"),
            ("sms", "SMS"),
            ("letter", "Letter"),
            ("call", "Call"),
            ("visit", "Visit"),
        ],
        tracking=True,
        help="Of several channels it comes first, so that limits do not use it up.",
    )
    no_email = fields.Boolean(string="No E-mails", tracking=True)
    no_sms = fields.Boolean(string="No SMS", tracking=True)
    no_letter = fields.Boolean(string="No Letters", tracking=True)
    no_call = fields.Boolean(string="No Calls", tracking=True)
    no_visit = fields.Boolean(string="No Visits", tracking=True)
    slot_ids = fields.One2many(
        comodel_name="account.dunning.contact.slot",
        inverse_name="debtor_id",
        string="Not At These Times",
        help="When the customer does not want to be contacted, in the customer's time.",
    )
    contact_tz = fields.Selection(
        selection=_tz_get,
        string="Time Zone",
        tracking=True,
        help="Where the customer is. Empty: by the country of the address; if it has"
        " several time zones, contacts are made when it is daytime in all of them.",
    )

    # === COMPUTE METHODS === #

    def _compute_contact_count(self):
        self._set_count("contact_count", "account.dunning.contact")

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains(*(f"no_{channel}" for channel in REFUSABLE))
    def _check_reachable(self):
        for debtor in self:
            if all(debtor[f"no_{channel}"] for channel in REFUSABLE):
                raise ValidationError(
                    self.env._(
                        "One way must be left to reach %(customer)s. If there must be"
                        " no contact at all, set a special stop.",
                        customer=debtor.partner_id.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_view_contacts(self):
        """Open the contacts with the debtor, both ways."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_contact_action"
        )
        action["domain"] = [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {"default_partner_id": self.partner_id.id}
        return action

    def action_print_contacts(self):
        """Print the contacts of a period; asks for it."""
        self.ensure_one()
        return self.env["account.dunning.contact.print"]._open(self)

    def action_call(self):
        """Note a call; leads on to a promise, a dispute, a hold or the next call."""
        self.ensure_one()
        return self.env["account.dunning.call"]._open(self, "call")

    def action_visit(self):
        """Note a visit; leads on to a promise, a dispute, a hold or the next call."""
        self.ensure_one()
        return self.env["account.dunning.call"]._open(self, "visit")

    def action_permit_contact(self):
        """Give leave to contact the debtor against the rules; asks for a reason."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Contact Anyway"),
            "res_model": "account.dunning.contact.permit",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_partner_id": self.partner_id.id,
                "default_company_id": self.company_id.id,
            },
        }

    # === BUSINESS METHODS === #

    def _get_contact_wishes(self):
        """Return what the debtor wishes, as rules for the engine."""
        self.ensure_one()
        refused = frozenset(c for c in REFUSABLE if self[f"no_{c}"])
        if refused:
            yield engine.Rule(
                name=self.env._("The customer does not want it."),
                channels=refused,
                forbidden=True,
            )
        if self.slot_ids:
            yield engine.Rule(
                name=self.env._(
                    "The customer asked not to be contacted on %(times)s.",
                    times="; ".join(self.slot_ids.mapped("display_name")),
                ),
                blocked=tuple(slot._to_window() for slot in self.slot_ids),
            )
