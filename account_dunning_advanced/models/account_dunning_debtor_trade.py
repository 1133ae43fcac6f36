from odoo import api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

from .account_dunning_guard import is_dunning_manager
from .account_dunning_level import TRADE_EFFECTS

STRENGTH = {"none": 0, "warn": 1, "stop": 2}


class AccountDunningDebtorTrade(models.Model):
    """Whether new business is done with a debtor who is late.

    Asked by invoices when a person confirms them, and by orders where they exist.
    """

    # a room of its own, as agreements and write-offs have theirs
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    trade_effect = fields.Selection(
        selection=TRADE_EFFECTS,
        string="New Invoices",
        compute="_compute_trade",
        search="_search_trade_effect",
        help="What happens to new invoices: by the level reached, or by what is"
        " overdue.",
    )
    trade_text = fields.Char(string="New Invoices Because", compute="_compute_trade")
    trade_release_date = fields.Date(
        string="Released Until",
        readonly=True,
        tracking=True,
        help="Until this day new invoices are not stopped.",
    )
    trade_release_user_id = fields.Many2one(
        comodel_name="res.users", string="Released By", readonly=True
    )
    trade_release_reason = fields.Char(readonly=True, tracking=True)

    # === COMPUTE METHODS === #

    @api.depends(
        "amount_overdue",
        "level_id.trade_effect",
        "trade_release_date",
        "company_id.dunning_trade_effect",
        "company_id.dunning_trade_amount",
    )
    @api.depends_context("lang")
    def _compute_trade(self):
        for debtor in self:
            effect, text = debtor._get_trade()
            if effect == "stop" and debtor._is_released():
                effect = "warn"
                text = self.env._(
                    "%(why)s Released by %(user)s until %(date)s: %(reason)s",
                    why=text,
                    user=debtor.trade_release_user_id.sudo().name,
                    date=format_date(self.env, debtor.trade_release_date),
                    reason=debtor.trade_release_reason,
                )
            debtor.trade_effect = effect
            debtor.trade_text = text

    @api.model
    def _search_trade_effect(self, operator, value):
        if operator != "in":
            return NotImplemented
        companies_sudo = self.env["res.company"].sudo().search([("active", "=", True)])
        released = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("trade_release_date", ">=", company._dunning_today())
            for company in companies_sudo
        )
        stop = self._get_trade_domain(companies_sudo, "stop")
        warn = self._get_trade_domain(companies_sudo, "warn")
        domains = {
            "stop": stop & ~released,
            "warn": (stop & released) | (warn & ~stop),
            "none": ~stop & ~warn,
        }
        return Domain.OR(domains[effect] for effect in value if effect in domains)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_release(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_release(vals)
        return super().write(vals)

    @api.model
    def _refuse_release(self, vals):
        """:raise AccessError: releases are given with a reason, not by a write."""
        if not self.env.su and any(name.startswith("trade_release") for name in vals):
            raise AccessError(
                self.env._("Use the button to release a customer, with a reason.")
            )

    # === ACTION METHODS === #

    def action_release_trade(self):
        """Ask until when, and why, new invoices are let through."""
        self.ensure_one()
        self.check_access("read")
        return self._get_release_action()

    # === BUSINESS METHODS === #

    def _get_trade(self):
        """Return (effect, why) by the ledger alone, whoever has released what."""
        self.ensure_one()
        overdue = self._get_late_amount()
        if self.currency_id.compare_amounts(overdue, 0) <= 0:
            return "none", False
        company_sudo = self.company_id.sudo()
        by_level = self.level_id.sudo().trade_effect or "none"
        by_amount = "none"
        # an amount of zero is every overdue amount
        if (
            self.currency_id.compare_amounts(overdue, company_sudo.dunning_trade_amount)
            >= 0
        ):
            by_amount = company_sudo.dunning_trade_effect
        effect = max(by_level, by_amount, key=STRENGTH.get)
        if effect == "none":
            return effect, False
        amount = format_amount(self.env, overdue, self.currency_id)
        if by_level == effect:
            return effect, self.env._(
                "%(customer)s owes %(amount)s overdue and has reached level"
                " “%(level)s”.",
                customer=self.partner_id.sudo().display_name,
                amount=amount,
                level=self.level_id.sudo().name,
            )
        return effect, self.env._(
            "%(customer)s owes %(amount)s overdue.",
            customer=self.partner_id.sudo().display_name,
            amount=amount,
        )

    def _get_late_amount(self):
        """Return what is overdue, less open credits as far as they cover it.

        What is disputed, or agreed to be paid later, is late nonetheless: a manager
        releases. In the company's currency; an override point.
        """
        self.ensure_one()
        return min(self.amount_overdue, self.amount_open)

    def _is_released(self):
        self.ensure_one()
        return bool(
            self.trade_release_date
            and self.trade_release_date >= self.company_id._dunning_today()
        )

    @api.model
    def _get_trade_domain(self, companies, effect):
        """Return the debtors for whom the ledger asks for an effect."""
        of_companies = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("amount_overdue", ">=", company.dunning_trade_amount)
            & Domain("amount_open", ">=", company.dunning_trade_amount)
            for company in companies.filtered(
                lambda company: company.dunning_trade_effect == effect
            )
        )
        late = Domain("amount_overdue", ">", 0) & Domain("amount_open", ">", 0)
        return late & (Domain("level_id.trade_effect", "=", effect) | of_companies)

    @api.model
    def _get_of_partner(self, partner, company):
        """Return the debtor row of a customer in a company, if there is one.

        Whoever invoices is told, collector or not; hence with all rights.
        """
        return self.sudo().search(
            [
                ("partner_id", "=", partner.commercial_partner_id.id),
                ("company_id", "=", company.id),
            ]
        )

    @api.model
    def _get_up_to_date(self, partners, company):
        """Return the rows of customers as the ledger is now, for deciding on trade.

        What was paid, or fell due, a minute ago counts. Nothing where being late has
        no effect in the company.
        """
        stops_by_level = self.env["account.dunning.level"].sudo()
        if company.sudo().dunning_trade_effect == "none" and not (
            stops_by_level.search_count(
                [
                    ("trade_effect", "!=", "none"),
                    ("company_id", "in", [False, *company.sudo().parent_ids.ids]),
                ],
                limit=1,
            )
        ):
            return self
        debtors_sudo = self.sudo()
        debtors_sudo._refresh(company, partners.commercial_partner_id.ids)
        return debtors_sudo.search(
            [
                ("partner_id", "in", partners.commercial_partner_id.ids),
                ("company_id", "=", company.id),
            ]
        )

    def _check_trade(self, document=None):
        """Let a new document pass, or not.

        :param document: the invoice to let pass once, for managers; a record.
        :raise UserError: new business is stopped.
        :raise RedirectWarning: the same for managers, with the way to release.
        """
        for debtor in self:
            if debtor.trade_effect != "stop":
                continue
            text = self.env._(
                "New orders and invoices are stopped: %(why)s", why=debtor.trade_text
            )
            # the row was read with all rights; the person has their own
            if is_dunning_manager(self.sudo(False).env):
                raise RedirectWarning(
                    text,
                    debtor._get_release_action(document),
                    self.env._("Release…"),
                )
            raise UserError(
                self.env._("%(text)s A dunning manager can release them.", text=text)
            )

    def _get_release_action(self, document=None):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release New Invoices"),
            "res_model": "account.dunning.trade.release",
            "views": [[False, "form"]],
            "target": "new",
            "context": {
                "default_debtor_id": self.id,
                "default_move_id": document.id if document else False,
            },
        }

    def _release_trade(self, date_to, reason):
        """Let new invoices through until a day, and keep who said so and why.

        :param date date_to: the last day, included; before today ends a release.
        :raise AccessError: only dunning managers release.
        """
        if not is_dunning_manager(self.env):
            raise AccessError(self.env._("Only a dunning manager releases customers."))
        self.check_access("write")
        # the fields are closed to any other way, see write
        self.sudo().write(
            {
                "trade_release_date": date_to,
                "trade_release_user_id": self.env.uid,
                "trade_release_reason": reason,
            }
        )
