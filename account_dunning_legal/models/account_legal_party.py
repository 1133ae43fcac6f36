from odoo import fields, models


class AccountLegalParty(models.Model):
    """Who owes beside the debtor, or vouches for the claim."""

    _name = "account.legal.party"
    _description = "Legal Case Party"
    _order = "case_id, role, id"

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner", required=True, index=True, ondelete="restrict"
    )
    role = fields.Selection(
        selection=[("co_debtor", "Co-debtor"), ("guarantor", "Guarantor")],
        required=True,
        default="co_debtor",
    )
    limit_amount = fields.Monetary(
        string="Up To", help="How far a guarantor vouches; 0 is without limit."
    )
    note = fields.Char(help="By which deed or contract.")

    _once = models.UniqueIndex(
        "(case_id, partner_id)", "The party is in the case already."
    )
