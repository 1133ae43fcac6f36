from odoo import api, models
from odoo.tools import format_date

from ..engine.workdays import add_workdays


class AccountDunningDisputeDeadline(models.Model):
    """Deciding in time: the deadline, the owner's to-do, and who is told afterwards."""

    # rooms of their own: what a dispute is, its deadline, and what a decision does
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.dispute"

    # === CRON METHODS === #

    @api.model
    def _cron_escalate(self):
        """Tell the responsible of disputes that are overdue, once each."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self.with_company(company)._escalate(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    # === BUSINESS METHODS === #

    def _get_deadline(self):
        """Return the day until which a dispute that is opened today is decided."""
        self.ensure_one()
        company = self.company_id or self.env.company
        today = company._dunning_today()
        holidays = self.env["account.dunning.holiday"]._get_of_company(
            company, (today.year, today.year + 1)
        )
        return add_workdays(today, company.dunning_dispute_days, holidays)

    def _schedule_decision(self):
        """Leave the owner a to-do until the deadline."""
        for dispute in self.filtered("user_id"):
            dispute.activity_schedule(
                "mail.mail_activity_data_todo",
                dispute.deadline,
                user_id=dispute.user_id.id,
                summary=self.env._("Decide the dispute"),
            )

    def _reschedule_decision(self):
        open_disputes = self.filtered(lambda dispute: dispute.state == "open")
        open_disputes.activity_unlink(["mail.mail_activity_data_todo"])
        open_disputes._schedule_decision()

    @api.model
    def _escalate(self, company):
        today = company._dunning_today()
        domain = [
            ("company_id", "=", company.id),
            ("state", "=", "open"),
            ("deadline", "<", today),
            ("date_escalated", "=", False),
        ]
        for dispute in self.search(domain).try_lock_for_update():
            dispute._unguarded().date_escalated = today
            dispute.activity_schedule(
                "mail.mail_activity_data_warning",
                today,
                user_id=dispute._get_escalation_user().id,
                summary=self.env._(
                    "Dispute overdue since %(date)s",
                    date=format_date(self.env, dispute.deadline),
                ),
            )

    def _get_escalation_user(self):
        """Return who is told of an overdue dispute; an override point."""
        self.ensure_one()
        return (
            self.company_id.dunning_user_id
            or self.user_id
            or self.create_uid
            or self.env.user
        )
