from odoo import fields, models
from odoo.exceptions import UserError


class AccountLegalFinding(models.Model):
    """What is known of a debtor, from which source and since when.

    Assets, registry checks and the search for an address. Kin and social-security
    numbers are not asked for: the law mostly does not allow to keep them.
    """

    _name = "account.legal.finding"
    _description = "Knowledge of a Debtor"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Debtor",
        required=True,
        index=True,
        ondelete="cascade",
    )
    kind = fields.Selection(
        selection=[
            ("land", "Land"),
            ("deposit", "Bank account or deposit"),
            ("vehicle", "Vehicle"),
            ("claim", "Claim against others"),
            ("goods", "Goods or machines"),
            ("credit_report", "Credit report"),
            ("registry", "Company registry"),
            ("insolvency", "Insolvency register"),
            ("returned_mail", "Mail that came back"),
            ("address", "Search for the address"),
        ],
        required=True,
    )
    date = fields.Date(
        string="Known On",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
    )
    source = fields.Char(required=True, help="Register, report or letter.")
    name = fields.Char(string="What", required=True)
    result = fields.Selection(
        selection=[
            ("found", "Found"),
            ("nothing", "Nothing found"),
            ("pending", "Pending"),
        ],
        required=True,
        default="found",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        default=lambda self: self.env.company.currency_id,
    )
    amount = fields.Monetary(string="Worth About")
    note = fields.Text()

    # === ACTION METHODS === #

    def action_file_claim(self):
        """File the claim in the insolvency that was found, in the open case.

        :raise UserError: no insolvency was found, or the debtor has no open case.
        """
        self.ensure_one()
        if self.kind not in ("insolvency", "registry") or self.result != "found":
            raise UserError(
                self.env._("“%(finding)s” tells of no insolvency.", finding=self.name)
            )
        case = self.env["account.legal.case"]._find_open_for(
            self.partner_id, self.company_id
        )
        return case._get_insolvency_action(
            {"date_opened": self.date, "finding_id": self.id}
        )
