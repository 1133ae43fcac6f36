import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class AccountDunningRunDaily(models.Model):
    """The daily job: proposes for each company, and issues what needs no person."""

    # rooms of their own: proposing and the daily job
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.run"

    # === CRON METHODS === #

    @api.model
    def _cron_propose(self):
        """Propose a run for each company, and issue what the policies let issue.

        One company's error is told to the run's responsible and does not stop the
        others.
        """
        companies = self.env["res.company"].search([("dunning_daily", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._propose_daily_safely(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    # === BUSINESS METHODS === #

    @api.model
    def _propose_daily_safely(self, company):
        def propose():
            with self.env.cr.savepoint():
                self.with_company(company)._propose_daily(company)

        try:
            self._retry(propose)
        except Exception as error:
            _logger.exception(
                "daily dunning proposal failed for company %s", company.id
            )
            self._notify_failure(company, error)

    @api.model
    def _propose_daily(self, company):
        """Propose today's runs of a company.

        A proposal of an earlier day that nobody touched is brought up to date instead
        of piling up; one that was edited or approved is left alone.
        """
        today = company._dunning_today()
        for scope in ("automatic", "manual"):
            run = self._get_daily_run(company, scope)
            if run.change_ids:
                continue
            run._unguarded().date = today
            run._propose()
            if not run.notice_count:
                run.unlink()
            elif scope == "automatic":
                run.action_approve()
                run._start_issue()
            else:
                run._notify_waiting()

    @api.model
    def _get_daily_run(self, company, scope):
        values = {
            "company_id": company.id,
            "approval_scope": scope,
            "is_automatic": True,
        }
        domain = [(field, "=", value) for field, value in values.items()]
        run = self.search([*domain, ("state", "in", ["draft", "proposed"])], limit=1)
        return run or self._unguarded().create(
            {**values, "user_id": company.dunning_user_id.id or self.env.uid}
        )

    def _notify_waiting(self):
        """Leave the responsible one to-do saying that the run waits for approval."""
        self.ensure_one()
        if not self.activity_ids:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=self.user_id.id,
                summary=self.env._(
                    "%(count)s dunning notices wait for approval",
                    count=self.notice_count,
                ),
            )

    @api.model
    def _notify_failure(self, company, error):
        """Tell the company's responsible in plain words that no run was made."""
        user = company.dunning_user_id or self.env.user
        user.partner_id.message_notify(
            partner_ids=user.partner_id.ids,
            subject=self.env._(
                "Today's dunning run of %(company)s failed", company=company.name
            ),
            body=self.env._(
                "No reminders were proposed for %(company)s today: %(error)s",
                company=company.name,
                error=error,
            ),
        )
