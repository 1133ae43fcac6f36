from dataclasses import replace

from odoo import api, models
from odoo.tools import SQL

from ..engine.debtor import Source, Stage, Step
from .account_dunning_contact import LOST_DELIVERIES, LOST_OUTCOMES

# The level reached is one after which none comes.
LAST_LEVEL = SQL(
    """EXISTS (SELECT FROM account_dunning_level level
                 WHERE level.id = known.level_id AND NOT EXISTS (
                       SELECT FROM account_dunning_level later
                        WHERE later.policy_id = level.policy_id AND later.active
                          AND (later.sequence, later.id)
                              > (level.sequence, level.id)))"""
)


class AccountDunningDebtorSources(models.Model):
    """What the refresh of the debtors' rows reads, and what it makes of it.

    An addon that knows more of debtors overrides :meth:`_get_sources`,
    :meth:`_get_stages` or :meth:`_get_steps`.
    """

    # a room of its own: the parts of the refreshing statement
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    # === BUSINESS METHODS - SOURCES === #

    @api.model
    def _get_sources(self, company, scope) -> list[Source]:
        """Return what the records beside the ledger say of debtors.

        For an addon to keep a figure on debtors, it must override this method.
        """
        return [
            self._get_notice_source(scope),
            self._get_dispute_source(company, scope),
            self._get_promise_source(company, scope),
            self._get_broken_source(scope),
            self._get_reply_source(company, scope),
            self._get_contact_source(company, scope),
            self._get_hold_source(scope),
            self._get_task_source(scope),
        ]

    @api.model
    def _get_notice_source(self, scope):
        return Source(
            name="told",
            select=SQL(
                """SELECT partner_id, MAX(date) AS date
                     FROM account_dunning_notice
                    WHERE company_id = %s AND state = 'issued' AND %s
                    GROUP BY 1""",
                scope.company_id,
                scope.only(SQL("partner_id")),
            ),
            columns={"dunning_date": SQL("told.date")},
        )

    @api.model
    def _get_dispute_source(self, company, scope):
        """Amounts of open disputes, at most what their items owe."""
        return Source(
            name="disputed",
            select=SQL(
                """SELECT part.partner_id, MIN(part.deadline) AS deadline,
                          SUM(ROUND(LEAST(part.amount, item.amount_residual_currency)
                              * item.amount_residual
                              / item.amount_residual_currency, %(digits)s)) AS amount,
                          SUM(ROUND(LEAST(part.amount, item.amount_residual_currency)
                              * item.amount_residual
                              / item.amount_residual_currency, %(digits)s))
                              FILTER (WHERE %(is_late)s) AS late
                     FROM (
                         SELECT dispute.partner_id, line.move_line_id,
                                SUM(line.amount - COALESCE(line.amount_upheld, 0))
                                    AS amount,
                                MIN(dispute.deadline) AS deadline
                           FROM account_dunning_dispute dispute
                           JOIN account_dunning_dispute_line line
                             ON line.dispute_id = dispute.id
                          WHERE dispute.company_id = %(company)s
                            AND dispute.state = 'open' AND %(only)s
                          GROUP BY 1, 2
                     ) part
                     JOIN account_move_line item ON item.id = part.move_line_id
                    WHERE item.amount_residual_currency > 0
                    GROUP BY 1""",
                digits=company.currency_id.decimal_places,
                is_late=self._get_late_sql(scope),
                company=scope.company_id,
                only=scope.only(SQL("dispute.partner_id")),
            ),
            columns={
                "amount_disputed": SQL("COALESCE(disputed.amount, 0)"),
                "amount_disputed_overdue": SQL("COALESCE(disputed.late, 0)"),
                "dispute_date": SQL("disputed.deadline"),
            },
            unstored=frozenset(["dispute_date"]),
        )

    @api.model
    def _get_promise_source(self, company, scope):
        """What is still to come from agreements, at their items' rate."""
        return Source(
            name="promised",
            select=SQL(
                """SELECT agreed.partner_id, MIN(due.date) AS date,
                          SUM(ROUND(LEAST(due.amount, owed.foreign_amount)
                              * owed.amount / owed.foreign_amount, %(digits)s))
                              AS amount,
                          SUM(ROUND(LEAST(due.amount, owed.foreign_late)
                              * owed.late / NULLIF(owed.foreign_late, 0), %(digits)s))
                              AS late
                     FROM account_dunning_promise agreed
                     JOIN LATERAL (
                         SELECT MIN(date) AS date,
                                SUM(amount - COALESCE(amount_credited, 0)
                                    - COALESCE(amount_paid, 0)
                                    - COALESCE(amount_settled, 0)) AS amount
                           FROM account_dunning_promise_line
                          WHERE promise_id = agreed.id AND state = 'active'
                     ) due ON TRUE
                     JOIN LATERAL (
                         SELECT SUM(item.amount_residual_currency) AS foreign_amount,
                                SUM(item.amount_residual) AS amount,
                                SUM(item.amount_residual_currency)
                                    FILTER (WHERE %(is_late)s) AS foreign_late,
                                SUM(item.amount_residual)
                                    FILTER (WHERE %(is_late)s) AS late
                           FROM account_dunning_promise_item claim
                           JOIN account_move_line item ON item.id = claim.move_line_id
                          WHERE claim.promise_id = agreed.id
                            AND item.amount_residual_currency > 0
                     ) owed ON owed.foreign_amount > 0
                    WHERE agreed.company_id = %(company)s AND agreed.state = 'active'
                      AND %(only)s
                    GROUP BY 1""",
                digits=company.currency_id.decimal_places,
                is_late=self._get_late_sql(scope),
                company=scope.company_id,
                only=scope.only(SQL("agreed.partner_id")),
            ),
            columns={
                "amount_promised": SQL("GREATEST(COALESCE(promised.amount, 0), 0)"),
                "amount_promised_overdue": SQL(
                    "GREATEST(COALESCE(promised.late, 0), 0)"
                ),
                "promise_date": SQL("promised.date"),
            },
            unstored=frozenset(["promise_date"]),
        )

    @api.model
    def _get_late_sql(self, scope):
        """Return boolean SQL: an open item, by the alias ``item``, is overdue."""
        return SQL("COALESCE(item.date_maturity, item.date) < %s", scope.day)

    @api.model
    def _get_broken_source(self, scope):
        return Source(
            name="broken",
            select=SQL(
                """SELECT partner_id, COUNT(*)::int4 AS number,
                          MAX(date_closed) AS date
                     FROM account_dunning_promise
                    WHERE company_id = %s AND state IN ('broken', 'partial') AND %s
                    GROUP BY 1""",
                scope.company_id,
                scope.only(SQL("partner_id")),
            ),
            columns={
                "broken_promise_count": SQL("COALESCE(broken.number, 0)"),
                "broken_date": SQL("broken.date"),
            },
            unstored=frozenset(["broken_date"]),
        )

    @api.model
    def _get_reply_source(self, company, scope):
        return Source(
            name="replied",
            select=SQL(
                """SELECT partner_id, COUNT(*)::int4 AS number, %s AS date
                     FROM account_dunning_reply
                    WHERE company_id = %s AND state = 'open' AND %s
                    GROUP BY 1""",
                self._get_day_sql(company, SQL("MIN(date)")),
                scope.company_id,
                scope.only(SQL("partner_id")),
            ),
            columns={
                "reply_count": SQL("COALESCE(replied.number, 0)"),
                "reply_date": SQL("replied.date"),
            },
            unstored=frozenset(["reply_date"]),
        )

    @api.model
    def _get_contact_source(self, company, scope):
        """The last contact that was one, and the last in which a person took part."""
        last = SQL(
            """SELECT contact.date, contact.channel FROM account_dunning_contact contact
                WHERE contact.partner_id = wanted.partner_id
                  AND contact.company_id = %s
                  AND COALESCE(contact.delivery_state, '') != ALL(%s)
                  AND COALESCE(contact.outcome, '') != ALL(%s)""",
            scope.company_id,
            LOST_DELIVERIES,
            LOST_OUTCOMES,
        )
        return Source(
            name="contacted",
            select=SQL(
                """SELECT wanted.partner_id, %(day)s AS date, "any".channel,
                          %(spoken)s AS date_spoken
                     FROM wanted
                     JOIN LATERAL (%(last)s ORDER BY contact.date DESC LIMIT 1) "any"
                       ON TRUE
                     LEFT JOIN LATERAL (
                         %(last)s AND (contact.by_hand OR contact.direction = 'in')
                         ORDER BY contact.date DESC LIMIT 1
                     ) spoken ON TRUE""",
                day=self._get_day_sql(company, SQL('"any".date')),
                spoken=self._get_day_sql(company, SQL("spoken.date")),
                last=last,
            ),
            columns={
                "last_contact_date": SQL("contacted.date"),
                "last_contact_channel": SQL("contacted.channel"),
                "last_spoken_date": SQL("contacted.date_spoken"),
            },
        )

    @api.model
    def _get_hold_source(self, scope):
        """Holds on the customer, and special stops on whatever of it."""
        return Source(
            name="held",
            select=SQL(
                """SELECT debtor_id AS partner_id,
                          BOOL_OR(partner_id IS NOT NULL) AS is_held,
                          MAX(COALESCE(date_to, 'infinity'))
                              FILTER (WHERE partner_id IS NOT NULL) AS date_to
                     FROM account_dunning_hold hold
                    WHERE company_id = %(company)s AND %(only)s
                      AND (partner_id IS NOT NULL OR stop IS NOT NULL)
                      -- the pause until a mail is read calls for work, not for rest
                      AND NOT EXISTS (SELECT FROM account_dunning_reply reply
                                       WHERE reply.hold_id = hold.id)
                      AND date_from <= %(day)s
                      AND COALESCE(date_to, %(day)s) >= %(day)s
                      AND COALESCE(date_ended, 'infinity') > %(day)s
                    GROUP BY 1""",
                company=scope.company_id,
                only=scope.only(SQL("debtor_id")),
                day=scope.day,
            ),
            columns={
                "is_stopped": SQL("held.partner_id IS NOT NULL"),
                "is_held": SQL("COALESCE(held.is_held, FALSE)"),
                "held_date": SQL(
                    "CASE WHEN held.date_to < 'infinity' THEN held.date_to + 1 END"
                ),
            },
            unstored=frozenset(["is_held", "held_date"]),
        )

    @api.model
    def _hold_more(self, sources, select):
        """Return the sources with more debtors on hold, for :meth:`_get_sources`.

        :param SQL select: of (partner_id, TRUE, date_to); ``infinity`` where no end
            is known.
        """
        return [
            replace(
                source,
                select=SQL(
                    """SELECT partner_id, BOOL_OR(is_held) AS is_held,
                              MAX(date_to) AS date_to
                         FROM (%s UNION ALL %s) held GROUP BY 1""",
                    source.select,
                    select,
                ),
            )
            if source.name == "held"
            else source
            for source in sources
        ]

    @api.model
    def _get_task_source(self, scope):
        """Tasks on the debtor; of those on its notices, calls and visits."""
        kinds = [
            # by the cache: this is asked for each batch of notices
            self.env["ir.model.data"]._xmlid_to_res_id(xmlid)
            for xmlid in (
                "mail.mail_activity_data_call",
                "account_dunning_advanced.mail_activity_type_visit",
            )
        ]
        return Source(
            name="planned",
            select=SQL(
                """SELECT partner_id, MIN(date) AS date
                     FROM (
                         SELECT debtor.partner_id, task.date_deadline AS date
                           FROM mail_activity task
                           JOIN account_dunning_debtor debtor
                             ON debtor.id = task.res_id
                          WHERE task.res_model = 'account.dunning.debtor'
                            AND task.active AND debtor.company_id = %(company)s
                            AND %(only)s
                         UNION ALL
                         SELECT notice.partner_id, task.date_deadline
                           FROM mail_activity task
                           JOIN account_dunning_notice notice
                             ON notice.id = task.res_id
                          WHERE task.res_model = 'account.dunning.notice'
                            AND task.activity_type_id = ANY(%(kinds)s)
                            AND task.active AND notice.company_id = %(company)s
                            AND %(only_notices)s
                     ) task
                    GROUP BY 1""",
                company=scope.company_id,
                only=scope.only(SQL("debtor.partner_id")),
                only_notices=scope.only(SQL("notice.partner_id")),
                kinds=[kind for kind in kinds if kind],
            ),
            columns={
                "next_contact_date": SQL("LEAST(debtor.next_action_date, planned.date)")
            },
        )

    @api.model
    def _get_day_sql(self, company, moment):
        """Return SQL for the company's day of a moment."""
        return SQL(
            "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
            moment,
            company._get_dunning_tz(),
        )

    # === BUSINESS METHODS - STAGE AND NEXT STEP === #

    @api.model
    def _get_stages(self, company, day) -> list[Stage]:
        """Return where a debtor can stand, the first that holds counts.

        For an addon to add a stage, it must override this method and the selection.
        """
        return [
            Stage(
                "settled", 10, SQL("amount_overdue + amount_not_due + amount_open <= 0")
            ),
            Stage("current", 20, SQL("amount_overdue = 0")),
            # nothing is to be asked for: somebody has to match what came
            Stage("covered", 35, SQL("amount_credit >= amount_overdue")),
            Stage("hold", 40, SQL("is_held")),
            Stage("disputed", 50, SQL("amount_disputed_overdue >= amount_overdue")),
            Stage("agreed", 60, SQL("amount_promised_overdue >= amount_overdue")),
            Stage("final", 70, LAST_LEVEL),
            Stage("dunned", 80, SQL("level_id IS NOT NULL")),
            Stage("late", 90, SQL("TRUE")),
        ]

    @api.model
    def _get_steps(self, company, day) -> list[Step]:
        """Return what can come next with a debtor, the first that holds counts.

        What is to be done now comes first, then what is waited for. For an addon to
        add a step, it must override this method and the selection.
        """
        return [
            Step("reply", 10, SQL("reply_count > 0"), SQL("reply_date")),
            Step(
                "broken",
                20,
                # until somebody has spoken about it
                SQL(
                    "amount_overdue > 0 AND stage NOT IN ('hold', 'covered')"
                    " AND COALESCE(last_spoken_date, '-infinity') < broken_date"
                ),
                SQL("broken_date"),
            ),
            Step("dispute", 30, SQL("dispute_date <= %s", day), SQL("dispute_date")),
            Step(
                "contact",
                40,
                SQL("next_contact_date <= %s", day),
                SQL("next_contact_date"),
            ),
            Step("match", 45, SQL("stage = 'covered'"), SQL("NULL")),
            Step("wait", 50, SQL("stage = 'hold'"), SQL("held_date")),
            Step(
                "promise",
                60,
                SQL(
                    "amount_promised > 0 AND amount_promised_overdue >= amount_overdue"
                ),
                SQL("promise_date"),
            ),
            Step(
                "contact",
                70,
                SQL("next_contact_date IS NOT NULL"),
                SQL("next_contact_date"),
            ),
            Step("dispute", 80, SQL("stage = 'disputed'"), SQL("dispute_date")),
            Step("decide", 90, SQL("stage = 'final'"), SQL("NULL")),
            # runs give notice; nobody has to wait for a day
            Step("notice", 95, SQL("stage IN ('late', 'dunned')"), SQL("NULL")),
        ]
