from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Longest wait between two notices that a new level assumes by itself, in days.
DEFAULT_INTERVAL = 7

TRADE_EFFECTS = [
    ("none", "Nothing"),
    ("warn", "Warn"),
    ("stop", "Stop, until a manager releases"),
]


class AccountDunningLevel(models.Model):
    """A step of a ladder: when it is due, what it charges, and how it is told.

    An item climbs by its due date and its last notice; ``delay_days`` below 0 is a
    courtesy before the due date.
    """

    _name = "account.dunning.level"
    _description = "Dunning Level"
    _order = "policy_id, sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="policy_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="policy_id.currency_id")
    active = fields.Boolean(
        default=True,
        help="An archived level is not given any more; notices keep it, and items that"
        " reached it go on from there.",
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    tone = fields.Selection(
        selection=[("friendly", "Friendly"), ("firm", "Firm"), ("last", "Last")],
        required=True,
        default="friendly",
        help="How the letter and the e-mail speak.",
    )
    # --- when
    day_basis = fields.Selection(
        selection=[
            ("due", "days after the due date"),
            ("eom", "days after the end of the due date's month"),
            ("notice", "days after the previous notice"),
        ],
        required=True,
        default="due",
    )
    delay_days = fields.Integer(
        string="Delay",
        default=0,
        help="Days from the chosen day on which the level is due. Negative: that many"
        " days before it, as a reminder in advance.",
    )
    interval_days = fields.Integer(
        string="Minimum Interval",
        help="Days that must have passed since the item's previous notice. A new level"
        " takes a week, or the distance to the level before if that is shorter. An"
        " item is never dunned twice on one day.",
    )
    # --- how much
    min_amount = fields.Monetary(
        string="Minimum Amount",
        help="The customer's sum on the notice must reach this, in the policy's"
        " currency; otherwise the next lower level that is possible is taken, or none.",
    )
    min_percent = fields.Float(
        string="Minimum Share",
        help="The customer's sum on the notice must reach this percentage of"
        " everything the customer owes in that currency.",
    )
    # --- how
    channel_email = fields.Boolean(string="By E-mail", default=True)
    channel_letter = fields.Boolean(
        string="By Letter",
        default=True,
        help="The notice is to be printed and posted. It counts as a way to reach the"
        " customer if there is a postal address.",
    )
    needs_approval = fields.Boolean(
        help="A person must approve notices at this level, even where the policy"
        " issues by itself.",
    )
    mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="E-mail Template",
        domain="[('model', '=', 'account.dunning.notice')]",
        default=lambda self: self._default_mail_template_id(),
        ondelete="restrict",
    )
    reward_id = fields.Many2one(
        comodel_name="account.dunning.reward",
        string="Reward",
        domain="[('company_id', 'parent_of', company_id)] if company_id else []",
        index="btree_not_null",
        ondelete="restrict",
        help="What is offered for settling early. A customer's own terms win, and only"
        " companies that the reward belongs to offer it.",
    )
    payment_days = fields.Integer(
        string="Days to Pay",
        default=7,
        help="The notice asks for payment within this many days of its date.",
    )
    # --- what it costs
    charge_interest = fields.Boolean(
        help="The notice charges interest, by the rule of the policy, of the terms with"
        " the customer, or of the law.",
    )
    charge_ids = fields.Many2many(
        comodel_name="account.dunning.charge",
        string="Charges",
        check_company=True,
        help="Fees and lump sums that the notice charges, as far as they are agreed or"
        " a law gives them.",
    )
    has_charges = fields.Boolean(compute="_compute_has_charges")
    # --- what it does to new business
    trade_effect = fields.Selection(
        selection=TRADE_EFFECTS,
        string="New Invoices",
        required=True,
        default="none",
        help="What happens to new invoices of a customer who has reached this level and"
        " still has something overdue.",
    )
    letter_intro = fields.Html(
        string="Opening",
        translate=True,
        help="Stands above the table of items. Empty: the text of the chosen tone.",
    )
    letter_closing = fields.Html(
        string="Closing",
        translate=True,
        help="Stands below the table of items. Empty: the text of the chosen tone.",
    )

    _interval_days_positive = models.Constraint(
        "CHECK (interval_days >= 0)", "The minimum interval cannot be negative."
    )
    _payment_days_positive = models.Constraint(
        "CHECK (payment_days >= 0)", "The days to pay cannot be negative."
    )
    _min_percent_range = models.Constraint(
        "CHECK (min_percent >= 0 AND min_percent <= 100)",
        "The minimum share must be between 0 and 100 %.",
    )
    _has_channel = models.Constraint(
        "CHECK (channel_email OR channel_letter)",
        "Choose at least one channel for each dunning level.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _default_mail_template_id(self):
        return self.env.ref(
            "account_dunning_advanced.mail_template_notice", raise_if_not_found=False
        )

    @api.depends("name", "policy_id.name")
    @api.depends_context("dunning_show_policy")
    def _compute_display_name(self):
        for level in self:
            level.display_name = level.name
            if self.env.context.get("dunning_show_policy") and level.policy_id:
                level.display_name = f"{level.policy_id.name}: {level.name}"

    @api.depends("charge_interest", "charge_ids")
    def _compute_has_charges(self):
        for level in self:
            level.has_charges = bool(level.charge_interest or level.charge_ids)

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("charge_interest", "charge_ids", "policy_id")
    def _check_charge_settings(self):
        """Charges need a journal and accounts; said when they are set up, not later."""
        for level in self.filtered("has_charges"):
            level.policy_id._check_charge_settings()

    @api.constrains("delay_days", "sequence", "day_basis", "active")
    def _check_level_order(self):
        self.policy_id._check_level_order()

    @api.constrains("reward_id", "policy_id")
    def _check_reward_id(self):
        self.policy_id._check_rewards()
        for level in self.filtered("company_id"):
            company = level.reward_id.company_id
            if company and company not in level.company_id.parent_ids:
                raise ValidationError(
                    self.env._(
                        "Reward “%(reward)s” belongs to %(company)s, level “%(level)s”"
                        " does not.",
                        reward=level.reward_id.name,
                        company=company.name,
                        level=level.name,
                    )
                )

    @api.onchange("delay_days", "day_basis")
    def _onchange_delay_days(self):
        if not self._origin:
            self.interval_days = self._get_default_interval()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        for level, vals in zip(levels, vals_list, strict=True):
            if "interval_days" not in vals:
                level.interval_days = level._get_default_interval()
        return levels

    # === BUSINESS METHODS === #

    def _get_default_interval(self):
        """Days to wait after the previous level: its distance, a week at most."""
        self.ensure_one()
        previous = self._get_previous_level()
        if not previous:
            return 0
        if self.day_basis != previous.day_basis:
            return DEFAULT_INTERVAL
        return max(1, min(DEFAULT_INTERVAL, self.delay_days - previous.delay_days))

    def _get_highest(self):
        """Return the level that stands highest in its ladder, of any policies.

        Steps count, not sequences, so that levels of two policies can be compared; of
        two on the same step the one that was made first, as in proposing.
        """

        return self.sorted(lambda level: (level._get_rank(), -level.id))[-1:]

    def _get_rank(self):
        """Return how many steps up its ladder the level stands, as in assessing."""
        self.ensure_one()
        position = (self.sequence, self.id)
        siblings = self.policy_id.level_ids.filtered("active")
        return sum((other.sequence, other.id) <= position for other in siblings)

    def _get_previous_level(self):
        """Return the level one step below, or an empty recordset."""
        self.ensure_one()

        def position(level):
            # records that are not saved yet come last
            return (level.sequence, level._origin.id or float("inf"))

        siblings = (self.policy_id.level_ids - self).filtered("active")
        return siblings.filtered(
            lambda level: position(level) <= position(self)
        ).sorted(position)[-1:]
