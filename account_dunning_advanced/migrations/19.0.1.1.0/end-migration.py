"""Debtors' rows tell what of their overdue amount is disputed or promised.

At the end, since other addons have their say in the rows, too.
"""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for company in env["res.company"].search([]):
        env["account.dunning.debtor"]._refresh(company)
