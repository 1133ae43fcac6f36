from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

#: Days before a deadline on which the responsible's superior is told.
ESCALATION_DAYS = 3


class AccountLegalPeopleMixin(models.AbstractModel):
    """Who is in a case beside the debtor: co-debtors, guarantors, court, agency."""

    _name = "account.legal.people.mixin"
    _description = "People of a Legal Case"

    party_ids = fields.One2many(
        comodel_name="account.legal.party",
        inverse_name="case_id",
        string="Co-Debtors and Guarantors",
    )
    hearing_ids = fields.One2many(
        comodel_name="account.legal.hearing", inverse_name="case_id"
    )
    placement_ids = fields.One2many(
        comodel_name="account.legal.placement", inverse_name="case_id"
    )
    agency_id = fields.Many2one(
        comodel_name="res.partner",
        string="At",
        compute="_compute_agency_id",
        help="The agency or lawyer who has the case today.",
    )
    finding_ids = fields.Many2many(
        comodel_name="account.legal.finding",
        compute="_compute_finding_ids",
        string="Known of the Debtor",
    )
    date_escalated = fields.Date(readonly=True, copy=False)

    # === COMPUTE METHODS === #

    @api.depends("placement_ids.date_to", "placement_ids.agency_id")
    def _compute_agency_id(self):
        for case in self:
            active = case.placement_ids.filtered(
                lambda placement: placement.state == "active"
            )
            case.agency_id = active[:1].agency_id

    @api.depends("partner_id", "company_id")
    def _compute_finding_ids(self):
        Finding = self.env["account.legal.finding"]
        for case in self:
            case.finding_ids = Finding.search(
                [
                    ("partner_id", "child_of", case.partner_id.ids),
                    ("company_id", "=", case.company_id.id),
                ]
            )

    # === ACTION METHODS === #

    def action_view_findings(self):
        """Open what is known of the debtor."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_legal.account_legal_finding_action"
        )
        action["domain"] = [("partner_id", "child_of", self.partner_id.ids)]
        action["context"] = {"default_partner_id": self.partner_id.id}
        return action

    # === BUSINESS METHODS === #

    def _get_party_count(self):
        return super()._get_party_count() + len(self.party_ids)

    def _get_others_text(self):
        roles = dict(
            self.env["account.legal.party"]
            ._fields["role"]
            ._description_selection(self.env)
        )
        return "\n".join(
            f"{roles[party.role]}: {party.partner_id.name}" for party in self.party_ids
        )

    # === CRON METHODS === #

    @api.model
    def _cron_escalate(self):
        """Tell the superior of deadlines that are near, once a deadline."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self.with_company(company)._escalate(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _escalate(self, company):
        today = company._dunning_today()
        cases = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "open"),
                ("date_deadline", "!=", False),
                ("date_deadline", "<=", today + timedelta(days=ESCALATION_DAYS)),
            ]
        )
        for case in cases.filtered(
            lambda case: case.date_escalated != case.date_deadline
        ):
            case.date_escalated = case.date_deadline
            case.activity_schedule(
                "mail.mail_activity_data_warning",
                today,
                user_id=case._get_escalation_user().id,
                summary=self.env._(
                    "Deadline of %(step)s on %(date)s",
                    step=case.current_step_id.name,
                    date=format_date(self.env, case.date_deadline),
                ),
            )

    def _get_escalation_user(self):
        """Return who is told of a deadline that is near; an override point."""
        self.ensure_one()
        return self.company_id.dunning_user_id or self.user_id or self.env.user

    # === BUSINESS METHODS - COSTS === #

    def _advance_fee(self, step):
        """Enter the fee of a step into the claim account: it was advanced.

        :raise UserError: the fee is not known, or has been entered.
        """
        self.ensure_one()
        self._start(["open"], self.env._("charged with costs"))
        if not step.amount_fee:
            raise UserError(
                step.fee_reason
                or self.env._("Step “%(step)s” has no fee.", step=step.name)
            )
        if step.fee_claim_id and not step.fee_claim_id.reversed_by_ids:
            raise UserError(
                self.env._(
                    "The fee of step “%(step)s” is on the account already.",
                    step=step.name,
                )
            )
        step._unguarded().fee_claim_id = self.env["account.legal.claim"].create(
            {
                "case_id": self.id,
                "date": step.date_start or self.company_id._dunning_today(),
                "kind": "cost",
                "amount": step.amount_fee,
                "note": step.name,
            }
        )
