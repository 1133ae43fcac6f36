"""All rows that the addons keep, read past the addons, and what became of them."""

import re

# Who wrote a row last, and when, or brought it up to date, an upgrade may change.
UNTOLD = ("write_date", "write_uid", "date_refreshed")
TABLES = r"""
    SELECT tablename FROM pg_tables
     WHERE tablename ~ '^account_(dunning|legal)_'
       AND tablename !~ '^account_dunning_check'
     ORDER BY 1"""
# What is ours on the rows of others.
COLUMNS = r"""
    SELECT table_name, STRING_AGG(column_name, ' ' ORDER BY column_name)
      FROM information_schema.columns
     WHERE column_name ~ '^(dunning|legal)_' AND table_schema = 'public'
       AND table_name !~ '^account_(dunning|legal)_' AND table_name IN (
           SELECT tablename FROM pg_tables)
     GROUP BY 1 ORDER BY 1"""
# What came with the addons, and is the users' since.
SHIPPED = r"""
    SELECT DISTINCT model FROM ir_model_data
     WHERE module LIKE 'account\_dunning\_%' AND noupdate
       AND model NOT LIKE 'account.%' ORDER BY 1"""
OURS = r"""
    SELECT res_id FROM ir_model_data
     WHERE module LIKE 'account\_dunning\_%' AND noupdate
       AND model = '{}'"""
NAMED = r"""
    SELECT REPLACE(model, '.', '_'), res_id, noupdate FROM ir_model_data
     WHERE module LIKE 'account\_dunning\_%'"""


def read(databases, database):
    """Return {(table, key of a row): {column: value}}."""

    def ask(query):
        return databases.execute(query, database=database)

    found = {}
    for (table,) in ask(TABLES):
        found.update(_keyed(table, ask(f'SELECT TO_JSONB(row) FROM "{table}" row')))
    for table, columns in ask(COLUMNS):
        names = ", ".join(["id", *columns.split()])
        query = f'SELECT TO_JSONB(row) FROM (SELECT {names} FROM "{table}") row'
        found.update(_keyed(f"{table}, our columns", ask(query)))
    for (model,) in ask(SHIPPED):
        table = model.replace(".", "_")
        if ask(f"SELECT TO_REGCLASS('{table}')::text") != [[None]]:
            ours = OURS.format(model)
            query = f'SELECT TO_JSONB(row) FROM "{table}" row WHERE id IN ({ours})'
            found.update(_keyed(table, ask(query)))
    return found


def _keyed(table, rows):
    for (row,) in rows:
        key = row.get("id") or tuple(sorted(row.items()))
        yield (
            (table, key),
            {name: value for name, value in row.items() if name not in UNTOLD},
        )


def compare(before, after, named):
    """Yield in words what an upgrade has changed that was there before.

    Columns and languages may come; rows only if they come with the addons. Facts of law
    are renewed: users can only archive them.

    :param named: {(table, id): whether it is the users'} of what the addons bring.
    """
    for place, row in before.items():
        if place not in after:
            yield f"{place} is gone"
            continue
        for column, value in row.items():
            if named.get(place) is False and column != "active":
                continue
            if column not in after[place]:
                yield f"{place}: {column} is gone"
            elif not _same(value, after[place][column]):
                yield f"{place}: {column} was {value}, is {after[place][column]}"
    for table, key in after.keys() - before.keys():
        if not re.search("our columns|_rel$", table) and (table, key) not in named:
            yield f"{(table, key)} has come"


def _same(before, after):
    if isinstance(before, dict) and isinstance(after, dict):
        return all(after.get(key) == value for key, value in before.items())
    return before == after


def read_named(databases, database):
    """Return {(table, id): whether it is the users'} of what the addons bring."""
    rows = databases.execute(NAMED, database=database)
    return {(table, key): noupdate for table, key, noupdate in rows}
