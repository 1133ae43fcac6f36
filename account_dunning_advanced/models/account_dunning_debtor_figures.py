import logging

from psycopg2 import errors

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import debtor as engine
from ..engine.debtor import Scope
from .account_dunning_contact import CHANNELS

_logger = logging.getLogger(__name__)

# Where a transaction keeps the debtors to refresh before it commits.
STALE_KEY = "account_dunning_stale_debtors"
# Where a debtor can stand, in the order of the worklist's columns.
STAGES = [
    ("late", "Overdue"),
    ("dunned", "Dunned"),
    ("final", "Last Level Given"),
    ("agreed", "Agreed"),
    ("disputed", "Disputed"),
    ("hold", "On Hold"),
    ("covered", "Covered"),
    ("current", "Nothing Overdue"),
    ("settled", "Nothing Open"),
]


class AccountDunningDebtorFigures(models.Model):
    """The figures of a debtor, and how they are kept.

    Set-based: by proposing, issuing, reversing and the daily job. By events: whatever
    changes a figure calls :meth:`_refresh_soon`, and the rows follow at the end of the
    transaction. ``engine.debtor`` has the statement, ``account_dunning_debtor_sources``
    what it reads.
    """

    # a room of its own: what the ledger and the records say of a debtor
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    amount_not_due = fields.Monetary(
        string="Not Yet Due",
        readonly=True,
        help="What will fall due, before credits, in company currency.",
    )
    amount_credit = fields.Monetary(
        string="Credits",
        readonly=True,
        help="Open credits and payments that nobody has matched: overdue and not yet"
        " due, less these, is what is open.",
    )
    amount_disputed = fields.Monetary(
        string="Disputed",
        readonly=True,
        help="What of the open items is in open disputes, in company currency.",
    )
    amount_promised = fields.Monetary(
        string="Promised",
        readonly=True,
        help="What is still to come from agreements that are on track, at most what"
        " their items owe, in company currency.",
    )
    # what is not due yet takes nothing off what is to be asked for today
    amount_disputed_overdue = fields.Monetary(
        string="Disputed of What Is Overdue", readonly=True
    )
    amount_promised_overdue = fields.Monetary(
        string="Promised of What Is Overdue", readonly=True
    )
    level_rank = fields.Integer(
        string="Steps Up the Ladder", readonly=True, aggregator=None
    )
    broken_promise_count = fields.Integer(
        string="Broken Agreements",
        readonly=True,
        help="Promises, plans and settlements that were not kept, or only in part.",
    )
    reply_count = fields.Integer(
        string="Unread Replies",
        readonly=True,
        help="Mails of the customer that nobody has dealt with yet.",
    )
    is_stopped = fields.Boolean(
        string="Do Not Collect",
        readonly=True,
        help="A hold on the customer, or a special stop on one of the invoices.",
    )
    last_contact_date = fields.Date(
        string="Last Contact",
        readonly=True,
        help="The last contact either way that reached the other side.",
    )
    last_contact_channel = fields.Selection(
        selection=CHANNELS, string="Last Contact By", readonly=True
    )
    last_spoken_date = fields.Date(
        string="Last Spoken To",
        readonly=True,
        help="The last contact that a person made, or that the customer made; notices"
        " that go out by themselves are none.",
    )
    next_contact_date = fields.Date(
        string="Next Contact",
        readonly=True,
        help="The earliest of the day to follow up on and the planned tasks.",
    )
    stage = fields.Selection(
        selection=STAGES,
        readonly=True,
        group_expand="_group_expand_stage",
        help="Where the debtor stands, by what is overdue.",
    )
    next_step = fields.Selection(
        selection=[
            ("reply", "Read the reply"),
            ("broken", "Call about the broken agreement"),
            ("dispute", "Decide the dispute"),
            ("contact", "Contact as planned"),
            ("wait", "Wait for the end of the hold"),
            ("match", "Match the open credits"),
            ("promise", "Wait for the promised money"),
            ("decide", "Decide what comes after the last level"),
            ("notice", "Wait for the next notice"),
        ],
        readonly=True,
        help="What comes next with this debtor.",
    )
    next_step_date = fields.Date(
        string="Next Step On",
        readonly=True,
        help="The day of the next step; one that has passed is to be done now.",
    )
    date_figures = fields.Date(
        string="Figures As Of",
        readonly=True,
        help="The day for which overdue amounts and days were counted.",
    )
    date_refreshed = fields.Datetime(
        readonly=True, help="When a refresh last found something new."
    )

    @api.model
    def _group_expand_stage(self, stages, domain):
        """Show the stages of who owes, and the others only where there is somebody."""
        idle = {"current", "settled"} - set(stages)
        names = [name for name, _label in self._fields["stage"].selection]
        return [name for name in names if name not in idle]

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        kept = {
            *engine.FIGURES,
            *engine.DERIVED,
            "amount_disputed",
            "amount_promised",
            "amount_disputed_overdue",
            "amount_promised_overdue",
            "broken_promise_count",
            "reply_count",
            "is_stopped",
            "last_contact_date",
            "last_contact_channel",
            "last_spoken_date",
            "next_contact_date",
            "dunning_date",
            "date_figures",
            "date_refreshed",
        }
        return super()._get_guarded_fields() | kept

    @api.model_create_multi
    def create(self, vals_list):
        """Make rows with the figures of the ledger, whatever an importer names."""
        kept = self._get_guarded_fields()
        debtors = super().create(
            [
                {name: value for name, value in vals.items() if name not in kept}
                for vals in vals_list
            ]
        )
        debtors.action_refresh()
        return debtors

    def write(self, vals):
        result = super().write(vals)
        if "next_action_date" in vals:
            self._refresh_soon()
        return result

    # === BUSINESS METHODS - REFRESH === #

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
        """Set the figures of debtors, making missing rows.

        One statement for any number of debtors; those whose last item was settled go
        to zero.

        :param res.company company: whose ledger.
        :param partner_ids: commercial partners; None for all.
        """
        if partner_ids is not None and not partner_ids:
            return
        self.env.flush_all()
        day = company._dunning_today()
        scope = Scope(
            company_id=company.id,
            day=day,
            account_ids=self.env["account.dunning.assessment"]
            ._get_receivable_accounts(company)
            .ids,
            partner_ids=partner_ids,
            now=self.env.cr.now(),
            user_id=self.env.uid,
        )
        # compiling a statement of so many steps takes longer than it saves
        self.env.cr.execute("SET LOCAL jit = off")
        self.env.cr.execute(
            engine.build(
                scope,
                self._get_sources(company, scope),
                self._get_stages(company, day),
                self._get_steps(company, day),
                self._get_priority_sql(company, day),
            )
        )
        self._write_partner_levels(company, partner_ids)
        self.env.invalidate_all(flush=False)

    def _refresh_soon(self):
        """Bring these debtors up to date at the end of the transaction."""
        self._refresh_pairs_later(
            (debtor.company_id.id, debtor.partner_id.id) for debtor in self
        )

    def _touch_all(self):
        """Let notices being issued to these debtors see a change, and the rows show it.

        In each debtor's own company: what a company agrees counts in its branches.
        """
        for company, debtors in self.grouped("company_id").items():
            self._touch(debtors.partner_id, company)
        self._refresh_soon()

    @api.model
    def _refresh_later(self, records):
        """Bring the debtors of items, agreements, contacts and the like up to date.

        At the end of the transaction: once, however much is matched in it, and never
        in the way of it. Customers without a row get none by this.
        """
        self._refresh_pairs_later(
            (record.company_id.id, record.partner_id.commercial_partner_id.id)
            for record in records.sudo()
            if record.partner_id
        )

    @api.model
    def _refresh_pairs_later(self, pairs):
        precommit = self.env.cr.precommit
        waiting = precommit.data.get(STALE_KEY)
        if waiting is None:
            waiting = precommit.data[STALE_KEY] = set()
            precommit.add(self.sudo()._refresh_stale)
        waiting.update(pairs)

    @api.model
    def _refresh_stale(self):
        """Refresh the known debtors of whom something has changed.

        A debtor whom somebody else is just writing is left to the daily refresh: a
        conflict here must not undo a payment, let alone send a mail twice.
        """
        stale = self.env.cr.precommit.data.pop(STALE_KEY, set())
        for company in self.env["res.company"].browse({pair[0] for pair in stale}):
            partner_ids = [id_ for company_id, id_ in stale if company_id == company.id]
            self.env.flush_all()
            try:
                with self.env.cr.savepoint(flush=False):
                    self._refresh(company, self._lock_known(company, partner_ids))
            except (errors.SerializationFailure, errors.DeadlockDetected):
                self.env.invalidate_all(flush=False)
                _logger.info("Debtors of %s are left to the daily job.", company.name)

    @api.model
    def _lock_known(self, company, partner_ids):
        """Return those of the customers who have a row that nobody is writing."""
        rows = self.env.execute_query(
            SQL(
                """SELECT partner_id FROM account_dunning_debtor
                    WHERE company_id = %s AND partner_id = ANY(%s)
                    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED""",
                company.id,
                partner_ids,
            )
        )
        return [partner_id for (partner_id,) in rows]

    @api.model
    def _get_family(self, partner_ids):
        """Return SQL for the ids of all partners of commercial entities."""
        if partner_ids is None:
            return SQL("SELECT id FROM res_partner")
        return SQL(
            "SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s)",
            list(partner_ids),
        )

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
            self.env["account.dunning.level.outcome"]._refresh(company)
            # a job of the system, nobody's work: the chatter is spared
            self.env["account.dunning.assignment.rule"].with_context(
                tracking_disable=True
            )._assign(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break
