"""The addons are really uninstalled, and installed again: the ledger stays."""

from ground import addons
from ground.ground import Ground
from protection import shell

NAMES = addons.names(Ground().settings.checkout)
ASK = """
modules = env["ir.module.module"].search([("name", "=", "account_dunning_advanced")])
wizard = env["base.module.uninstall"].create({"module_ids": modules.ids})
print("TOLD", wizard.dunning_loss)
"""
UNINSTALL = """
modules = env["ir.module.module"].search([("name", "=", "account_dunning_advanced")])
env["base.module.uninstall"].create({"module_ids": modules.ids}).action_uninstall()
env.cr.commit()
print("GONE")
"""
TABLES = """
    SELECT tablename FROM pg_tables
     WHERE tablename LIKE 'account\\_dunning%' OR tablename LIKE 'account\\_legal%'"""
COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns
     WHERE column_name LIKE 'dunning\\_%' OR column_name LIKE 'legal\\_%'"""
LEFT = """
    SELECT name FROM ir_model_data WHERE module LIKE 'account\\_dunning%'"""


def test_ledger_outlives_the_addons(ground, database):
    shell.fill(ground, database)
    ledger = shell.read_ledger(ground, database)

    told = shell.run(ground, database, ASK)

    assert "Dunning Notice: <b>10</b>" in told
    assert "Legal Case: <b>1</b>" in told
    assert "10 bills and credits of charges" in told

    assert "GONE" in shell.run(ground, database, UNINSTALL)

    # in two parts, for a difference of one account is easier to read
    items, balance = shell.read_ledger(ground, database)
    assert balance == ledger[1]
    assert items == ledger[0]
    for query in (TABLES, COLUMNS):
        assert not ground.databases.execute(query, database=database)
    # what the bills name cannot go, and is found again when the addons come back
    left = {name for (name,) in ground.databases.execute(LEFT, database=database)}
    assert left == {"product_fee", "product_fee_product_template"}

    ground.odoo.install(database, NAMES)

    assert shell.read_ledger(ground, database) == ledger
    check = """
company = env["res.company"].search([("name", "=", "Books to Keep")])
print("FOUND", env["account.dunning.run"].search_count([]), company.dunning_policy_id)
"""
    assert "FOUND 0 account.dunning.policy(" in shell.run(ground, database, check)
