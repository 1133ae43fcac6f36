from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import aging

# Context key: the day of the report, as a date or its text.
DATE_KEY = "dunning_aging_date"
# What is of the day of the report: two days that are read in one go are kept apart.
OF_THE_DAY = {"depends_context": (DATE_KEY,)}


class AccountDunningAging(models.Model):
    """The receivable items that were open on a day, with their age.

    No table: the statement of ``engine.aging`` for the day in the context, today
    without one, so that lists, pivots, graphs and their drill-down are Odoo's own.
    A row has the id of its journal item.
    """

    _name = "account.dunning.aging"
    _description = "Aging"
    _auto = False
    _order = "date_due, id"
    _rec_name = "move_id"
    # what is to be in the database before the statement reads it
    _depends = {
        "account.move.line": [
            "account_id",
            "amount_residual",
            "amount_residual_currency",
            "company_id",
            "currency_id",
            "date",
            "date_maturity",
            "move_id",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "account.partial.reconcile": [
            "amount",
            "credit_amount_currency",
            "credit_move_id",
            "debit_amount_currency",
            "debit_move_id",
            "max_date",
        ],
        "account.move": ["invoice_user_id"],
        "res.partner": ["commercial_partner_id", "country_id"],
        "account.dunning.debtor": ["company_id", "partner_id", "user_id"],
    }

    move_id = fields.Many2one(
        comodel_name="account.move", string="Document", readonly=True
    )
    account_id = fields.Many2one(comodel_name="account.account", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    company_currency_id = fields.Many2one(
        comodel_name="res.currency", string="Company Currency", readonly=True
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    country_id = fields.Many2one(comodel_name="res.country", readonly=True)
    salesperson_id = fields.Many2one(comodel_name="res.users", readonly=True)
    collector_id = fields.Many2one(comodel_name="res.users", readonly=True)
    date = fields.Date(readonly=True)
    date_due = fields.Date(string="Due Date", readonly=True)
    days_overdue = fields.Integer(
        readonly=True,
        aggregator="max",
        help="Days from the due date to the day of the report; below zero before it.",
        **OF_THE_DAY,
    )
    bucket_id = fields.Many2one(
        comodel_name="account.dunning.aging.bucket",
        string="Age",
        readonly=True,
        **OF_THE_DAY,
    )
    amount = fields.Monetary(
        string="Open",
        currency_field="company_currency_id",
        readonly=True,
        help="What was open on the day, in company currency; credits below zero.",
        **OF_THE_DAY,
    )
    amount_overdue = fields.Monetary(
        string="Overdue",
        currency_field="company_currency_id",
        readonly=True,
        help="What was past its due date, before credits.",
        **OF_THE_DAY,
    )
    amount_currency = fields.Monetary(
        string="Open in Currency",
        readonly=True,
        aggregator=None,
        help="What was open on the day, in the item's own currency.",
        **OF_THE_DAY,
    )

    # === QUERY === #

    @property
    def _table_query(self) -> SQL:
        return aging.get_statement(self._get_scope(self.env.companies, self._get_day()))

    @api.model
    def _get_day(self):
        """Return the day of the report.

        :raise UserError: what the context holds is no day.
        """
        day = self.env.context.get(DATE_KEY)
        if not day:
            return self.env.company._dunning_today()
        return self.env["account.dunning.assessment"]._to_day(day)

    @api.model
    def _get_scope(self, companies, day) -> aging.Scope:
        """Return what the statement is about: the companies' accounts and age groups.

        :raise UserError: a company has no age groups.
        """
        # compiling a statement of so many steps takes longer than it saves
        self.env.cr.execute("SET LOCAL jit = off")
        buckets = self.env["account.dunning.aging.bucket"]._get_for_companies(companies)
        accounts = self.env["account.dunning.assessment"]._get_receivable_accounts(
            companies
        )
        for company, groups in buckets.items():
            if not groups:
                raise UserError(
                    self.env._(
                        "%(company)s has no age groups. Set up at least one.",
                        company=company.name,
                    )
                )
        return aging.Scope(
            day=day,
            account_ids=accounts.ids,
            buckets={
                company.id: [(bucket.days_from, bucket.id) for bucket in groups]
                for company, groups in buckets.items()
            },
        )

    # === ACTION METHODS === #

    def action_open_document(self):
        """Open the invoice or entry behind the row."""
        self.ensure_one()
        return self.move_id._get_records_action()

    def action_ask_date(self):
        """Ask for the day of the report; rows are of no account."""
        self.check_access("read")
        return self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_aging_open_action"
        )

    def action_export(self):
        """Download the report of the day in the context as a spreadsheet."""
        self.check_access("read")
        return self.env["account.dunning.export"]._open("aging", date=self._get_day())

    @api.model
    def _get_action(self, day):
        """Return the action that opens the report as of a day."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_aging_action"
        )
        action["context"] = {
            "search_default_group_by_partner": 1,
            DATE_KEY: fields.Date.to_string(day),
        }
        return action
