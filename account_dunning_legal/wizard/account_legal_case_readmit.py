from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from odoo.addons.account_dunning_advanced.models.account_dunning_guard import (
    is_dunning_manager,
)


class AccountLegalCaseReadmit(models.TransientModel):
    """The customer's return to business: stops are lifted, terms are set."""

    _name = "account.legal.case.readmit"
    _description = "Return to Business"

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="case_id.partner_id")
    company_id = fields.Many2one(related="case_id.company_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    hold_ids = fields.Many2many(
        comodel_name="account.dunning.hold",
        string="Stops to Lift",
        compute="_compute_hold_ids",
        store=True,
        readonly=False,
        domain="[('debtor_id', '=', partner_id), ('company_id', '=', company_id),"
        " ('date_ended', '=', False)]",
        help="What keeps the customer from being dunned as usual. Take out of the list"
        " what shall stay.",
    )
    trade_text = fields.Char(
        string="New Invoices Because", compute="_compute_trade_text"
    )
    date_release = fields.Date(
        string="Let Through Until",
        help="New orders and invoices are stopped, for something is overdue. They are"
        " let through until this day. Empty: they stay stopped.",
    )
    payment_term_id = fields.Many2one(
        comodel_name="account.payment.term",
        string="Payment Terms",
        compute="_compute_terms",
        store=True,
        readonly=False,
    )
    credit_limit = fields.Monetary(
        compute="_compute_terms",
        store=True,
        readonly=False,
        help="In the company's currency; 0: none of the customer's own.",
    )
    has_credit_limits = fields.Boolean(related="company_id.account_use_credit_limit")
    policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        string="Dunning Policy",
        compute="_compute_terms",
        store=True,
        readonly=False,
        help="Empty: the company's.",
    )
    reason = fields.Text(
        required=True, help="Why business is done again; kept with customer and case."
    )

    # === COMPUTE METHODS === #

    @api.depends("case_id")
    def _compute_hold_ids(self):
        Hold = self.env["account.dunning.hold"]
        for readmit in self:
            readmit.hold_ids = Hold.search(
                [
                    ("debtor_id", "=", readmit.partner_id.id),
                    ("company_id", "=", readmit.company_id.id),
                    ("state", "in", ("active", "planned")),
                ]
            )

    @api.depends("case_id")
    def _compute_trade_text(self):
        for readmit in self:
            debtor = readmit._get_debtor()
            stopped = debtor.trade_effect == "stop"
            readmit.trade_text = debtor.trade_text if stopped else False

    @api.depends("case_id")
    def _compute_terms(self):
        for readmit in self:
            partner_sudo = readmit._get_partner_sudo()
            readmit.payment_term_id = partner_sudo.property_payment_term_id
            readmit.credit_limit = partner_sudo.credit_limit
            readmit.policy_id = partner_sudo.dunning_policy_id

    # === ACTION METHODS === #

    def action_readmit(self):
        """Lift the stops, set the terms, and write both down with the reason.

        :raise AccessError: only dunning managers decide on new business.
        :raise UserError: the case is still pursued, or the release is in the past.
        """
        self.ensure_one()
        if not is_dunning_manager(self.env):
            raise AccessError(
                self.env._("Only a dunning manager takes a customer back.")
            )
        case = self.case_id
        case._start(["closed"], self.env._("followed by new business"))
        wrong = self.hold_ids.filtered(
            lambda hold: hold.debtor_id != case.partner_id
            or hold.company_id != case.company_id
        )
        if wrong:
            raise UserError(
                self.env._(
                    "%(hold)s is not of this customer.", hold=wrong[0].display_name
                )
            )
        text = self._describe()
        self.hold_ids.action_end()
        self._release_trade()
        self._set_terms()
        case.message_post(body=text)
        self._get_partner_sudo().message_post(body=text)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    def _get_debtor(self):
        self.ensure_one()
        return self.env["account.dunning.debtor"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            limit=1,
        )

    def _get_partner_sudo(self):
        """Return the customer in the case's company.

        Partners are not the manager's to edit; the terms that are agreed are.
        """
        self.ensure_one()
        return self.partner_id.sudo().with_company(self.company_id)

    def _release_trade(self):
        if not self.date_release:
            return
        if self.date_release < self.company_id._dunning_today():
            raise UserError(self.env._("A release ends today at the earliest."))
        self._get_debtor()._release_trade(self.date_release, self.reason)

    def _set_terms(self):
        """Write what was changed, and nothing else, on the customer."""
        partner_sudo = self._get_partner_sudo()
        for name, value, current in self._get_terms():
            if value != current:
                partner_sudo[name] = value

    def _get_terms(self):
        """Return the (field, value wanted, value now) of the customer's terms."""
        partner_sudo = self._get_partner_sudo()
        names = {
            "property_payment_term_id": self.payment_term_id,
            "dunning_policy_id": self.policy_id,
        }
        if self.has_credit_limits:
            names["credit_limit"] = self.credit_limit
        return [(name, value, partner_sudo[name]) for name, value in names.items()]

    def _describe(self):
        """Return what is done, for the chatter: what is lifted, terms, and why."""
        self.ensure_one()
        lines = [
            self.env._("Back in business after %(case)s.", case=self.case_id.name),
            *(
                self.env._(
                    "Lifted: %(hold)s, %(why)s", hold=hold.display_name, why=hold.reason
                )
                for hold in self.hold_ids
            ),
        ]
        if self.date_release:
            lines.append(
                self.env._(
                    "New invoices are let through until %(date)s.",
                    date=format_date(self.env, self.date_release),
                )
            )
        lines.append(
            self.env._(
                "Payment terms: %(terms)s",
                terms=self.payment_term_id.name or self.env._("immediate payment"),
            )
        )
        if self.has_credit_limits:
            lines.append(
                self.env._(
                    "Credit limit: %(limit)s",
                    limit=self.currency_id.format(self.credit_limit),
                )
            )
        if self.policy_id:
            lines.append(
                self.env._("Dunning policy: %(policy)s", policy=self.policy_id.name)
            )
        lines.append(self.env._("Reason: %(reason)s", reason=self.reason))
        return Markup("<br/>").join(lines)
