from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tools import SQL, format_date

from ..engine.letter_window import WINDOWS
from .account_dunning_level import TRADE_EFFECTS


class ResCompany(models.Model):
    _inherit = "res.company"

    dunning_policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        default=lambda self: self._default_dunning_policy_id(),
        domain="[('company_id', 'in', (id, False))]",
        ondelete="restrict",
        help="The ladder for everything that no invoice, customer or rule decides.",
    )
    dunning_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Dunning Responsible",
        domain="[('share', '=', False)]",
        help="Is told when something needs a hand.",
    )
    dunning_daily = fields.Boolean(
        string="Propose Daily",
        help="The daily job proposes a dunning run for this company.",
    )
    dunning_sequence_id = fields.Many2one(
        comodel_name="ir.sequence", readonly=True, copy=False
    )

    dunning_charge_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Journal for Dunning Charges",
        domain="[('type', '=', 'sale'), ('company_id', '=', id)]",
        check_company=True,
        help="Bills of interest and fees are posted here.",
    )
    dunning_interest_product_id = fields.Many2one(
        comodel_name="product.product", string="Interest Product", check_company=True
    )
    dunning_fee_product_id = fields.Many2one(
        comodel_name="product.product", string="Fee Product", check_company=True
    )
    dunning_lump_sum_product_id = fields.Many2one(
        comodel_name="product.product", string="Lump Sum Product", check_company=True
    )
    dunning_waive_limit = fields.Monetary(
        groups="base.group_user",
        help="Up to this sum at a time a collector may waive charges; a dunning manager"
        " may waive any.",
    )
    # --- New business with late payers ---

    dunning_trade_effect = fields.Selection(
        groups="base.group_user",
        selection=TRADE_EFFECTS,
        string="New Invoices of Late Payers",
        required=True,
        default="none",
        help="What happens to new invoices of customers who owe at least the amount"
        " beside it and are late. Dunning levels have an effect of their own; the"
        " stronger one counts.",
    )
    dunning_trade_amount = fields.Monetary(
        groups="base.group_user",
        string="From This Overdue Amount",
        help="In the company's currency; any overdue amount above 0 counts if empty.",
    )

    # --- Disputes ---

    dunning_dispute_days = fields.Integer(
        string="Days to Decide Disputes",
        default=10,
        help="Working days until a new dispute is to be decided.",
    )
    dunning_dispute_tolerance_days = fields.Integer(
        string="Tolerance After Disputes",
        default=7,
        help="Days after a dispute was rejected during which its items are not dunned.",
    )
    dunning_dispute_limit = fields.Monetary(
        groups="base.group_user",
        help="Up to this sum a collector may uphold disputes of their own, which makes"
        " a credit note; a dunning manager may uphold any. 0 is no limit.",
    )

    # --- Write-offs: where losses are booked, who decides, when collecting pays ---

    dunning_writeoff_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Write-off Journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Write-offs and allowances are posted here.",
    )
    dunning_writeoff_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Bad Debt Account",
        check_company=True,
        domain="[('internal_group', '=', 'expense')]",
        help="What is lost is an expense here.",
    )
    dunning_writeoff_tax_relief = fields.Boolean(
        string="Bad Debt Tax Relief",
        help="The tax of lost amounts is claimed back where the reason allows it.",
    )
    dunning_writeoff_tax_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Tax Relief Account",
        check_company=True,
        help="Where the tax is claimed back; empty for the account of the tax.",
    )
    dunning_writeoff_limit = fields.Monetary(
        string="Approval Limit",
        groups="base.group_user",
        help="Requests up to this amount need no approval. What was written off of the"
        " same customer without approval within twelve months counts as well.",
    )
    dunning_writeoff_below = fields.Monetary(
        string="Uneconomic Below",
        groups="base.group_user",
        help="Smaller open items are proposed.",
    )
    dunning_writeoff_days = fields.Integer(
        string="Proposed After (days)",
        groups="base.group_user",
        default=90,
        help="Only items overdue for at least so many days are proposed.",
    )
    dunning_writeoff_cost = fields.Monetary(
        string="Cost to Collect",
        groups="base.group_user",
        help="What collecting one item further would cost; items from which less is"
        " expected are proposed.",
    )
    dunning_allowance_auto = fields.Boolean(
        groups="base.group_user",
        string="Monthly Allowance",
        help="The allowance for the last month is posted by itself.",
    )
    dunning_allowance_method = fields.Selection(
        groups="base.group_user",
        selection=[("buckets", "By age"), ("rate", "One rate")],
        required=True,
        default="buckets",
        help="How the allowance for doubtful debts is computed.",
    )
    dunning_allowance_percent = fields.Float(
        groups="base.group_user",
        string="Allowance Rate (%)",
        digits=(5, 2),
        help="Per cent of all that is owed, with the method 'One rate'.",
    )
    dunning_allowance_net = fields.Boolean(
        groups="base.group_user",
        string="Allowance without Tax",
        default=True,
        help="Where the tax of losses is claimed back it is not lost: the allowance is"
        " taken of the invoices without tax.",
    )
    dunning_allowance_expense_account_id = fields.Many2one(
        groups="base.group_user",
        comodel_name="account.account",
        string="Allowance Expense Account",
        check_company=True,
        help="Where the expected loss is an expense; empty for the bad debt account.",
    )
    dunning_allowance_account_id = fields.Many2one(
        groups="base.group_user",
        comodel_name="account.account",
        string="Allowance Account",
        check_company=True,
        help="Stands against the receivables in the balance sheet.",
    )

    _dunning_writeoff_settings_positive = models.Constraint(
        "CHECK (dunning_writeoff_limit >= 0 AND dunning_writeoff_below >= 0"
        " AND dunning_writeoff_days >= 0 AND dunning_writeoff_cost >= 0"
        " AND dunning_allowance_percent BETWEEN 0 AND 100)",
        "Limits and costs of write-offs are not negative, rates at most 100.",
    )
    dunning_payment_order_id = fields.Many2one(
        comodel_name="account.dunning.payment.order",
        domain="[('company_id', 'in', (id, False))]",
        ondelete="restrict",
        help="What a payment settles first. Empty: as the law of the company's country"
        " says.",
    )

    dunning_letter_window = fields.Selection(
        string="Address Window",
        selection=lambda self: self._selection_dunning_letter_window(),
        help="Where the envelopes of dunning letters show the address. Empty: where the"
        " document layout puts it.",
    )
    dunning_test_email = fields.Char(
        groups="base.group_user",
        string="Test Address",
        help="As long as it is set, all dunning e-mails go to this address instead of"
        " the customers; their subject says so.",
    )

    @api.model
    def _selection_dunning_letter_window(self):
        return self.env["account.dunning.level"]._selection_letter_window()

    _dunning_dispute_settings_positive = models.Constraint(
        "CHECK (dunning_dispute_days >= 0 AND dunning_dispute_tolerance_days >= 0"
        " AND dunning_dispute_limit >= 0)",
        "Days and limits of disputes are not negative.",
    )

    def _default_dunning_policy_id(self):
        return self.env.ref(
            "account_dunning_advanced.account_dunning_policy_default",
            raise_if_not_found=False,
        )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains(
        "dunning_charge_journal_id",
        "dunning_interest_product_id",
        "dunning_fee_product_id",
        "dunning_lump_sum_product_id",
    )
    def _check_dunning_charge_setup(self):
        """Refuse what cannot bill charges.

        :raise ValidationError: it is chosen.
        :raise RedirectWarning: levels charge, and it is taken away.
        """
        for company in self:
            chosen = [
                company._get_dunning_journal_gap(company.dunning_charge_journal_id),
                *(
                    company._get_dunning_archived_gap(company[name])
                    for name in (
                        "dunning_interest_product_id",
                        "dunning_fee_product_id",
                        "dunning_lump_sum_product_id",
                    )
                ),
            ]
            for message in filter(None, chosen):
                raise ValidationError(message)
        self._check_dunning_charges_in_use()

    @api.constrains("dunning_letter_window", "paperformat_id")
    def _check_dunning_letter_window(self):
        for company in self.filtered("dunning_letter_window"):
            company._check_dunning_window(company.dunning_letter_window)

    def _check_dunning_window(self, code):
        """:raise ValidationError: the header of the paper covers a window."""
        self.ensure_one()
        notices = self.env["account.dunning.notice"].with_company(self)
        margin, window = notices._get_letter_margin_top(), WINDOWS[code]
        if window.top < margin:
            raise ValidationError(
                self.env._(
                    "The window “%(window)s” begins %(top)s mm from above, but the"
                    " header of the paper format takes %(margin)s mm. Choose a paper"
                    " format with a lower top margin first.",
                    window=window.label,
                    top=window.top,
                    margin=margin,
                )
            )

    def _dunning_today(self):
        """Return today's date where the company is.

        The company has no time zone of its own in Odoo: that of its address record
        counts, or else the user's.
        """
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self._get_dunning_tz()))

    def _get_dunning_tz(self):
        """Return the time zone in which the company's days begin and end."""
        self.ensure_one()
        tz = self.sudo().partner_id.tz or self.env.context.get("tz") or self.env.user.tz
        return tz or "UTC"

    # === BUSINESS METHODS - CHARGES === #

    def _get_dunning_product(self, kind):
        """Return the product of a kind of charge: the company's, or the shipped one."""
        self.ensure_one()
        # not env.ref(): it asks the database each time, and this is asked for each line
        shipped_id = self.env["ir.model.data"]._xmlid_to_res_id(
            f"account_dunning_advanced.product_{kind}"
        )
        product = self[f"dunning_{kind}_product_id"]
        return product or product.browse(shipped_id or [])

    def _get_dunning_charge_journal(self):
        """Return the journal that bills of charges are posted in.

        :raise RedirectWarning: there is none, or it cannot take the bills.
        """
        self._check_dunning_charge_settings()
        # of a branch, the company above it may have set the journal
        return next(
            company.dunning_charge_journal_id
            for company in self.sudo().parent_ids[::-1]
            if company.dunning_charge_journal_id
        )

    def _check_dunning_charge_settings(self):
        """:raise RedirectWarning: journal, product or account is missing."""
        for company in self:
            message = company._get_dunning_charge_gap()
            if message:
                raise self._redirect_to_dunning_settings(message)

    def _check_dunning_charges_in_use(self):
        """Refuse to take away what levels that charge need, here or in a branch.

        :raise RedirectWarning: journal, product or account is missing.
        """
        # settings are the administrator's, who need not see policies
        for company in self.sudo().search([("id", "child_of", self.ids)]):
            policies = company.env["account.dunning.policy"].search(
                [
                    "|",
                    ("company_id", "parent_of", company.ids),
                    "&",
                    ("company_id", "=", False),
                    ("id", "=", company.dunning_policy_id.id),
                ]
            )
            if any(policy._bills_charges() for policy in policies):
                company._check_dunning_charge_settings()

    def _get_dunning_charge_gap(self):
        """Return what is missing to bill charges, or an empty text."""
        self.ensure_one()
        journals = self.sudo().parent_ids.dunning_charge_journal_id
        if not journals:
            return self.env._(
                "Choose the journal for dunning charges of %(company)s first.",
                company=self.name,
            )
        journal = journals[-1]
        gap = self._get_dunning_journal_gap(journal)
        if gap:
            return gap
        for product in self._get_dunning_charge_products():
            gap = self._get_dunning_product_gap(product, journal)
            if gap:
                return gap
        return ""

    @api.model
    def _get_dunning_journal_gap(self, journal):
        """Return why a journal cannot take the bills, or an empty text."""
        if journal and not journal.active:
            return self.env._(
                "Journal %(journal)s for dunning charges is archived.",
                journal=journal.display_name,
            )
        if journal and journal.type != "sale":
            return self.env._(
                "Journal %(journal)s for dunning charges is not a sales journal.",
                journal=journal.display_name,
            )
        return ""

    @api.model
    def _get_dunning_archived_gap(self, product):
        """Return that a product is archived, or an empty text."""
        if product and not product.active:
            return self.env._(
                "Product %(product)s for dunning charges is archived.",
                product=product.display_name,
            )
        return ""

    def _get_dunning_charge_products(self):
        """Return the products that charges are billed with, empty where one lacks."""
        self.ensure_one()
        products = [
            self._get_dunning_product(kind) for kind in ("interest", "fee", "lump_sum")
        ]
        own = (
            self.env["account.dunning.level"]
            .sudo()
            .search(
                [
                    ("company_id", "in", [False, *self.parent_ids.ids]),
                    ("charge_ids.product_id", "!=", False),
                ]
            )
            .charge_ids.product_id
        )
        return [*products, *own]

    def _get_dunning_product_gap(self, product, journal):
        """Return what a product lacks to be billed in a journal, or an empty text."""
        self.ensure_one()
        if not product:
            return self.env._(
                "Choose the products for dunning charges of %(company)s first.",
                company=self.name,
            )
        gap = self._get_dunning_archived_gap(product)
        if gap:
            return gap
        accounts = product.with_company(self).product_tmpl_id.get_product_accounts()
        account = accounts["income"] or journal.default_account_id
        if not account:
            return self.env._(
                "Product %(product)s has no income account, and neither has journal"
                " %(journal)s.",
                product=product.display_name,
                journal=journal.display_name,
            )
        if not account.active:
            return self.env._(
                "Account %(account)s of product %(product)s is archived.",
                account=account.display_name,
                product=product.display_name,
            )
        return ""

    # === BUSINESS METHODS - NUMBERS === #

    def _next_dunning_numbers(self, count, date):
        """Draw notice numbers of the company's sequence, all in one query.

        :param int count: how many.
        :param date date: the notices' date, for sequences that begin anew each year.
        :return: list of numbers, rising.
        """
        self.ensure_one()
        if not count:
            return []
        sequence_sudo, current = self._get_dunning_numbering(date)
        if sequence_sudo.implementation == "standard":
            numbers = self._draw_standard_numbers(sequence_sudo, current, count)
        else:
            numbers = self._draw_gapless_numbers(current, count)
        prefix, suffix = sequence_sudo._get_prefix_suffix(date, date)
        return [
            f"{prefix}{number:0{sequence_sudo.padding}d}{suffix}" for number in numbers
        ]

    def _get_dunning_numbering(self, date):
        """Return the sequence and its range for a date, made when first needed."""
        # numbering is the system's business, not a right of the user who issues
        sequence_sudo = self.sudo()._get_dunning_sequence()
        return sequence_sudo, sequence_sudo._get_current_sequence(date)

    def _draw_standard_numbers(self, sequence, current, count):
        name = f"ir_sequence_{sequence.id:03d}"
        if current != sequence:
            name += f"_{current.id:03d}"
        rows = self.env.execute_query(
            SQL("SELECT NEXTVAL(%s) FROM GENERATE_SERIES(1, %s)", name, count)
        )
        return sorted(number for (number,) in rows)

    def _draw_gapless_numbers(self, current, count):
        """Take a block of a sequence without gaps; others wait for our transaction."""
        step = current.number_increment if "number_increment" in current else 1
        [(first,)] = self.env.execute_query(
            SQL(
                """UPDATE %s SET number_next = number_next + %s WHERE id = %s
                RETURNING number_next - %s""",
                SQL.identifier(current._table),
                count * step,
                current.id,
                count * step,
            )
        )
        current.invalidate_recordset(["number_next"])
        return range(first, first + count * step, step)

    def _get_dunning_sequence(self):
        """Return the company's sequence for notices, made when first needed."""
        self.ensure_one()
        if not self.dunning_sequence_id:
            self.dunning_sequence_id = self.env["ir.sequence"].create(
                {
                    "name": self.env._(
                        "Dunning notices of %(company)s", company=self.name
                    ),
                    "code": "account.dunning.notice",
                    "prefix": "DUN/%(range_year)s/",
                    "padding": 5,
                    "use_date_range": True,
                    "company_id": self.id,
                }
            )
        return self.dunning_sequence_id

    # === BUSINESS METHODS - SETTINGS AND LOCKS === #

    def _check_dunning_setup(self, names):
        """Refuse what is not set up yet, with the way to the settings.

        :param names: fields of the company that must not be empty.
        :raise RedirectWarning: one is missing.
        """
        self.ensure_one()
        missing = [name for name in names if not self[name]]
        if not missing:
            return
        raise self._redirect_to_dunning_settings(
            self.env._(
                "%(company)s has no %(fields)s. Choose it in the settings, section"
                " Dunning.",
                company=self.name,
                fields=", ".join(
                    self._fields[name]._description_string(self.env) for name in missing
                ),
            )
        )

    @api.model
    def _redirect_to_dunning_settings(self, message):
        """Return the error that says what to set, with a link to the settings."""
        action = self.env.ref("account.action_account_config")
        return RedirectWarning(message, action.id, self.env._("Go to the settings"))

    def _check_dunning_lock(self, date, has_tax, journal):
        """Refuse a posting date that is locked, before anything is written.

        Odoo would move the entry to the next open day without a word; what is booked
        belongs to the period that was approved.

        :raise UserError: the day is locked.
        """
        self.ensure_one()
        violated = self._get_violated_lock_dates(date, has_tax, journal)
        if violated:
            raise UserError(
                self.env._(
                    "%(date)s is locked: nothing can be posted up to %(lock)s. Choose a"
                    " later date.",
                    date=format_date(self.env, date),
                    lock=format_date(self.env, violated[-1][0]),
                )
            )

    @api.model
    def _get_dunning_expected_loss(self, company):
        """Return the (days from, percent) pairs by which a company expects losses."""
        if company.dunning_allowance_method == "rate":
            # everything, also what is not due yet
            return [(-36500, company.dunning_allowance_percent)]
        return self.env["account.dunning.allowance.rate"]._get_rates(company)

    def _is_dunning_allowance_net(self):
        """Whether expected losses are counted without tax; an override point."""
        self.ensure_one()
        return self.dunning_writeoff_tax_relief and self.dunning_allowance_net

    def _get_dunning_payment_order(self):
        """Return the payment order: the chosen one, else that of the country."""
        self.ensure_one()
        country = self.account_fiscal_country_id or self.country_id
        return self.dunning_payment_order_id or self.env[
            "account.dunning.payment.order"
        ]._find_for(country, self)
