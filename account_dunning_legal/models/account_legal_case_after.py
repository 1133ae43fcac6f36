from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountLegalCaseAfter(models.Model):
    """Beside and after judgment: security, enforcement, insolvency, return."""

    # a room of its own, as opening a case has one
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.legal.case"

    deposit_ids = fields.One2many(
        comodel_name="account.legal.deposit",
        inverse_name="case_id",
        string="Security Deposits",
    )
    attempt_ids = fields.One2many(
        comodel_name="account.legal.attempt",
        inverse_name="case_id",
        string="Enforcement Attempts",
    )
    insolvency_ids = fields.One2many(
        comodel_name="account.legal.insolvency",
        inverse_name="case_id",
        string="Claims in Insolvency",
    )

    # === ACTION METHODS === #

    def action_file_insolvency(self):
        """Open a claim in the insolvency of the debtor, to be filled in.

        :raise UserError: the case is not open.
        """
        self.ensure_one()
        self._check_state(["open"], self.env._("filed in insolvency"))
        return self._get_insolvency_action({})

    def action_readmit(self):
        """Ask on which terms the customer may do business again.

        :raise UserError: the case is still pursued.
        """
        self.ensure_one()
        self._check_state(["closed"], self.env._("followed by new business"))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Return to Business"),
            "res_model": "account.legal.case.readmit",
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _end(self, state):
        result = super()._end(state)
        self.deposit_ids._remind()
        return result

    def _warn_of_return(self, payments):
        """Tell the responsible that a payment came back after the case was closed.

        :param payments: the events of the claim account that were taken back.
        """
        self.ensure_one()
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            self.company_id._dunning_today(),
            user_id=self._get_escalation_user().id,
            summary=self.env._(
                "%(amount)s came back after the case was closed: dun again, or open a"
                " new case",
                amount=self.currency_id.format(sum(payments.mapped("amount"))),
            ),
        )

    def _get_insolvency_action(self, defaults):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Claim in Insolvency"),
            "res_model": "account.legal.insolvency",
            "view_mode": "form",
            "target": "new",
            "context": {
                f"default_{name}": value
                for name, value in {"case_id": self.id, **defaults}.items()
            },
        }

    @api.model
    def _find_open_for(self, partner, company):
        """Return the open case of a debtor.

        :raise UserError: there is none.
        """
        case = self.search(
            [
                ("partner_id", "=", partner.commercial_partner_id.id),
                ("company_id", "=", company.id),
                ("state", "=", "open"),
            ],
            limit=1,
        )
        if not case:
            raise UserError(
                self.env._(
                    "%(debtor)s has no open case. Open one of the items first, then"
                    " file the claim.",
                    debtor=partner.display_name,
                )
            )
        return case

    @api.model
    def _get_document_names(self):
        return super()._get_document_names() | {
            "administrator",
            "filed_costs",
            "filed_interest",
            "filed_principal",
            "filed_total",
            "insolvency_court",
            "insolvency_file",
            "opened",
        }

    def _get_document_values(self, document, day=None):
        values = super()._get_document_values(document, day)
        filing = self.insolvency_ids[:1]
        opened = filing.date_opened
        return {
            **values,
            "administrator": filing.administrator_id.name or "",
            "insolvency_court": filing.court or "",
            "insolvency_file": filing.file_number or "",
            "opened": self._format_day(document, opened) if opened else "",
            **{
                name: self._format_amount(document, filing[field])
                for name, field in (
                    ("filed_principal", "amount_principal"),
                    ("filed_interest", "amount_interest"),
                    ("filed_costs", "amount_costs"),
                    ("filed_total", "amount_claimed"),
                )
            },
        }
