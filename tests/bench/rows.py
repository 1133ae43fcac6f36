"""Rows multiplied by SQL: drawing numbers, copying rows, leaving indexes for later."""

from odoo.tools import SQL

#: Copies from which on dropping the indexes and making them anew is faster.
BULK_FROM = 20_000
GROWING_TABLES = (
    "res_partner",
    "account_move",
    "account_move_line",
    "account_partial_reconcile",
)
#: What is drawn, each from a stream of random numbers of its own.
STREAMS = ("debtor", "kind", "amount", "day", "flag", "paid", "level", "told")


class Rows:
    """Writes rows of a ledger in sets."""

    def __init__(self, cr, ledger):
        self.cr = cr
        self.ledger = ledger

    def _execute(self, text, **values):
        self.cr.execute(SQL(text, **values))

    def _draw(self, stream, below):
        """Integer SQL: a number from 0 to ``below`` - 1 for the row number ``n``."""
        return SQL(
            "((HASHINT8EXTENDED(n, %s) & 2147483647) %% %s)::int",
            self.ledger.seed * 100 + STREAMS.index(stream),
            below,
        )

    def _copy(self, table, source, changes):
        """Insert a copy of a prototype's row for each row of ``source``.

        :param SQL source: ``FROM`` clause in which the alias ``proto`` is the row to
            copy.
        :param changes: {column: SQL} of what differs.
        """
        self.cr.execute(
            """SELECT column_name FROM information_schema.columns
                WHERE table_name = %s AND column_name != 'id'
                  AND table_schema = CURRENT_SCHEMA AND is_generated = 'NEVER'""",
            (table,),
        )
        kept = [name for (name,) in self.cr.fetchall() if name not in changes]
        columns = {**{name: SQL.identifier("proto", name) for name in kept}, **changes}
        self._execute(
            "INSERT INTO %(table)s (%(names)s) SELECT %(values)s %(source)s",
            table=SQL.identifier(table),
            names=SQL(", ").join(map(SQL.identifier, columns)),
            values=SQL(", ").join(columns.values()),
            source=source,
        )

    def _get_columns(self, table, like):
        """Names of the numeric columns that look alike."""
        self.cr.execute(
            """SELECT column_name FROM information_schema.columns
                WHERE table_name = %s AND table_schema = CURRENT_SCHEMA
                  AND data_type = 'numeric' AND column_name LIKE %s""",
            (table, like),
        )
        return [name for (name,) in self.cr.fetchall()]


def analyze(cr):
    """Let the planner know: statistics of empty tables make it plan for them."""
    for table in GROWING_TABLES:
        cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))


class without_indexes:
    """Writes without secondary indexes and foreign keys, where it is much.

    100,000 items took 47 s so; the time goes into the rows, no longer into looking
    things up for each. Replicas check no keys: for that one has to be superuser.
    """

    def __init__(self, cr, wanted):
        self.cr = cr
        self.wanted = wanted
        self.definitions = []

    def __enter__(self):
        if not self.wanted:
            return
        self.cr.execute("SET LOCAL session_replication_role = replica")
        self.cr.execute("SET LOCAL maintenance_work_mem = '256MB'")
        self.cr.execute(
            """SELECT FORMAT('DROP INDEX %%I', index.relname),
                      PG_GET_INDEXDEF(index.oid)
                 FROM pg_index JOIN pg_class index ON index.oid = indexrelid
                WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary
                  AND NOT EXISTS (SELECT FROM pg_constraint
                                   WHERE conindid = index.oid)""",
            (list(GROWING_TABLES),),
        )
        self.definitions = self.cr.fetchall()
        for drop, _create in self.definitions:
            self.cr.execute(drop)

    def __exit__(self, kind, _error, _traceback):
        if kind is None:
            for _drop, create in self.definitions:
                self.cr.execute(create)
