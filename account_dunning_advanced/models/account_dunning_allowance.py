import logging

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, date_utils, format_date

from ..engine.allowance import get_statement

_logger = logging.getLogger(__name__)

SETUP_FIELDS = ["dunning_writeoff_journal_id", "dunning_allowance_account_id"]


class AccountDunningAllowance(models.Model):
    """What is expected to be lost of the receivables at the end of a month.

    Posted on the last day of the month and taken back by the ledger itself on the
    first day of the next, so that each month shows the allowance anew.
    """

    _name = "account.dunning.allowance"
    _description = "Allowance for Doubtful Debts"
    _inherit = ["account.dunning.guard", "mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="Month End",
        required=True,
        default=lambda self: self._default_date(),
        tracking=True,
        help="What was open on this day counts.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("posted", "Posted"),
            ("reversed", "Reversed"),
        ],
        compute="_compute_state",
        store=True,
        tracking=True,
    )
    method = fields.Selection(
        selection=lambda self: (
            self.env["res.company"]
            ._fields["dunning_allowance_method"]
            ._description_selection(self.env)
        ),
        readonly=True,
        copy=False,
        help="How the amounts were computed.",
    )
    line_ids = fields.One2many(
        comodel_name="account.dunning.allowance.line",
        inverse_name="allowance_id",
        readonly=True,
        copy=False,
    )
    amount_open = fields.Monetary(
        string="Owed",
        readonly=True,
        copy=False,
        help="What was owed on the day, less open credits, in company currency.",
    )
    amount = fields.Monetary(
        string="Allowance", readonly=True, copy=False, help="In company currency."
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    reversal_id = fields.Many2one(
        comodel_name="account.move",
        string="Reversal",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    _company_month_uniq = models.Constraint(
        "UNIQUE (company_id, date)", "There is an allowance for this month already."
    )
    _month_end = models.Constraint(
        "CHECK (EXTRACT(DAY FROM date + 1) = 1)",
        "An allowance is made for the last day of a month.",
    )

    @api.model
    def _default_date(self):
        return self._get_last_month_end(self.env.company._dunning_today())

    # === COMPUTE METHODS === #

    @api.depends("date", "company_id")
    def _compute_display_name(self):
        for allowance in self:
            allowance.display_name = self.env._(
                "Allowance of %(date)s", date=format_date(self.env, allowance.date)
            )

    @api.depends("move_id.state", "reversal_id.state")
    def _compute_state(self):
        for allowance in self:
            if allowance.reversal_id.state == "posted":
                allowance.state = "reversed"
            else:
                posted = allowance.move_id.state == "posted"
                allowance.state = "posted" if posted else "draft"

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "state",
            "method",
            "line_ids",
            "amount_open",
            "amount",
            "move_id",
            "reversal_id",
        }

    def write(self, vals):
        if {"date", "company_id"} & vals.keys():
            self._check_draft()
            self._clear()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        self._check_draft()

    def _check_draft(self):
        for allowance in self:
            if allowance.move_id:
                raise UserError(
                    self.env._(
                        "%(allowance)s is posted and cannot be changed.",
                        allowance=allowance.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_compute(self):
        """Compute the allowance from what the ledger says was open on the day."""
        for allowance in self:
            allowance._start()
            allowance._refresh_lines()

    def action_post(self):
        """Post the allowance and its reversal on the first day of the next month.

        :raise RedirectWarning: journal or accounts are not set up.
        :raise UserError: posted already, the month is not over, or a day is locked.
        """
        for allowance in self:
            allowance._start()
            allowance._check_can_post()
            # the ledger may have changed since it was last computed
            allowance._refresh_lines()
            allowance._post()

    def action_take_back(self):
        """Undo a posted allowance on its own days, to compute it anew.

        :raise UserError: not posted, or one of its days is locked.
        """
        for allowance in self:
            allowance.check_access("write")
            allowance.lock_for_update()
            allowance._take_back()

    def action_view_entries(self):
        """Open the entry and its reversal."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Entries"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", (self.move_id | self.reversal_id).ids)],
            "context": {"create": False},
        }

    # === BUSINESS METHODS === #

    def _start(self):
        """Begin a transition: rights, a lock against a second user, the state."""
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update()
        self._check_draft()

    def _check_can_post(self):
        company = self.company_id
        company._check_dunning_setup(SETUP_FIELDS)
        if not company.dunning_allowance_expense_account_id:
            company._check_dunning_setup(["dunning_writeoff_account_id"])
        if self.date > company._dunning_today():
            raise UserError(
                self.env._(
                    "The month of %(allowance)s is not over.",
                    allowance=self.display_name,
                )
            )
        self._check_locks()

    def _check_locks(self):
        journal = self.company_id.dunning_writeoff_journal_id
        for date in (self.date, self._get_reversal_date()):
            self.company_id._check_dunning_lock(date, False, journal)

    def _get_reversal_date(self):
        return fields.Date.add(self.date, days=1)

    def _clear(self):
        # users read the lines; only computing makes and removes them
        lines_sudo = self.sudo().line_ids
        lines_sudo.unlink()
        self._unguarded().write({"amount_open": 0, "amount": 0, "method": False})

    def _refresh_lines(self):
        """Replace the lines by what the ledger says, in one statement."""
        self.ensure_one()
        self._clear()
        rates = self.company_id._get_dunning_expected_loss(self.company_id)
        if rates:
            self._insert_lines(rates)
        [(amount_open, amount)] = self.env[
            "account.dunning.allowance.line"
        ]._read_group(
            [("allowance_id", "=", self.id)], [], ["amount_open:sum", "amount:sum"]
        )
        self._unguarded().write(
            {
                "method": self.company_id.dunning_allowance_method,
                "amount_open": amount_open,
                "amount": amount,
            }
        )

    def _insert_lines(self, rates):
        self.env.flush_all()
        accounts = self.env["account.dunning.assessment"]._get_receivable_accounts(
            self.company_id
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_dunning_allowance_line (
                    allowance_id, company_id, partner_id, days_from, percent,
                    amount_open, amount_base, amount,
                    create_uid, create_date, write_uid, write_date)
                SELECT %(allowance)s, %(company)s, owed.partner_id, owed.days_from,
                       owed.percent, owed.amount_open, owed.amount_base, owed.amount,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (%(statement)s) AS owed
                """,
                allowance=self.id,
                company=self.company_id.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
                statement=get_statement(
                    self.company_id.id,
                    accounts.ids,
                    self.date,
                    rates,
                    self.currency_id.rounding,
                    net=self.company_id._is_dunning_allowance_net(),
                ),
            )
        )
        self.invalidate_recordset(["line_ids"])

    def _post(self):
        """Post the entry; its reversal now, or by itself when its day comes."""
        if self.currency_id.is_zero(self.amount):
            raise UserError(
                self.env._(
                    "%(allowance)s is zero: there is nothing to post.",
                    allowance=self.display_name,
                )
            )
        move = self.env["account.move"].create(self._prepare_move_vals())
        move._post(soft=False)
        reversal = self._create_reversal(move)
        self._unguarded().write({"move_id": move.id, "reversal_id": reversal.id})

    def _create_reversal(self, move):
        date = self._get_reversal_date()
        is_future = date > self.company_id._dunning_today()
        reversal = move._reverse_moves(
            [
                {
                    "date": date,
                    "ref": self.env._("Reversal of %(entry)s", entry=move.name),
                    "auto_post": "at_date" if is_future else "no",
                }
            ]
        )
        if not is_future:
            reversal._post(soft=False)
        return reversal

    def _take_back(self):
        if not self.move_id:
            raise UserError(
                self.env._("%(allowance)s is not posted.", allowance=self.display_name)
            )
        self._check_locks()
        moves = self.move_id | self.reversal_id
        planned = moves.filtered(lambda move: move.state == "draft")
        posted = moves - planned
        self._unguarded().write({"move_id": False, "reversal_id": False})
        posted._reverse_moves([{"date": move.date} for move in posted])._post(
            soft=False
        )
        planned.unlink()

    def _prepare_move_vals(self):
        """Return the entry: expected loss to allowance, in one sum each.

        Which debtor it comes from stands in the lines of the allowance.
        """
        company = self.company_id
        expense = (
            company.dunning_allowance_expense_account_id
            or company.dunning_writeoff_account_id
        )
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company.dunning_writeoff_journal_id.id,
            "date": self.date,
            "ref": self.display_name,
            "line_ids": [
                fields.Command.create(
                    {
                        "name": self.display_name,
                        "account_id": account.id,
                        "balance": balance,
                    }
                )
                for account, balance in (
                    (expense, self.amount),
                    (company.dunning_allowance_account_id, -self.amount),
                )
            ],
        }

    @api.model
    def _get_last_month_end(self, date):
        return date_utils.start_of(date, "month") - relativedelta(days=1)

    # === CRON METHODS === #

    @api.model
    def _cron_allowance(self):
        """Post last month's allowance for the companies that switched it on.

        One company's error is told to its responsible and does not stop the others.
        """
        companies = self.env["res.company"].search(
            [("dunning_allowance_auto", "=", True)]
        )
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._make_monthly_safely(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _make_monthly_safely(self, company):
        try:
            with self.env.cr.savepoint():
                self.with_company(company)._make_monthly(
                    company, company._dunning_today()
                )
        except Exception as error:
            _logger.exception("monthly allowance failed for company %s", company.id)
            self._notify_failure(company, error)

    @api.model
    def _make_monthly(self, company, today):
        """Make and post the allowance of the month before ``today``, once.

        A month in which nothing was doubtful stays a draft, as a proof that it was
        looked at.
        """
        date = self._get_last_month_end(today)
        allowance = self.search(
            [("company_id", "=", company.id), ("date", "=", date)]
        ) or self.create({"company_id": company.id, "date": date})
        if allowance.move_id:
            return
        allowance.action_compute()
        if not allowance.currency_id.is_zero(allowance.amount):
            allowance.action_post()

    @api.model
    def _notify_failure(self, company, error):
        user = company.dunning_user_id or self.env.user
        user.partner_id.message_notify(
            partner_ids=user.partner_id.ids,
            subject=self.env._("The monthly allowance was not posted"),
            body=self.env._(
                "%(company)s: %(error)s", company=company.name, error=error
            ),
        )
