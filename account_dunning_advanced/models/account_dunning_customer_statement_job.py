import logging

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, date_utils

from ..engine import aging

_logger = logging.getLogger(__name__)

# Last month's statements are made up to this day of the month: long enough for a job
# that failed, too short to surprise who switches them on at its end.
LAST_DAY = 10


class AccountDunningCustomerStatementJob(models.Model):
    """Statements at the end of each month, to all customers who are to get them."""

    # a room of its own: the monthly job
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.customer.statement"

    # === BUSINESS METHODS === #

    @api.model
    def _schedule(self, company, today):
        """Make the statements of the month before ``today``, each once.

        :return: those that were made.
        """
        if today.day > LAST_DAY:
            return self.browse()
        date_to = date_utils.start_of(today, "month") - relativedelta(days=1)
        partners = self._get_due_partners(company, date_to)
        # the system makes them
        statements_sudo = self.sudo()
        done = statements_sudo.search_fetch(
            [
                ("company_id", "=", company.id),
                ("date_to", "=", date_to),
                ("is_scheduled", "=", True),
            ],
            ["partner_id"],
        ).partner_id
        return statements_sudo.create(
            [
                {
                    "company_id": company.id,
                    "partner_id": partner.id,
                    "date_from": date_utils.start_of(date_to, "month"),
                    "date_to": date_to,
                    "is_scheduled": True,
                    "state": "waiting",
                }
                for partner in partners - done
            ]
        )

    @api.model
    def _get_due_partners(self, company, date_to):
        """Return the customers who get a statement of a month.

        Those with something open at its end or booked in it, if they or their policy
        say so; not those whose data may not be used.
        """
        self.env.flush_all()
        Aging = self.env["account.dunning.aging"].sudo()
        scope = Aging._get_scope(company, date_to)
        rows = self.env.execute_query(
            SQL(
                """SELECT partner_id FROM (%(aging)s) AS item
                    WHERE partner_id IS NOT NULL
                    UNION
                   SELECT partner.commercial_partner_id
                     FROM account_move_line line
                     JOIN res_partner partner ON partner.id = line.partner_id
                    WHERE line.account_id = ANY(%(accounts)s)
                      AND line.company_id = %(company)s
                      AND line.parent_state = 'posted'
                      AND line.date BETWEEN %(date_from)s AND %(date_to)s""",
                aging=aging.get_statement(scope),
                accounts=list(scope.account_ids),
                company=company.id,
                date_from=date_utils.start_of(date_to, "month"),
                date_to=date_to,
            )
        )
        restricted = self.env["account.dunning.debtor"]._get_restricted_ids(company)
        partners = (
            self.env["res.partner"]
            .sudo()
            .browse({row[0] for row in rows} - restricted)
            .sorted("id")
        )
        return partners.with_company(company).filtered(
            lambda partner: partner._gets_dunning_statements(company)
        )

    def _send_safely(self):
        """Queue one; what fails does not keep the others waiting."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                if self._get_recipient().email_normalized:
                    self._send()
                else:
                    self._unguarded().write({"state": "dropped"})
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.warning("statement %s not sent", self.id, exc_info=True)
            self.env.invalidate_all()
            self._unguarded().write({"state": "dropped"})

    # === CRON METHODS === #

    @api.model
    def _cron_send(self):
        """Make the statements of last month, and queue what waits, one by one."""
        for company in self.env["res.company"].search(
            [("dunning_policy_id", "!=", False)]
        ):
            scoped = self.with_company(company)
            scoped._schedule(company, company._dunning_today())
        waiting = self.search([("state", "=", "waiting")], order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(waiting))
        for statement in waiting:
            statement = statement.try_lock_for_update().filtered_domain(
                [("state", "=", "waiting")]
            )
            if statement:
                statement.with_company(statement.company_id)._send_safely()
            if not self.env["ir.cron"]._commit_progress(1):
                break
