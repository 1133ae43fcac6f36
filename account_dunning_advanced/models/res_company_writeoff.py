from odoo import api, fields, models


class ResCompanyWriteoff(models.Model):
    """Write-offs and allowances: where losses are booked, who decides, when it pays."""

    # a room of its own: losses
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

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
