from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date


class AccountDunningRelief(models.Model):
    """Many customers at once are not dunned, or more softly, for a while.

    After a flood, in a strike, in a crisis of a trade: a relief is for listed
    customers, and for those of a region and an industry, by the address of the
    commercial partner. It counts from its first to its last day, both included, and
    ends by itself. A stop is a reason of the assessment; a softer policy takes the
    place of every other choice of policy while it lasts.
    """

    _name = "account.dunning.relief"
    _description = "Dunning Relief"
    _inherit = ["account.dunning.period", "mail.thread"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Reason",
        required=True,
        tracking=True,
        help="Shown on every debtor and every item on which it acts.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    kind = fields.Selection(
        selection=[("stop", "Do not dun"), ("policy", "Dun by a softer policy")],
        string="Effect",
        required=True,
        default="stop",
        tracking=True,
    )
    policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        string="Softer Policy",
        check_company=True,
        ondelete="restrict",
        tracking=True,
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        tracking=True,
        help="First day of the relief.",
    )
    date_to = fields.Date(
        string="Until", required=True, tracking=True, help="Last day of the relief."
    )
    date_ended = fields.Date(
        string="Ended On",
        readonly=True,
        copy=False,
        tracking=True,
        help="The day from which the relief does not count any more.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Owner",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        tracking=True,
    )
    state = fields.Selection(
        selection=[("planned", "Planned"), ("active", "In force"), ("ended", "Ended")],
        compute="_compute_state",
        search="_search_state",
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="account_dunning_relief_partner_rel",
        string="Customers",
        # who is archived owes as before
        context={"active_test": False},
        help="These customers' whole companies, wherever they are.",
    )
    country_ids = fields.Many2many(
        comodel_name="res.country",
        relation="account_dunning_relief_country_rel",
        string="Countries",
    )
    state_ids = fields.Many2many(
        comodel_name="res.country.state",
        relation="account_dunning_relief_state_rel",
        string="States",
    )
    zip_prefixes = fields.Char(
        string="Postal Codes Begin With",
        help="Several separated by commas, e.g. 531, 532.",
    )
    industry_ids = fields.Many2many(
        comodel_name="res.partner.industry",
        relation="account_dunning_relief_industry_rel",
        string="Industries",
        context={"active_test": False},
    )
    debtor_count = fields.Integer(
        string="Debtors", compute="_compute_debtor_count", help="Who owe something now."
    )

    _days_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "A relief cannot end before it begins."
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "partner_ids", "country_ids", "state_ids", "zip_prefixes", "industry_ids"
    )
    def _compute_debtor_count(self):
        for relief in self:
            relief.debtor_count = self.env["account.dunning.debtor"].search_count(
                relief._get_debtor_domain() & Domain("amount_open", ">", 0)
            )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("kind", "policy_id")
    def _check_policy(self):
        for relief in self:
            if relief.kind == "policy" and not relief.policy_id:
                raise ValidationError(self.env._("Choose the softer policy."))

    # with the name, for fields that are left out on creating are not checked
    @api.constrains(
        "name",
        "partner_ids",
        "country_ids",
        "state_ids",
        "zip_prefixes",
        "industry_ids",
    )
    def _check_somebody(self):
        for relief in self:
            if not relief.partner_ids and relief._get_area_domain().is_true():
                raise ValidationError(
                    self.env._(
                        "Say whom “%(relief)s” is for: customers, a region or an"
                        " industry. To dun nobody, issue no run.",
                        relief=relief.name,
                    )
                )

    # === ACTION METHODS === #

    def action_view_debtors(self):
        """Open the debtors whom the relief is for."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_debtor_action"
        )
        action["domain"] = list(self._get_debtor_domain())
        action["context"] = {}
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _get_acting_fields(self):
        return super()._get_acting_fields() | {
            "kind",
            "policy_id",
            "partner_ids",
            "country_ids",
            "state_ids",
            "zip_prefixes",
            "industry_ids",
        }

    def _touch_debtors(self):
        Debtor = self.env["account.dunning.debtor"].sudo()
        for relief in self:
            Debtor.search(relief._get_debtor_domain())._touch_all()

    @api.model
    def _get_active(self, company, day):
        """Return the reliefs in force in a company on a day, the longest first."""
        # Whoever sees an item sees why it is not dunned. Not cached: a stop that
        # another process has just set must count at once.
        return self.sudo().search(
            self._get_in_force_domain(company, day), order="date_to desc, id"
        )

    def _get_partner_domain(self):
        """Return the commercial partners whom the relief is for; an override point."""
        self.ensure_one()
        listed = Domain("id", "in", self.partner_ids.commercial_partner_id.ids)
        area = self._get_area_domain()
        return listed if area.is_true() else listed | area

    def _get_area_domain(self):
        """Return the region and industry as a domain on customers; true if none."""
        self.ensure_one()
        domain = Domain.TRUE
        for name, records in (
            ("country_id", self.country_ids),
            ("state_id", self.state_ids),
            ("industry_id", self.industry_ids),
        ):
            if records:
                domain &= Domain(name, "in", records.ids)
        prefixes = self._get_zip_prefixes()
        if prefixes:
            domain &= Domain.OR(
                Domain("zip", "=ilike", f"{prefix}%") for prefix in prefixes
            )
        return domain

    def _get_zip_prefixes(self):
        self.ensure_one()
        prefixes = [part.strip() for part in (self.zip_prefixes or "").split(",")]
        # a per cent sign would take in everybody
        return [
            prefix.replace("\\", "").replace("%", "").replace("_", "")
            for prefix in prefixes
            if prefix
        ]

    def _get_debtor_domain(self):
        self.ensure_one()
        return Domain("company_id", "child_of", self.company_id.ids) & Domain(
            "partner_id", "any", self._get_partner_domain()
        )

    def _get_partner_query(self):
        """Return the query of the customers, for use as a sub-select."""
        self.ensure_one()
        partner_sudo = self.env["res.partner"].sudo().with_context(active_test=False)
        return partner_sudo._search(self._get_partner_domain())

    def _get_stopped_sql(self):
        """Return a select of (debtor_id, id, date_to): whom these stops are for.

        A customer of several is named once, with the one that lasts longest.
        """
        selects = [
            SQL(
                """SELECT partner.id AS debtor_id, %s::int4 AS id, %s::date AS date_to
                     FROM res_partner partner WHERE partner.id IN %s""",
                relief.id,
                relief.date_to,
                relief._get_partner_query().subselect(),
            )
            for relief in self
        ]
        return SQL(
            """SELECT DISTINCT ON (debtor_id) debtor_id, id, date_to
                 FROM (%s) listed ORDER BY debtor_id, date_to DESC, id""",
            SQL(" UNION ALL ").join(selects),
        )

    def _get_text(self):
        """Say in one line what the relief does, until when and why."""
        self.ensure_one()
        values = {"reason": self.name, "date": format_date(self.env, self.date_to)}
        if self.kind == "stop":
            return self.env._("%(reason)s: not dunned until %(date)s.", **values)
        return self.env._(
            "%(reason)s: dunned by “%(policy)s” until %(date)s.",
            **values,
            policy=self.policy_id.name,
        )
