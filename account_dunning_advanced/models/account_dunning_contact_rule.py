from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import contact as engine
from .account_dunning_rate_value import CONFIDENCES

# Channels that a rule may concern, each with a Boolean field of its own.
RULED_CHANNELS = ("email", "sms", "letter", "call", "visit", "other")
WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
NATURAL_PERSONS = ("consumer", "sole_trader")
# Whom a rule protects, and whom it binds.
APPLIES_TO = [
    ("everyone", "Everyone"),
    ("natural", "Consumers and sole traders"),
    ("consumer", "Consumers"),
    ("sole_trader", "Sole traders"),
    ("company", "Companies"),
    ("public", "Public bodies"),
]
ROLES = [
    ("any", "Whoever collects"),
    ("creditor", "Creditors for their own claims"),
    ("agency", "Agencies for the claims of others"),
]
DAY_MINUTES = 24 * 60


def protects(applies_to, kind):
    """Return whether a rule for some debtors concerns a kind of debtor.

    >>> protects("natural", "consumer"), protects("natural", "company")
    (True, False)
    """
    kinds = {"everyone": (kind,), "natural": NATURAL_PERSONS}
    return kind in kinds.get(applies_to, (applies_to,))


class AccountDunningContactRule(models.Model):
    """When, how and how often one may contact a kind of debtor, as data.

    A rule counts where a policy names it, or by itself for the debtors it is made for.
    Of several that count the strictest wins. The debtor's country and clock decide, for
    the law that protects a debtor is the debtor's.
    """

    _name = "account.dunning.contact.rule"
    _description = "Contact Rule"
    _inherit = ["account.dunning.shipped"]
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(
        string="Rule",
        required=True,
        translate=True,
        default=lambda self: self.env._("Contact rule"),
        help="The rule in a sentence; it is shown where a contact is put off or"
        " refused.",
    )
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        help="Empty: for every company.",
    )
    # --- whom it is for
    automatic = fields.Boolean(
        string="Counts by Itself",
        help="Counts for every debtor it is made for. Otherwise it counts only where a"
        " policy names it.",
    )
    applies_to = fields.Selection(
        selection=APPLIES_TO,
        required=True,
        default="everyone",
    )
    country_id = fields.Many2one(
        comodel_name="res.country", help="The debtor's country; empty for any."
    )
    country_group_id = fields.Many2one(
        comodel_name="res.country.group", help="Or the countries the debtor is in."
    )
    role = fields.Selection(
        selection=ROLES,
        string="Binds",
        required=True,
        default="any",
    )
    # --- how
    channel_email = fields.Boolean(string="E-mail", default=True)
    channel_sms = fields.Boolean(string="SMS", default=True)
    channel_letter = fields.Boolean(string="Letter", default=True)
    channel_call = fields.Boolean(string="Call", default=True)
    channel_visit = fields.Boolean(string="Visit", default=True)
    channel_other = fields.Boolean(string="Other Channels", default=True)
    is_ban = fields.Boolean(
        string="Not at All", help="The channels of the rule are not used."
    )
    # --- when
    hour_from = fields.Float(string="From", default=0.0)
    hour_to = fields.Float(
        string="To", default=24.0, help="The first minute that is too late."
    )
    monday = fields.Boolean(default=True)
    tuesday = fields.Boolean(default=True)
    wednesday = fields.Boolean(default=True)
    thursday = fields.Boolean(default=True)
    friday = fields.Boolean(default=True)
    saturday = fields.Boolean(default=True)
    sunday = fields.Boolean(default=True)
    slot_ids = fields.One2many(
        comodel_name="account.dunning.contact.slot",
        inverse_name="rule_id",
        string="Other Hours",
        copy=True,
        help="On these weekdays these hours take the place of the usual ones.",
    )
    rests_on_holidays = fields.Boolean(
        string="Not on Public Holidays", help="Those of the debtor's country."
    )
    # --- how often
    cap_ids = fields.One2many(
        comodel_name="account.dunning.contact.cap",
        inverse_name="rule_id",
        string="At Most",
        copy=True,
    )
    cooldown_days = fields.Integer(
        string="Rest After a Conversation",
        help="Days after a call or visit in which the debtor was spoken to.",
    )
    # --- where it is from
    source = fields.Char(string="Legal Basis")
    verified_on = fields.Date()
    confidence = fields.Selection(selection=CONFIDENCES, required=True, default="high")
    note = fields.Text()

    _hours_in_order = models.Constraint(
        "CHECK (hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "The hours begin before they end, between 0 and 24.",
    )
    _cooldown_days_positive = models.Constraint(
        "CHECK (cooldown_days >= 0)", "The days of rest cannot be negative."
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("automatic", "is_ban", "country_id", "country_group_id")
    def _check_automatic_ban(self):
        """A ban on everybody by itself would silence the system by a slip."""
        for rule in self:
            if (
                rule.automatic
                and rule.is_ban
                and not (rule.country_id or rule.country_group_id)
            ):
                raise ValidationError(
                    self.env._(
                        "A rule that forbids channels by itself needs a country. Or"
                        " name it in a policy."
                    )
                )

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for rule, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%s (copy)", rule.name)
        return vals_list

    # === BUSINESS METHODS === #

    @api.model
    def _get_for_company(self, company):
        """Return the rules that may count in a company."""
        return self.search([("company_id", "in", [False, *company.parent_ids.ids])])

    def _get_for(self, partner, policy, company):
        """Return those of the rules that count for a debtor.

        :param res.partner partner: the commercial partner.
        :param policy: the policy by which the debtor is dunned.
        """
        country = partner.country_id or company.country_id
        kind = partner._get_dunning_kind()
        return self.filtered(
            lambda rule: (rule.automatic or rule == policy.contact_rule_id)
            and rule._is_for(country, kind, company.dunning_role)
        )

    def _is_for(self, country, kind, role):
        """Return whether the rule concerns a kind of debtor in a country."""
        self.ensure_one()
        return (
            protects(self.applies_to, kind)
            and self.role in ("any", role)
            and (not self.country_id or self.country_id == country)
            and (
                not self.country_group_id
                or country in self.country_group_id.country_ids
            )
        )

    def _to_engine(self, holidays):
        """Return the rule as the engine judges by.

        :param frozenset holidays: the public holidays of the debtor's country.
        """
        self.ensure_one()
        return engine.Rule(
            name=self._get_message(),
            channels=frozenset(
                channel for channel in RULED_CHANNELS if self[f"channel_{channel}"]
            ),
            windows=self._get_windows(),
            holidays=holidays if self.rests_on_holidays else frozenset(),
            caps=tuple(
                engine.Cap(cap.number, cap.days, cap.channel or None)
                for cap in self.cap_ids
            ),
            cooldown_days=self.cooldown_days,
            forbidden=self.is_ban,
        )

    def _get_windows(self):
        """Return the hours in which contact is allowed; None where it always is."""
        self.ensure_one()
        windows = []
        start, end = round(self.hour_from * 60), round(self.hour_to * 60)
        for number, name in enumerate(WEEKDAYS):
            slots = self.slot_ids.filtered(lambda slot: slot.weekday == str(number))  # noqa: B023
            if slots:
                windows += [slot._to_window() for slot in slots]
            elif self[name]:
                windows.append(engine.Window(number, start, end))
        always = [engine.Window(day, 0, DAY_MINUTES) for day in range(7)]
        return None if windows == always else tuple(windows)

    def _get_message(self):
        """Return the rule with its source."""
        self.ensure_one()
        if not self.source:
            return self.name
        return self.env._("%(rule)s (%(basis)s)", rule=self.name, basis=self.source)
