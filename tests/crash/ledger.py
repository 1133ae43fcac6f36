"""The ledger and the user of the trials."""

from bench.ledger import Ledger, generate, set_levels

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry

GROUPS = ("base.group_user", "account_dunning_advanced.group_dunning_manager")


def write_ledger(database, items, debtors):
    """Fill the database; return the ids of the runs' company and user."""
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"})
        ledger = Ledger(items=items, debtors=debtors)
        generate(env, ledger)
        set_levels(env, ledger)
        set_charges(env)
        return env.company.id, make_manager(env).id


def set_charges(env):
    """Let every level charge agreed interest and a fee, billed with the notice."""
    company = env.company
    company.dunning_charge_journal_id = env["account.journal"].search(
        [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
    )
    interest = env["account.dunning.interest"].create(
        {"name": "8 %", "code": "crash", "mode": "fixed", "margin": 8}
    )
    env["account.dunning.terms"].create(
        {"company_id": company.id, "clause": "x", "interest_id": interest.id}
    )
    fee = env["account.dunning.charge"].create(
        {
            "name": "Fee",
            "code": "crash",
            "amount": 5,
            "currency_id": company.currency_id.id,
        }
    )
    # the usual ladder of a country may show charges only
    company.dunning_policy_id.charge_posting = "post"
    company.dunning_policy_id.level_ids.write(
        {"charge_interest": True, "charge_ids": [Command.set(fee.ids)]}
    )


def make_manager(env):
    return env["res.users"].create(
        {
            "name": "Manager",
            "login": "crash_manager",
            "group_ids": [Command.set([env.ref(group).id for group in GROUPS])],
            "company_ids": [Command.set(env.company.ids)],
            "company_id": env.company.id,
        }
    )
