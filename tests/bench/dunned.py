"""Gives a ledger its dunning levels, once the addons are installed."""

from odoo import sql_db

from .ledger import Ledger, set_levels
from .rows import GROWING_TABLES


def measure(env, items, debtors):
    set_levels(env, Ledger(items=items, debtors=debtors))
    env.cr.commit()  # VACUUM sees what others have committed
    settle(env, GROWING_TABLES)
    return {}


def settle(env, tables=("",)):
    """Have it as on a server that has been running: rows in place, statistics there.

    :param tables: their names; of all if not given.
    """
    connection = sql_db.db_connect(env.cr.dbname)
    with connection.cursor() as cr:
        cr._cnx.autocommit = True
        for table in tables:
            cr.execute(f"VACUUM (ANALYZE) {table}")
