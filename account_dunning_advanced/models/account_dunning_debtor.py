from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.assessment import STANDING

# How many open items the debtor's form lists; the button shows them all.
ITEMS_SHOWN = 80
# Where a transaction keeps the debtors to refresh before it commits.
STALE_KEY = "account_dunning_stale_debtors"


class AccountDunningDebtor(models.Model):
    """A commercial partner in a company: what is true of a debtor as a whole.

    The figures are kept by set-based refreshes (proposing, issuing, reversing, the
    daily job) and when something is matched; the ledger stays the truth, and
    :meth:`action_refresh` brings a row up to date at once.
    """

    _name = "account.dunning.debtor"
    _description = "Debtor"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "priority desc, amount_overdue desc, id"
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
    priority = fields.Float(
        readonly=True,
        help="What the worklist is ranked by: the overdue amount in company currency.",
    )
    next_action_date = fields.Date(
        string="Next Action",
        help="When the collector wants to look at this debtor again.",
    )
    date_refreshed = fields.Datetime(readonly=True)
    open_item_ids = fields.Many2many(
        comodel_name="account.move.line",
        compute="_compute_open_item_ids",
        string="Open Items",
        help="The oldest open items with today's reasons.",
    )

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
        """Put the debtor on hold; asks for a reason and an end."""
        self.ensure_one()
        return self.env["account.dunning.hold.create"]._open(self.partner_id)

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
        for company, debtors in self.grouped("company_id").items():
            self._refresh(company, debtors.partner_id.ids)

    # === BUSINESS METHODS === #

    def _count(self, model):
        """Return {(customer, company): number of records} of a model about debtors."""
        return {
            (partner, company): count
            for partner, company, count in self.env[model]._read_group(
                [
                    ("partner_id", "in", self.partner_id.ids),
                    ("company_id", "in", self.company_id.ids),
                ],
                ["partner_id", "company_id"],
                ["__count"],
            )
        }

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
            self._refresh(company, partner.ids)
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

    @api.model
    def _refresh_from_run(self, run):
        """Make and refresh the debtors of a proposed run."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT partner_id FROM account_dunning_verdict
                    WHERE run_id = %s AND partner_id IS NOT NULL""",
                run.id,
            )
        )
        self._refresh(run.company_id, [partner_id for (partner_id,) in rows])

    @api.model
    def _refresh(self, company, partner_ids=None):
        """Set the figures of debtors from the ledger, making missing rows.

        One statement for any number of debtors; those whose last item was settled go
        to zero.

        :param res.company company: whose ledger.
        :param partner_ids: commercial partners; None for all.
        """
        if partner_ids is not None and not partner_ids:
            return
        self.env.flush_all()
        accounts = self.env["account.dunning.assessment"]._get_receivable_accounts(
            company
        )
        self.env.cr.execute(
            SQL(
                """
                WITH standing AS MATERIALIZED (%(standing)s),
                figures AS (
                    SELECT partner.commercial_partner_id AS partner_id,
                           SUM(item.amount_residual) AS amount_open,
                           SUM(item.amount_residual) FILTER (
                               WHERE item.amount_residual > 0
                                 AND item.date_maturity < %(today)s) AS amount_overdue,
                           MIN(item.date_maturity) FILTER (
                               WHERE item.amount_residual > 0) AS date_oldest_due,
                           (ARRAY_AGG(item.dunning_level_id
                                ORDER BY reached.rank DESC, reached.level_id)
                                FILTER (WHERE reached.rank IS NOT NULL))[1] AS level_id
                      FROM account_move_line item
                      JOIN res_partner partner ON partner.id = item.partner_id
                      LEFT JOIN standing reached
                             ON reached.level_id = item.dunning_level_id
                     WHERE item.reconciled IS NOT TRUE
                       AND item.account_id = ANY(%(accounts)s)
                       AND item.partner_id IN (%(family)s)
                       AND item.company_id = %(company)s
                       AND item.parent_state = 'posted'
                     GROUP BY 1
                ),
                wanted AS (%(wanted)s),
                told AS (
                    SELECT partner_id, MAX(date) AS dunning_date
                      FROM account_dunning_notice
                     WHERE company_id = %(company)s AND state = 'issued'
                       AND partner_id IN (SELECT partner_id FROM wanted)
                     GROUP BY 1
                )
                INSERT INTO account_dunning_debtor (
                    partner_id, company_id, amount_open, amount_overdue, priority,
                    date_oldest_due, level_id, dunning_date, date_refreshed,
                    create_uid, create_date, write_uid, write_date)
                SELECT wanted.partner_id, %(company)s,
                       COALESCE(amount_open, 0), COALESCE(amount_overdue, 0),
                       COALESCE(amount_overdue, 0), date_oldest_due, level_id,
                       dunning_date, %(now)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM wanted
                  LEFT JOIN figures USING (partner_id)
                  LEFT JOIN told USING (partner_id)
                    ON CONFLICT (partner_id, company_id) DO UPDATE
                   SET amount_open = EXCLUDED.amount_open,
                       amount_overdue = EXCLUDED.amount_overdue,
                       priority = EXCLUDED.priority,
                       date_oldest_due = EXCLUDED.date_oldest_due,
                       level_id = EXCLUDED.level_id,
                       dunning_date = EXCLUDED.dunning_date,
                       date_refreshed = EXCLUDED.date_refreshed
                """,
                standing=STANDING,
                today=company._dunning_today(),
                accounts=accounts.ids,
                company=company.id,
                family=self._get_family(partner_ids),
                wanted=self._get_wanted(company, partner_ids),
                now=self.env.cr.now(),
                uid=self.env.uid,
            )
        )
        self._write_partner_levels(company, partner_ids)
        self.env.invalidate_all(flush=False)

    @api.model
    def _refresh_later(self, items):
        """Bring the debtors of these items up to date at the end of the transaction.

        Once, however much is matched in it, and never in the way of it: a debtor whom
        somebody else is just writing is left to the nightly refresh.
        """
        precommit = self.env.cr.precommit
        waiting = precommit.data.get(STALE_KEY)
        if waiting is None:
            waiting = precommit.data[STALE_KEY] = set()
            precommit.add(self.sudo()._refresh_stale)
        waiting.update(
            (item.company_id.id, item.partner_id.commercial_partner_id.id)
            for item in items.sudo()
            if item.partner_id
        )

    @api.model
    def _refresh_stale(self):
        """Refresh the known debtors of whom something was matched."""
        stale = self.env.cr.precommit.data.pop(STALE_KEY, set())
        for company in self.env["res.company"].browse({pair[0] for pair in stale}):
            partner_ids = [id_ for company_id, id_ in stale if company_id == company.id]
            self.env.flush_all()
            rows = self.env.execute_query(
                SQL(
                    """SELECT partner_id FROM account_dunning_debtor
                        WHERE company_id = %s AND partner_id = ANY(%s)
                        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED""",
                    company.id,
                    partner_ids,
                )
            )
            self._refresh(company, [partner_id for (partner_id,) in rows])

    @api.model
    def _get_family(self, partner_ids):
        if partner_ids is None:
            return SQL("SELECT id FROM res_partner")
        return SQL(
            "SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s)",
            list(partner_ids),
        )

    @api.model
    def _get_wanted(self, company, partner_ids):
        if partner_ids is None:
            return SQL(
                "SELECT partner_id FROM figures UNION SELECT partner_id"
                " FROM account_dunning_debtor WHERE company_id = %s",
                company.id,
            )
        return SQL("SELECT UNNEST(%s) AS partner_id", list(partner_ids))

    @api.model
    def _write_partner_levels(self, company, partner_ids):
        """Copy level and last notice to the customers' company-dependent fields."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE res_partner partner
                   SET dunning_level_id = %(level)s, dunning_date = %(date)s
                  FROM account_dunning_debtor debtor
                 WHERE debtor.partner_id = partner.id
                   AND debtor.company_id = %(company)s
                   AND %(some)s
                   AND ((partner.dunning_level_id ->> %(key)s)::int4,
                        partner.dunning_date ->> %(key)s)
                       IS DISTINCT FROM (debtor.level_id, debtor.dunning_date::text)""",
                level=self._set_company_value("dunning_level_id", "level_id", company),
                date=self._set_company_value("dunning_date", "dunning_date", company),
                company=company.id,
                key=str(company.id),
                some=SQL("TRUE")
                if partner_ids is None
                else SQL("partner.id = ANY(%s)", list(partner_ids)),
            )
        )

    @api.model
    def _set_company_value(self, column, source, company):
        """Return SQL for a company-dependent column with one company's value set.

        A missing value takes the key away, as the ORM does; an empty object becomes
        NULL for the same reason.
        """
        return SQL(
            """CASE WHEN debtor.%(source)s IS NULL
                    THEN NULLIF(partner.%(column)s - %(key)s, '{}'::jsonb)
                    ELSE COALESCE(partner.%(column)s, '{}'::jsonb)
                         || JSONB_BUILD_OBJECT(%(key)s, debtor.%(source)s) END""",
            column=SQL.identifier(column),
            source=SQL.identifier(source),
            key=str(company.id),
        )

    # === CRON METHODS === #

    @api.model
    def _cron_refresh(self):
        """Refresh all debtors of all companies; figures age as items fall due."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._refresh(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break
