from odoo import fields, models

from .account_dunning_level import TRADE_EFFECTS


class ResCompanyTrade(models.Model):
    """New business with late payers."""

    # a room of its own: what being late does to new invoices
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

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
