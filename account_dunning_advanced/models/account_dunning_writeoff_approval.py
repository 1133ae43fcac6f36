from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .account_dunning_guard import is_dunning_manager

# For how long what was written off of a customer counts against the approval limit.
LIMIT_MONTHS = 12


class AccountDunningWriteoffApproval(models.Model):
    """Approving: what is above the company's limit needs a second person."""

    # a room of its own: approval
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.writeoff"

    # === ACTION METHODS === #

    def action_submit(self):
        """Ask for approval; a request within the company's limit is approved at once.

        :raise RedirectWarning: journal or account are not set up.
        :raise UserError: the reason's conditions or the items do not allow it.
        """
        for request in self:
            request._start(["draft"], self.env._("submitted"))
            request._check_content()
            request._unguarded().user_id = self.env.uid
            if request._is_above_limit():
                request._ask_approval()
            else:
                request._unguarded().state = "approved"

    def action_approve(self):
        """Approve requests that others made.

        :raise UserError: by who asked for it, or without the right.
        """
        for request in self:
            request._start(["to_approve"], self.env._("approved"))
            request._check_approver()
            request._unguarded().write(
                {"state": "approved", "approved_by_id": self.env.uid}
            )
            request.activity_feedback(["mail.mail_activity_data_todo"])

    # === BUSINESS METHODS === #

    def _is_above_limit(self):
        """Whether somebody else has to approve; an override point.

        The limit holds for the request, and for each customer together with what was
        given up of the same items, or of the customer within a year, without approval:
        or else a large item would go in small slices.
        """
        self.ensure_one()
        currency = self.company_currency_id
        limit = self.company_id.dunning_writeoff_limit
        lines = self._get_open_lines()
        totals = [sum(line._get_amount_at_stake() for line in lines)]
        for of_partner in lines.grouped("partner_id").values():
            of_partner |= self._get_unapproved_lines(of_partner)
            totals.append(sum(line._get_amount_at_stake() for line in of_partner))
        return any(currency.compare_amounts(total, limit) > 0 for total in totals)

    def _get_unapproved_lines(self, lines):
        """Return what else of a customer's items was given up without approval.

        :param lines: the customer's lines of this request.
        """
        return lines.search(
            Domain("writeoff_id", "!=", self.id)
            & self._get_unapproved_domain(
                self.company_id, lines.move_line_id, lines.partner_id, self.date
            )
        )

    @api.model
    def _get_unapproved_domain(self, company, items, partner, day):
        """Return what was given up of items, or of a customer within a year of a day.

        Without approval, and in force: posted, or about to be.
        """
        since = day - relativedelta(months=LIMIT_MONTHS)
        return (
            Domain("company_id", "=", company.id)
            & Domain("writeoff_id.approved_by_id", "=", False)
            & (
                Domain("state", "=", "posted")
                | Domain("state", "=", "open")
                & Domain("writeoff_id.state", "=", "approved")
            )
            & (
                Domain("move_line_id", "in", items.ids)
                | Domain("partner_id", "=", partner.id) & Domain("date", ">", since)
            )
        )

    def _check_approver(self):
        if not is_dunning_manager(self.env):
            raise UserError(
                self.env._(
                    "%(request)s is above the limit of %(company)s: an administrator"
                    " of dunning has to approve it.",
                    request=self.display_name,
                    company=self.company_id.name,
                )
            )
        if self.env.user in self.user_id | self.create_uid:
            raise UserError(
                self.env._(
                    "You asked for %(request)s yourself: somebody else has to"
                    " approve it.",
                    request=self.display_name,
                )
            )

    def _check_poster(self):
        if self.needs_approval and not is_dunning_manager(self.env):
            raise UserError(
                self.env._(
                    "%(request)s is above the limit: an administrator of dunning has"
                    " to post it.",
                    request=self.display_name,
                )
            )

    def _ask_approval(self):
        """Let the request wait for somebody else to approve it."""
        self._unguarded().write({"state": "to_approve", "needs_approval": True})
        approver = self.company_id.dunning_user_id
        if approver and approver not in self.user_id | self.create_uid:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=approver.id,
                summary=self.env._("Approve the write-off"),
            )
