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
        return env.company.id, make_manager(env).id


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
