from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    type = fields.Selection(
        selection_add=[("dunning", "Dunning")], ondelete={"dunning": "set default"}
    )
    dunning_policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        company_dependent=True,
        domain="[('company_id', 'in', (current_company_id, False))]",
        help="Takes the place of the company's policy for this customer.",
    )
    dunning_kind = fields.Selection(
        string="Kind of Debtor",
        selection=[
            ("consumer", "Consumer"),
            ("sole_trader", "Sole trader"),
            ("company", "Company"),
            ("public", "Public body"),
        ],
        help="What the law takes the customer for. Empty: a company if it is one, a"
        " sole trader if a person has a tax number, else a consumer.",
    )
    dunning_reward_id = fields.Many2one(
        comodel_name="account.dunning.reward",
        string="Reward for Settling Early",
        company_dependent=True,
        domain="[('company_id', 'parent_of', current_company_id)]",
        help="Offered to this customer with each notice, instead of what the level"
        " offers.",
    )
    dunning_level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        company_dependent=True,
        readonly=True,
        copy=False,
        help="The highest level among the customer's open items.",
    )
    dunning_date = fields.Date(
        string="Last Notice",
        company_dependent=True,
        readonly=True,
        copy=False,
    )
    dunning_notice_count = fields.Integer(compute="_compute_dunning_notice_count")
    dunning_debtor_ids = fields.One2many(
        comodel_name="account.dunning.debtor",
        inverse_name="partner_id",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="The debtor records, one a company.",
    )
    dunning_delay_reason_id = fields.Many2one(
        comodel_name="account.dunning.delay.reason",
        string="Reason of Delay",
        compute="_compute_dunning_delay_reason_id",
        search="_search_dunning_delay_reason_id",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="Why the customer does not pay, as last noted on the debtor of the current"
        " company.",
    )

    dunning_summary = fields.Text(
        string="Dunning Today",
        compute="_compute_dunning_summary",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="What a run today would decide about the customer's open items.",
    )

    dunning_overdue = fields.Monetary(
        string="Overdue (Dunning)",
        compute="_compute_dunning_overdue",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="What the customer's debtor row in the current company has overdue.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("company")
    @api.depends("dunning_debtor_ids.amount_overdue")
    def _compute_dunning_overdue(self):
        amounts = dict(
            self.env["account.dunning.debtor"]._read_group(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("company_id", "=", self.env.company.id),
                ],
                ["partner_id"],
                ["amount_overdue:sum"],
            )
        )
        for partner in self:
            partner.dunning_overdue = amounts.get(partner.commercial_partner_id, 0)

    @api.depends_context("company", "uid", "lang")
    def _compute_dunning_summary(self):
        company = self.env.company
        Verdict = self.env["account.dunning.verdict"]
        labels = dict(Verdict._fields["reason"]._description_selection(self.env))
        for partner in self:
            sums = {}
            for row in self.env["account.dunning.assessment"]._assess(
                company, company._dunning_today(), partner
            ):
                key = row["reason"], row["currency_id"]
                count, amount = sums.get(key, (0, 0))
                sums[key] = count + 1, amount + row["residual"]
            partner.dunning_summary = "\n".join(
                self.env._(
                    "%(reason)s: %(count)s, %(amount)s",
                    reason=labels[reason],
                    count=count,
                    amount=self.env["res.currency"].browse(currency).format(amount),
                )
                for (reason, currency), (count, amount) in sums.items()
            )

    @api.depends_context("allowed_company_ids")
    def _compute_dunning_notice_count(self):
        counts = dict(
            self.env["account.dunning.notice"]._read_group(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("state", "=", "issued"),
                ],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.dunning_notice_count = counts.get(partner.commercial_partner_id, 0)

    @api.depends_context("company")
    @api.depends("dunning_debtor_ids.delay_reason_id")
    def _compute_dunning_delay_reason_id(self):
        debtors = self.env["account.dunning.debtor"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ]
        )
        reasons = {debtor.partner_id: debtor.delay_reason_id for debtor in debtors}
        for partner in self:
            partner.dunning_delay_reason_id = reasons.get(partner.commercial_partner_id)

    @api.model
    def _search_dunning_delay_reason_id(self, operator, value):
        if operator == "in" and False in value:
            others = [reason for reason in value if reason]
            return ~self._search_dunning_delay_reason_id(
                "any", []
            ) | self._search_dunning_delay_reason_id("in", others)
        if operator not in ("in", "any", "any!", "ilike"):
            return NotImplemented
        noted = Domain("company_id", "=", self.env.company.id) & Domain(
            "delay_reason_id", operator, value
        )
        return Domain("dunning_debtor_ids", "any", noted)

    @api.model
    def _commercial_fields(self):
        return [
            *super()._commercial_fields(),
            "dunning_policy_id",
            "dunning_kind",
            "dunning_reward_id",
        ]

    def _get_dunning_kind(self):
        """Return consumer, sole_trader, company or public.

        In doubt a person is a consumer, whom the laws protect most.
        """
        self.ensure_one()
        partner = self.commercial_partner_id
        if partner.dunning_kind:
            return partner.dunning_kind
        if partner.is_company:
            return "company"
        return "sole_trader" if partner.vat else "consumer"

    # === ACTION METHODS === #

    def action_view_dunning_notices(self):
        """Open what the customer has been told."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_notice_action"
        )
        action["domain"] = [("partner_id", "=", self.commercial_partner_id.id)]
        return action

    def action_view_dunning_debtor(self):
        """Open the customer's debtor record in the current company."""
        self.ensure_one()
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self, self.env.company
        )
        return debtor._get_records_action()

    def action_dun(self):
        """Propose a run for these customers only."""
        run = self.env["account.dunning.run"].create(
            {"partner_ids": self.commercial_partner_id.ids}
        )
        run.action_propose()
        return run._get_records_action()

    # --- Write-offs ---

    def action_dunning_write_off(self):
        """Write off what these customers owe; asks for a reason."""
        return self.env["account.dunning.writeoff.create"]._open(self)
