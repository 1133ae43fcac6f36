from odoo import api, fields, models
from odoo.tools import SQL

# How many open items the debtor's form lists; the button shows them all.
ITEMS_SHOWN = 80


class AccountDunningDebtor(models.Model):
    """A commercial partner in a company: what is true of a debtor as a whole.

    The figures stand in ``account_dunning_debtor_figures``; the ledger stays the
    truth, and :meth:`action_refresh` brings a row up to date at once.
    """

    _name = "account.dunning.debtor"
    _description = "Debtor"
    _inherit = ["account.dunning.guard", "mail.thread", "mail.activity.mixin"]
    _order = "priority desc, id"
    _rec_name = "partner_id"
    _check_company_auto = True

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
        help="The commercial partner who owes.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Collector",
        index="btree_not_null",
        tracking=True,
        domain="[('share', '=', False)]",
        help="Who looks after this debtor; named in letters and e-mails.",
    )
    level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        string="Level",
        readonly=True,
        ondelete="set null",
        help="The highest level among the open items.",
    )
    dunning_date = fields.Date(string="Last Notice", readonly=True)
    amount_open = fields.Monetary(
        string="Open",
        readonly=True,
        help="What is owed less open credits, in company currency.",
    )
    amount_overdue = fields.Monetary(
        string="Overdue",
        readonly=True,
        help="What is past its due date, before credits, in company currency.",
    )
    date_oldest_due = fields.Date(string="Oldest Due Date", readonly=True)
    next_action_date = fields.Date(
        string="Follow Up On",
        help="When the collector wants to look at this debtor again.",
    )
    open_item_ids = fields.Many2many(
        comodel_name="account.move.line",
        compute="_compute_open_item_ids",
        string="Open Items",
        help="The oldest open items with today's reasons.",
    )
    # What stands on the buttons of the form.
    open_item_count = fields.Integer(compute="_compute_open_item_count")
    notice_count = fields.Integer(compute="_compute_notice_count")
    hold_count = fields.Integer(compute="_compute_hold_count")
    dispute_count = fields.Integer(compute="_compute_dispute_count")

    delay_reason_id = fields.Many2one(
        comodel_name="account.dunning.delay.reason",
        string="Reason of Delay",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Why the customer does not pay, as last heard.",
    )
    delay_date = fields.Date(string="Reason Noted On", readonly=True)
    delay_user_id = fields.Many2one(
        comodel_name="res.users", string="Reason Noted By", readonly=True
    )
    stop_text = fields.Text(
        string="Special Stops",
        compute="_compute_stop_text",
        help="The special stops on the customer or on one of its invoices.",
    )

    _partner_company_uniq = models.Constraint(
        "UNIQUE (partner_id, company_id)",
        "A customer has one debtor record in each company.",
    )

    # === COMPUTE METHODS === #

    def _compute_open_item_ids(self):
        for debtor in self:
            debtor.open_item_ids = self.env["account.move.line"].search(
                debtor._get_open_items_domain(),
                order="date_maturity, id",
                limit=ITEMS_SHOWN,
            )

    def _compute_open_item_count(self):
        for debtor in self:
            debtor.open_item_count = self.env["account.move.line"].search_count(
                debtor._get_open_items_domain()
            )

    def _compute_notice_count(self):
        self._set_count("notice_count", "account.dunning.notice")

    def _compute_hold_count(self):
        self._set_count("hold_count", "account.dunning.hold", "debtor_id")

    def _compute_dispute_count(self):
        self._set_count("dispute_count", "account.dunning.dispute")

    def _compute_stop_text(self):
        stops = self.env["account.dunning.hold"].search(
            [
                ("debtor_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("stop", "!=", False),
                ("state", "=", "active"),
            ]
        )
        for debtor in self:
            debtor.stop_text = "\n".join(
                stop._get_stop_text()
                for stop in stops
                if stop.debtor_id == debtor.partner_id
                and stop.company_id == debtor.company_id
            )

    # === CRUD METHODS === #

    def write(self, vals):
        if "delay_reason_id" in vals:
            vals = {
                **vals,
                "delay_date": self.env.company._dunning_today(),
                "delay_user_id": self.env.uid,
            }
        return super().write(vals)

    # === ACTION METHODS === #

    def action_open_items(self):
        """Open the debtor's open items with today's reasons."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_move_line_action_open_items"
        )
        action["domain"] = self._get_open_items_domain()
        return action

    def action_view_notices(self):
        """Open everything the debtor has been told."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_notice_action"
        )
        action["domain"] = [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        return action

    def action_allocate(self):
        """Propose which of the debtor's open items the oldest open credit settles."""
        self.ensure_one()
        items = self.env["account.move.line"].search(self._get_open_items_domain())
        return items.action_dunning_allocate()

    def action_hold(self):
        """Put these debtors on hold; asks for a reason and an end."""
        self.check_access("read")
        return self.env["account.dunning.hold.create"]._open(self)

    def action_view_holds(self):
        """Open the debtor's holds, past ones included."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_hold_action"
        )
        action["domain"] = [
            ("debtor_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {"default_partner_id": self.partner_id.id}
        return action

    def action_dispute(self):
        """Open a dispute on what the debtor owes."""
        self.ensure_one()
        self.check_access("read")
        return self.env["account.dunning.dispute.create"]._open(self)

    def action_view_disputes(self):
        """Open the debtor's disputes, decided ones included."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_dispute_action"
        )
        action["domain"] = [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {"default_partner_id": self.partner_id.id}
        return action

    def action_refresh(self):
        """Bring the figures up to date with the ledger."""
        self.check_access("write")
        for company, debtors in self.grouped("company_id").items():
            self._refresh(company, debtors.partner_id.ids)

    # === BUSINESS METHODS === #

    def _set_count(self, name, model, partner_field="partner_id"):
        """Set a field to the number of records of a model that are about each debtor.

        :param partner_field: the model's field of the commercial partner.
        """
        counts = {
            (partner, company): count
            for partner, company, count in self.env[model]._read_group(
                [
                    (partner_field, "in", self.partner_id.ids),
                    ("company_id", "in", self.company_id.ids),
                ],
                [partner_field, "company_id"],
                ["__count"],
            )
        }
        for debtor in self:
            debtor[name] = counts.get((debtor.partner_id, debtor.company_id), 0)

    def _get_open_items_domain(self):
        self.ensure_one()
        return [
            ("partner_id.commercial_partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
        ]

    @api.model
    def _get_or_create(self, partner, company):
        """Return the debtor record of a customer's commercial entity."""
        partner = partner.commercial_partner_id
        domain = [("partner_id", "=", partner.id), ("company_id", "=", company.id)]
        debtor = self.search(domain, limit=1)
        if not debtor:
            debtor = self.create({"partner_id": partner.id, "company_id": company.id})
        return debtor

    @api.model
    def _touch(self, partners, company):
        """Make new versions of debtors' rows: what stops their dunning has changed.

        Whoever issues notices to them at this moment writes these rows too, meets the
        new version and begins the batch anew, with the stop in sight.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE account_dunning_debtor SET date_refreshed = date_refreshed
                    WHERE company_id = %s AND partner_id IN (
                        SELECT partner_id FROM account_dunning_debtor
                         WHERE company_id = %s AND partner_id = ANY(%s)
                         ORDER BY id FOR NO KEY UPDATE)""",
                company.id,
                company.id,
                list(partners.commercial_partner_id.ids),
            )
        )
