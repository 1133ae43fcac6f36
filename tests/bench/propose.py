"""Proposing a run against the bare writing of the same rows.

The bare side copies the rows that the run has written into the same tables, emptied,
with their indexes and foreign keys: what no program that keeps these rows can go below.
"""

from odoo import sql_db
from odoo.tools import SQL

from .ledger import DAY
from .measure import peak_memory, stopwatch

#: The rows of a run, in an order in which one may refer to the other.
TABLES = (
    "account_dunning_verdict",
    "account_dunning_notice",
    "account_dunning_notice_line",
)


def measure(env, rounds):
    """Propose and write bare in turns; the best of each counts.

    :return: seconds, rows and the peak memory of this process in MiB.
    """
    proposed, bare = [], []
    for _round in range(rounds):
        _empty(env)
        run = env["account.dunning.run"].create({"date": DAY})
        env.cr.commit()  # each side is one transaction, its commit included
        with stopwatch(proposed):
            run.action_propose()
            env.cr.commit()
        memory = peak_memory()
        result = {
            "items": run.item_count,
            "dunned": run.dun_count,
            "notices": run.notice_count,
        }
        _set_aside(env)
        _empty(env)
        env.cr.execute("CHECKPOINT")
        with stopwatch(bare):
            for table in TABLES:
                _copy(env, f"bench_{table}", table)
            env.cr.commit()
    return {
        **result,
        "seconds": min(proposed),
        "bare_seconds": min(bare),
        "memory": memory,
    }


def _empty(env):
    """Take away all runs' rows, as if there had been none: no dead rows either.

    Not by TRUNCATE: invoices refer to notices, and it would take the ledger along.
    """
    for table in reversed(TABLES):
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    env.cr.commit()
    connection = sql_db.db_connect(env.cr.dbname)
    with connection.cursor() as cr:
        cr._cnx.autocommit = True
        for table in TABLES:
            cr.execute(f"VACUUM {table}")


def _set_aside(env):
    """Copy the run's rows to tables without indexes, that stay in memory."""
    for table in TABLES:
        aside = SQL.identifier(f"bench_{table}")
        env.cr.execute(SQL("DROP TABLE IF EXISTS %s", aside))
        env.cr.execute(
            SQL(
                "CREATE UNLOGGED TABLE %s AS SELECT * FROM %s ORDER BY id",
                aside,
                SQL.identifier(table),
            )
        )
        env.cr.execute(SQL("ANALYZE %s", aside))
    env.cr.commit()


def _copy(env, source, target):
    env.cr.execute(
        SQL(
            "INSERT INTO %s SELECT * FROM %s",
            SQL.identifier(target),
            SQL.identifier(source),
        )
    )
